"""Where the seeds' data is: in the folder GLASSNET_DATA, or beside the repository, in ../shared/data."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


def data(name: str) -> Path:
    """The path of the file or folder ``name``; skips the test, saying so, where it is absent."""
    folder = Path(os.environ.get("GLASSNET_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / name).exists():
        pytest.skip(f"needs {name}, which is not in {folder}; set GLASSNET_DATA to the folder that has it")
    return folder / name


def colours() -> tuple[np.ndarray, np.ndarray]:
    """The colours of seed 001, [1345, 3] from 0 to 255, and the font that its CSV asks for, [1345]."""
    rows = np.loadtxt(data("light_dark_font_training_set.csv"), delimiter=",", skiprows=1)
    return rows[:, :3], rows[:, 3].astype(int)
