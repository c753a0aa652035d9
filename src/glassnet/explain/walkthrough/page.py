"""Page: what is shown of a step, before it is written as text, HTML, Markdown or LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from glassnet.explain.walkthrough.numbers import is_bad, rows_of
from glassnet.explain.walkthrough.values import Value
from glassnet.ops.shapes import written
from glassnet.ops.symbols import parameters
from glassnet.program.program import PHASES, Instruction, Operand
from glassnet.program.writing.comments import comment

WORDS = {
    "forward": "forward: from the inputs to the loss",
    "backward": "backward: from the loss to the gradients",
    "update": "update: what the optimizer changes",
}


@dataclass(frozen=True)
class Row:
    """One instruction: its result and what is said of it. ``numbers`` are named lines of numbers."""

    number: int
    name: str
    kind: str  # dtype and shape
    call: str
    formula: str
    aside: str
    numbers: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Section:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Page:
    """A title, some lines, and sections."""

    title: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]


def sections(results: Iterable[Value], others: Iterable[Value] = ()) -> tuple[Section, ...]:
    """A section for each phase that has instructions. ``others`` are further values that instructions made."""
    by_instruction: dict[int, list[Value]] = {}
    for value in others:
        by_instruction.setdefault(id(value.instruction), []).append(value)
    found: dict[str, list[Row]] = {phase: [] for phase in PHASES}
    is_first = True
    updates: set[str] = set()
    for number, value in enumerate(results, 1):
        bad = is_first and is_bad(value.array)
        is_first = is_first and not bad
        also = [v for v in by_instruction.get(id(value.instruction), ()) if v is not value]
        row = _row(number, value, also, bad)
        if value.instruction.op.writes:  # type: ignore[union-attr]  # a long formula, for every parameter: said once
            row = replace(row, formula="as above") if row.formula in updates else row
            updates.add(row.formula)
        found[value.phase].append(row)
    return tuple(Section(WORDS[phase], tuple(rows)) for phase, rows in found.items() if rows)


def _row(number: int, value: Value, also: list[Value], bad: bool) -> Row:
    assert value.instruction is not None
    instruction = replace(
        value.instruction, inputs=tuple(map(_number_or_name, value.instruction.inputs, value.operands))
    )
    aside = f"∂ {instruction.derivative_of}" if instruction.derivative_of else ""
    if instruction.module and instruction.module != value.name and not aside:
        aside = f"in {instruction.module}"
    if bad:
        aside = f"{aside}; the first that is not finite".lstrip("; ")
    numbers = []
    for one in (value, *also):
        label = "value" if one is value else one.name
        if one.before is not None:
            numbers.append((f"{label} before".removeprefix("value "), tuple(rows_of(one.before.array))))
            label = "after" if one is value else f"{label} after"
        numbers.append((label, tuple(rows_of(one.array))))
    if value.gradient is not None:
        numbers.append(("gradient", tuple(rows_of(value.gradient.array))))
    kind = f"{value.array.dtype}{written(value.array.shape)}"
    return Row(number, value.name, kind, call_of(instruction), formula_in_names(instruction), aside, tuple(numbers))


def _number_or_name(name: Operand, operand: Any) -> Operand:
    """An input as it is written: a constant of one number as that number."""
    is_number = isinstance(operand, Value) and operand.kind == "constant" and operand.array.shape == ()
    if is_number and operand.array.dtype.kind == "f":
        return float(operand.array)
    return float(f"{name:.12g}") if isinstance(name, float) else name  # 0.1, which is 0.09999999999999998 from 1 − 0.9


def call_of(instruction: Instruction) -> str:
    """The call, without what is as it is by default."""
    defaults = parameters(instruction.op)
    params = {k: v for k, v in instruction.params.items() if k not in defaults or defaults[k] != v}
    inputs = list(instruction.inputs)
    while inputs and inputs[-1] is None:
        inputs.pop()
    return Instruction(instruction.op, tuple(inputs), instruction.output, params).text


def formula_in_names(instruction: Instruction) -> str:
    """The operation's formula with the names of its values; as its record has it where it has several."""
    if instruction.op.writes:
        return instruction.op.formula
    formula = comment(instruction).rpartition("  ")[0]
    return _CODE.sub(lambda m: _MEANT[m[0]], formula) if instruction.op.elementwise else formula


# What SymPy's code says, as it is written elsewhere.
_MEANT = {"Max(": "max(", "Min(": "min(", "Abs(": "abs(", "**": "^", " * ": "·", "*": "·"}
_CODE = re.compile("|".join(map(re.escape, _MEANT)))
