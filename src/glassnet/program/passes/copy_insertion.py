"""Copy insertion: a value that is read after the program has run gets memory that is its own until then.

A kept gradient that is a view of an input would change with the input: ``keep x.T`` becomes
``kept = copy(x.T); keep kept``.
"""

from __future__ import annotations

from glassnet.ops.movement import broadcast_to, copy
from glassnet.program.names import Namer
from glassnet.program.program import Instruction, Program, Var


def insert_copies(program: Program) -> Program:
    """Add a copy of every kept value that has no memory of its own.

    That is one that is an input, state or a constant, or looks into one; that repeats a smaller
    value; or that shares its memory with another kept value.
    """
    views = {i.output: i for i in program.instructions if i.is_view and not i.into}
    taken: set[Var | None] = {None, *program.inputs, *program.state, *program.constants}
    names = Namer(program)
    copies: list[Instruction] = []
    kept: list[Var] = []
    for var in program.kept:
        owner: Var | None = var
        while owner in views:
            view = views[owner]
            owner = view.reads[0] if view.reads and view.op is not broadcast_to else None
        if owner in taken:
            owner = Var(names(f"kept_{var}"), var.shape, var.dtype)
            copies.append(Instruction(copy, (var,), owner, phase="update"))
            var = owner
        taken.add(owner)
        kept.append(var)
    return program.having(instructions=(*program.instructions, *copies), kept=tuple(kept))
