"""Scheduling: whether a program is carried out slice by slice, and how many rows a slice has.

Slices pay where what is computed of all rows leaves the cache, while what is computed of some stays in it, and where a
sum for each slice (of a gradient, as large as the parameters) costs less than that. It is decided by sizes alone, so
that a program is the same, and rounds the same, on every machine with vectors of the same width.
"""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.engines.native.c_operations import is_elementwise, is_product, is_reduction
from glassnet.engines.native.layouts import VIEWS
from glassnet.engines.native.routines import routine_of
from glassnet.engines.native.segments import Schedule
from glassnet.engines.native.target import Target
from glassnet.program.passes.batch_analysis import batch_of
from glassnet.program.passes.batch_last import put_batch_last
from glassnet.program.passes.batch_slicing import slice_batch
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program, Var
from glassnet.program.slices import SLICES

SAMPLE = 64  # rows: how much memory they take is looked at
NEAR = 1 << 18  # bytes of what is computed of a slice: they stay in the second cache
FAR = 1 << 19  # bytes of what is computed of all rows: fewer stay near without slices
WORTH = 2.0  # times as much as what is handed on and added up: so much has to be computed of all rows
WHOLE = 16  # rows: whole vectors, however wide
LEAST = 8  # slices, for threads to share


def schedule_of(program: Program, strides: Strides, target: Target) -> Schedule:
    """The schedule of a program."""
    batched = batch_of(program, lambda x: _lies_in_order(x, strides.get(x.name)))
    if batched and batched[0].shape[0] >= 2 * LEAST:
        rows = _rows(program, batched, strides, target)
        if rows is not None:
            program = put_batch_last(slice_batch(program, batched, rows, is_known))
    return Schedule(program, strides, target)


def is_known(instruction: Instruction) -> bool:
    """Whether C knows an instruction."""
    if instruction.op.name in VIEWS and instruction.is_view:
        return True
    has_loops = is_product(instruction) or is_reduction(instruction) or is_elementwise(instruction)
    return has_loops or routine_of(instruction) is not None


def _lies_in_order(x: Var, steps: tuple[int, ...] | None) -> bool:
    """Whether the elements lie one after another, where dimensions are ``steps`` of bytes apart if that is said."""
    further = x.dtype.itemsize
    for n, step in zip(x.shape[::-1], steps[::-1] if steps else (), strict=False):
        if n > 1 and step != further:
            return False
        further *= n
    return True


def _rows(program: Program, batched: Sequence[Var], strides: Strides, target: Target) -> int | None:
    """How many rows a slice has; None where slices would not pay."""
    batch = batched[0].shape[0]
    sample = put_batch_last(slice_batch(program, batched, min(SAMPLE, batch), is_known))
    given = [i for i in sample if i.op is SLICES]
    regions = {id(i.params["region"]): i.params["region"] for i in given}
    schedules = [Schedule(region.program, strides, target, gives=True) for region in regions.values()]
    if not schedules or not all(schedule.is_all_in_c for schedule in schedules):
        return None
    computed = max(schedule.arena.nbytes for schedule in schedules) / min(SAMPLE, batch)
    rows = _divisor(batch, min(int(NEAR / computed), batch // LEAST)) if computed else 0
    if not rows:
        return None
    wanted = set(program.wanted)
    handed_on = sum(i.output.nbytes for i in given if i.output not in wanted and _is_joined(i))
    sums = sum(_of_slice(i).nbytes for i in given if not _is_joined(i)) * (batch // rows)
    saved = computed * batch
    return rows if saved > FAR and WORTH * (handed_on + sums) < saved else None


def _is_joined(instruction: Instruction) -> bool:
    found: bool = instruction.params["region"].joined[instruction.params["which"]]
    return found


def _of_slice(instruction: Instruction) -> Var:
    found: Var = instruction.params["region"].program.outputs[instruction.params["which"]]
    return found


def _divisor(batch: int, most: int) -> int:
    """The number of rows, about ``most``: of those that divide the batch the best, if it has any."""
    divisors = [n for n in range(max(1, most // 4), most + 1) if batch % n == 0]
    if divisors:
        return max(divisors, key=lambda n: (min(n & -n, WHOLE), n))  # whole vectors
    return most // WHOLE * WHOLE or most
