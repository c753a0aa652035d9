"""Fusion: which instructions of a program become one kernel, and in which order the kernels run.

Each instruction begins as a kernel of its own, and is merged with those that made its inputs, as far as their loops fit
and no third kernel has to run in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from glassnet.engines.native.generators import generator_of
from glassnet.engines.native.kernels import Kernel, Layouts
from glassnet.engines.native.masks import masks_of
from glassnet.engines.native.merging import in_best_order, merged
from glassnet.engines.native.sliced import Sliced
from glassnet.program.program import Instruction, Program, Var
from glassnet.program.slices import SLICES

Step = Kernel | Sliced | Instruction  # what C does, of all rows or slice by slice, and what it has to leave to NumPy


def fused(program: Program, layouts: Layouts, kernel_of: Callable[[Instruction], Kernel | None]) -> list[Step]:
    """The kernels of ``program`` in the order in which they can run; between them what ``kernel_of`` has none for."""
    graph = _Graph(layouts, kernel_of, masks_of(program, layouts, kernel_of))
    for _, group in groupby(program, lambda instruction: id(instruction.params.get("region", instruction))):
        first, *others = group  # all that a region of slices gives, or one instruction
        if layouts[first.output].root != first.output and not first.into:
            continue  # a view: read where it is needed
        if first.output in graph.masks:
            continue  # compared where it is needed
        graph.add(first, *others)
    return [in_best_order(step, layouts) if isinstance(step, Kernel) else step for step in graph.ordered()]


class _Graph:
    """Kernels by number, and as bits of a whole number all those that must have run before each."""

    def __init__(
        self, layouts: Layouts, kernel_of: Callable[[Instruction], Kernel | None], masks: dict[Var, Kernel]
    ) -> None:
        self.layouts = layouts
        self.kernel_of = kernel_of
        self.masks = masks
        self.states = {layout.root.name: layout.root for layout in layouts.values()}
        self.steps: dict[int, Step] = {}
        self.before: dict[int, int] = {}
        self.maker: dict[Var, int] = {}  # of each root: the kernel that wrote it last
        self.readers: dict[Var, set[int]] = {}  # of each root: those that read what it is now

    def add(self, first: Instruction, *others: Instruction) -> None:
        number = len(self.before)
        self.steps[number] = self._step(first, *others)
        reads = {self.layouts[x].root for x in self._reads(first)}
        writes = self._written(first).union(other.output for other in others)
        self.before[number] = self._all_before(set(self._needed(reads, writes)))
        for producer in sorted({self.maker[root] for root in reads if root in self.maker}, reverse=True):
            number = self._merge(producer, number)
        for root in reads - writes:
            self.readers.setdefault(root, set()).add(number)
        for root in writes:
            self.maker[root] = number
            self.readers[root] = set()

    def _step(self, first: Instruction, *others: Instruction) -> Step:
        if first.op is SLICES:
            return Sliced((first, *others))
        kernel = self.kernel_of(first)
        for x in dict.fromkeys(first.reads):
            if kernel is not None and x in self.masks:
                kernel = merged(self.masks[x], kernel, self.layouts)
        return kernel or first

    def _reads(self, instruction: Instruction) -> Iterator[Var]:
        """The values that it reads, and for a mask what is compared there."""
        for x in instruction.reads:
            yield from self.masks[x].instructions[0].reads if x in self.masks else (x,)

    def _needed(self, reads: set[Var], writes: set[Var]) -> Iterator[int]:
        """The steps that have to run before: those whose values are read, and those that read what is overwritten."""
        for root in reads | writes:
            if root in self.maker:
                yield self.maker[root]
        for root in writes:
            yield from self.readers.get(root, ())

    def _written(self, instruction: Instruction) -> set[Var]:
        generator = generator_of(instruction)  # which goes on: numbers are drawn in the order of the program
        drawn_from = set() if generator is None else {generator}
        return {self.layouts[instruction.output].root, *(self.states[name] for name in instruction.writes)} | drawn_from

    def _all_before(self, numbers: set[int]) -> int:
        found = 0
        for number in numbers:
            found |= self.before[number] | 1 << number
        return found

    def _merge(self, first: int, second: int) -> int:
        """Make one of two kernels where that is possible; gives the number of the second, or of what both are now."""
        a, b = self.steps.get(first), self.steps.get(second)
        if first == second or not isinstance(a, Kernel) or not isinstance(b, Kernel):
            return second
        between = self.before[second] & ~(1 << first)
        if any(between >> n & 1 and self.before[n] >> first & 1 for n in self.steps):
            return second
        kernel = merged(a, b, self.layouts)
        if kernel is None:
            return second
        self.steps[first] = kernel
        del self.steps[second]
        self._replace(first, second)
        return first

    def _replace(self, kept: int, gone: int) -> None:
        """Let all that knew the kernel ``gone`` know ``kept``, which now does its work too."""
        self.before[kept] |= self.before.pop(gone) & ~(1 << kept)
        self.before[gone] = 0  # its number stays taken
        for n, before in self.before.items():
            if before >> gone & 1:
                before = before & ~(1 << gone) | 1 << kept
            if before >> kept & 1:
                before |= self.before[kept]
            self.before[n] = before
        for root, number in self.maker.items():
            if number == gone:
                self.maker[root] = kept
        for readers in self.readers.values():
            if gone in readers:
                readers.discard(gone)
                readers.add(kept)

    def ordered(self) -> list[Step]:
        """The steps, each after all that must have run before it, otherwise as the program has them."""
        done, waiting, found = 0, sorted(self.steps), []
        while waiting:
            number = next(n for n in waiting if not self.before[n] & ~done)
            waiting.remove(number)
            done |= 1 << number
            found.append(self.steps[number])
        return found
