"""Elements by their steps through memory, seen and put back."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.indexing import ARRAY, getitem, put, setitem
from glassnet.ops.movement import reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import Shape, shape_of, written

Ints = tuple[int, ...]


def _reach(size: Ints, stride: Ints, offset: int) -> int:
    """How many elements there have to be: one more than the place of the last."""
    return offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1 if 0 not in size else offset


def _as_strided(x: Array, size: Ints, stride: Ints, offset: int) -> Array:
    if not 0 <= offset <= _reach(size, stride, offset) <= x.size:
        raise ValueError(f"{x.size} elements do not reach that far")
    strides = [step * x.itemsize for step in stride]
    writeable = x.flags.writeable and _are_apart(size, stride)
    return np.lib.stride_tricks.as_strided(x.reshape(-1)[offset:], size, strides, writeable=writeable)


def _are_apart(size: Ints, stride: Ints) -> bool:
    """Whether no element lies in two places, as far as the strides show: each steps over all of those below it."""
    reached = 1
    for step, n in sorted((step, n) for step, n in zip(stride, size, strict=True) if n > 1):
        if step < reached:
            return False
        reached = step * n
    return True


def _places(size: Ints, stride: Ints, offset: int) -> Array:
    """The place of each element, counted through all dimensions."""
    places = np.array(offset)
    for n, step in zip(size, stride, strict=True):
        places = places[..., np.newaxis] + np.arange(n) * step
    return places.reshape(-1)


def _checked(name: str, x: Any, size: Ints, stride: Ints, offset: int) -> None:
    if len(size) != len(stride):
        raise ShapeError(f"{name}: expected a stride for each of {len(size)} sizes, got {len(stride)}")
    if min(size, default=0) < 0 or min(stride, default=0) < 0 or offset < 0:
        raise RangeError(
            f"{name}: expected sizes, strides and an offset of 0 or more, got {written(size)}, {written(stride)} and "
            f"{offset}"
        )
    count, reach = int(np.prod(shape_of(x), dtype=int)), _reach(size, stride, offset)
    if reach > count:
        raise ShapeError(
            f"{name}: size {written(size)} and stride {written(stride)} from element {offset} on need {reach} elements "
            f"in memory, a tensor of shape {written(shape_of(x))} has {count}"
        )


def _as_strided_shape(x: Any, *, size: Ints, stride: Ints, offset: int) -> Spec:
    _checked("as_strided", x, size, stride, offset)
    return Spec(tuple(size), x.dtype)


def _flat(x: Any) -> Any:
    return reshape(x, shape=(-1,))


def _as_strided_expand(x: Any, *, size: Ints, stride: Ints, offset: int) -> Any:
    return reshape(getitem(_flat(x), _places(size, stride, offset), index=(ARRAY,)), shape=size)


def _added_back(g: Any, shape: Shape, size: Ints, stride: Ints, offset: int) -> Any:
    count = int(np.prod(shape, dtype=int))
    added = put(_flat(g), _places(size, stride, offset), index=(ARRAY,), shape=(count,))
    return reshape(added, shape=shape)


as_strided: Op = register(
    Op(
        "as_strided",
        forward=_as_strided,
        vjp=(lambda g, _y, _x, **places: _added_back(g, shape_of(_x), **places),),
        shape=_as_strided_shape,
        formula="y[i, j] = the element of x that lies offset + i·stride[0] + j·stride[1] elements after its first",
        expand=_as_strided_expand,
        view=True,
    )
)


def _as_strided_scatter(x: Array, part: Array, size: Ints, stride: Ints, offset: int) -> Array:
    y = np.array(x, order="C")
    y.reshape(-1)[_places(size, stride, offset)] = part.reshape(-1)
    return y


def _as_strided_scatter_shape(x: Any, part: Any, *, size: Ints, stride: Ints, offset: int) -> Spec:
    _checked("as_strided_scatter", x, size, stride, offset)
    if shape_of(part) != tuple(size):
        raise ShapeError(
            f"as_strided_scatter: expected a source of shape {written(size)}, got {written(shape_of(part))}"
        )
    return Spec(shape_of(x), x.dtype)


def _as_strided_scatter_expand(x: Any, part: Any, *, size: Ints, stride: Ints, offset: int) -> Any:
    places = _places(size, stride, offset)
    return reshape(setitem(_flat(x), _flat(part), places, index=(ARRAY,)), shape=shape_of(x))


as_strided_scatter: Op = register(
    Op(
        "as_strided_scatter",
        forward=_as_strided_scatter,
        vjp=(
            lambda g, _y, _x, _part, **places: as_strided_scatter(g, np.zeros(shape_of(_part), g.dtype), **places),
            lambda g, _y, _x, _part, **places: as_strided(g, **places),
        ),
        shape=_as_strided_scatter_shape,
        formula="y = x, with part in the place of the elements of as_strided",
        expand=_as_strided_scatter_expand,
    )
)
