"""Batch levels: in which region of slices an instruction is carried out, and before which a value has to be there.

A mean over the labels that count has to be known before the first row of its gradient: the count is a region of its
own, all else another. Each instruction comes as late as those that read it allow, so that little is handed from one
region to the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glassnet.program.passes.batch_analysis import Along, Fit
from glassnet.program.program import Instruction, Program, Var


class Levels:
    """When everything happens, of ``instructions`` of which ``fits`` are carried out slice by slice.

    ``place`` is the number of the region in which a value is computed, or its sum over a slice; ``due`` that of the
    region before which a value is needed that is there as a whole. ``last`` is the last region.
    """

    def __init__(
        self, program: Program, instructions: Sequence[Instruction], fits: Mapping[Var, Fit], along: Mapping[Var, Along]
    ) -> None:
        self._along = along
        self._fits = fits
        self._before = _order_by_state(program, instructions)
        self.last = self._last(instructions)
        self.place: dict[Var, int] = {}
        self.due: dict[Var, int] = {}
        for instruction in reversed(instructions):
            self._set_times(instruction)

    def _last(self, instructions: Sequence[Instruction]) -> int:
        """How many sums over the batch have to follow upon one another."""
        level: dict[Var, int] = {}
        last = 0
        for instruction in instructions:
            output = instruction.output
            level[output] = max((level.get(x, 0) for x in (*instruction.reads, *self._before[output])), default=0)
            if output in self._fits:
                last = max(last, level[output])
            if output not in self._along and not self._along.keys().isdisjoint(instruction.reads):
                level[output] += 1  # it needs all rows
        return last

    def _set_times(self, instruction: Instruction) -> None:
        output = instruction.output
        if output in self._along:
            when = self.place.setdefault(output, self.last)
        else:
            when = self.due.setdefault(output, self.last + 1)
            if output in self._fits:
                when = self.place[output] = when - 1
        for x in (*instruction.reads, *self._before[output]):
            if x not in self._along:
                self.due[x] = min(when, self.due.get(x, self.last + 1))
            else:
                latest = when if output in self._fits else when - 1
                self.place[x] = min(latest, self.place.get(x, self.last))


def _order_by_state(program: Program, instructions: Sequence[Instruction]) -> dict[Var, list[Var]]:
    """For the result of each instruction those of the earlier ones that have to come before it for the sake of state:
    one of the two overwrites what the other reads or overwrites."""
    state = {var.name: var for var in program.state}
    looks_into = {var: var for var in program.state}
    touched: dict[Var, list[tuple[Var, bool]]] = {}
    before: dict[Var, list[Var]] = {}
    for instruction in instructions:
        output = instruction.output
        written = {state[name] for name in instruction.writes}
        read = {looks_into[x] for x in instruction.reads if x in looks_into}
        before[output] = []
        for root in written | read:
            others = touched.setdefault(root, [])
            before[output] += [other for other, writes in others if writes or root in written]
            others.append((output, root in written))
        source = next(iter(instruction.reads), None)
        if instruction.into:
            looks_into[output] = state[instruction.into]
        elif instruction.is_view and source in looks_into:
            looks_into[output] = looks_into[source]
    return before


def before_overwritten(program: Program, fits: Mapping[Var, Fit]) -> tuple[Instruction, ...]:
    """The instructions before the first that overwrites state which some slice reads."""
    looks_into = {var: var.name for var in program.state}
    read: set[str] = set()
    for instruction in program:
        seen = {looks_into[x] for x in instruction.reads if x in looks_into}
        if instruction.output in fits:
            read |= seen
        if instruction.into:
            looks_into[instruction.output] = instruction.into
        elif instruction.is_view and seen:
            looks_into[instruction.output] = seen.pop()
    positions = (n for n, instruction in enumerate(program) if not read.isdisjoint(instruction.writes))
    return program.instructions[: next(positions, len(program))]
