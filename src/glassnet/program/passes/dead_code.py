"""Dead-code elimination: what no output and no state depends on is not computed.

``y = x * 2; z = x + 1; return y`` becomes ``y = x * 2; return y``.
"""

from __future__ import annotations

from glassnet.program.program import Instruction, Program


def eliminate_dead_code(program: Program) -> Program:
    """Remove the instructions and constants that neither an output nor a write to state depends on.

    What draws random numbers stays: the generator would be in another state afterwards.
    """
    needed = set(program.wanted)
    kept: list[Instruction] = []
    for instruction in reversed(program.instructions):
        if instruction.writes or instruction.output in needed or "generator" in instruction.params:
            needed.update(instruction.reads)
            kept.append(instruction)
    constants = {var: array for var, array in program.constants.items() if var in needed}
    return program.having(instructions=tuple(reversed(kept)), constants=constants)
