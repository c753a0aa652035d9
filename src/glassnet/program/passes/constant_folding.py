"""Constant folding: what depends on constants alone is computed once, when the program is made.

``two = 2.0; four = two * two; y = x * four`` becomes ``y = x * 4.0``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.selection import where
from glassnet.program.passes.rewriting import has_same_type, with_inputs
from glassnet.program.program import Instruction, Program, Var

LARGEST = 1 << 16  # bytes; a larger constant costs more to keep, and to fetch from memory, than to compute


@np.errstate(all="ignore")
def fold_constants(program: Program) -> Program:
    """Replace instructions whose inputs are all constants by their results, which are constants."""
    constants = dict(program.constants)
    uniform = {v: _number(a) for v, a in constants.items() if a.size and (a == a.flat[0]).all()}
    kept: list[Instruction] = []
    for instruction in program.instructions:
        instruction = _with_numbers(instruction, uniform)
        known = all(not isinstance(x, Var) or x in constants for x in instruction.inputs)
        if not known or instruction.writes or "generator" in instruction.params or instruction.output.nbytes > LARGEST:
            kept.append(instruction)
            continue
        values = [constants[x] if isinstance(x, Var) else x for x in instruction.inputs]
        result = np.asarray(instruction.op.forward(*values, **instruction.params), instruction.output.dtype)
        constants[instruction.output] = result.copy()
        if result.size and (result == result.flat[0]).all():
            uniform[instruction.output] = _number(result)
    return program.having(constants=constants, instructions=tuple(kept))


def _with_numbers(instruction: Instruction, uniform: Mapping[Var, float | int | bool]) -> Instruction:
    """Write a constant that holds one number everywhere as that number, where the result is of the same type."""
    for x in instruction.reads:
        if instruction.op.elementwise and x in uniform and (instruction.op.cast is not None or instruction.op is where):
            simpler = with_inputs(instruction, {x: uniform[x]})
            if any(isinstance(i, Var) for i in simpler.inputs) and has_same_type(simpler, instruction):
                instruction = simpler
    return instruction


def _number(array: Array) -> float | int | bool:
    """The number that ``array`` holds (everywhere), in as few digits as its dtype needs."""
    number = array.flat[0]
    return float(str(number)) if array.dtype.kind == "f" else number.item()
