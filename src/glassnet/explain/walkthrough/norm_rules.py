"""Rules of normalisation: the mean, the variance, and the number that they make of one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.decimals import written_number
from glassnet.explain.walkthrough.rules import (
    Index,
    Operand,
    Reduced,
    Rule,
    array_of,
    broadcast_index,
    is_given,
    op_of,
    series,
)
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.window_rules import About, Told
from glassnet.explain.walkthrough.worked_formula import Leaf, binary
from glassnet.ops.formula import Call, Formula, Number
from glassnet.ops.layers import normalization
from glassnet.ops.record import Op


def over_of(value: Value, index: Index, at: int = 0) -> Reduced:
    """The elements of x, operand ``at``, that a mean at ``index`` is over."""
    return Reduced(array_of(value, at), index, op_of(value)[1]["dim"], keepdim=True)


def _mean(value: Value, index: Index, operand: Operand, shown: int, at: int = 0) -> Formula:
    over = over_of(value, index, at)
    total = series("+", over.numbers, lambda k: operand(at, over.at(k)), shown)
    return binary("/", total, Number(over.numbers.size))


def _variance(value: Value, index: Index, operand: Operand, shown: int, mean: Leaf | None, at: int = 0) -> Formula:
    """The mean of (x − mean)², or of x² without a mean."""
    over = over_of(value, index, at)
    squares = np.square(over.numbers.astype(np.float64) - (0.0 if mean is None else mean.number))

    def term(k: int) -> Formula:
        x = operand(at, over.at(k))
        return binary("**", x if mean is None else binary("-", x, mean), Number(2))

    return binary("/", series("+", squares, term, shown), Number(squares.size))


def _moments(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    if index[0] == 0:
        return _mean(value, index[1:], operand, shown)
    return _variance(value, index[1:], operand, shown, Leaf(value, (0, *index[1:])))


def _standardize(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    params = op_of(value)[1]
    known = [is_given(value, i) for i in range(3)]
    mean, variance = statistics(value, index, moments=3)
    x = operand(0, index)
    y: Formula = binary("/", x if mean is None else binary("-", x, mean), deviation(variance, params))
    for position, sign in ((1, "*"), (2, "+")):
        if known[position]:
            y = binary(sign, y, operand(position, broadcast_index(index, array_of(value, position).shape)))
    return y


def deviation(variance: Formula, params: Any) -> Formula:
    """√(variance + eps)."""
    return Call("sqrt", (binary("+", variance, Number(params.get("eps", 1e-5))),))


def statistics(value: Value, index: Index, moments: int, at: int = 0) -> tuple[Leaf | None, Leaf]:
    """The mean and the variance that standardize an element of x, operand ``at``; ``moments`` is where they may be."""
    if is_given(value, moments):
        return _from_moments(value, index, moments)
    return _own(value, index, op_of(value)[1].get("centred", True), at)


def _from_moments(value: Value, index: Index, at: int) -> tuple[Leaf | None, Leaf]:
    """The mean and the variance where they were computed before, for the whole batch."""
    moments = value.operands[at]
    place = broadcast_index(index, array_of(value, at).shape[1:])
    return Leaf(moments, (0, *place)), Leaf(moments, (1, *place))


def place_of(value: Value, index: Index, at: int = 0) -> Index:
    """Where the mean is over which an element of x, operand ``at``, goes in."""
    n = array_of(value, at).ndim
    return tuple(0 if d in {e % n for e in op_of(value)[1]["dim"]} else i for d, i in enumerate(index))


def _own(value: Value, index: Index, centred: bool, at: int) -> tuple[Leaf | None, Leaf]:
    """The mean and the variance that the operation computes on its way."""
    x, dim, place = array_of(value, at), tuple(op_of(value)[1]["dim"]), place_of(value, index, at)
    mean = np.mean(x, axis=dim, keepdims=True) if centred else np.zeros((1,) * x.ndim, x.dtype)
    mean_part = value.part("mean", mean, partial(_mean, at=at)) if centred else None
    mean_leaf = None if mean_part is None else Leaf(mean_part, place)

    def rule(part: Value, here: Index, operand: Operand, shown: int) -> Formula:
        return _variance(part, here, operand, shown, None if mean_part is None else Leaf(mean_part, here), at)

    name = "variance" if centred else "mean_square"
    variance = value.part(name, np.mean(np.square(x - mean), axis=dim, keepdims=True), rule)
    return mean_leaf, Leaf(variance, place)


NORM_RULES: dict[Op, Rule] = {normalization.moments: _moments, normalization.standardize: _standardize}


def _about(value: Value, index: Index) -> Iterator[Told]:
    at = index[1:] if op_of(value)[0] is normalization.moments else index
    over = over_of(value, at)
    x, numbers = value.operands[0], over.numbers
    name = x.name if isinstance(x, Value) else "x"
    part = ", ".join(":" if isinstance(i, slice) else str(i) for i in over.place)
    spread = f", from {written_number(numbers.min())} to {written_number(numbers.max())}" if numbers.size else ""
    yield f"over {name}[{part}]: {numbers.size:,} numbers{spread}"


ABOUT_NORMS: dict[Op, About] = {normalization.moments: _about, normalization.standardize: _about}
