"""Interpolation: images, and signals, of another size.

One matrix a dimension. Every number of the result is a weighted mean of some of the input, and the weights along each
dimension are a row of a matrix: an image x becomes A·x·Bᵀ. The modes differ in the matrix alone, and the gradient is
the same with the matrices transposed. Adaptive average pooling is the mode "area".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.linear import matmul
from glassnet.ops.movement import permute
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import Shape, shape_of, written

Scales = tuple[float | None, ...]


# which places of the input go into a place of the result ---------------------------------------------------


def _ratio(before: int, after: int, align_corners: bool, scale: float | None) -> float:
    """How far apart in the input two neighbours of the result lie."""
    if align_corners:
        return (before - 1) / (after - 1) if after > 1 else 0.0
    return 1 / scale if scale else before / after


def _nearest(before: int, after: int, mode: str, scale: float | None) -> Array:
    """The place of the input that each place of the result is a copy of."""
    if mode == "nearest" and after in (before, 2 * before):
        return np.arange(after) * before // after
    ratio = np.float32(_ratio(before, after, False, scale))  # as PyTorch rounds, which decides between two neighbours
    places = np.arange(after, dtype=np.float32) + np.float32(0.5 if mode == "nearest-exact" else 0)
    return np.minimum(np.floor(places * ratio).astype(np.int64), before - 1)


def _linear_weight(distance: Array) -> Array:
    return np.maximum(1 - np.abs(distance), 0)


def cubic_near(d: Any, a: float) -> Any:
    """The weight of a neighbour at a distance of at most 1, by cubic convolution."""
    return ((a + 2) * d - (a + 3)) * d * d + 1


def cubic_far(d: Any, a: float) -> Any:
    """The weight of a neighbour at a distance from 1 to 2."""
    return ((d - 5) * d + 8) * d * a - 4 * a


def _cubic_weight(distance: Array, a: float) -> Array:
    d = np.abs(distance)
    return np.where(d <= 1, cubic_near(d, a), np.where(d < 2, cubic_far(d, a), 0))


def bins(before: int, after: int) -> tuple[Array, Array]:
    """Where the stretch of the input that becomes one place of the result begins and ends."""
    places = np.arange(after)
    return places * before // after, -(-(places + 1) * before // after)


def _area_weights(before: int, after: int) -> Array:
    start, end = bins(before, after)
    places = np.arange(before)
    inside = (places >= start[:, np.newaxis]) & (places < end[:, np.newaxis])
    return inside / (end - start)[:, np.newaxis]


def _antialias_weights(before: int, after: int, mode: str, ratio: float) -> Array:
    """The kernel widened to all the places that are merged into one, cut off at the borders."""
    stretch = max(ratio, 1.0)
    reach = stretch * (1 if "linear" in mode else 2)
    center = (ratio * (np.arange(after) + 0.5))[:, np.newaxis]
    places = np.arange(before)
    start = np.maximum((center - reach + 0.5).astype(np.int64), 0)
    end = np.minimum((center + reach + 0.5).astype(np.int64), before)
    distance = (places - center + 0.5) / stretch
    weights = _linear_weight(distance) if "linear" in mode else _cubic_weight(distance, -0.5)
    weights = np.where((places >= start) & (places < end), weights, 0)
    return np.divide(weights, weights.sum(axis=1, keepdims=True))


def _weights(before: int, after: int, mode: str, align_corners: bool, scale: float | None, antialias: bool) -> Array:
    """The matrix [after, before] whose rows are the weights of the input in each place of the result."""
    if mode == "area":
        return _area_weights(before, after)
    if mode in ("nearest", "nearest-exact"):
        return (_nearest(before, after, mode, scale)[:, np.newaxis] == np.arange(before)).astype(np.float64)
    ratio = _ratio(before, after, align_corners, scale)
    if antialias:
        return _antialias_weights(before, after, mode, ratio)
    shift = 0 if align_corners else 0.5
    center = (ratio * (np.arange(after) + shift) - shift)[:, np.newaxis]
    if "linear" in mode:
        return _linear_weight(np.clip(center, 0, before - 1) - np.arange(before))
    beyond = np.arange(-2, before + 2)  # which the border is repeated to
    weights = _cubic_weight(center - beyond, -0.75)
    inner = weights[:, 2:-2]
    inner[:, 0] += weights[:, :2].sum(axis=1)
    inner[:, -1] += weights[:, -2:].sum(axis=1)
    return inner


def whole_weights(weights: Array) -> tuple[Array, int]:
    """The matrix times a power of 2, rounded, and that power: the largest with which it fits into 16 bits."""
    power = 0
    while power < 22 and int(0.5 + weights.max() * 2 ** (power + 1)) < 2**15:
        power += 1
    return np.trunc(weights * 2**power + np.copysign(0.5, weights)), power


# the operation ---------------------------------------------------------------------------------------------


def _times(x: Array, weights: Array, axis: int) -> Array:
    """The matrix ``weights`` times ``x`` along one dimension."""
    if axis == x.ndim - 1:
        return np.matmul(x, weights.T)
    columns = x.reshape(*x.shape[: axis + 1], math.prod(x.shape[axis + 1 :]))
    return np.matmul(weights, columns).reshape(*x.shape[:axis], len(weights), *x.shape[axis + 1 :])


def _interpolate(
    x: Array,
    size: Shape,
    mode: str,
    align_corners: bool = False,
    scales: Scales | None = None,
    antialias: bool = False,
) -> Array:
    for axis, after, scale in zip(range(-len(size), 0), size, scales or (None,) * len(size), strict=True):
        before = x.shape[axis]
        if mode.startswith("nearest"):
            x = np.take(x, _nearest(before, after, mode, scale), axis)
        else:
            weights = _weights(before, after, mode, align_corners, scale, antialias)
            x = _times(x, weights.astype(x.dtype), x.ndim + axis)
    return x


def _interpolate_shape(x: Any, *, size: Shape, **_params: Any) -> Spec:
    shape = shape_of(x)
    if len(shape) < len(size):
        raise ShapeError(f"interpolate: expected an input of {len(size)} dimensions or more, got {written(shape)}")
    return Spec((*shape[: len(shape) - len(size)], *size), x.dtype)


def matrices(
    before: Shape,
    after: Shape,
    mode: str,
    align_corners: bool = False,
    scales: Scales | None = None,
    antialias: bool = False,
) -> list[Array]:
    """The matrix of each dimension."""
    return [
        _weights(old, new, mode, align_corners, scale, antialias)
        for old, new, scale in zip(before, after, scales or (None,) * len(after), strict=True)
    ]


def _multiplied(x: Any, matrices: list[Array]) -> Any:
    """``x`` multiplied by a matrix along each of its last dimensions, in operations: that dimension is swapped to the
    end for it."""
    last = len(shape_of(x)) - 1
    for axis, matrix in enumerate(matrices, last + 1 - len(matrices)):
        swapped = [*range(last + 1)]
        swapped[axis], swapped[last] = last, axis
        x = permute(matmul(permute(x, dims=tuple(swapped)), matrix.T.astype(x.dtype)), dims=tuple(swapped))
    return x


def _interpolate_expand(x: Any, size: Shape, **params: Any) -> Any:
    return _multiplied(x, matrices(shape_of(x)[-len(size) :], size, **params))


interpolate: Op = register(
    Op(
        "interpolate",
        forward=_interpolate,
        vjp=(lambda g, _y, _x, size, **params: interpolate_backward(g, size=shape_of(_x)[-len(size) :], **params),),
        shape=_interpolate_shape,
        in_order=True,
        formula="y = A·x·Bᵀ for an image: weighted means of neighbours, a matrix of weights for each dimension",
        expand=_interpolate_expand,
    )
)


def _interpolate_backward(
    g: Array,
    size: Shape,
    mode: str,
    align_corners: bool = False,
    scales: Scales | None = None,
    antialias: bool = False,
) -> Array:
    for axis, before, scale in zip(range(-len(size), 0), size, scales or (None,) * len(size), strict=True):
        weights = _weights(before, g.shape[axis], mode, align_corners, scale, antialias)
        g = _times(g, weights.T.astype(g.dtype), g.ndim + axis)
    return g


def _interpolate_backward_shape(g: Any, *, size: Shape, **_params: Any) -> Spec:
    return Spec((*shape_of(g)[: len(shape_of(g)) - len(size)], *size), g.dtype)


def _interpolate_backward_expand(g: Any, size: Shape, **params: Any) -> Any:
    return _multiplied(g, [matrix.T for matrix in matrices(size, shape_of(g)[-len(size) :], **params)])


interpolate_backward: Op = register(
    Op(
        "interpolate_backward",
        forward=_interpolate_backward,
        vjp=(lambda g, _y, _g, size, **params: interpolate(g, size=shape_of(_g)[-len(size) :], **params),),
        shape=_interpolate_backward_shape,
        formula="gx = Aᵀ·g·B: each gradient goes back to the neighbours, with the weights they had",
        expand=_interpolate_backward_expand,
    )
)
