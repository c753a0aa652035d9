"""Several numbers that go to one place, made one: their product, the largest, the smallest."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.arithmetic import div, mul
from glassnet.ops.dtypes import Array, int64
from glassnet.ops.indexing import along, check_along, check_range, gather, scatter_add
from glassnet.ops.movement import cast
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import eq, logical_and, where
from glassnet.ops.shapes import shape_of, written


def _scatter_reduce(x: Array, source: Array, index: Array, dim: int, reduce: str) -> Array:
    check_range("scatter_reduce", index, x.shape[dim] if x.ndim else 1)
    y = np.array(x)
    reduction = np.multiply if reduce == "prod" else np.maximum if reduce == "amax" else np.minimum
    reduction.at(y, along(index, dim), source)
    return y


def _scatter_reduce_shape(x: Any, source: Any, index: Any, *, dim: int, reduce: str) -> Spec:
    check_along("scatter_reduce", shape_of(x), shape_of(index), dim)
    if shape_of(source) != shape_of(index):
        raise ShapeError(
            f"scatter_reduce: expected a source of the shape of the index, {written(shape_of(index))}, got "
            f"{written(shape_of(source))}"
        )
    return Spec(shape_of(x), x.dtype)


def _shared(g: Any, x: Any, index: Any, here: Any, there: Any, dim: int) -> Any:
    """``g``, in equal parts for all that are the largest of a place: ``here`` those of x, ``there`` those of source."""
    dtype = g.dtype
    equal = scatter_add(cast(there, dtype=dtype), index, dim=dim, shape=shape_of(x)) + cast(here, dtype=dtype)
    return div(g, equal)


def _of_input(g: Any, y: Any, x: Any, source: Any, index: Any, *, dim: int, reduce: str) -> Any:
    if reduce == "prod":
        factor = where(eq(x, 0), 1.0, x)
        return mul(g, div(scatter_reduce(factor, source, index, dim=dim, reduce=reduce), factor))
    here, there = eq(x, y), eq(source, gather(y, index, dim=dim))
    return where(here, _shared(g, x, index, here, there, dim), 0.0)


def _of_source(g: Any, y: Any, x: Any, source: Any, index: Any, *, dim: int, reduce: str) -> Any:
    if reduce == "prod":
        zero = eq(source, 0)
        zeros = scatter_add(cast(zero, dtype=int64), index, dim=dim, shape=shape_of(x))
        only = logical_and(zero, eq(gather(zeros, index, dim=dim), 1))
        # the product of the others: of a lone zero, that with a one in its place; else all of it over the factor
        others = scatter_reduce(x, where(only, 1.0, source), index, dim=dim, reduce=reduce)
        alone = gather(mul(g, others), index, dim=dim)
        return where(only, alone, div(gather(mul(g, y), index, dim=dim), where(zero, 1.0, source)))
    here, there = eq(x, y), eq(source, gather(y, index, dim=dim))
    return where(there, gather(_shared(g, x, index, here, there, dim), index, dim=dim), 0.0)


scatter_reduce: Op = register(
    Op(
        "scatter_reduce",
        forward=_scatter_reduce,
        vjp=(_of_input, _of_source, None),
        shape=_scatter_reduce_shape,
        formula="y = the product, the largest or the smallest of x and of the source that goes to its place along dim",
    )
)
