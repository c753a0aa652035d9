"""Indexing: reading and writing parts of an array.

An index is a tuple of ints, slices, None, Ellipsis and `ARRAY`; each `ARRAY` stands for one of the
operation's further inputs (integer or bool arrays), in order. So index arrays are values that a
program can see, and the rest is a constant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import DimensionError, DtypeError, RangeError, ShapeError
from glassnet.ops.dtypes import Array, Dtype, int64
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import Shape, broadcast_shapes, normalize_dim, shape_of, written


class _ArrayPlace:
    """The place of an index array in an index."""

    def __repr__(self) -> str:
        return "ARRAY"


ARRAY = _ArrayPlace()
Index = tuple[Any, ...]


def _filled(index: Index, arrays: Sequence[Any]) -> Index:
    rest = iter(arrays)
    return tuple(next(rest) if part is ARRAY else part for part in index)


def arrays_in(params: Mapping[str, Any]) -> int:
    """How many of an operation's inputs, the last ones, stand in its index."""
    index = params.get("index")
    return sum(part is ARRAY for part in index) if isinstance(index, tuple) else 0


def index_text(index: Index, arrays: Sequence[str]) -> str:
    """An index as it stands between brackets, ``arrays`` ending with the texts of its index arrays."""
    rest = iter(arrays[len(arrays) - arrays_in({"index": index}) :])
    parts = []
    for part in index:
        if part is ARRAY:
            parts.append(next(rest))
        elif isinstance(part, slice):
            ends = ["" if n is None else str(n) for n in (part.start, part.stop, part.step)]
            parts.append(":".join(ends if part.step is not None else ends[:2]))
        else:
            parts.append("..." if part is Ellipsis else "np.newaxis" if part is None else str(part))
    return ", ".join(parts) or "..."


def _getitem(x: Array, *arrays: Array, index: Index) -> Array:
    if index == (ARRAY,) and x.ndim > 1 and arrays[0].dtype.kind == "i":
        return np.take(x, arrays[0], axis=0)  # whole rows: in a third of the time
    if arrays:  # in order in memory, which NumPy's x[:, i] is not
        return np.asarray(x[_filled(index, arrays)], order="C")
    return x[index if Ellipsis in index else (*index, ...)]  # with ..., one element is a view of it, not a copy


def _getitem_source(output: Any, x: str, *arrays: str, index: Index) -> str:
    if not arrays and not output.shape and Ellipsis not in index:
        index = (*index, Ellipsis)  # without it, one element is a copy
    return f"{x}[{index_text(index, arrays)}]"


def _has_unknown_mask(arrays: Sequence[Any]) -> bool:
    return any(a.dtype.kind == "b" and not isinstance(a, np.ndarray) for a in arrays)


def _indexed_shape(name: str, x: Any, arrays: Sequence[Any], index: Index) -> Shape:
    """The shape of ``x[index]``, by indexing a stand-in that holds one number in all."""
    if _has_unknown_mask(arrays):
        raise ShapeError(
            f"{name}: how many elements a mask picks, its values tell and not its shape; where(mask, x, 0) has the "
            "shape of x whatever they are"
        )
    stand_in = np.broadcast_to(np.zeros((), np.bool_), shape_of(x))
    parts = _filled(index, [a if isinstance(a, np.ndarray) else np.zeros(shape_of(a), int) for a in arrays])
    try:
        return stand_in[parts].shape
    except IndexError as error:
        if not shape_of(x):
            raise DimensionError(
                f"{name}: too many indices: a tensor of 0 dimensions holds one number, x.item(); a loss is loss.item()"
            ) from None
        raise DimensionError(f"{name}: cannot index a tensor of shape {written(shape_of(x))}: {error}") from None


getitem = register(
    Op(
        "getitem",
        forward=_getitem,
        vjp=(lambda g, _y, _x, *arrays, index: put(g, *arrays, index=index, shape=shape_of(_x)),),
        shape=lambda x, *arrays, index: Spec(_indexed_shape("getitem", x, arrays, index), x.dtype),
        formula="y = x[index]",
        view=True,
        source=_getitem_source,
    )
)


def _added(x: Array, places: tuple[Array, ...], shape: Shape) -> Array:
    """Zeros of a shape, with ``x`` added at places along the first dimensions; one named twice receives both.

    NumPy is quick at adding to a vector of numbers: so every number gets its position, counted through all dimensions.
    """
    y = np.zeros(shape, x.dtype)
    positions = np.zeros((), np.intp)
    for place, size in zip(places, shape, strict=False):
        positions = positions * size + place.astype(np.intp, copy=False)
    row = math.prod(shape[len(places) :])
    positions = positions[..., np.newaxis] * row + np.arange(row)
    numbers = np.broadcast_to(x, (*positions.shape[:-1], *shape[len(places) :]))
    np.add.at(y.reshape(-1), positions.reshape(-1), numbers.reshape(-1))
    return y


def _put(x: Array, *arrays: Array, index: Index, shape: Shape) -> Array:
    if index == (ARRAY,) and arrays[0].dtype.kind in "iu":
        return _added(np.asarray(x), arrays, shape)
    return _plain_put(x, *arrays, index=index, shape=shape)


def _plain_put(x: Array, *arrays: Array, index: Index, shape: Shape) -> Array:
    y = np.zeros(shape, np.asarray(x).dtype)
    if arrays:
        np.add.at(y, _filled(index, arrays), x)  # a place named twice receives both
    else:
        y[index] = x
    return y


def _put_shape(x: Any, *arrays: Any, index: Index, shape: Shape) -> Spec:
    if not _has_unknown_mask(arrays):
        part = _indexed_shape("put", Spec(shape, x.dtype), arrays, index)
        broadcast_shapes("put", part, shape_of(x))
    return Spec(tuple(shape), x.dtype)


put: Op = register(
    Op(
        "put",
        forward=_put,
        vjp=(lambda g, _y, _x, *arrays, index, shape: getitem(g, *arrays, index=index),),
        shape=_put_shape,
        formula="y = zeros of a shape, with x added at index",
        textbook=_plain_put,
    )
)


# With ``out``, which may be x itself: x[0] = 1 is to change one place, not to copy all of x.
def _setitem(x: Array, value: Any, *arrays: Array, index: Index, out: Array | None = None) -> Array:
    if out is None:
        out = np.array(x)
    elif out is not x:
        np.copyto(out, x)
    place = _filled(index, arrays)
    out[place if Ellipsis in index else (*place, ...)] = value  # with ..., a single element is a place as well
    return out


def _plain_setitem(x: Array, value: Any, *arrays: Array, index: Index) -> Array:
    y = np.array(x)
    place = _filled(index, arrays)
    y[place if Ellipsis in index else (*place, ...)] = value  # with ..., a single element is a place as well
    return y


def _setitem_shape(x: Any, value: Any, *arrays: Any, index: Index) -> Spec:
    if _has_unknown_mask(arrays):
        return Spec(shape_of(x), x.dtype)
    part = _indexed_shape("setitem", x, arrays, index)
    got = shape_of(value)
    while len(got) > len(part) and got[0] == 1:
        got = got[1:]
    if broadcast_shapes("setitem", part, got) != part:
        raise ShapeError(
            f"setitem: a value of shape {written(shape_of(value))} does not fit the indexed part, {written(part)}"
        )
    return Spec(shape_of(x), x.dtype)


setitem: Op = register(
    Op(
        "setitem",
        forward=_setitem,
        vjp=(
            lambda g, _y, _x, _value, *arrays, index: setitem(g, 0.0, *arrays, index=index),
            lambda g, _y, _x, _value, *arrays, index: getitem(g, *arrays, index=index),
        ),
        shape=_setitem_shape,
        formula="y = x, with y[index] = value",
        in_place=True,
        textbook=_plain_setitem,
    )
)


def along(index: Array, dim: int) -> tuple[Array, ...]:
    """The full index that reads element (…, index[…], …) along ``dim``."""
    if index.ndim == 0:
        return ()
    places = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    places[dim] = index
    return tuple(places)


def _size(shape: Shape, dim: int) -> int:
    return shape[dim] if shape else 1


def check_range(name: str, index: Array, size: int) -> None:
    """RangeError where an index does not lie in 0 … size − 1, DtypeError where it is no whole number."""
    if index.dtype.kind == "f":
        raise DtypeError(f"{name}: expected integer indices, got {index.dtype}; convert them: index.long()")
    if index.size and (index.min() < 0 or index.max() >= size):
        wrong = index[(index < 0) | (index >= size)][0]
        raise RangeError(f"{name}: expected indices from 0 to {size - 1}, got {wrong}")


def _gather(x: Array, index: Array, dim: int) -> Array:
    if index.ndim != x.ndim:  # NumPy would broadcast
        raise ValueError(f"gather: expected an index of {x.ndim} dimensions, got {index.ndim}")
    check_range("gather", index, _size(x.shape, dim))
    return x[along(index, dim)]


def _gather_shape(x: Any, index: Any, *, dim: int) -> Spec:
    check_along("gather", shape_of(x), shape_of(index), dim)
    return Spec(shape_of(index), x.dtype)


def check_along(name: str, shape: Shape, index: Shape, dim: int) -> None:
    """ShapeError where an index of that shape cannot pick along ``dim`` of a tensor of ``shape``."""
    dim = normalize_dim(name, dim, len(shape))
    fits = len(index) == len(shape) and all(
        n <= m for d, (n, m) in enumerate(zip(index, shape, strict=True)) if d != dim
    )
    if not fits:
        raise ShapeError(
            f"{name}: the index must have as many dimensions as the tensor ({written(shape)}) and, except in "
            f"dim={dim}, be no larger; got {written(index)}"
        )


gather = register(
    Op(
        "gather",
        forward=_gather,
        vjp=(lambda g, _y, _x, index, dim: scatter_add(g, index, dim=dim, shape=shape_of(_x)), None),
        shape=_gather_shape,
        formula="y = x, picked along dim at index: y[i, j] = x[index[i, j], j] along the first of two",
    )
)


def _scatter_add(x: Array, index: Array, dim: int, shape: Shape) -> Array:
    check_range("scatter_add", index, _size(shape, dim))
    return _added(x, along(index, dim), shape)


def _plain_scatter_add(x: Array, index: Array, dim: int, shape: Shape) -> Array:
    check_range("scatter_add", index, _size(shape, dim))
    y = np.zeros(shape, x.dtype)
    np.add.at(y, along(index, dim), x)
    return y


def _scatter_add_shape(x: Any, index: Any, *, dim: int, shape: Shape) -> Spec:
    check_along("scatter_add", shape, shape_of(index), dim)
    return Spec(tuple(shape), x.dtype)


scatter_add: Op = register(
    Op(
        "scatter_add",
        forward=_scatter_add,
        vjp=(lambda g, _y, _x, index, dim, shape: gather(g, index, dim=dim), None),
        shape=_scatter_add_shape,
        formula="y = zeros of a shape, x added along dim at index: y[index[i, j], j] += x[i, j] along the first of two",
        textbook=_plain_scatter_add,
    )
)


def _argsort(x: Array, dim: int = -1, descending: bool = False) -> Array:
    if descending and x.ndim:  # backwards in, backwards out: equal numbers keep their order, and NaN is the largest
        backwards = np.argsort(np.flip(x, dim), axis=dim, kind="stable")
        return np.ascontiguousarray(np.flip(x.shape[dim] - 1 - backwards, dim))
    return np.argsort(x, axis=dim, kind="stable").reshape(x.shape)


def _argsort_shape(x: Any, *, dim: int = -1, descending: bool = False) -> Spec:
    normalize_dim("argsort", dim, len(shape_of(x)))
    return Spec(shape_of(x), int64)


argsort = register(
    Op(
        "argsort",
        forward=_argsort,
        vjp=(None,),
        shape=_argsort_shape,
        formula="y = the positions that put x in order along dim",
    )
)


def _one_hot(labels: Array, classes: int, dtype: Dtype) -> Array:
    check_range("one_hot", labels, classes)
    return (labels[..., np.newaxis] == np.arange(classes)).astype(dtype)


one_hot = register(
    Op(
        "one_hot",
        forward=_one_hot,
        vjp=(None,),
        shape=lambda labels, *, classes, dtype: Spec((*shape_of(labels), classes), np.dtype(dtype)),
        formula="y[i, k] = 1 if labels[i] = k, else 0",
    )
)
