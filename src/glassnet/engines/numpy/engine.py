"""The NumPy engine: writes a program out as source, and runs exactly that text."""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any, ClassVar

import numpy as np

from glassnet.engines.numpy.assignment import makes_memory
from glassnet.engines.numpy.fast_forms import has_own_form, lowered, may_overwrite_input, product_over_one
from glassnet.engines.numpy.source import generators, module_source, state_views
from glassnet.ops.dtypes import Array
from glassnet.ops.linear import matmul
from glassnet.program.passes import PASSES, Pass
from glassnet.program.passes.algebraic_simplification import simplify
from glassnet.program.passes.liveness import buffers_of
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program
from glassnet.program.verify import verify

_files = count(1)


class NumpyEngine:
    """A program, ready to run. ``source`` is the text that runs; ``run`` takes and gives arrays.

    ``module`` is the text's namespace: state, constants and workspace by name. ``strides`` say by name how
    those arrays lie in memory that will be the state, where they do not lie in order.
    """

    passes: ClassVar[Mapping[str, Pass]] = {
        **PASSES,
        "simplify": partial(simplify, more_rules={matmul: (product_over_one,)}),
    }

    def __init__(self, program: Program, name: str = "step", strides: Strides | None = None) -> None:
        self.program = program = verify(lowered(program))
        self.buffers = buffers_of(program, may_overwrite_input, makes_memory, strides)
        self.source = module_source(program, self.buffers, name)
        self.file = f"<glassnet {name} {next(_files)}>"
        # so that tracebacks and debuggers show the lines
        linecache.cache[self.file] = (len(self.source), None, self.source.splitlines(keepends=True), self.file)
        weakref.finalize(self, linecache.cache.pop, self.file, None)
        self.module: dict[str, Any] = {"__name__": self.file}
        exec(compile(self.source, self.file, "exec"), self.module)
        self.module |= generators(program)
        for var, array in program.constants.items():
            np.copyto(self.module[var.name], array)  # in place: there are views of it
        self.run: Callable[..., Any] = self.module[name]
        self._views: dict[str, list[tuple[str, Any]]] = {}
        for state, target, expression in state_views(program, self.buffers):
            self._views.setdefault(state, []).append((target, compile(expression, self.file, "eval")))

    @classmethod
    def missing(cls) -> str:
        """Nothing: NumPy is always there."""
        return ""

    @classmethod
    def accepts(cls, instruction: Instruction) -> bool:
        """Whether its source calls a named operation, in place of the operations that it consists of."""
        return has_own_form(instruction)

    def bind(self, name: str, array: Array) -> None:
        """Make ``array`` the state ``name``."""
        self.module[name] = array
        for target, expression in self._views.get(name, ()):
            self.module[target] = eval(expression, self.module)

    def value(self, name: str) -> Any:
        """What a value held when the program last ran; None for one that has no memory."""
        return self.module.get(name)
