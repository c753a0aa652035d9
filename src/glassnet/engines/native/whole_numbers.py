"""Whole numbers in C: as NumPy has them, what does not fit goes around.

C leaves it open what becomes of signed numbers that do not fit: they are added and multiplied as unsigned ones, which
are the same bits. Numbers narrower than an int do fit, and go around when they are stored.
"""

from __future__ import annotations

from glassnet.engines.native.c_types import C_TYPES
from glassnet.ops.dtypes import Dtype
from glassnet.program.program import Instruction, Var

EXPRESSIONS = {  # T is the type, U the one in which it is computed
    "add": "(T)((U)a + (U)b)",
    "sub": "(T)((U)a - (U)b)",
    "mul": "(T)((U)a * (U)b)",
    "neg": "(T)(0 - (U)a)",
    "abs": "a < 0 ? (T)(0 - (U)a) : a",
    "sign": "(a > 0) - (a < 0)",
    "floor": "a",
    "ceil": "a",
    "round": "a",
    "trunc": "a",
}
BY_LITERAL = {  # where the second is a number above 0
    "floor_divide": "a / b - (a % b < 0)",
    "remainder": "a % b + (a % b < 0 ? b : 0)",
    "fmod": "a % b",
}


def is_of_whole_numbers(instruction: Instruction) -> bool:
    """Whether there is an expression for an operation on whole numbers."""
    name, output = instruction.op.name, instruction.output
    if output.dtype.kind not in "iu" or any(x.dtype.kind not in "biu" for x in instruction.reads):
        return False
    if name in BY_LITERAL:
        divisor = instruction.inputs[1]
        return not isinstance(divisor, Var) and isinstance(divisor, int) and divisor > 0
    return name in EXPRESSIONS


def whole_expression(instruction: Instruction, operands: list[str]) -> str:
    """The C expression of an operation on whole numbers, of ``operands`` that are names or literals."""
    dtype = instruction.output.dtype
    text = EXPRESSIONS.get(instruction.op.name) or BY_LITERAL[instruction.op.name]
    words = dict(zip("ab", operands, strict=False)) | {"T": C_TYPES[dtype], "U": _unsigned(dtype)}
    return "".join(words.get(letter, letter) for letter in text)


def _unsigned(dtype: Dtype) -> str:
    return f"u{C_TYPES[dtype].removeprefix('u')}" if dtype.itemsize >= 4 else "int"
