"""Page: what is shown of a step, before it is written as text, HTML, Markdown or LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from glassnet.explain.walkthrough.numbers import is_bad, rows_of
from glassnet.explain.walkthrough.spoken import call_of, formula_in_names, with_numbers_in
from glassnet.explain.walkthrough.values import Value
from glassnet.ops.shapes import written
from glassnet.program.program import PHASES

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
    instruction = with_numbers_in(value.instruction, value.operands)
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
