"""Attention within windows of a picture: windows and back, and where one pixel of a window is seen from another."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.tensor import Tensor, wrap


def pair_numbers(height: int, width: int) -> Tensor:
    """For each pair of pixels of a window, one after another, the number of the way from one to the other: int64.

    There are (2·height − 1)·(2·width − 1) ways.

    >>> from glassnet.vision.models.relative_positions import pair_numbers
    >>> pair_numbers(1, 2)
    tensor([1, 0, 2, 1])
    """
    rows, columns = (side.ravel() for side in np.indices((height, width)))
    down = rows[:, None] - rows + height - 1
    right = columns[:, None] - columns + width - 1
    return wrap((down * (2 * width - 1) + right).ravel())


def to_windows(x: Tensor, height: int, width: int) -> Tensor:
    """Pictures [n, H, W, c] as windows [n · windows, height · width, c], from the left and from the top."""
    n, tall, wide, c = x.shape
    split: Any = x.reshape(n, tall // height, height, wide // width, width, c).permute(0, 1, 3, 2, 4, 5)
    windows: Tensor = split.reshape(-1, height * width, c)
    return windows


def from_windows(windows: Tensor, height: int, width: int, tall: int, wide: int) -> Tensor:
    """`to_windows` undone, for pictures of ``tall`` × ``wide`` pixels."""
    c = windows.shape[-1]
    split: Any = windows.reshape(-1, tall // height, wide // width, height, width, c).permute(0, 1, 3, 2, 4, 5)
    x: Tensor = split.reshape(-1, tall, wide, c)
    return x
