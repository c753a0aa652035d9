"""What the expressions are in, and what a row of a table is."""

from __future__ import annotations

from typing import Any

import numpy as np

OPERANDS: dict[str, Any] = {
    "x": np.array([[1.5, -2.25, 0.5, 3.0], [-0.75, 2.5, -1.5, 0.125], [4.0, -3.5, 1.25, -0.5]]),
    "y": np.array([2.0, -0.5, 1.5, -1.25]),
    "z": np.arange(24.0).reshape(2, 3, 4) % 7 - 2.5,
    "p": np.array([[0.5, 1.75, 2.0], [3.25, 0.25, 1.5]]),
    "q": np.array([[2.0, -1.0, 0.5], [0.25, 3.0, -2.0], [1.0, 0.75, -1.5]]),
    "v": np.array([2.0, -1.0, 2.0, 0.0, -1.0, 2.0]),
    "s": np.array(-1.75),
    "n": np.array([[7, -3, 0, 2], [-8, 5, 4, -1], [3, 3, -6, 9]]),
    "m": np.array([3, -2, 5, 4]),
    "w": np.array([4, 1, 4, 2, 1]),
    "o": np.array(6),
    "b": np.array([[True, False, True, True], [False, False, True, False], [True, True, False, True]]),
    "c": np.array([True, False, False, True]),
    "i": np.array([[0, 2], [3, 3], [1, 0]]),
    "j": np.array([2, 0]),
    "h": np.array([0.5, np.nan, np.inf, -np.inf]),
    "e": np.zeros((0, 3)),
}

Row = tuple[str, str] | tuple[str, str, str | None]
