"""The values of a picture at places that lie anywhere: what rotations and other distortions look up."""

from __future__ import annotations

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.vision.transforms.geometry import InterpolationMode, computed_in, rounded


def middle(size: int) -> Array:
    """The places of ``size`` pixels, counted from the middle."""
    return np.arange(size) - (size - 1) / 2


def between(pixels: Array, rows: Array, columns: Array, how: InterpolationMode, fill: Array) -> Array:
    """What ``pixels`` [n, channels, height, width] have at the places ``rows`` and ``columns`` [n, new height, …]."""
    if how is InterpolationMode.NEAREST:
        return _at(pixels, np.rint(rows), np.rint(columns), fill)
    kind, top, left = computed_in(pixels.dtype), np.floor(rows), np.floor(columns)
    lower, further = ((place - whole)[:, None].astype(kind) for place, whole in ((rows, top), (columns, left)))
    above, below = (
        _at(pixels, row, left, fill) * (1 - further) + _at(pixels, row, left + 1, fill) * further
        for row in (top, top + 1)
    )
    return rounded(above * (1 - lower) + below * lower, pixels.dtype)


def _at(pixels: Array, rows: Array, columns: Array, fill: Array) -> Array:
    """The pixels at whole places, ``fill`` outside."""
    n, _, height, width = pixels.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    rows, columns = (places.clip(0, size - 1).astype(np.int64) for places, size in ((rows, height), (columns, width)))
    values = pixels[np.arange(n)[:, None, None], :, rows, columns].transpose(0, 3, 1, 2)
    return np.where(inside[:, None], values, fill)
