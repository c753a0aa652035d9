"""What all kinds of pooling see: the elements of each window, as slices and by their positions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.indexing import gather
from glassnet.ops.layers.interpolation import bins
from glassnet.ops.layers.windows import Ints, window_count, windows
from glassnet.ops.movement import reshape
from glassnet.ops.shapes import Shape, shape_of


def pooled_shape(name: str, x: Any, size: Ints, stride: Ints, dilation: Ints | None = None) -> Shape:
    """The shape of the result, or a ShapeError that shows the arithmetic."""
    n, shape = len(size), shape_of(x)
    return (*shape[:-n], *window_count(f"{name}{n}d", shape[-n:], size, stride, dilation=dilation))


def seen_along(x: Array, axis: int, size: int, stride: int, dilation: int) -> list[Array]:
    """What the windows along one dimension see: an array for each of their places."""
    count = (x.shape[axis] - dilation * (size - 1) - 1) // stride + 1
    if count < 1:
        raise ValueError("no window fits")
    places: Any = [slice(i, i + (count - 1) * stride + 1, stride) for i in range(0, size * dilation, dilation)]
    return [x[(..., place, *(slice(None),) * (-axis - 1))] for place in places]


def flat(x: Any, n: int) -> Any:
    """``x`` with its last ``n`` dimensions laid end to end."""
    shape = shape_of(x)
    return reshape(x, shape=(*shape[: len(shape) - n], math.prod(shape[len(shape) - n :])))


def at_positions(x: Any, positions: Any, n: int) -> Any:
    """The numbers of ``x`` at ``positions``, counted through its last ``n`` dimensions."""
    return reshape(gather(flat(x, n), flat(positions, n), dim=-1), shape=shape_of(positions))


def window_positions(shape: Shape, size: Ints, stride: Ints, dilation: Ints) -> Array:
    """The position of each element of each window, counted through all dimensions: [windows…, elements]."""
    n = len(size)
    lengths = shape[len(shape) - n :]
    everywhere = np.arange(math.prod(lengths)).reshape(lengths)
    return flat(windows(everywhere, size=size, stride=stride, dilation=dilation), n)


def bin_positions(shape: Shape, size: Ints) -> Array:
    """The same of bins. One that has an element less along a dimension than others has its last one twice."""
    n = len(size)
    positions = np.zeros((1,) * (2 * n), np.int64)
    for i, (before, after) in enumerate(zip(shape[len(shape) - n :], size, strict=True)):
        start, end = bins(before, after)
        longest = np.arange((end - start).max())
        along = np.minimum(start[:, np.newaxis] + longest, end[:, np.newaxis] - 1)
        places = [1] * (2 * n)
        places[i], places[n + i] = along.shape
        positions = positions * before + along.reshape(places)
    return flat(positions, n)
