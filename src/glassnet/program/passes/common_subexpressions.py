"""Share: compute once what is computed twice."""

from __future__ import annotations

from typing import Any

from glassnet.program.passes.rewriting import changing_values, finished, with_inputs
from glassnet.program.program import Instruction, Operand, Program, Var


def eliminate_common_subexpressions(program: Program) -> Program:
    """With every second computation of the same from the same replaced by the first one's result.

    State that was written to in between is not the same; random numbers never are.
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
        if key in seen:
            stands_for[instruction.output] = seen[key]
        else:
            seen[key] = instruction.output
            kept.append(instruction)
    return finished(program, kept, stands_for)
