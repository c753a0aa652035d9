"""Rules of functions: norms of any power, what several numbers of one place become, places in an order."""

from __future__ import annotations

import math

import numpy as np

from glassnet.explain.walkthrough.rules import (
    Index,
    Operand,
    Reduced,
    Rule,
    array_of,
    op_of,
    series,
    shape_of_operand,
    unraveled,
)
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.worked_formula import binary
from glassnet.ops.formula import Binary, Call, Formula, Number
from glassnet.ops.functions import ranks, scatter_reduce, searching
from glassnet.ops.indexing import gather
from glassnet.ops.record import Op


def _power_norm(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    params = op_of(value)[1]
    p = float(params["p"])
    part = Reduced(array_of(value, 0), index, params.get("dim"), params.get("keepdim", False))
    sizes = np.abs(part.numbers.astype(np.float64))

    def size(k: int) -> Formula:
        return Call("abs", (operand(0, part.at(k)),))

    if math.isinf(p):
        return series("max" if p > 0 else "min", sizes, size, shown)
    with np.errstate(all="ignore"):
        powers = sizes**p
    total = series("+", powers, lambda k: binary("**", size(k), Number(p)), shown)
    return binary("**", total, binary("/", Number(1), Number(p)))


def _scatter_reduce(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    params = op_of(value)[1]
    x, source = array_of(value, 0), array_of(value, 1)
    places = np.arange(x.size).reshape(x.shape)
    targets = gather.forward(places, array_of(value, 2), dim=params["dim"])
    sources = np.flatnonzero(targets == places[index])

    def term(k: int) -> Formula:
        return operand(1, unraveled(int(sources[k - 1]), shape_of_operand(value, 1))) if k else operand(0, index)

    kind = {"prod": "*", "amax": "max", "amin": "min"}[params["reduce"]]
    return series(kind, np.append(x[index], source.ravel()[sources]), term, shown)


def _searchsorted(value: Value, index: Index, operand: Operand, shown: int) -> Formula:
    """How many of those in order come before it: a sum of what is 1 where it is so."""
    ordered, number = array_of(value, 0), array_of(value, 1)[index]
    row = index[:-1] if ordered.ndim > 1 else ()
    right = op_of(value)[1].get("right", False)
    before = ordered[row] <= number if right else ordered[row] < number

    def term(k: int) -> Formula:
        return Binary("<=" if right else "<", operand(0, (*row, k)), operand(1, index))

    return series("+", before, term, shown)


FUNCTION_RULES: dict[Op, Rule] = {
    ranks.power_norm: _power_norm,
    scatter_reduce.scatter_reduce: _scatter_reduce,
    searching.searchsorted: _searchsorted,
}
