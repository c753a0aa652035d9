"""Share: compute once what is computed twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from glassnet.program.passes.rewrite import finished, with_inputs
from glassnet.program.program import Instruction, Operand, Program, Var


def share(program: Program) -> Program:
    """With every second computation of the same from the same replaced by the first one's result.

    State that was written to in between is not the same; random numbers never are.
    """
    seen: dict[Any, Var] = {}
    writes: Counter[str] = Counter()
    stands_for: dict[Var, Operand] = {}
    kept: list[Instruction] = []
    for instruction in program.instructions:
        instruction = with_inputs(instruction, stands_for)
        if instruction.writes or "generator" in instruction.params:
            writes.update(instruction.writes)
            kept.append(instruction)
            continue
        versions = tuple(writes[v.name] for v in instruction.reads)
        inputs = tuple((type(x), x) for x in instruction.inputs)  # 1, 1.0 and True are equal, but not the same
        key = (instruction.op, inputs, repr(instruction.params), versions)
        if key in seen:
            stands_for[instruction.output] = seen[key]
        else:
            seen[key] = instruction.output
            kept.append(instruction)
    return finished(program, kept, stands_for)
