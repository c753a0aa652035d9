"""Spoken: an instruction as a call, and as its operation's formula, in the names of the values at hand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from glassnet.codegen.comments import comment
from glassnet.codegen.expressions import operand
from glassnet.explain.walkthrough.numbers import FEW, written_number
from glassnet.explain.walkthrough.values import Value
from glassnet.ops.symbols import input_names, parameters
from glassnet.program.program import Instruction, Operand, Var

LETTERS = {"linear": {"W": "weight", "b": "bias"}, "bilinear": {"W": "weight", "b": "bias"}}
"""What textbooks, and so the formulas, call an operation's inputs."""

_MARKED = re.compile(r"([^\W\d_][a-zA-Z]*)(?=[ᵢⱼₖ²ᵀ])|\bb$")  # xᵢ, x², Wᵀ, … and the b that ends x·Wᵀ + b
# What SymPy's code says, as it is written elsewhere.
_MEANT = {"**": "^", " * ": "·", "*": "·"}
_CODE = re.compile("|".join(map(re.escape, _MEANT)))


def with_numbers_in(instruction: Instruction, operands: tuple[Any, ...]) -> Instruction:
    """An instruction with a few constant numbers in the place of their names."""
    return replace(instruction, inputs=tuple(map(_number_or_name, instruction.inputs, operands)))


def _number_or_name(name: Operand, value: Any) -> Operand:
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


def formula_in_names(instruction: Instruction) -> str:
    """The operation's formula with the names of its values; as its record has it where it has several."""
    if instruction.op.writes:
        return instruction.op.formula
    formula = comment(instruction).rpartition("  ")[0]
    if instruction.op.elementwise:
        return _CODE.sub(lambda m: _MEANT[m[0]], formula)
    names = _names(instruction)
    if "b" in names and names["b"] is None:
        formula = formula.removesuffix(" + b")
    if names.get("weight", "") is None:
        formula = formula.replace("weight[labelsᵢ]", "1")
    if instruction.op.name == "row_weights" and instruction.params.get("reduction") == "mean":
        formula = f"{formula}, divided by their sum"
    formula = re.sub(r"over dim \((\d+),\)$", r"over dim \1", formula.removesuffix(" over dim"))
    return _MARKED.sub(lambda m: names.get(m[0]) or m[0], formula)


def _names(instruction: Instruction) -> dict[str, str | None]:
    """What each letter of a formula stands for; None for an input that is left out."""
    given = dict.fromkeys(input_names(instruction.op)) | {
        name: None if x is None else operand(x)
        for name, x in zip(input_names(instruction.op), instruction.inputs, strict=False)
    }
    letters = {letter: given.get(name) for letter, name in LETTERS.get(instruction.op.name, {}).items()}
    return {**given, "y": instruction.output.name, **letters}
