"""Where the windows of a pooling lie: how many there are, what is put around them, which elements each one has."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.layers.interpolation import bins
from glassnet.ops.layers.windows import Ints, pad, window_count
from glassnet.ops.shapes import Shape, shape_of, written

Widths = tuple[tuple[int, int], ...]


def frame(
    lengths: Ints, size: Ints, stride: Ints, padding: Ints | None, dilation: Ints | None, ceil_mode: bool
) -> tuple[list[int], Widths, Ints]:
    """How many windows there are along each dimension, how much is put around it for all of them to lie inside, and
    the dilation. In ``ceil_mode`` a last window may reach beyond the end, if it begins before it."""
    padding, dilation = padding or (0,) * len(size), dilation or (1,) * len(size)
    counts, widths = [], []
    for length, k, s, p, d in zip(lengths, size, stride, padding, dilation, strict=True):
        span = d * (k - 1) + 1
        count = (length + 2 * p - span + (s - 1) * ceil_mode) // s + 1
        count -= ceil_mode and (count - 1) * s >= length + p
        if count < 1:
            raise ValueError("no window fits")
        counts.append(count)
        widths.append((p, max(p, (count - 1) * s + span - length - p)))
    return counts, tuple(widths), dilation


def framed(x: Any, widths: Widths, value: float) -> Any:
    """``x`` with ``value`` around it; where widths are below 0, without its margin."""
    return pad(x, widths=widths, value=value) if any(map(any, widths)) else x


def seen_at(places: Ints, counts: Ints, stride: Ints, dilation: Ints) -> tuple[Any, ...]:
    """What all windows see at one of their places, along each dimension."""
    return tuple(
        slice(i * d, i * d + (count - 1) * s + 1, s)
        for i, count, s, d in zip(places, counts, stride, dilation, strict=True)
    )


def pooled_shape(
    name: str,
    x: Any,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    dilation: Ints | None = None,
    ceil_mode: bool = False,
) -> Shape:
    """The shape of the result, or a ShapeError that shows the arithmetic."""
    n, shape = len(size), shape_of(x)
    if len(shape) < n:
        raise ShapeError(f"{name}: expected an input of {n} dimensions or more, got {written(shape)}")
    counts = window_count(f"{name}{n}d", shape[-n:], size, stride, padding, dilation, ceil_mode)
    return (*shape[:-n], *counts)


# the elements of each window, by their positions -----------------------------------------------------------


def _positions(lengths: Ints, places: list[Array]) -> Array:
    """The place of each element of each window, counted through all dimensions: [windows…, elements].

    ``places``: along each dimension, those of each window, [windows, elements].
    """
    n = len(places)
    positions = np.zeros((1,) * (2 * n), np.int64)
    for i, (length, along) in enumerate(zip(lengths, places, strict=True)):
        shape = [1] * (2 * n)
        shape[i], shape[n + i] = along.shape
        positions = positions * length + along.reshape(shape)
    return positions.reshape(*positions.shape[:n], -1)


def window_positions(
    shape: Shape,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    dilation: Ints | None = None,
    ceil_mode: bool = False,
) -> Array:
    """Those of windows; an element that would lie in the padding is replaced by the nearest of its window."""
    lengths = shape[-len(size) :]
    counts, widths, dilation = frame(lengths, size, stride, padding, dilation, ceil_mode)
    places = []
    for length, count, k, s, (p, _), d in zip(lengths, counts, size, stride, widths, dilation, strict=True):
        start = np.arange(count)[:, np.newaxis] * s - p
        first = start + np.maximum(-(start // d), 0) * d
        last = start + (length - 1 - start) // d * d
        places.append(np.clip(np.clip(start + np.arange(k) * d, first, last), 0, length - 1))
    return _positions(lengths, places)


def bin_positions(shape: Shape, size: Ints) -> Array:
    """Those of bins, of which some may have one element less along a dimension: it has its last one twice."""
    lengths = shape[-len(size) :]
    places = []
    for before, after in zip(lengths, size, strict=True):
        start, end = bins(before, after)
        longest = np.arange((end - start).max())
        places.append(np.minimum(start[:, np.newaxis] + longest, end[:, np.newaxis] - 1))
    return _positions(lengths, places)
