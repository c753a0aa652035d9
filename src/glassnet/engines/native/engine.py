"""The native engine: writes a program out as C, compiles it, and runs exactly that text."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np

from glassnet.engines.native.arena import aligned
from glassnet.engines.native.c_operations import has_own_form
from glassnet.engines.native.c_source import ARENA, BARRIER, FAULT, FIRST, c_source, functions_of
from glassnet.engines.native.compilers import CompilerError, compiler
from glassnet.engines.native.generators import Generators
from glassnet.engines.native.library_cache import library_of, team
from glassnet.engines.native.many_runs import ManyRuns, can_run_many, many_runs_source
from glassnet.engines.native.program_size import in_scalars
from glassnet.engines.native.routines import routine_of
from glassnet.engines.native.scheduling import schedule_of
from glassnet.engines.native.target import Target
from glassnet.engines.native.thread_count import threads_for
from glassnet.ops.dtypes import Array
from glassnet.program.evaluation import evaluate
from glassnet.program.passes import PASSES, Pass
from glassnet.program.passes.vectors_as_matrices import vectors_as_matrices
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program, Var
from glassnet.program.verify import verify

SMALL = 1 << 14  # bytes: to copy them is quicker than to ask where they are


class NativeEngine:
    """A program, ready to run. ``source`` is the C text that runs."""

    passes: ClassVar[Mapping[str, Pass]] = {"vectors_as_matrices": vectors_as_matrices, **PASSES}

    def __init__(self, program: Program, name: str = "step", strides: Strides | None = None) -> None:
        found = compiler()
        if found is None:
            raise CompilerError(self.missing())
        self.program = verify(program)
        self._schedule = schedule = schedule_of(program, strides or {}, Target(found.vector_bytes))
        outside = [*program.inputs, *program.state, *program.constants, *schedule.generators]
        self._places = {var: n for n, var in enumerate(outside, FIRST)}
        self._states = {var.name: var for var in program.state}
        text = c_source(schedule, self._places)
        if can_run_many(schedule):
            text += many_runs_source(schedule, self._places)
        self.source = in_scalars(text, schedule)
        barrier = team().team_barrier
        self._library = library_of(self.source)
        memory = aligned(schedule.arena.nbytes)
        self._arrays: dict[Var, Array] = {
            var: np.ndarray(var.shape, var.dtype, memory, offset) for var, offset in schedule.arena.offsets.items()
        }
        own = {var: layout for var, layout in schedule.layouts.items() if layout.root == var and var in self._arrays}
        self._turned = {var for var, layout in own.items() if not layout.is_in_order}  # those that lie in another order
        self._fault = np.zeros(1, np.int64)
        self._table = (ctypes.c_void_p * (FIRST + len(outside)))()
        self._table[ARENA] = memory.ctypes.data
        self._table[BARRIER] = ctypes.cast(barrier, ctypes.c_void_p)
        self._table[FAULT] = self._fault.ctypes.data
        for var, array in program.constants.items():
            self._set(var, np.array(array, order="C"))
        self._generators = Generators(schedule.generators)
        for var, memory in self._generators.memory.items():
            self._set(var, memory)
        self._inputs = [self._input(var) for var in program.inputs]
        self._held = [var for var, _, copy, _ in self._inputs if copy is None]  # while it runs, and no longer
        self._results = [self._result(x) for x in program.outputs]
        positions = {var: n for n, var in enumerate(program.inputs)}
        self._given_back = [(n, positions[x]) for n, x in enumerate(program.outputs) if x in positions]
        numbers = iter(range(len(schedule.segments)))
        self._calls = [
            self._segment(next(numbers)) if isinstance(part, list) else partial(self._by_numpy, part)
            for part in schedule.parts
        ]

    @classmethod
    def missing(cls) -> str:
        """What has to be installed: a C compiler, where there is none."""
        if compiler() is not None:
            return ""
        return (
            'no C compiler was found; install gcc or clang, name one in the variable CC, or install "glassnet[native]"'
        )

    @classmethod
    def accepts(cls, instruction: Instruction) -> bool:
        """Those that have a form of their own; the parts of all others are put together again as kernels."""
        return has_own_form(instruction) or routine_of(instruction) is not None

    def bind(self, name: str, array: Array) -> None:
        """Make ``array`` the state ``name``."""
        self._set(self._states[name], array)

    def value(self, name: str) -> Array | None:
        """What a value held when the program last ran; None for one that has no memory."""
        var = next((var for var in self._schedule.layouts if var.name == name), None)
        return None if var is None or self._schedule.layouts[var].root not in self._arrays else self._array(var)

    @property
    def functions(self) -> dict[str, str]:
        """For each value of the program that C computes, by its name: the function of `source` that does."""
        return functions_of(self._schedule)

    def run(self, *inputs: Array) -> Any:
        """The program's outputs: copies, and inputs as they are.

        Raises what NumPy raises, such as for an index out of range.
        """
        for (var, place, copy, address), array in zip(self._inputs, inputs, strict=True):
            if copy is None:
                self._set(var, np.ascontiguousarray(array).reshape(array.shape))
            else:
                copy[...] = array
                self._table[place] = address
        for call in self._calls:
            if call():
                self._fault[0] = 0
                return self._evaluated(inputs)
        outputs = [result() for result in self._results]
        for n, position in self._given_back:
            outputs[n] = inputs[position]
        for var in self._held:
            del self._arrays[var]
        return outputs[0] if len(outputs) == 1 else tuple(outputs) or None

    @cached_property
    def run_many(self) -> ManyRuns | None:
        """Many runs in one call; None where NumPy runs a part of the program."""
        if not can_run_many(self._schedule):
            return None
        return ManyRuns(
            self._schedule, self._table, self._fault, threads_for(self._schedule), self._by_team("run_many")
        )

    def _evaluated(self, inputs: tuple[Array, ...]) -> Any:
        """What NumPy makes of it, operation by operation: it raises the error that there is."""
        state = {name: self._arrays[var] for name, var in self._states.items()}
        evaluate(self.program.history.get("traced", self.program), inputs, state, advance=bool(self._generators.memory))
        raise IndexError("an index is out of range")

    # how it comes about -------------------------------------------------------------------------------

    def _segment(self, number: int) -> Callable[[], int]:
        return partial(self._by_team(f"segment_{number}"), ctypes.addressof(self._table), threads_for(self._schedule))

    def _by_team(self, name: str) -> Callable[[Any, int], int]:
        """A function of C as one of a table of addresses and a number of threads, which carry it out together."""
        run = team().team_run
        run.argtypes, run.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long], ctypes.c_int64
        call = partial(run, ctypes.cast(self._library[name], ctypes.c_void_p))
        return self._generators.during(call) if self._generators.memory else call

    def _by_numpy(self, instruction: Instruction) -> None:
        inputs = [self._array(x) if isinstance(x, Var) else x for x in instruction.inputs]
        result = instruction.op.forward(*inputs, **instruction.params)
        if instruction.into:
            self._arrays[self._states[instruction.into]][...] = result
        elif not instruction.op.writes:
            self._arrays[instruction.output][...] = result

    def _input(self, var: Var) -> tuple[Var, int, Array | None, int]:
        """Where an input goes: its place in the table; of a small one the memory it is copied to, and its address."""
        copy = np.empty(var.shape, var.dtype) if var.nbytes <= SMALL else None
        return var, self._places[var], copy, 0 if copy is None else self._set(var, copy)

    def _result(self, output: Any) -> Callable[[], Any]:
        """What gives an output: a copy of what the program has put where it is."""
        if not isinstance(output, Var):
            return lambda: output
        root = self._schedule.layouts[output].root
        if root in self._schedule.arena.offsets and np.may_share_memory(self._array(output), self._arrays[root]):
            return self._array(output).copy
        return lambda: self._array(output).copy()  # it lies elsewhere at each call, or in another order

    def _array(self, var: Var) -> Array:
        layout = self._schedule.layouts[var]
        root = self._arrays[layout.root]
        if layout.root == var and var not in self._turned:
            return root
        imagined = layout.array
        seen = np.ndarray(imagined.shape, var.dtype, root, layout.offset * var.dtype.itemsize, imagined.strides)
        return seen.reshape(var.shape)

    def _set(self, var: Var, array: Array) -> int:
        """Have the program find a value in ``array``; gives its address."""
        self._arrays[var] = array
        address: int = array.ctypes.data
        self._table[self._places[var]] = address
        return address
