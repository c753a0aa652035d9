"""Assignment: how the result of an instruction gets into memory that is there already."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from glassnet.codegen import call, function_call, method_call, operand
from glassnet.ops.linear import matmul
from glassnet.ops.movement import cast, copy
from glassnet.ops.selection import where
from glassnet.program.program import Instruction, Var


def makes_memory(instruction: Instruction) -> bool:
    """Whether NumPy makes memory of its own for the result, so that it would have to be copied from there."""
    op = instruction.op
    return not (op.takes_out or op.method or op in (where, cast, copy))


def assigned(
    instruction: Instruction, target: str, tersely: bool = False, with_gaps: Collection[Var] = frozenset()
) -> str:
    """The statement that computes an instruction into ``target``.

    ``tersely``: without the name of the argument ``out``, which NumPy takes 0.05 µs to read. ``with_gaps`` are values
    that look at some of the columns of another, so that there are gaps between their rows.
    """
    op, inputs = instruction.op, [operand(x) for x in instruction.inputs]
    if op is where:
        return _choice(inputs, target)
    if op in (cast, copy):
        return f"{target}[...] = {inputs[0]}"
    if op.method:
        return method_call(instruction, f"out={target}")
    if not op.takes_out:
        return f"{target}[...] = {call(instruction)}"
    can_be_terse = isinstance(op.forward, np.ufunc) and op.forward not in (np.maximum, np.minimum)  # deprecated there
    into = target if tersely and can_be_terse else f"out={target}"
    if _is_dot(instruction) and not any(x in with_gaps for x in instruction.reads):  # which np.dot would copy
        return f"np.dot({', '.join([*inputs, into])})"
    return function_call(instruction, into)


def _is_dot(instruction: Instruction) -> bool:
    """Whether it is a product of two matrices, which np.dot begins 0.3 µs sooner than np.matmul.

    It wants memory in order for its result: that of a program's own values is, state may be anything.
    """
    matrices = all(isinstance(x, Var) and len(x.shape) == 2 for x in instruction.inputs)
    kinds = {(x.dtype.kind, x.dtype) for x in (*instruction.reads, instruction.output)}
    return instruction.op is matmul and matrices and len(kinds) == 1 and not instruction.into


def _choice(inputs: list[str], target: str) -> str:
    condition, a, b = inputs
    if target == b:
        return f"np.copyto({target}, {a}, where={condition})"
    if target == a:
        return f"np.copyto({target}, {b}, where=~{condition})"
    return f"{target}[...] = {b}; np.copyto({target}, {a}, where={condition})"
