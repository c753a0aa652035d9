"""Regions of images as small images of one size, of which each row and column weighs rows and columns of the image.

What a box gives is R · image · Cᵀ, where R has the weights of the rows and C those of the columns: averages of places
between pixels (RoIAlign), or of pixels. The weights are 0 outside of the box, and only what is within is read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.indexing import ARRAY, getitem, put
from glassnet.ops.linear import matmul
from glassnet.ops.movement import reshape, transpose_last
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import Shape, equal_dtypes, shape_of, written


def _within(weights: Array) -> slice:
    """The part of an image's side in which any of ``weights`` [places, side] is not 0."""
    there = np.flatnonzero(weights.any(0))
    return slice(there[0], there[-1] + 1) if there.size else slice(0, 0)


def _region_pool(x: Array, rows: Array, columns: Array, of: Array) -> Array:
    result = np.empty((len(rows), x.shape[1], rows.shape[1], columns.shape[1]), x.dtype)
    for number, image in enumerate(of):
        tall, wide = _within(rows[number]), _within(columns[number])
        result[number] = rows[number, :, tall] @ x[image, :, tall, wide] @ columns[number, :, wide].T
    return result


def _region_pool_expand(x: Any, rows: Any, columns: Any, of: Any) -> Any:
    images = getitem(x, of, index=(ARRAY,))
    return matmul(matmul(_for_channels(rows), images), transpose_last(_for_channels(columns)))


def _for_channels(weights: Any) -> Any:
    k, places, side = shape_of(weights)
    return reshape(weights, shape=(k, 1, places, side))


def _region_pool_shape(x: Any, rows: Any, columns: Any, of: Any) -> Spec:
    image, tall, wide, numbers = map(shape_of, (x, rows, columns, of))
    fits = len(image) == 4 and len(tall) == len(wide) == 3 and tall[0] == wide[0] == (*numbers, -1)[0]
    if not fits or (tall[2], wide[2]) != image[2:] or len(numbers) != 1:
        raise ShapeError(
            "region_pool: expected images [n, channels, height, width], weights [k, p, height] and [k, q, width], and "
            f"of which image each is [k], got {', '.join(map(written, (image, tall, wide, numbers)))}"
        )
    return Spec((tall[0], image[1], tall[1], wide[1]), equal_dtypes("region_pool", x, rows, columns))


_FROM_EXPANSION = rules_of(_region_pool_expand, 3)

region_pool: Op = register(
    Op(
        "region_pool",
        forward=_region_pool,
        vjp=(
            lambda g, _y, _x, rows, columns, of: region_pool_backward(g, rows, columns, of, images=shape_of(_x)[0]),
            _FROM_EXPANSION[1],
            _FROM_EXPANSION[2],
            None,
        ),
        shape=_region_pool_shape,
        formula="yₖ = Rₖ·x·Cₖᵀ, of the image x that k is of",
        expand=_region_pool_expand,
    )
)


def _region_pool_backward(g: Array, rows: Array, columns: Array, of: Array, images: int) -> Array:
    result = np.zeros((images, g.shape[1], rows.shape[2], columns.shape[2]), g.dtype)
    for number, image in enumerate(of):
        tall, wide = _within(rows[number]), _within(columns[number])
        result[image, :, tall, wide] += rows[number, :, tall].T @ g[number] @ columns[number, :, wide]
    return result


def _region_pool_backward_expand(g: Any, rows: Any, columns: Any, of: Any, images: int) -> Any:
    each = matmul(matmul(transpose_last(_for_channels(rows)), g), _for_channels(columns))
    return put(each, of, index=(ARRAY,), shape=(images, *shape_of(each)[1:]))


def _backward_shape(g: Any, rows: Any, columns: Any, of: Any, *, images: int) -> Spec:
    sides: Shape = (shape_of(rows)[2], shape_of(columns)[2])
    return Spec((images, shape_of(g)[1], *sides), g.dtype)


region_pool_backward: Op = register(
    Op(
        "region_pool_backward",
        forward=_region_pool_backward,
        vjp=(*rules_of(_region_pool_backward_expand, 3), None),
        shape=_backward_shape,
        formula="gx = Σ Rₖᵀ·gₖ·Cₖ over the regions k of the image",
        expand=_region_pool_backward_expand,
    )
)
