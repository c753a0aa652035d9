"""Rules of normalisation: the mean, the variance, and the number that they make of one."""

from __future__ import annotations

from collections.abc import Iterator

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


def _over(value: Value, index: Index) -> Reduced:
    """The elements of x that a mean at ``index`` is over."""
    return Reduced(array_of(value, 0), index, op_of(value)[1]["dim"], keepdim=True)


def _mean(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    over = _over(value, index)
    total = series("+", over.numbers, lambda k: operand(0, over.at(k)), shown)
    return binary("/", total, Number(over.numbers.size))


def _variance(value: Value, index: Index, operand: Operand, shown: int, mean: Leaf | None) -> Formula:
    """The mean of (x − mean)², or of x² without a mean."""
    over = _over(value, index)
    squares = np.square(over.numbers.astype(np.float64) - (0.0 if mean is None else mean.number))

    def term(k: int) -> Formula:
        x = operand(0, over.at(k))
        return binary("**", x if mean is None else binary("-", x, mean), Number(2))

    return binary("/", series("+", squares, term, shown), Number(squares.size))


def _moments(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    if index[0] == 0:
        return _mean(value, index[1:], operand, shown)
    return _variance(value, index[1:], operand, shown, Leaf(value, (0, *index[1:])))


def _standardize(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    params = op_of(value)[1]
    eps, centred = params.get("eps", 1e-5), params.get("centred", True)
    known = [is_given(value, i) for i in range(4)]
    mean, variance = _from_moments(value, index) if known[3] else _own(value, index, centred)
    x = operand(0, index)
    top = x if mean is None else binary("-", x, mean)
    y: Formula = binary("/", top, Call("sqrt", (binary("+", variance, Number(eps)),)))
    for position, sign in ((1, "*"), (2, "+")):
        if known[position]:
            y = binary(sign, y, operand(position, broadcast_index(index, array_of(value, position).shape)))
    return y


def _from_moments(value: Value, index: Index) -> tuple[Formula | None, Formula]:
    """The mean and the variance where they were computed before, for the whole batch."""
    moments = value.operands[3]
    place = broadcast_index(index, array_of(value, 3).shape[1:])
    return Leaf(moments, (0, *place)), Leaf(moments, (1, *place))


def _own(value: Value, index: Index, centred: bool) -> tuple[Formula | None, Formula]:
    """The mean and the variance that the operation computes on its way."""
    x, dim = array_of(value, 0), tuple(op_of(value)[1]["dim"])
    place = tuple(0 if d in {e % x.ndim for e in dim} else i for d, i in enumerate(index))
    mean = np.mean(x, axis=dim, keepdims=True) if centred else np.zeros((1,) * x.ndim, x.dtype)
    mean_part = value.part("mean", mean, _mean) if centred else None
    mean_leaf = None if mean_part is None else Leaf(mean_part, place)

    def rule(part: Value, at: Index, operand: Operand, shown: int) -> Formula:
        return _variance(part, at, operand, shown, None if mean_part is None else Leaf(mean_part, at))

    name = "variance" if centred else "mean_square"
    variance = value.part(name, np.mean(np.square(x - mean), axis=dim, keepdims=True), rule)
    return mean_leaf, Leaf(variance, place)


NORM_RULES: dict[Op, Rule] = {normalization.moments: _moments, normalization.standardize: _standardize}


def _about(value: Value, index: Index) -> Iterator[Told]:
    at = index[1:] if op_of(value)[0] is normalization.moments else index
    over = _over(value, at)
    x, numbers = value.operands[0], over.numbers
    name = x.name if isinstance(x, Value) else "x"
    part = ", ".join(":" if isinstance(i, slice) else str(i) for i in over.place)
    spread = f", from {written_number(numbers.min())} to {written_number(numbers.max())}" if numbers.size else ""
    yield f"over {name}[{part}]: {numbers.size:,} numbers{spread}"


ABOUT_NORMS: dict[Op, About] = {normalization.moments: _about, normalization.standardize: _about}
