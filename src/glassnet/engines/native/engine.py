"""The native engine: writes a program out as C, compiles it, and runs exactly that text."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from glassnet.engines.native.arena import ALIGNMENT, arena_of, lives_of
from glassnet.engines.native.c_source import CSource, read_by, written_by
from glassnet.engines.native.compilers import compiled, compiler, team, vector_bytes
from glassnet.engines.native.fusion import Step, fused
from glassnet.engines.native.kernels import Kernel
from glassnet.engines.native.layouts import layouts_of
from glassnet.ops.dtypes import Array
from glassnet.program.passes import PASSES, Pass
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program, Var
from glassnet.program.verify import verify


class NativeEngine:
    """A program, ready to run. ``source`` is the C text that runs."""

    passes: ClassVar[Mapping[str, Pass]] = PASSES

    def __init__(self, program: Program, name: str = "step", strides: Strides | None = None) -> None:
        self.program = verify(program)
        self.layouts = layouts_of(program, strides or {})
        steps = fused(program, self.layouts)
        self._plan(steps)
        outside = [*program.inputs, *program.state, *program.constants]
        places = {var: n for n, var in enumerate(outside, 3)}
        segments = [step for step in self._steps if isinstance(step, list)]
        self.source = CSource(
            program, segments, self.layouts, self._stored, self._arena, places, vector_bytes()
        ).text()
        self._library = compiled(self.source)
        self._memory = aligned(self._arena.nbytes)
        self._table = (ctypes.c_void_p * (3 + len(outside)))()
        self._fault = np.zeros(1, np.int64)
        self._table[0] = self._memory.ctypes.data
        self._table[1] = ctypes.cast(team().team_barrier, ctypes.c_void_p)
        self._table[2] = self._fault.ctypes.data
        self._places = places
        self._arrays: dict[Var, Array] = {var: self._view(var, at) for var, at in self._arena.offsets.items()}
        self._states = {var.name: var for var in program.state}
        for var, array in program.constants.items():
            self._set(var, np.array(array, order="C"))
        self._calls = [self._call(step) for step in self._numbered()]

    @classmethod
    def missing(cls) -> str:
        """What has to be installed: a C compiler, where there is none."""
        return "" if compiler() else "no C compiler was found"

    @classmethod
    def accepts(cls, instruction: Instruction) -> bool:
        """No named operation: its parts are put together again as kernels."""
        return False

    def bind(self, name: str, array: Array) -> None:
        """Make ``array`` the state ``name``."""
        self._set(self._states[name], array)

    def value(self, name: str) -> Array | None:
        """What a value held when the program last ran."""
        var = next((var for var in self.layouts if var.name == name), None)
        return None if var is None or self.layouts[var].root not in self._arrays else self._array_of(var)

    def run(self, *inputs: Array) -> Any:
        """The program's outputs, which are copies."""
        for var, array in zip(self.program.inputs, inputs, strict=True):
            self._set(var, np.ascontiguousarray(array).reshape(array.shape))
        for call in self._calls:
            if call():
                self._fault[0] = 0
                raise IndexError("an index is out of range")
        outputs = tuple(self._result(x) for x in self.program.outputs)
        return outputs[0] if len(outputs) == 1 else outputs or None

    def _result(self, x: Any) -> Any:
        return self._array_of(x).copy() if isinstance(x, Var) else x

    # how it comes about -------------------------------------------------------------------------------

    def _plan(self, steps: list[Step]) -> None:
        """Which values need memory, where that is, and which kernels run together."""
        layouts = self.layouts
        wanted = {layouts[x].root for x in self.program.wanted}
        read: list[set[Var]] = []
        made: list[set[Var]] = []
        for step in steps:
            if isinstance(step, Kernel):
                read.append(read_by(step, layouts))
                made.append(set(step.made))
            else:
                read.append({layouts[x].root for x in step.reads})
                made.append({step.output})
        self._stored = set().union(wanted, *read) | {s.output for s in steps if isinstance(s, Instruction)}
        for n, step in enumerate(steps):
            if isinstance(step, Kernel):
                made[n] = written_by(step, layouts, self._stored) - set(self.program.state)
        self._arena = arena_of(lives_of(made, read, wanted), len(steps))
        self._steps: list[list[Kernel] | Instruction] = []
        for step in steps:
            if not isinstance(step, Kernel):
                self._steps.append(step)
            elif self._steps and isinstance(self._steps[-1], list):
                self._steps[-1].append(step)
            else:
                self._steps.append([step])

    def _numbered(self) -> list[int | Instruction]:
        count = iter(range(len(self._steps)))
        return [next(count) if isinstance(step, list) else step for step in self._steps]

    def _call(self, step: int | Instruction) -> Callable[[], Any]:
        if isinstance(step, int):
            function = ctypes.cast(self._library[f"segment_{step}"], ctypes.c_void_p)
            run = team().team_run
            run.argtypes, run.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long], ctypes.c_int64
            table = ctypes.addressof(self._table)
            threads = int(os.environ.get("GLASSNET_THREADS", "1"))
            return lambda: run(function, table, threads)
        return lambda: self._by_numpy(step)

    def _by_numpy(self, instruction: Instruction) -> None:
        inputs = [self._array_of(x) if isinstance(x, Var) else x for x in instruction.inputs]
        result = instruction.op.forward(*inputs, **instruction.params)
        if instruction.into:
            self._array_of(self._states[instruction.into])[...] = result
        elif not instruction.op.writes:
            self._arrays[instruction.output][...] = result

    def _array_of(self, var: Var) -> Array:
        layout = self.layouts[var]
        root = self._arrays[layout.root]
        if layout.array is layout.base:
            return root
        return np.ndarray(var.shape, var.dtype, root, layout.offset * var.dtype.itemsize, layout.array.strides)

    def _view(self, var: Var, offset: int) -> Array:
        return np.ndarray(var.shape, var.dtype, self._memory, offset)

    def _set(self, var: Var, array: Array) -> None:
        self._arrays[var] = array
        self._table[self._places[var]] = array.ctypes.data


def aligned(nbytes: int) -> Array:
    """Memory that begins where the widest vectors do."""
    memory = np.zeros(nbytes + ALIGNMENT, np.uint8)
    begin = -memory.ctypes.data % ALIGNMENT
    return memory[begin : begin + nbytes]
