"""Splitting: the rows that are held out from training, the same ones in every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array


def every_fifth(labels: Array) -> Array:
    """Which samples are held out, as booleans: the 5th, 10th, … of each class, in the order they are in.

    No random number is involved: every run, whatever its seed, is judged on the same samples, and
    each class is held out in the same proportion.
    """
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        held_out[np.flatnonzero(labels == label)[4::5]] = True
    return held_out


def every_fifth_by_rank(values: Array) -> Array:
    """Which samples are held out, as booleans: of every five that follow each other in size, the middle one.

    No random number is involved here either, and a file that is sorted, by whatever column, is held out
    over its whole range. Samples of the same value are ranked in the order they are in.
    """
    held_out = np.zeros(len(values), bool)
    held_out[np.argsort(values, kind="stable")[2::5]] = True
    return held_out


# How rows are held out for a task, and how a person says it.
HELD_OUT: dict[str, tuple[Callable[[Any], Array], str]] = {
    "classification": (every_fifth, "every fifth of each class"),
    "regression": (every_fifth_by_rank, "every fifth by the size of the target"),
}


def held_out_rows(targets: Array, task: str) -> Array:
    """Which rows are held out, as booleans [n]: every fifth of each class, or every fifth by the target's size."""
    return HELD_OUT[task][0](np.asarray(targets).reshape(len(targets)))
