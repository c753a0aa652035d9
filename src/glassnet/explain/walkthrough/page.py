"""A page: what is shown of a step, before it is written as text, Markdown, LaTeX or HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from glassnet.codegen.comments import absent, names_of, result_name
from glassnet.explain.walkthrough.decimals import FEW, is_bad, rows_of, written_number
from glassnet.explain.walkthrough.values import Value
from glassnet.ops.classification import row_weights
from glassnet.ops.dtypes import Array
from glassnet.ops.formula import Formula, Statement, TextbookText, formula_of, input_names, parameters, parse_statement
from glassnet.ops.formula.latex import LatexMath, math_of
from glassnet.ops.shapes import written
from glassnet.program.program import PHASES, Instruction, Operand, Var

TITLES = {
    "forward": "forward: from the inputs to the loss",
    "backward": "backward: from the loss to the gradients",
    "update": "update: what the optimizer changes",
}


EXAMPLE = "e.g."  # the label of what is told of one number


@dataclass(frozen=True)
class Row:
    """One instruction: its result, the call, the formula, and the numbers before and after it, by label.

    ``example`` tells of one of its numbers how it came about.
    """

    number: int
    name: str
    kind: str  # dtype and shape
    call: str
    formula: str
    latex: str  # "" for a formula in words
    aside: str
    arrays: tuple[tuple[str, Array], ...]
    example: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Labels with lines of numbers, and of what is told of one."""
        numbers = tuple((label, tuple(rows_of(array))) for label, array in self.arrays)
        return (*numbers, (EXAMPLE, self.example)) if self.example else numbers


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


def sections(
    results: Iterable[Value], others: Iterable[Value] = (), example: Callable[[Value], tuple[str, ...]] | None = None
) -> tuple[Section, ...]:
    """A section for each phase that has instructions. ``others`` are further values that instructions made.

    ``example`` gives what there is to tell of one number of a value.
    """
    by_instruction: dict[int, list[Value]] = {}
    for value in others:
        by_instruction.setdefault(id(value.instruction), []).append(value)
    rows: dict[str, list[Row]] = {phase: [] for phase in PHASES}
    is_first = True
    updates: set[str] = set()
    for number, value in enumerate(results, 1):
        assert value.instruction is not None
        bad = is_first and is_bad(value.array)
        is_first = is_first and not bad
        also = [v for v in by_instruction.get(id(value.instruction), ()) if v is not value]
        row = _row(number, value, value.instruction, also, bad)
        if example is not None:
            row = replace(row, example=example(value))
        if value.instruction.op.writes:  # a long formula, for every parameter: said once
            row, formula = replace(row, formula="as above") if row.formula in updates else row, row.formula
            updates.add(formula)
        rows[value.phase].append(row)
    return tuple(Section(TITLES[phase], tuple(of_phase)) for phase, of_phase in rows.items() if of_phase)


def _row(number: int, value: Value, instruction: Instruction, also: list[Value], bad: bool) -> Row:
    instruction = replace(instruction, inputs=tuple(map(_number_or_name, instruction.inputs, value.operands)))
    aside = f"∂ {instruction.derivative_of}" if instruction.derivative_of else ""
    if instruction.module and instruction.module != value.name and not aside:
        aside = f"in {instruction.module}"
    if bad:
        aside = f"{aside}; the first that is not finite".lstrip("; ")
    arrays = []
    for one in (value, *also):
        label = "value" if one is value else one.name.removeprefix(f"{value.name}_")
        if one.before is not None:
            arrays.append(("before" if one is value else f"{label} before", one.before.array))
            label = "after" if one is value else f"{label} after"
        arrays.append((label, one.array))
    if value.gradient is not None:
        arrays.append(("gradient", value.gradient.array))
    kind = f"{value.array.dtype}{written(value.array.shape)}"
    formula, latex = formulas_of(instruction)
    return Row(number, value.name, kind, call_of(instruction), formula, latex, aside, tuple(arrays))


def _number_or_name(name: Operand, value: Any) -> Operand:
    """A few constant numbers in the place of their name."""
    if isinstance(name, Var) and isinstance(value, Value) and value.kind == "constant":
        if value.array.shape == () and value.array.dtype.kind == "f":
            return float(value.array)
        if value.array.ndim == 1 and value.array.size <= FEW and not value.name.startswith("d_"):
            return Var(f"[{' '.join(map(written_number, value.array))}]", name.shape, name.dtype)
    return float(f"{name:.12g}") if isinstance(name, float) else name  # 0.1, which is 0.09999999999999998 from 1 − 0.9


def call_of(instruction: Instruction) -> str:
    """The call, without what is as it is by default."""
    defaults = parameters(instruction.op)
    params = {k: v for k, v in instruction.params.items() if k not in defaults or defaults[k] != v}
    inputs = list(instruction.inputs)
    while inputs and inputs[-1] is None:
        inputs.pop()
    return Instruction(instruction.op, tuple(inputs), instruction.output, params).text


# the operation's formula in the names of the values -------------------------------------------------


def formulas_of(instruction: Instruction) -> tuple[str, str]:
    """The formula of an instruction as text, and as LaTeX if it is none in words."""
    op = instruction.op
    if op.writes:
        return op.formula, ""
    names, result = names_of(instruction), result_name(instruction)
    formula = _formula_of(instruction, names)
    text, math = TextbookText(names).text(formula), LatexMath(names).text(formula)
    if isinstance(formula, Statement):
        return text, "" if formula.is_prose else math.replace(" = ", " &= ", 1)
    return f"{result} = {text}", f"{math_of(result)} &= {math}"


def _formula_of(instruction: Instruction, names: Mapping[str, str]) -> Formula:
    """The formula of the operation, without what this instruction leaves out."""
    op = instruction.op
    if op is row_weights:
        each = "weight[labelsᵢ]" if "weight" in names else "1"
        divided = ", divided by their sum" if instruction.params.get("reduction") == "mean" else ""
        known = {name: name for name in ("y", *input_names(op), *parameters(op))}
        return parse_statement(f"yᵢ = {each}, 0 where labelsᵢ = ignore_index{divided}", known)
    formula = formula_of(op)
    return formula.without(absent(instruction)) if isinstance(formula, Statement) else formula
