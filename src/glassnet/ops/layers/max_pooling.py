"""Max pooling: each window over the last dimensions becomes its largest number.

It is sought along one dimension after the other, which takes fewer steps than all places of a window at once. Of equal
numbers the first is the one that counts, row by row, as in PyTorch; of several NaN the last.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.ops.dtypes import Array, Dtype, int64
from glassnet.ops.indexing import ARRAY, gather, getitem, scatter_add, setitem
from glassnet.ops.layers.pooling import bin_positions, frame, framed, pooled_shape, seen_at, window_positions
from glassnet.ops.layers.windows import Ints, windows
from glassnet.ops.movement import broadcast_to, flip, reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import any as any_of
from glassnet.ops.reduction import argmax
from glassnet.ops.selection import isnan, where
from glassnet.ops.shapes import Shape, shape_of, written

# where the largest is --------------------------------------------------------------------------------------


def flat(x: Any, n: int) -> Any:
    """``x`` with its last ``n`` dimensions laid end to end."""
    shape = shape_of(x)
    return reshape(x, shape=(*shape[: len(shape) - n], math.prod(shape[len(shape) - n :])))


def at_positions(x: Any, positions: Any, n: int) -> Any:
    """The numbers of ``x`` at ``positions``, counted through its last ``n`` dimensions."""
    return reshape(gather(flat(x, n), flat(positions, n), dim=-1), shape=shape_of(positions))


def _added_at(g: Any, positions: Any, shape: Shape, n: int) -> Any:
    """The transpose of `at_positions`: zeros of ``shape``, with ``g`` added at ``positions``."""
    lengths = (*shape[: len(shape) - n], math.prod(shape[len(shape) - n :]))
    return reshape(scatter_add(flat(g, n), flat(positions, n), dim=-1, shape=lengths), shape=shape)


def _largest(x: Array, positions: Array) -> Array:
    """For each window, the position of its largest element: the first of equals, the last NaN."""
    n = positions.ndim - 1
    rows = flat(x, n)[..., positions]
    missing = np.isnan(rows)
    last_missing = rows.shape[-1] - 1 - missing[..., ::-1].argmax(axis=-1)
    place = np.where(missing.any(axis=-1), last_missing, rows.argmax(axis=-1))
    return np.take_along_axis(np.broadcast_to(positions, rows.shape), place[..., np.newaxis], -1)[..., 0]


def largest_at(rows: Any, positions: Any) -> Any:
    """The position of the largest number of each row; both [..., elements]. In operations."""
    missing = isnan(rows)
    last_missing = rows.shape[-1] - 1 - argmax(flip(missing, dims=(-1,)), dim=-1)
    place = where(any_of(missing, dim=-1), last_missing, argmax(rows, dim=-1))
    return reshape(gather(positions, reshape(place, shape=(*shape_of(place), 1)), dim=-1), shape=shape_of(place))


def _largest_expand(x: Any, positions: Array) -> Any:
    rows = getitem(flat(x, positions.ndim - 1), positions, index=(..., ARRAY))
    return largest_at(rows, broadcast_to(positions, shape=shape_of(rows)))


def _max_pool_indices(
    x: Array,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    dilation: Ints | None = None,
    ceil_mode: bool = False,
) -> Array:
    return _largest(x, window_positions(x.shape, size, stride, padding, dilation, ceil_mode))


max_pool_indices: Op = register(
    Op(
        "max_pool_indices",
        forward=_max_pool_indices,
        vjp=(None,),
        shape=lambda x, *, size, stride, **params: Spec(pooled_shape("max_pool", x, size, stride, **params), int64),
        formula="iₖ = where x is largest in window k, counted through all dimensions",
        expand=lambda x, size, stride, **params: _largest_expand(
            x, window_positions(shape_of(x), size, stride, **params)
        ),
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
        formula="iₖ = where x is largest in bin k of size bins, counted through all dimensions",
        expand=lambda x, size: _largest_expand(x, bin_positions(shape_of(x), size)),
    )
)


# the largest itself -----------------------------------------------------------------------------------------------


def _lowest(dtype: Dtype) -> float:
    return -math.inf if dtype.kind == "f" else int(np.iinfo(dtype).min)


def _max_pool(
    x: Array,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    dilation: Ints | None = None,
    ceil_mode: bool = False,
) -> Array:
    n = len(size)
    counts, widths, dilation = frame(x.shape[-n:], size, stride, padding, dilation, ceil_mode)
    y = framed(x, widths, _lowest(x.dtype))
    for i in range(n):
        others = (slice(None),) * (n - i - 1)
        each = [
            y[(..., *seen_at((place,), counts[i : i + 1], stride[i : i + 1], dilation[i : i + 1]), *others)]
            for place in range(size[i])
        ]
        y = np.maximum(each[0], each[-1])
        for between in each[1:-1]:
            np.maximum(y, between, out=y)
    return y


def _plain_max_pool(
    x: Array,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    dilation: Ints | None = None,
    ceil_mode: bool = False,
) -> Array:
    n = len(size)
    _, widths, dilation = frame(x.shape[-n:], size, stride, padding, dilation, ceil_mode)
    seen = windows(framed(x, widths, _lowest(x.dtype)), size=size, stride=stride, dilation=dilation)
    return seen.max(axis=tuple(range(-n, 0)))


def _max_pool_shape(x: Any, *, size: Ints, stride: Ints, **params: Any) -> Spec:
    return Spec(pooled_shape("max_pool", x, size, stride, **params), x.dtype)


max_pool: Op = register(
    Op(
        "max_pool",
        forward=_max_pool,
        vjp=(lambda g, y, x, size, stride, **params: max_pool_backward(g, x, y, size=size, stride=stride, **params),),
        shape=_max_pool_shape,
        formula="yᵢ = max x over window i",
        expand=lambda x, size, stride, **params: at_positions(
            x, _largest_expand(x, window_positions(shape_of(x), size, stride, **params)), len(size)
        ),
        textbook=_plain_max_pool,
    )
)


def _max_pool_backward(
    g: Array,
    x: Array,
    y: Array,
    size: Ints,
    stride: Ints,
    padding: Ints | None = None,
    dilation: Ints | None = None,
    ceil_mode: bool = False,
) -> Array:
    n = len(size)
    counts, widths, dilation = frame(x.shape[-n:], size, stride, padding, dilation, ceil_mode)
    x = framed(x, widths, _lowest(x.dtype))
    gx = np.zeros(x.shape, g.dtype)
    left = np.ones(y.shape, np.bool_)  # windows whose largest number has not come yet
    overlap = any(d * (k - 1) >= s for k, s, d in zip(size, stride, dilation, strict=True))
    places = list(np.ndindex(*size))
    for place in places:
        seen = (..., *seen_at(place, counts, stride, dilation))
        found = x[seen] == y
        found &= left
        left ^= found
        if overlap:
            gx[seen] += g * found
        else:  # a place is of one window alone
            np.multiply(g, found, out=gx[seen])
    if left.any():  # it is NaN, which equals nothing
        for place in reversed(places):
            seen = (..., *seen_at(place, counts, stride, dilation))
            found = np.isnan(x[seen]) & left
            gx[seen] += g * found
            left ^= found
    return framed(gx, tuple((-before, -after) for before, after in widths), 0.0)


max_pool_backward: Op = register(
    Op(
        "max_pool_backward",
        forward=_max_pool_backward,
        vjp=(
            lambda g, _gx, _g, x, _y, size, stride, **params: at_positions(
                g, max_pool_indices(x, size=size, stride=stride, **params), len(size)
            ),
            None,
            None,
        ),
        shape=lambda g, x, y, **_params: Spec(shape_of(x), g.dtype),
        formula="gx = g of each window at the place of its largest x, added up",
        expand=lambda g, x, y, size, stride, **params: _added_at(
            g, _largest_expand(x, window_positions(shape_of(x), size, stride, **params)), shape_of(x), len(size)
        ),
    )
)


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
