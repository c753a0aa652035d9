"""Liveness and buffer reuse: values that are never needed at the same time share memory.

In ``y = exp(x); z = y * 2; w = z + 1`` nothing reads y after z is made, nor z after w: one buffer holds all three.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from glassnet.ops.indexing import getitem
from glassnet.ops.movement import broadcast_to, reshape
from glassnet.program.passes.view_analysis import Strides, views_of
from glassnet.program.program import Instruction, Program, Var

IN_ORDER = (reshape, getitem, broadcast_to)  # views whose elements lie in the order of their dimensions


@dataclass(frozen=True, slots=True)
class Buffers:
    """The memory of the values that a program computes.

    ``owner`` says for every value that has a buffer whose it is: its own, or that of an earlier value. ``views`` says
    for every view which value it looks into. All others are made anew each time.
    """

    owner: dict[Var, Var]
    views: dict[Var, Var]

    def root(self, var: Var) -> Var:
        """The value whose memory ``var`` looks into, in the end: itself where it is no view."""
        while var in self.views:
            var = self.views[var]
        return var

    @property
    def nbytes(self) -> int:
        """The bytes of all memory that is needed."""
        return sum(var.nbytes for var in set(self.owner.values()))


def buffers_of(
    program: Program,
    may_overwrite_input: Callable[[Instruction], bool],
    makes_memory: Callable[[Instruction], bool],
    strides: Strides | None = None,
) -> Buffers:
    """A buffer for every value: its own, or that of an earlier one of as many elements of the dtype that nothing reads
    any more, of the same shape if there is one.

    A value that is given back or kept shares with none that comes after it. ``may_overwrite_input`` says
    whether the result of an instruction may be written over an input while that is read: element by element.
    ``makes_memory`` says whether an instruction makes memory for its result each time it is carried out; a
    result that is not kept needs no buffer then. ``strides`` say by name how state lies in memory, where it does
    not lie in order.
    """
    buffers = Buffers({}, views_of(program, strides or {}))
    owner, views = buffers.owner, buffers.views
    kept = set(map(buffers.root, program.kept))
    made_anew = _made_anew(program, makes_memory) - kept
    last_read: dict[Var, int] = {}
    for position, instruction in enumerate(program.instructions):
        for var in instruction.reads:
            last_read[buffers.root(var)] = position
    for var in program.wanted:
        last_read[buffers.root(var)] = len(program.instructions)

    outside = {*program.inputs, *program.state, *program.constants}
    free: dict[tuple[int, str], list[Var]] = {}
    ends: dict[int, list[Var]] = {}
    for position, instruction in enumerate(program.instructions):
        output = instruction.output
        if output not in views and output not in made_anew and not instruction.writes:
            ready = ends.get(position, []) if may_overwrite_input(instruction) else []
            same = next((v for v in ready if v.shape == output.shape and v.dtype == output.dtype), None)
            if same is not None:
                ready.remove(same)
                owner[output] = owner[same]
            else:
                owner[output] = _taken(free.get(_kind(output), []), output)
            ends.setdefault(last_read.get(output, position), []).append(output)
        for var in ends.get(position, []):
            if var not in outside:
                free.setdefault(_kind(var), []).append(owner[var])
    return buffers


def _kind(var: Var) -> tuple[int, str]:
    return math.prod(var.shape), str(var.dtype)


def _taken(free: list[Var], output: Var) -> Var:
    """One of the ``free`` buffers, the last of the shape of ``output`` or else the last, which is no longer free."""
    if not free:
        return output
    place = next((i for i in reversed(range(len(free))) if free[i].shape == output.shape), -1)
    return free.pop(place)


def _made_anew(program: Program, makes_memory: Callable[[Instruction], bool]) -> set[Var]:
    """The values that lie in order in memory of their own, which their instructions make.

    What is made of a transposed value or of windows, or picked by an index array, may lie otherwise; and of no
    dimensions a number is made, not an array.
    """
    transposed: set[Var] = set()
    anew: set[Var] = set()
    for instruction in program.instructions:
        reads_transposed = not transposed.isdisjoint(instruction.reads)
        if instruction.is_view and (instruction.op not in IN_ORDER or reads_transposed):
            transposed.add(instruction.output)
        elif not (instruction.op.view or instruction.writes or reads_transposed) and makes_memory(instruction):
            anew.add(instruction.output)
    return {var for var in anew if var.shape}
