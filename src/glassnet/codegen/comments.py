"""Comments: what a line of a program means, in the names that stand in it."""

from __future__ import annotations

import re

from glassnet.codegen.expressions import index_text, operand
from glassnet.ops.shapes import written
from glassnet.program.program import Instruction

_PART = r"((?:[^(),]|\([^()]*\))+)"  # without commas, but for those in parentheses
_SAID = (
    (r"\bMax\(", "max("),
    (r"\bMin\(", "min("),
    (rf"\bAbs\({_PART}\)", r"|\1|"),
    (rf"\bEq\({_PART}, {_PART}\)", r"\1 == \2"),
    (rf"\bNe\({_PART}, {_PART}\)", r"\1 != \2"),
    (rf"\bPiecewise\(\({_PART}, {_PART}\), \({_PART}, True\)\)", r"\1 if \2 else \3"),
)
_OPERANDS = {1: ("x",), 2: ("a", "b")}  # of NumPy's own functions


def comment(instruction: Instruction) -> str:
    """The operation's formula in the names of its values, and the shape of the result."""
    op = instruction.op
    formula = re.split("[;:]", op.formula)[0]
    if not op.writes:
        values = _values(instruction)
        if instruction.params.get("dim", 0) is None:
            formula = formula.removesuffix(" over dim")
        formula = re.sub(r"\b[a-z]\w*\b", lambda m: values.get(m[0], m[0]), formula)
        formula = re.sub(r"^y(?=\W)", _result(instruction), formula)
        if op.elementwise:
            formula = f"{_result(instruction)} = {as_said(formula)}"
    return f"{formula}  {written(instruction.output.shape)}"


def as_said(formula: str) -> str:
    """A formula of SymPy's as a person writes it: max(a, b), |x|, a == b, x if x > 0 else 0."""
    for pattern, said in _SAID:
        formula = re.sub(pattern, said, formula)
    return formula


def _result(instruction: Instruction) -> str:
    """What the result is called: ∂L/∂fc1 for d_fc1, the gradient of fc1."""
    name = instruction.into or instruction.output.name
    return f"∂L/∂{name[2:]}" if instruction.phase == "backward" and name.startswith("d_") else name


def _values(instruction: Instruction) -> dict[str, str]:
    """What stands for each name in the formula."""
    op = instruction.op
    code = getattr(op.forward, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else _OPERANDS[len(instruction.inputs)]
    values = {n: operand(x) for n, x in zip(names, instruction.inputs, strict=False) if x is not None}
    for name, value in instruction.params.items():
        values[name] = str(value) if op.elementwise else f"{name} {value}"
    if "index" in instruction.params:
        values["index"] = index_text(instruction.params["index"], [str(x) for x in instruction.inputs[1:]])
    return values
