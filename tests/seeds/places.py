"""Where the seeds' data is: in the folder GLASSNET_DATA, or beside the repository, in ../shared/data."""

from __future__ import annotations

import gzip
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


def mnist_test(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first ``count`` test images of MNIST, [count, 1, 28, 28] from 0 to 255, and their labels."""
    folder = data("mnist")
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + 784 * count), np.uint8, offset=16)
    with gzip.open(folder / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(8 + count), np.uint8, offset=8)
    return images.reshape(count, 1, 28, 28), labels.astype(np.int64)
