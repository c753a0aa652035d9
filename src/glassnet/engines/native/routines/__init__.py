"""The routines of the native engine, a file for each kind of work."""

from __future__ import annotations

from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernels import Kernel, Layouts
from glassnet.engines.native.routine import Routine
from glassnet.engines.native.routines import (
    adding_windows,
    along,
    max_pooling,
    picking,
    placing,
    recurrence,
    sampling,
)
from glassnet.program.program import Instruction

BY_OPERATION: dict[str, list[Routine]] = {}
for _file in (adding_windows, along, max_pooling, picking, placing, recurrence, sampling):
    for _routine in _file.ROUTINES:
        BY_OPERATION.setdefault(_routine.op, []).append(_routine)


def routine_of(instruction: Instruction) -> Routine | None:
    """The routine of an instruction; None where there is none that knows it."""
    routines = BY_OPERATION.get(instruction.op.name, ())
    values = (*instruction.reads, instruction.output)
    if 0 in instruction.output.shape or any(x.dtype not in C_TYPES for x in values):
        return None
    return next((routine for routine in routines if routine.fits(instruction)), None)


def routine_kernel(instruction: Instruction, layouts: Layouts) -> Kernel | None:
    """The kernel of an instruction that has a routine; None for others."""
    routine = routine_of(instruction)
    if routine is None:
        return None
    if instruction.into and routine.may_fail and not routine.in_place:
        return None  # state would be overwritten before all of an index is known to be in range
    if instruction.into:  # what it reads must not change meanwhile
        state = layouts[instruction.output]
        if not instruction.reads:
            return None
        first, *others = (layouts[x] for x in instruction.reads)
        is_own = routine.in_place and (first.offset, first.dims) == (state.offset, state.dims)
        if any(x.root == state.root for x in others) or (first.root == state.root and not is_own):
            return None
    return Kernel((instruction,), instruction.output.shape, is_routine=True)
