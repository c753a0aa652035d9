"""A series to learn from: the months of twelve years, with a trend and a season."""

from __future__ import annotations

from pathlib import Path

import numpy as np

YEARS = 12


def values(years: int = YEARS) -> np.ndarray:
    """What was sold in each month."""
    time = np.arange(12 * years)
    noise = np.random.default_rng(0).normal(size=len(time))
    return np.round((100 + 2.5 * time) * (1 + 0.25 * np.sin(2 * np.pi * time / 12) + 0.03 * noise), 1)


def months(years: int = YEARS) -> list[str]:
    """Their names."""
    return [f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(12 * years)]


def write(path: Path, years: int = YEARS) -> Path:
    """The table of months, what was sold, and the rows' numbers."""
    rows = (f"{month},{sold},{i}" for i, (month, sold) in enumerate(zip(months(years), values(years), strict=True)))
    path.write_text("\n".join(["month,sold,row", *rows]) + "\n")
    return path
