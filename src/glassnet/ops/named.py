"""How a named elementwise operation is made: a function of numbers with a name of its own."""

from __future__ import annotations

from glassnet.ops.dtypes import CAST_TYPES
from glassnet.ops.record import Cast, Op, Rule, register
from glassnet.ops.shapes import elementwise


def named(
    name: str,
    forward: Rule,
    *rules: Rule | None,
    formula: str,
    expand: Rule,
    cast: Cast = "float",
) -> Op:
    """Register an elementwise operation: one of ``rules`` an input, ``expand`` in core operations."""
    shape = elementwise(name, CAST_TYPES[cast])
    return register(Op(name, forward, rules, shape, formula, expand, cast=cast, elementwise=True))
