"""Common-subexpression elimination: what is computed twice from the same is computed once.

``y = exp(x); z = exp(x); w = y + z`` becomes ``y = exp(x); w = y + y``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.program.passes.rewriting import changing_values, finished, with_inputs
from glassnet.program.program import Instruction, Operand, Program, Var


def eliminate_common_subexpressions(program: Program, of: Callable[[Instruction], bool] = lambda _: True) -> Program:
    """Replace every further computation of the same operation on the same inputs by the first one's result.

    State that was written to in between is not the same input; random numbers are never the same. Those instructions
    are replaced that it may be done ``of``.
    """
    seen: dict[Any, Var] = {}
    writes = 0
    changing = changing_values(program)
    stands_for: dict[Var, Operand] = {}
    kept: list[Instruction] = []
    for instruction in program.instructions:
        instruction = with_inputs(instruction, stands_for)
        if instruction.writes or "generator" in instruction.params:
            writes += bool(instruction.writes)
            kept.append(instruction)
            continue
        version = 0 if changing.isdisjoint(instruction.reads) else writes
        inputs = tuple(x if isinstance(x, Var) else repr(x) for x in instruction.inputs)  # 1 and True, 0.0 and −0.0
        key = (instruction.op, inputs, repr(instruction.params), version)
        if key in seen and of(instruction):
            stands_for[instruction.output] = seen[key]
        else:
            seen.setdefault(key, instruction.output)
            kept.append(instruction)
    return finished(program, kept, stands_for)
