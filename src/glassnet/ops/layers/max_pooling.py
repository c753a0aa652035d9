"""Max pooling: each window over the last dimensions becomes its largest number.

It is sought along one dimension after the other, which takes fewer steps than all places of a window at once. Of equal
numbers the first is the one that counts, row by row, as in PyTorch; of several NaN the last.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.ops.dtypes import Array, int64
from glassnet.ops.indexing import ARRAY, gather, getitem, scatter_add, setitem
from glassnet.ops.layers.pooling import at_positions, bin_positions, flat, pooled_shape, seen_along, window_positions
from glassnet.ops.layers.windows import Ints, seen_at, windows
from glassnet.ops.movement import broadcast_to, flip, reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import any as any_of
from glassnet.ops.reduction import argmax
from glassnet.ops.selection import isnan, where
from glassnet.ops.shapes import Shape, shape_of, written

# where the largest is --------------------------------------------------------------------------------------


def _largest(x: Array, positions: Array) -> Array:
    n = positions.ndim - 1
    rows = flat(x, n)[..., positions]
    missing = np.isnan(rows)
    last_missing = rows.shape[-1] - 1 - missing[..., ::-1].argmax(axis=-1)
    place = np.where(missing.any(axis=-1), last_missing, rows.argmax(axis=-1))
    return np.take_along_axis(np.broadcast_to(positions, rows.shape), place[..., np.newaxis], -1)[..., 0]


def _largest_expand(x: Any, positions: Array) -> Any:
    rows = getitem(flat(x, positions.ndim - 1), positions, index=(..., ARRAY))
    missing = isnan(rows)
    last_missing = rows.shape[-1] - 1 - argmax(flip(missing, dims=(-1,)), dim=-1)
    place = where(any_of(missing, dim=-1), last_missing, argmax(rows, dim=-1))
    everywhere = broadcast_to(positions, shape=shape_of(rows))
    return reshape(gather(everywhere, reshape(place, shape=(*shape_of(place), 1)), dim=-1), shape=shape_of(place))


def _max_pool_indices(x: Array, size: Ints, stride: Ints, dilation: Ints) -> Array:
    return _largest(x, window_positions(x.shape, size, stride, dilation))


def _max_pool_indices_expand(x: Any, size: Ints, stride: Ints, dilation: Ints) -> Any:
    return _largest_expand(x, window_positions(shape_of(x), size, stride, dilation))


max_pool_indices: Op = register(
    Op(
        "max_pool_indices",
        forward=_max_pool_indices,
        vjp=(None,),
        shape=lambda x, *, size, stride, dilation: Spec(pooled_shape("max_pool", x, size, stride, dilation), int64),
        in_order=True,
        formula="iₖ = where x is largest in window k, counted through all dimensions",
        expand=_max_pool_indices_expand,
    )
)


def _adaptive_max_pool_indices(x: Array, size: Ints) -> Array:
    return _largest(x, bin_positions(x.shape, size))


adaptive_max_pool_indices: Op = register(
    Op(
        "adaptive_max_pool_indices",
        forward=_adaptive_max_pool_indices,
        vjp=(None,),
        shape=lambda x, *, size: Spec((*shape_of(x)[: len(shape_of(x)) - len(size)], *size), int64),
        in_order=True,
        formula="iₖ = where x is largest in bin k of size bins, counted through all dimensions",
        expand=lambda x, size: _largest_expand(x, bin_positions(shape_of(x), size)),
    )
)


# the largest itself ----------------------------------------------------------------------------------------


def _max_pool(x: Array, size: Ints, stride: Ints, dilation: Ints) -> Array:
    for axis, k, s, d in zip(range(-len(size), 0), size, stride, dilation, strict=True):
        first, *between, last = seen_along(x, axis, k, s, d) * (2 if k == 1 else 1)
        x = np.maximum(first, last)
        for other in between:
            np.maximum(x, other, out=x)
    return x


def _plain_max_pool(x: Array, size: Ints, stride: Ints, dilation: Ints) -> Array:
    seen = windows(x, size=size, stride=stride, dilation=dilation)
    return seen.max(axis=tuple(range(-len(size), 0)))


max_pool: Op = register(
    Op(
        "max_pool",
        forward=_max_pool,
        vjp=(lambda g, y, x, **params: max_pool_backward(g, x, y, **params),),
        shape=lambda x, *, size, stride, dilation: Spec(pooled_shape("max_pool", x, size, stride, dilation), x.dtype),
        in_order=True,
        free_result=True,
        formula="yᵢ = max x over window i",
        expand=lambda x, size, stride, dilation: at_positions(
            x, _max_pool_indices_expand(x, size, stride, dilation), len(size)
        ),
        textbook=_plain_max_pool,
    )
)


def _max_pool_backward(g: Array, x: Array, y: Array, size: Ints, stride: Ints, dilation: Ints) -> Array:
    gx = np.zeros(x.shape, g.dtype)
    n = len(size)
    if tuple(size) == x.shape[-n:] and not np.isnan(y).any():  # one window, of everything: seen at once
        np.put_along_axis(flat(gx, n), flat(x, n).argmax(axis=-1, keepdims=True), flat(g, n), -1)
        return gx
    left = np.ones(y.shape, np.bool_)  # windows whose largest number has not come yet
    overlap = any(d * (k - 1) >= s for k, s, d in zip(size, stride, dilation, strict=True))
    places = [seen_at(place, y.shape[-n:], stride, dilation) for place in np.ndindex(*size)]
    for seen in places:
        found = x[seen] == y
        found &= left
        left ^= found
        if overlap:
            gx[seen] += g * found
        else:  # a place is of one window alone
            gx[seen] = g * found
    for seen in reversed(places) if left.any() else ():  # it is NaN, which equals nothing
        found = np.isnan(x[seen]) & left
        gx[seen] += g * found
        left ^= found
    return gx


def _max_pool_backward_expand(g: Any, x: Any, y: Any, size: Ints, stride: Ints, dilation: Ints) -> Any:
    n, shape = len(size), shape_of(x)
    positions = _max_pool_indices_expand(x, size, stride, dilation)
    lengths = (*shape[: len(shape) - n], math.prod(shape[len(shape) - n :]))
    return reshape(scatter_add(flat(g, n), flat(positions, n), dim=-1, shape=lengths), shape=shape)


max_pool_backward: Op = register(
    Op(
        "max_pool_backward",
        forward=_max_pool_backward,
        vjp=(
            lambda g, _gx, _g, x, _y, size, **params: at_positions(
                g, max_pool_indices(x, size=size, **params), len(size)
            ),
            None,
            None,
        ),
        shape=lambda g, x, y, **_params: Spec(shape_of(x), g.dtype),
        formula="gx = g of each window at the place of its largest x, added up",
        expand=_max_pool_backward_expand,
    )
)


# back to where it was --------------------------------------------------------------------------------------


def _max_unpool(x: Array, indices: Array, size: Shape) -> Array:
    n = len(size)
    y = np.zeros((*x.shape[:-n], math.prod(size)), x.dtype)
    if indices.size and (indices.min() < 0 or indices.max() >= y.shape[-1]):
        wrong = indices[(indices < 0) | (indices >= y.shape[-1])][0]
        raise RangeError(
            f"max_unpool{n}d: expected indices from 0 to {y.shape[-1] - 1}, the places of {list(size)}, got {wrong}; "
            "give it an output_size: that of what was pooled"
        )
    np.put_along_axis(y, flat(indices, n), flat(x, n), -1)
    return y.reshape(*x.shape[:-n], *size)


def _max_unpool_shape(x: Any, indices: Any, *, size: Shape) -> Spec:
    n, shape = len(size), shape_of(x)
    if shape_of(indices) != shape or len(shape) < n:
        raise ShapeError(
            f"max_unpool{n}d: expected indices of the shape of the input, {written(shape)}, got "
            f"{written(shape_of(indices))}"
        )
    return Spec((*shape[: len(shape) - n], *size), x.dtype)


def _max_unpool_expand(x: Any, indices: Any, size: Shape) -> Any:
    n, shape = len(size), shape_of(x)
    batch, count = math.prod(shape[: len(shape) - n]), math.prod(shape[len(shape) - n :])
    zeros = np.zeros((batch, math.prod(size)), x.dtype)
    row, column = np.arange(batch)[:, np.newaxis], reshape(indices, shape=(batch, count))
    y = setitem(zeros, reshape(x, shape=(batch, count)), row, column, index=(ARRAY, ARRAY))
    return reshape(y, shape=(*shape[: len(shape) - n], *size))


max_unpool: Op = register(
    Op(
        "max_unpool",
        forward=_max_unpool,
        vjp=(lambda g, _y, _x, indices, size: at_positions(g, indices, len(size)), None),
        shape=_max_unpool_shape,
        formula="y = zeros of a size, with x at indices",
        expand=_max_unpool_expand,
    )
)
