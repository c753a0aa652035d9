"""The NumPy engine: writes a program out as source, and runs exactly that text."""

from __future__ import annotations

import linecache
import weakref
from itertools import count
from typing import Any

import numpy as np

from glassnet.engines.numpy.lowering import lowered
from glassnet.engines.numpy.source import generators, module_source, state_views
from glassnet.ops.dtypes import Array
from glassnet.program.passes.liveness import plan
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Program
from glassnet.program.verify import verify

_files = count(1)


class NumpyEngine:
    """A program, ready to run. ``source`` is the text that runs; ``run`` takes and gives arrays.

    ``module`` is the text's namespace: state, constants and workspace by name. ``strides`` say by name how
    those arrays lie in memory that will be the state, where they do not lie in order.
    """

    def __init__(self, program: Program, name: str = "step", strides: Strides | None = None) -> None:
        self.program = program = verify(lowered(program))
        self.plan = plan(program, strides)
        self.source = module_source(program, self.plan, name)
        self.file = f"<glassnet {name} {next(_files)}>"
        # so that tracebacks and debuggers show the lines
        linecache.cache[self.file] = (len(self.source), None, self.source.splitlines(keepends=True), self.file)
        weakref.finalize(self, linecache.cache.pop, self.file, None)
        self.module: dict[str, Any] = {"__name__": self.file}
        exec(compile(self.source, self.file, "exec"), self.module)
        self.module |= generators(program)
        for var, array in program.constants.items():
            np.copyto(self.module[var.name], array)  # in place: there are views of it
        self.run = self.module[name]
        self._views: dict[str, list[tuple[str, Any]]] = {}
        for state, target, expression in state_views(program, self.plan):
            self._views.setdefault(state, []).append((target, compile(expression, self.file, "eval")))

    def bind(self, name: str, array: Array) -> None:
        """Make ``array`` the state ``name``."""
        self.module[name] = array
        for target, expression in self._views.get(name, ()):
            self.module[target] = eval(expression, self.module)

    def value(self, name: str) -> Any:
        """What a value of the program held when the program last ran; None if it has no memory."""
        return self.module.get(name)
