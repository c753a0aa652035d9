"""Comments: what a line of a program means, in the names that stand in it."""

from __future__ import annotations

import re

from glassnet.ops.shapes import written
from glassnet.program.program import Instruction
from glassnet.program.writing.calls import operand

_OPERANDS = {1: ("x",), 2: ("a", "b")}  # of NumPy's own functions


def comment(instruction: Instruction) -> str:
    """The operation's formula with the values' names put in, and the shape of the result."""
    name = instruction.into or instruction.output.name
    op = instruction.op
    formula = op.formula.split(";")[0]
    if op.elementwise:
        code = getattr(op.forward, "__code__", None)
        formal = code.co_varnames[: code.co_argcount] if code else _OPERANDS[len(instruction.inputs)]
        values = dict(zip(formal, map(operand, instruction.inputs), strict=False))
        values |= {key: str(value) for key, value in instruction.params.items()}
        formula = f"{name} = " + re.sub(r"\b[a-z]\w*\b", lambda m: values.get(m[0], m[0]), formula)
    elif op.writes:
        return f"{formula}  {written(instruction.output.shape)}"
    else:
        formula = re.sub(r"^y\b", name, formula)
    return f"{formula}  {written(instruction.output.shape)}"
