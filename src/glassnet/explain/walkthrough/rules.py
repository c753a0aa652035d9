"""Rules: which elements an element of a result is computed from, one for each kind of primitive operation.

An operation that only moves numbers is run on their positions, which says where each comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.decimals import as_number
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.worked_formula import Leaf, Series, Words, binary, bound
from glassnet.ops import indexing, movement, reduction
from glassnet.ops.arithmetic import clamp
from glassnet.ops.dtypes import Array
from glassnet.ops.formula import Binary, Call, Formula, Number, formula_of, input_names, parameters
from glassnet.ops.linear import matmul
from glassnet.ops.record import Op
from glassnet.ops.selection import bitwise_not

Index = tuple[int, ...]
Operand = Callable[[int, Index], Formula]
"""The formula of an element of the operand in some place."""
Rule = Callable[[Value, Index, Operand, int], Formula | None]
"""What makes an element: of a value, which element, its operands, and how many terms of a long sum are shown. None
where the operation has to be opened to see it."""


def rule_for(value: Value) -> Rule | None:
    """What makes an element of ``value``, if it is known without opening its operation."""
    op, _ = op_of(value)
    if is_complex(value):  # formulas are worked out in real numbers
        return _in_words if op.primitive else None
    if op.elementwise:
        return _elementwise
    return RULES.get(op, _in_words if op.primitive else None)


def is_complex(value: Value) -> bool:
    """Whether ``value`` is complex, or made of what is."""
    arrays = [value.array, *(x.array for x in value.operands if isinstance(x, Value))]
    return any(array.dtype.kind == "c" for array in arrays)


# each element by itself ----------------------------------------------------------------------------


def _elementwise(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    op, params = op_of(value)
    names: dict[str, Formula] = {
        name: Number(float(default))
        for name, default in (parameters(op) | dict(params)).items()
        if isinstance(default, int | float)
    }
    if op is clamp:
        names |= {k: Number(s * math.inf) for k, s in (("min", -1), ("max", 1)) if params.get(k) is None}
    for position, name in enumerate(input_names(op)):
        if position < len(value.operands):
            names[name] = operand(position, broadcast_index(index, shape_of_operand(value, position)))
    if op is bitwise_not and value.array.dtype.kind == "b":  # it is the logical one there
        return Binary("==", names["x"], Number(0))
    return bound(formula_of(op), names)


def broadcast_index(index: Index, shape: Index) -> Index:
    """The element that broadcasting puts at ``index``."""
    return tuple(0 if n == 1 else i for i, n in zip(index[len(index) - len(shape) :], shape, strict=True))


# many elements -------------------------------------------------------------------------------------


def _reduction(kind: str) -> Rule:
    def rule(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
        _, params = op_of(value)
        part = Reduced(array_of(value, 0), index, params.get("dim"), params.get("keepdim", False))
        if part.numbers.size == 0:
            return Number(as_number(value.array[index]))
        return series(kind, part.numbers, lambda k: operand(0, part.at(k)), shown)

    return rule


class Reduced:
    """The part of ``x`` that makes the element at ``index`` of what it is reduced to."""

    def __init__(self, x: Array, index: Index, dim: Any, keepdim: bool) -> None:
        dims = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
        free = {d % x.ndim for d in dims} if x.ndim else set()
        kept = iter(index)
        place: list[Any] = []
        for d in range(x.ndim):
            i = next(kept) if keepdim or d not in free else None
            place.append(slice(None) if d in free else i)
        self.place = tuple(place)
        part = x[self.place]
        self.numbers, self._shape = part.ravel(), part.shape

    def at(self, k: int) -> Index:
        """Which element of x the k-th of the numbers is."""
        inner = iter(unraveled(k, self._shape))
        return tuple(next(inner) if isinstance(i, slice) else i for i in self.place)


def _matmul(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    a, b = array_of(value, 0), array_of(value, 1)
    rest = list(index)
    j = (rest.pop(),) if b.ndim > 1 else ()
    i = (rest.pop(),) if a.ndim > 1 else ()
    of_a = (*broadcast_index(tuple(rest), a.shape[:-2]), *i)
    of_b = broadcast_index(tuple(rest), b.shape[:-2])
    products = a[of_a].astype(np.float64) * b[(*of_b, slice(None), *j)]
    return series(
        "+", products, lambda k: binary("*", operand(0, (*of_a, k)), operand(1, (*of_b, k, *j))), shown, zero=0
    )


def _cumsum(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    if not index:
        return operand(0, ())
    dim = op_of(value)[1].get("dim", -1) % len(index)
    before, after = index[:dim], index[dim + 1 :]
    along: tuple[Any, ...] = (*before, slice(index[dim] + 1), *after)
    numbers = array_of(value, 0)[along]
    return series("+", numbers, lambda k: operand(0, (*before, k, *after)), shown)


def series(kind: str, numbers: Array, term: Callable[[int], Formula], shown: int, zero: float = 0) -> Formula:
    """Many numbers as one formula; of none, ``zero``, of one, that one."""
    if len(numbers) == 0:
        return Number(zero)
    if len(numbers) == 1:
        return term(0)
    return Series(kind, numbers, term, shown)


# what only moves numbers ---------------------------------------------------------------------------


def _moved(data: int | None) -> Rule:
    """The rule of an operation that moves its first ``data`` inputs, None: all of them."""

    def rule(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
        op, params = op_of(value)
        arrays, ends = [], [0]
        for position, x in enumerate(value.operands):
            if data is None or position < data:
                places = np.arange(ends[-1], ends[-1] + np.size(array_of(value, position)))
                arrays.append(places.reshape(shape_of_operand(value, position)))
                ends.append(ends[-1] + places.size)
            else:
                arrays.append(x.array if isinstance(x, Value) else x)
        place = int(op.forward(*arrays, **params)[index])
        position = int(np.searchsorted(ends, place, side="right")) - 1
        return operand(position, unraveled(place - ends[position], shape_of_operand(value, position)))

    return rule


def _same_place(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    x = operand(0, index)
    loses = array_of(value, 0).dtype.kind == "f" and value.array.dtype.kind in "iu"
    return Call("trunc", (x,)) if loses else x


def _gathered(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    """The sum of what `put` or `scatter_add` brings to a place."""
    op, params = op_of(value)
    shape = tuple(params["shape"])
    places = np.arange(math.prod(shape)).reshape(shape)
    by = [array_of(value, i) for i in range(1, len(value.operands))]
    if op is indexing.put:
        targets = indexing.getitem.forward(places, *by, index=params["index"])
    else:
        targets = indexing.gather.forward(places, *by, dim=params["dim"])
    x = np.broadcast_to(array_of(value, 0), targets.shape)
    sources = np.flatnonzero(targets == places[index])

    def term(k: int) -> Formula:
        place = unraveled(int(sources[k]), targets.shape)
        return operand(0, broadcast_index(place, shape_of_operand(value, 0)))

    return series("+", x.ravel()[sources], term, shown)


def unraveled(place: int, shape: Index) -> Index:
    """Which element of an array of ``shape`` is the one at a place of all of them in order."""
    return tuple(int(i) for i in np.unravel_index(place, shape)) if shape else ()


# the rest ------------------------------------------------------------------------------------------


def _one_hot(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    return Binary("==", operand(0, index[:-1]), Number(index[-1]))


def _in_words(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    op, _ = op_of(value)
    return Words(op.formula.removeprefix("y = "), as_number(value.array[index]))


RULES: dict[Op, Rule] = {
    reduction.sum: _reduction("+"),
    reduction.prod: _reduction("*"),
    reduction.amax: _reduction("max"),
    reduction.amin: _reduction("min"),
    reduction.cumsum: _cumsum,
    matmul: _matmul,
    movement.cast: _same_place,
    movement.copy: _same_place,
    movement.reshape: _moved(1),
    movement.permute: _moved(1),
    movement.broadcast_to: _moved(1),
    movement.flip: _moved(1),
    indexing.getitem: _moved(1),
    indexing.gather: _moved(1),
    indexing.setitem: _moved(2),
    movement.concatenate: _moved(None),
    movement.stack: _moved(None),
    indexing.put: _gathered,
    indexing.scatter_add: _gathered,
    indexing.one_hot: _one_hot,
}


def op_of(value: Value) -> tuple[Op, Mapping[str, Any]]:
    """The operation that made ``value``, and its parameters."""
    assert value.instruction is not None
    return value.instruction.op, value.instruction.params


def array_of(value: Value, position: int) -> Array:
    """The numbers of an operand."""
    x = value.operands[position]
    return x.array if isinstance(x, Value) else np.asarray(x)


def is_given(value: Value, position: int) -> bool:
    """Whether there is an operand: a bias may be left out, or be None."""
    return position < len(value.operands) and value.operands[position] is not None


def shape_of_operand(value: Value, position: int) -> Index:
    """The shape of an operand."""
    return array_of(value, position).shape


def leaf_or_number(operand: Any, index: Index) -> Formula:
    """An element of an operand; the number itself, of one that is a number or a constant."""
    if not isinstance(operand, Value):
        return Number(float(operand))
    if operand.kind == "constant":
        return Number(as_number(operand.array[index]))
    return Leaf(operand, index)
