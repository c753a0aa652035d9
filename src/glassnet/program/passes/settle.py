"""Settle: give what is to be looked at afterwards memory that is still there afterwards."""

from __future__ import annotations

from glassnet.ops.movement import copy
from glassnet.program.program import Instruction, Program, Var
from glassnet.program.writing.calls import is_view


def settle(program: Program) -> Program:
    """With a copy made of every kept value that is an input or state, or looks into one."""
    source = {i.output: i.inputs[0] for i in program.instructions if is_view(i)}
    outside = {*program.inputs, *program.state}
    instructions = list(program.instructions)
    kept: list[Var] = []
    for number, var in enumerate(program.kept, 1):
        owner = var
        while isinstance(inner := source.get(owner), Var):
            owner = inner
        if owner in outside:
            own = Var(f"kept_{number}", var.shape, var.dtype)
            instructions.append(Instruction(copy, (var,), own, phase="update"))
            var = own
        kept.append(var)
    return program.having(instructions=tuple(instructions), kept=tuple(kept))
