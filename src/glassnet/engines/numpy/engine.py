"""The NumPy engine: writes a program out as source, and runs exactly that text."""

from __future__ import annotations

import linecache
import math
from itertools import count
from typing import Any

from glassnet.engines.numpy.source import module_source
from glassnet.ops.dtypes import Array
from glassnet.program.passes.plan import plan
from glassnet.program.program import Instruction, Program

_files = count(1)


SMALL = 1024  # elements: below that, a function's own work costs more than its numbers


def has_own_form(instruction: Instruction) -> bool:
    """Whether the engine runs an operation as it is: all but updates of small parameters that keep no
    state, which are quicker as the two NumPy calls they consist of."""
    return len(instruction.writes) != 1 or not instruction.op.writes or math.prod(instruction.output.shape) > SMALL


class NumpyEngine:
    """A program, ready to run. ``source`` is the text that runs; ``run`` takes and gives arrays.

    ``module`` is the text's namespace: state, constants and workspace by name.
    """

    def __init__(self, program: Program, name: str = "step") -> None:
        self.program = program
        self.plan = plan(program)
        self.source = module_source(program, self.plan, name)
        self.file = f"<glassnet {name} {next(_files)}>"
        # so that tracebacks and debuggers show the lines
        linecache.cache[self.file] = (len(self.source), None, self.source.splitlines(keepends=True), self.file)
        self.module: dict[str, Any] = {"__name__": self.file}
        exec(compile(self.source, self.file, "exec"), self.module)
        for var, array in program.constants.items():
            self.module[var.name] = array
        self.run = self.module[name]

    def bind(self, name: str, array: Array) -> None:
        """Make ``array`` the state ``name``."""
        self.module[name] = array

    def value(self, name: str) -> Any:
        """What a value of the program held when the program last ran; None if it has no memory."""
        return self.module.get(name)
