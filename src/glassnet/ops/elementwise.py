"""How an elementwise operation is made: a function of numbers, carried out on each element of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.ops.dtypes import CAST_TYPES
from glassnet.ops.record import Cast, Kind, Op, Rule, Spec, register
from glassnet.ops.shapes import elementwise as broadcast


def elementwise(
    name: str,
    forward: Rule,
    *rules: Rule | None,
    formula: str,
    expand: Rule | None = None,
    cast: Cast | None = "common",
    shape: Callable[..., Spec] | None = None,
    inline: bool = False,
    operator: str = "",
    kind: Kind = "",
    textbook: Rule | None = None,
    complex_too: bool = False,
    free_result: bool = False,
) -> Op:
    """Register an elementwise operation, with one of ``rules`` an input.

    Shapes broadcast, and the result has the dtype that inputs are cast to, unless ``shape`` says otherwise.
    ``operator`` is Python's, where there is one: it is how source writes the operation.
    """
    return register(
        Op(
            name,
            forward,
            rules,
            shape or broadcast(name, CAST_TYPES[cast]),
            formula,
            expand,
            cast=cast,
            elementwise=True,
            inline=inline,
            kind=kind,
            textbook=textbook,
            complex_too=complex_too,
            free_result=free_result,
            source=_written_with(operator) if operator else None,
        )
    )


def _written_with(operator: str) -> Callable[..., str]:
    def source(_output: Any, *inputs: str) -> str:
        *left, right = (f"({x})" if x.startswith("-") or " " in x else x for x in inputs)
        return f"{left[0]} {operator} {right}" if left else f"{operator}{right}"

    return source
