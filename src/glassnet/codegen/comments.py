"""Comments: what a line of a program means, in the names that stand in it."""

from __future__ import annotations

from glassnet.codegen.expressions import operand
from glassnet.ops.formula import PythonText, Statement, formula_of, input_names, parameters
from glassnet.ops.indexing import index_text
from glassnet.ops.shapes import written
from glassnet.program.program import Instruction


def comment(instruction: Instruction) -> str:
    """The operation's formula in the names of its values, and the shape of the result."""
    op = instruction.op
    formula = formula_of(op)
    if isinstance(formula, Statement) and not op.writes:
        formula = formula.without(absent(instruction))
    text = PythonText(names_of(instruction)).text(formula)
    if op.elementwise:
        text = f"{result_name(instruction)} = {text}"
    return f"{text}  {written(instruction.output.shape)}"


def names_of(instruction: Instruction) -> dict[str, str]:
    """What stands for each argument of the operation in its formula; y is the result."""
    op = instruction.op
    names = {n: operand(x) for n, x in zip(input_names(op), instruction.inputs, strict=False) if x is not None}
    for name, value in instruction.params.items():
        names[name] = _bound(name, value) if op.elementwise else f"{name} {_short(value)}"
    if "index" in instruction.params:
        names["index"] = index_text(instruction.params["index"], [str(x) for x in instruction.inputs])
    return names if op.elementwise else {"y": result_name(instruction), **names}


def absent(instruction: Instruction) -> set[str]:
    """The arguments that are None, which a statement leaves out."""
    op = instruction.op
    inputs = dict.fromkeys(input_names(op)) | dict(zip(input_names(op), instruction.inputs, strict=False))
    return {name for name, value in (inputs | parameters(op) | dict(instruction.params)).items() if value is None}


def result_name(instruction: Instruction) -> str:
    """What the result is called: ∂L/∂fc1 for d_fc1, the gradient of fc1."""
    name = instruction.into or instruction.output.name
    return f"∂L/∂{name[2:]}" if instruction.phase == "backward" and name.startswith("d_") else name


def _short(value: object) -> str:
    """A parameter; a tuple of one is its number."""
    return str(value[0]) if isinstance(value, tuple) and len(value) == 1 else str(value)


def _bound(name: str, value: object) -> str:
    """A parameter of numbers; None is no bound."""
    return str(value) if value is not None else "-inf" if name == "min" else "inf"
