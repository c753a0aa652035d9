"""Segments: the kernels of a program in the order in which they run, and the memory of what they need.

Kernels that follow one another are a segment, one function of C. Between segments stands what is left to NumPy. What is
done slice by slice is a step among them, which has a schedule of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from glassnet.engines.native.arena import Arena, arena_of, lives_of
from glassnet.engines.native.c_names import c_names
from glassnet.engines.native.fusion import Step, fused
from glassnet.engines.native.generators import generator_of, generators_of
from glassnet.engines.native.kernel_code import KernelCode
from glassnet.engines.native.kernels import Kernel, Layouts, kernel_of, state_written
from glassnet.engines.native.layouts import layouts_of
from glassnet.engines.native.loop_code import LoopCode
from glassnet.engines.native.product_code import ProductCode
from glassnet.engines.native.routine import RoutineCode
from glassnet.engines.native.routines import routine_kernel, routine_of
from glassnet.engines.native.sliced import Sliced
from glassnet.engines.native.target import Target
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program, Var

Segment = list[Kernel | Sliced]


class Schedule:
    """What runs, and where its values are. ``strides`` say by name how state lies where it does not lie in order.

    ``gives``: what the program wants, it writes to memory that is given to it, as the program of a slice does.
    """

    def __init__(self, program: Program, strides: Strides, target: Target, gives: bool = False) -> None:
        self.program = program
        self.layouts: Layouts = layouts_of(program, strides)
        self.names: Mapping[Var, str] = c_names(program)
        self.target = target
        self._strides = strides
        self._steps: list[Step] = fused(program, self.layouts, self._kernel_of)
        self.wanted = {self.layouts[x].root for x in program.wanted}
        self._gives = gives
        self.stored = self._stored()
        self.slices = {id(s): self._slices(s) for s in self._steps if isinstance(s, Sliced)}
        self.codes: dict[int, KernelCode] = {id(kernel): self._code(kernel) for kernel in self.kernels}
        self.arena = self._arena()

    @cached_property
    def parts(self) -> list[Segment | Instruction]:
        """Segments, and what is left to NumPy, in order."""
        parts: list[Segment | Instruction] = []
        for step in self._steps:
            if isinstance(step, Instruction):
                parts.append(step)
            elif parts and isinstance(parts[-1], list):
                parts[-1].append(step)
            else:
                parts.append([step])
        return parts

    @property
    def segments(self) -> list[Segment]:
        """The segments alone."""
        return [part for part in self.parts if isinstance(part, list)]

    @property
    def kernels(self) -> list[Kernel]:
        """The kernels alone, in order; those of slices are in schedules of their own."""
        return [step for step in self._steps if isinstance(step, Kernel)]

    @cached_property
    def generators(self) -> dict[Var, Any]:
        """The generators that its kernels draw from, and the memory that stands for each."""
        drawn = {generator_of(i) for kernel in self.kernels for i in kernel.instructions}
        return {var: generator for var, generator in generators_of(self.program).items() if var in drawn}

    def _kernel_of(self, instruction: Instruction) -> Kernel | None:
        if self.target.is_portable and generator_of(instruction) is not None:
            return None  # NumPy's functions are not there
        return routine_kernel(instruction, self.layouts) or kernel_of(instruction, self.layouts)

    def _code(self, kernel: Kernel) -> KernelCode:
        if kernel.product is not None:
            return ProductCode(kernel, self.layouts, self.stored, self.names, self.target)
        if kernel.is_routine:
            routine = routine_of(kernel.instructions[0])
            assert routine is not None
            return RoutineCode(routine, kernel, self.layouts, self.stored, self.names, self.target)
        return LoopCode(kernel, self.layouts, self.stored, self.names, self.target)

    def _slices(self, step: Sliced) -> tuple[Schedule, ...]:
        """The schedule of a slice, and of the rest of the rows where there is one."""
        return tuple(Schedule(p, self._strides, self.target, gives=True) for p in step.region.kinds)

    @property
    def is_all_in_c(self) -> bool:
        """Whether nothing is left to NumPy."""
        slices = (schedule for schedules in self.slices.values() for schedule in schedules)
        is_own = not any(isinstance(step, Instruction) for step in self._steps)
        return is_own and all(schedule.is_all_in_c for schedule in slices)

    # what each step reads and writes ------------------------------------------------------------------

    def _stored(self) -> set[Var]:
        """The values that have to be in memory: other steps read them, or the program gives them back."""
        read = (self.reads(step) for step in self._steps)
        by_numpy = (step.output for step in self._steps if isinstance(step, Instruction))
        by_routines = (i.output for kernel in self.kernels for i in kernel.instructions if routine_of(i) is not None)
        return self.wanted.union(*read, by_numpy, by_routines)

    def reads(self, step: Step) -> set[Var]:
        """The memory that a step reads, and does not make itself."""
        if isinstance(step, Instruction):
            return {self.layouts[x].root for x in step.reads}
        made: set[Var] = set()
        found: set[Var] = set()
        for instruction in step.instructions:
            found |= {self.layouts[x].root for x in instruction.reads} - made
            made.add(self.layouts[instruction.output].root)
        return found

    def writes(self, step: Step) -> set[Var]:
        """The memory that a step writes, and what it needs for itself."""
        if isinstance(step, Instruction):
            return {step.output}
        if isinstance(step, Sliced):
            return {instruction.output for instruction in step.instructions}
        scratch = self._scratch(step)
        stored = (step.made.keys() & self.stored) | state_written(step.instructions, self.layouts)
        stored |= {var for i in step.instructions if (var := generator_of(i)) is not None}
        return stored if scratch is None else stored | {scratch}

    def touches(self, kernel: Kernel | Sliced) -> list[Var]:
        """All the memory of a kernel, in the order of its instructions; what it needs for itself comes last."""
        wanted = self.reads(kernel) | self.writes(kernel)
        order = dict.fromkeys(self.layouts[x].root for i in kernel.instructions for x in (*i.reads, i.output))
        return [root for root in order if root in wanted] + [var for var in wanted if var not in order]

    def _scratch(self, kernel: Kernel) -> Var | None:
        """Memory that a kernel needs for itself."""
        code = self.codes[id(kernel)]
        return code.scratch if isinstance(code, ProductCode | RoutineCode) else None

    def _arena(self) -> Arena:
        elsewhere = {*self.program.state, *self.generators, *(self.wanted if self._gives else ())}
        made = [self.writes(step) - elsewhere for step in self._steps]
        return arena_of(lives_of(made, [self.reads(step) for step in self._steps], self.wanted))
