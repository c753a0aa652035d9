"""The diagonal of matrices, seen and put back."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import RepeatedDimensionError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.indexing import ARRAY, getitem, setitem
from glassnet.ops.movement import inverse_order, permute
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import Shape, normalize_dim, shape_of, written

_PLACE = (..., ARRAY, ARRAY)


def _diagonal(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    y = np.diagonal(x, offset, dim1, dim2)
    if x.flags.writeable:
        y.flags.writeable = True
    return y


def _order(ndim: int, dim1: int, dim2: int) -> tuple[int, ...]:
    """The dimensions, these two the last."""
    last = [d % ndim for d in (dim1, dim2)]
    return (*(d for d in range(ndim) if d not in last), *last)


def _places(shape: Shape, offset: int) -> tuple[Array, Array]:
    """The row and the column of each element of the diagonals of matrices."""
    rows, columns = shape[-2:]
    row, column = max(-offset, 0), max(offset, 0)
    i = np.arange(max(min(rows - row, columns - column), 0))
    return i + row, i + column


def _diagonal_size(name: str, shape: Shape, offset: int, dim1: int, dim2: int) -> Shape:
    if len(shape) < 2:
        raise ShapeError(f"{name}: expected at least 2 dimensions, got {written(shape)}")
    if normalize_dim(name, dim1, len(shape)) == normalize_dim(name, dim2, len(shape)):
        raise RepeatedDimensionError(f"{name}: expected two different dimensions, got dim1={dim1} and dim2={dim2}")
    moved = [shape[d] for d in _order(len(shape), dim1, dim2)]
    return (*moved[:-2], len(_places(tuple(moved), offset)[0]))


def _diagonal_expand(x: Any, *, offset: int, dim1: int, dim2: int) -> Any:
    order = _order(len(shape_of(x)), dim1, dim2)
    matrices = permute(x, dims=order)
    return getitem(matrices, *_places(shape_of(matrices), offset), index=_PLACE)


diagonal: Op = register(
    Op(
        "diagonal",
        forward=_diagonal,
        vjp=(
            lambda g, _y, _x, offset, dim1, dim2: diagonal_scatter(
                np.zeros(shape_of(_x), g.dtype), g, offset=offset, dim1=dim1, dim2=dim2
            ),
        ),
        shape=lambda x, *, offset, dim1, dim2: Spec(
            _diagonal_size("diagonal", shape_of(x), offset, dim1, dim2), x.dtype
        ),
        formula="y = the elements [i, i + offset] of dim1 and dim2 of x, as a last dimension",
        expand=_diagonal_expand,
        view=True,
        source=lambda output, x, offset, dim1, dim2: f"np.diagonal({x}, {offset}, {dim1}, {dim2})",
    )
)


def _diagonal_scatter(x: Array, part: Array, offset: int, dim1: int, dim2: int) -> Array:
    y = np.array(x, order="C")
    _diagonal(y, offset, dim1, dim2)[...] = part
    return y


def _diagonal_scatter_shape(x: Any, part: Any, *, offset: int, dim1: int, dim2: int) -> Spec:
    expected = _diagonal_size("diagonal_scatter", shape_of(x), offset, dim1, dim2)
    if shape_of(part) != expected:
        raise ShapeError(
            f"diagonal_scatter: expected a source of shape {written(expected)}, got {written(shape_of(part))}"
        )
    return Spec(shape_of(x), x.dtype)


def _diagonal_scatter_expand(x: Any, part: Any, *, offset: int, dim1: int, dim2: int) -> Any:
    order = _order(len(shape_of(x)), dim1, dim2)
    matrices = permute(x, dims=order)
    changed = setitem(matrices, part, *_places(shape_of(matrices), offset), index=_PLACE)
    return permute(changed, dims=inverse_order(order))


diagonal_scatter: Op = register(
    Op(
        "diagonal_scatter",
        forward=_diagonal_scatter,
        vjp=(
            lambda g, _y, _x, _part, **places: diagonal_scatter(g, np.zeros(shape_of(_part), g.dtype), **places),
            lambda g, _y, _x, _part, **places: diagonal(g, **places),
        ),
        shape=_diagonal_scatter_shape,
        formula="y = x, with part as its diagonal",
        expand=_diagonal_scatter_expand,
    )
)
