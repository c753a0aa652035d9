"""Lowering: what makes NumPy's calls on small arrays quick, where the call costs more than its numbers.

A call is quickest when all its operands are arrays of the result's shape: a Python number takes
NumPy 0.3 µs longer than an array of no dimensions that holds it, and so does a vector that is
added to a matrix of one row.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from glassnet.ops.activation import relu
from glassnet.ops.arithmetic import clamp
from glassnet.ops.classification import cross_entropy
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.linear import linear
from glassnet.ops.movement import reshape
from glassnet.program.naming import Namer
from glassnet.program.program import Instruction, Operand, Program, Var

SMALL = 1 << 10  # elements: up to here, a call costs more than its numbers
LARGE = 1 << 17  # elements: from here on, an update goes through its arrays block by block


def has_own_form(instruction: Instruction) -> bool:
    """Whether the engine runs a named operation as it is.

    Not cross_entropy, whose parts the backward pass needs as well, nor clamp; nor what is only one or two NumPy
    calls: updates that keep no state, unless the parameter is large, and small linear and relu.
    """
    op, size = instruction.op, math.prod(instruction.output.shape)
    if op in (cross_entropy, clamp):
        return False
    if op in (linear, relu):
        return size > SMALL
    plain_update = bool(op.writes) and len(instruction.writes) == 1
    return not plain_update or size > LARGE


def lowered(program: Program) -> Program:
    """``program`` with the operands of small elementwise operations made arrays of the result's rank."""
    names = Namer(program)
    constants: dict[Var, Array] = dict(program.constants)
    numbers: dict[tuple[str, Dtype], Var] = {}
    rows: dict[tuple[Var, tuple[int, ...]], Var] = {}
    instructions: list[Instruction] = []

    def number(x: float, dtype: Dtype) -> Var:
        key = (repr(float(x)), dtype)
        if key not in numbers:
            numbers[key] = Var(names(f"number_{_spelled(x)}"), (), dtype)
            constants[numbers[key]] = np.array(x, dtype)
        return numbers[key]

    def row(x: Var, instruction: Instruction) -> Var:
        shape = (1,) * (len(instruction.output.shape) - len(x.shape)) + x.shape
        if (x, shape) not in rows:
            rows[x, shape] = Var(names(f"{x.name}_row"), shape, x.dtype)
            instructions.append(
                replace(instruction, op=reshape, inputs=(x,), params={"shape": shape}, output=rows[x, shape], into="")
            )
        return rows[x, shape]

    for instruction in program.instructions:
        if _is_small(instruction):
            dtype = next(x.dtype for x in instruction.reads)
            inputs: list[Operand] = []
            for x in instruction.inputs:
                if isinstance(x, float | int) and not isinstance(x, bool):
                    inputs.append(number(x, dtype))
                elif isinstance(x, Var) and 0 < len(x.shape) < len(instruction.output.shape):
                    inputs.append(row(x, instruction))
                else:
                    inputs.append(x)
            instruction = replace(instruction, inputs=tuple(inputs))
        instructions.append(instruction)
    return program.having(instructions=tuple(instructions), constants=constants)


def _is_small(instruction: Instruction) -> bool:
    kinds = {x.dtype for x in instruction.reads}
    return (
        instruction.op.elementwise
        and isinstance(instruction.op.forward, np.ufunc)
        and len(instruction.inputs) == 2
        and math.prod(instruction.output.shape) <= SMALL
        and len(kinds) == 1
        and next(iter(kinds)).kind == "f"
    )


def _spelled(x: float) -> str:
    return f"{x:g}".replace("-", "minus_").replace(".", "_").replace("+", "")
