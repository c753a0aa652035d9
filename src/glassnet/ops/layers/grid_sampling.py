"""Grid sampling: images read at places between their pixels, and the grids of places that an affine map gives.

A place is a vector of coordinates from −1 to 1, x first. Along each dimension it has one (nearest), two (linear) or
four (cubic) neighbours with weights; a corner is a neighbour along every dimension, and its weight their product. The
functions are written in operations, so that they compute numbers, and are differentiated and decomposed as well.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.arithmetic import maximum, minimum
from glassnet.ops.dtypes import Array, int64
from glassnet.ops.elementary import abs as absolute
from glassnet.ops.elementary import floor, sign
from glassnet.ops.elementary import round as rounded
from glassnet.ops.indexing import ARRAY, getitem, put
from glassnet.ops.layers.interpolation import cubic_far, cubic_near
from glassnet.ops.layers.pooling import flat
from glassnet.ops.linear import matmul
from glassnet.ops.movement import cast as to_dtype
from glassnet.ops.movement import copy, permute, reshape, stack
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import ge, gt, logical_and, lt
from glassnet.ops.shapes import Shape, equal_dtypes, shape_of, written

A = -0.75  # of the cubic kernel, as PyTorch has it


# One of the elements along one dimension that a place lies between: its index, its weight, and the slope of the weight
# by the coordinate in the grid; all of them arrays [N, places].
Neighbour = tuple[Any, Any, Any]


# along one dimension --------------------------------------------------------------------------------------


def _reflected(c: Any, length: int, align_corners: bool) -> tuple[Any, Any]:
    """``c`` folded back into the image, and the slope of that: +1 or −1."""
    low, span = (0.0, length - 1.0) if align_corners else (-0.5, float(length))
    if span == 0:
        return c * 0.0, c * 0.0
    beyond = absolute(c - low)
    folds = floor(beyond / span)
    extra = beyond - folds * span
    odd = folds - 2.0 * floor(folds / 2.0)
    return low + extra + odd * (span - 2.0 * extra), sign(c - low) * (1.0 - 2.0 * odd)


def _clipped(c: Any, length: int) -> tuple[Any, Any]:
    """``c`` moved to the border where it lies beyond, and the slope of that: 1 inside, else 0."""
    last = length - 1.0
    inside = logical_and(gt(c, 0.0), lt(c, last))
    return minimum(maximum(c, 0.0), last), to_dtype(inside, dtype=c.dtype)


def _inside(c: Any, length: int, padding_mode: str, align_corners: bool) -> tuple[Any, Any]:
    """A coordinate, counted in elements, as the padding takes it, and the slope of that."""
    slope: Any = 1.0
    if padding_mode == "reflection":
        c, slope = _reflected(c, length, align_corners)
    if padding_mode != "zeros":
        c, clip_slope = _clipped(c, length)
        slope = slope * clip_slope
    return c, slope


def _neighbours(g: Any, length: int, mode: str, padding_mode: str, align_corners: bool) -> list[Neighbour]:
    """The elements along a dimension of ``length`` that the coordinates ``g`` lie between."""
    slope: Any = (length - 1) / 2 if align_corners else length / 2
    c = (g + 1.0) * slope - (0.0 if align_corners else 0.5)  # counted in elements
    if mode != "bicubic":
        c, padding_slope = _inside(c, length, padding_mode, align_corners)
        slope = slope * padding_slope
    if mode == "nearest":
        zeros = sign(c) * 0.0  # of NaN and ∞, too
        return [_neighbour(rounded(c), 1.0 + zeros, zeros, length)]
    before = floor(c)
    t = c - before
    if mode == "bilinear":
        return [
            _neighbour(before, 1.0 - t, -1.0 * slope + t * 0.0, length),
            _neighbour(before + 1.0, t, slope + t * 0.0, length),
        ]
    weights = (cubic_far(t + 1.0, A), cubic_near(t, A), cubic_near(1.0 - t, A), cubic_far(2.0 - t, A))
    slopes = (_far_slope(t + 1.0), _near_slope(t), -_near_slope(1.0 - t), -_far_slope(2.0 - t))
    return [
        _neighbour(_inside(before + shift, length, padding_mode, align_corners)[0], w, s * slope, length)
        for shift, w, s in zip((-1.0, 0.0, 1.0, 2.0), weights, slopes, strict=True)
    ]


def _near_slope(d: Any) -> Any:
    return (3 * (A + 2) * d - 2 * (A + 3)) * d


def _far_slope(d: Any) -> Any:
    return (3 * A * d - 10 * A) * d + 8 * A


def _neighbour(place: Any, weight: Any, slope: Any, length: int) -> Neighbour:
    """One neighbour; beyond the border, where padding is with zeros, it weighs nothing."""
    is_there = to_dtype(logical_and(ge(place, 0.0), lt(place, float(length))), dtype=weight.dtype)
    index = minimum(maximum(to_dtype(place, dtype=int64), 0), length - 1)  # of NaN and ∞, too, some index
    return index, weight * is_there, slope * is_there


# all dimensions together ----------------------------------------------------------------------------------


def _along(grid: Any, lengths: Shape, mode: str, padding_mode: str, align_corners: bool) -> list[list[Neighbour]]:
    """The neighbours along each dimension of the image; the grid names the last one first."""
    n = len(lengths)
    places = reshape(grid, shape=(shape_of(grid)[0], math.prod(shape_of(grid)[1:-1]), n))
    return [
        _neighbours(places[..., n - 1 - i], length, mode, padding_mode, align_corners)
        for i, length in enumerate(lengths)
    ]


def _rows(x: Any, n: int) -> Any:
    """[N, C, …], with ``n`` dimensions after the channels, as rows of channels, which lie together: [N · places, C]."""
    return reshape(permute(flat(x, n), dims=(0, 2, 1)), shape=(-1, shape_of(x)[1]))


def _row(corner: tuple[Neighbour, ...], lengths: Shape) -> Any:
    """The rows of a corner: its position, counted through all samples and dimensions; [N · places]."""
    position = corner[0][0]
    for (index, _, _), length in zip(corner[1:], lengths[1:], strict=True):
        position = position * length + index
    first = np.arange(shape_of(position)[0])[:, np.newaxis] * math.prod(lengths)
    return reshape(position + first, shape=(-1,))


def _weight(factors: list[Any]) -> Any:
    """The product of weights along each dimension, for all channels: [N · places, 1]."""
    product = factors[0]
    for factor in factors[1:]:
        product = product * factor
    return reshape(product, shape=(-1, 1))


def _images(rows: Any, samples: int, channels: int, lengths: Shape) -> Any:
    """`_rows` undone: [N · places, C] → [N, C, …]."""
    n = -1 if math.prod(lengths) else samples  # −1 holds for any number of samples
    images = permute(reshape(rows, shape=(n, math.prod(lengths), channels)), dims=(0, 2, 1))
    return reshape(copy(images), shape=(n, channels, *lengths))


def _grid_sample(
    x: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    n, channels, *lengths = shape_of(x)
    elements = _rows(x, len(lengths))
    total: Any = 0.0
    for corner in itertools.product(*_along(grid, tuple(lengths), mode, padding_mode, align_corners)):
        found = getitem(elements, _row(corner, tuple(lengths)), index=(ARRAY,))
        total = total + found * _weight([weight for _, weight, _ in corner])
    return _images(total, n, channels, shape_of(grid)[1:-1])


def _grid_sample_shape(
    x: Any, grid: Any, *, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Spec:
    image, places = shape_of(x), shape_of(grid)
    n = len(image) - 2
    if n not in (2, 3) or len(places) != len(image) or places[0] != image[0] or places[-1] != n:
        raise ShapeError(
            "grid_sample: expected an input [N, C, H, W] and a grid [N, H′, W′, 2], or [N, C, D, H, W] and "
            f"[N, D′, H′, W′, 3], got {written(image)} and {written(places)}"
        )
    return Spec((*image[:2], *places[1:-1]), equal_dtypes("grid_sample", x, grid))


grid_sample: Op = register(
    Op(
        "grid_sample",
        forward=_grid_sample,
        vjp=(
            lambda g, _y, _x, grid, **params: grid_sample_backward(g, grid, size=shape_of(_x)[2:], **params),
            lambda g, _y, x, grid, **params: grid_sample_slope(g, x, grid, **params),
        ),
        shape=_grid_sample_shape,
        in_order=True,
        formula="yᵢ = Σ wₖ·xₖ over the corners k around place i",
        expand=_grid_sample,
        cast="equal",
    )
)


def _grid_sample_backward(
    g: Any,
    grid: Any,
    size: Shape,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Any:
    n, channels = shape_of(g)[:2]
    g = _rows(g, len(size))
    total: Any = 0.0
    for corner in itertools.product(*_along(grid, size, mode, padding_mode, align_corners)):
        weighted = g * _weight([weight for _, weight, _ in corner])
        total = total + put(weighted, _row(corner, size), index=(ARRAY,), shape=(n * math.prod(size), channels))
    return _images(total, n, channels, size)


grid_sample_backward: Op = register(
    Op(
        "grid_sample_backward",
        forward=_grid_sample_backward,
        vjp=rules_of(_grid_sample_backward, 2),
        shape=lambda g, grid, *, size, **_params: Spec((*shape_of(g)[:2], *size), g.dtype),
        formula="gxₖ = Σ wₖ·gᵢ over the places i around corner k",
        expand=_grid_sample_backward,
    )
)


def _grid_sample_slope(
    g: Any, x: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    _, _, *lengths = shape_of(x)
    elements, g = _rows(x, len(lengths)), _rows(g, len(lengths))
    ones = np.ones((shape_of(x)[1], 1), g.dtype)
    slopes: list[Any] = [0.0] * len(lengths)
    for corner in itertools.product(*_along(grid, tuple(lengths), mode, padding_mode, align_corners)):
        found = getitem(elements, _row(corner, tuple(lengths)), index=(ARRAY,))
        gain = matmul(g * found, ones)  # summed over the channels
        for i in range(len(lengths)):
            factors = [slope if j == i else weight for j, (_, weight, slope) in enumerate(corner)]
            slopes[i] = slopes[i] + gain * _weight(factors)
    return reshape(stack(*slopes[::-1], dim=-1), shape=shape_of(grid))


grid_sample_slope: Op = register(
    Op(
        "grid_sample_slope",
        forward=_grid_sample_slope,
        vjp=rules_of(_grid_sample_slope, 3),
        shape=lambda g, x, grid, **_params: Spec(shape_of(grid), g.dtype),
        formula="∂L/∂gridᵢ = Σ gᵢ·xₖ·∂wₖ/∂gridᵢ over the corners k around place i",
        expand=_grid_sample_slope,
    )
)


# affine grids -----------------------------------------------------------------------------------------------


def _places(size: Shape, align_corners: bool) -> Array:
    """Every place of an image, as a row of coordinates from −1 to 1, x first, and a 1: [places, dimensions + 1]."""
    n = len(size)
    coordinates = []
    for i, length in enumerate(size):
        along = np.linspace(-1, 1, length) if length > 1 else np.zeros(length)
        along = along if align_corners else along * (length - 1) / max(length, 1)
        coordinates.append(along.reshape((-1,) + (1,) * (n - 1 - i)))
    rows = np.broadcast_arrays(*coordinates[::-1], np.ones((1,) * n))
    return np.stack(rows, axis=-1).reshape(-1, n + 1)


def _affine_grid(theta: Array, size: Shape, align_corners: bool = False) -> Array:
    places = _places(size, align_corners).astype(theta.dtype)
    return (places @ theta.swapaxes(1, 2)).reshape(len(theta), *size, len(size))


def _affine_grid_shape(theta: Any, *, size: Shape, align_corners: bool = False) -> Spec:
    n = len(size)
    if shape_of(theta)[1:] != (n, n + 1) or len(shape_of(theta)) != 3:
        raise ShapeError(
            f"affine_grid: expected theta of shape [N, {n}, {n + 1}] for a size of {n} dimensions after the channels, "
            f"got {written(shape_of(theta))}"
        )
    return Spec((shape_of(theta)[0], *size, n), theta.dtype)


def _affine_grid_expand(theta: Any, size: Shape, align_corners: bool = False) -> Any:
    places = matmul(_places(size, align_corners).astype(theta.dtype), permute(theta, dims=(0, 2, 1)))
    return reshape(places, shape=(shape_of(theta)[0], *size, len(size)))


def _affine_grid_rule(g: Any, _y: Any, _theta: Any, size: Shape, align_corners: bool = False) -> Any:
    n = len(size)
    rows = permute(reshape(g, shape=(shape_of(g)[0], math.prod(size), n)), dims=(0, 2, 1))
    return matmul(rows, _places(size, align_corners).astype(g.dtype))


affine_grid: Op = register(
    Op(
        "affine_grid",
        forward=_affine_grid,
        vjp=(_affine_grid_rule,),
        shape=_affine_grid_shape,
        formula="yᵢ = θ·(xᵢ, 1) for every place xᵢ of an image of size size",
        expand=_affine_grid_expand,
    )
)
