"""Source: a program written as a Python module that a person can read and NumPy can run.

The module has these sections: the operations, as glassnet itself computes them; the state; the
constants; the workspace, memory for every value, set aside once; and the step, one line an
instruction.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.codegen import call, comment, function_call, shape, sources
from glassnet.codegen.expressions import needs_source
from glassnet.engines.numpy.assignment import assigned
from glassnet.engines.numpy.constants import expression
from glassnet.engines.numpy.fast_forms import SMALL
from glassnet.ops.movement import reshape
from glassnet.program.passes.liveness import Buffers
from glassnet.program.passes.view_analysis import with_gaps
from glassnet.program.printing import titles
from glassnet.program.program import Instruction, Operand, Program, Var

WIDTH = 110
COLUMN = 62  # where comments begin


def module_source(program: Program, buffers: Buffers, name: str = "step") -> str:
    """The text of the module; its function ``name`` takes the program's inputs and gives its outputs."""
    return _Writer(program, buffers, name).text()


class _Writer:
    def __init__(self, program: Program, buffers: Buffers, name: str) -> None:
        self.program = program
        self.buffers = buffers
        self.name = name
        self.starts = {*program.inputs, *program.state, *program.constants}
        self.is_small = all(math.prod(instruction.output.shape) <= SMALL for instruction in program)
        self.with_gaps = with_gaps(program, buffers.views)

    def text(self) -> str:
        functions = sources(dict.fromkeys(i.op for i in self.program if _is_function(i)))
        parts = [
            f'"""{self.name}: one step of a network, written out by glassnet. It needs NumPy alone."""',
            "\nfrom __future__ import annotations",
            "\nimport numpy as np",
            *section("operations", "\n\n\n".join(functions)),
            *section("state", "\n".join(self._state_lines())),
            *section("constants", "\n".join(self._constant_lines())),
            *section("workspace", "\n".join(self._workspace_lines())),
            f"\n\ndef {self.name}({', '.join(v.name for v in self.program.inputs)}):",
            *self._step_lines(),
        ]
        return "\n".join(parts) + "\n"

    # state, constants, workspace ---------------------------------------------------------------------

    def _state_lines(self) -> Iterator[str]:
        for var in self.program.state:
            yield f"{var.name} = np.zeros({shape(var)}, np.{var.dtype})"
        for name in generators(self.program):
            yield f"{name} = np.random.default_rng()"

    def _constant_lines(self) -> Iterator[str]:
        for var, array in self.program.constants.items():
            yield f"{var.name} = {expression(array)}"

    def _workspace_lines(self) -> Iterator[str]:
        for instruction in self.program:
            var = instruction.output
            if var in self.buffers.owner:
                owner = self.buffers.owner[var]
                if owner == var:
                    yield f"{var.name} = np.empty({shape(var)}, np.{var.dtype})"
                else:
                    text = owner.name if owner.shape == var.shape else f"{owner.name}.reshape({shape(var)})"
                    yield f"{var.name} = {text}  # in its memory, free by then"
            elif self._is_set_up_once(var):
                yield f"{var.name} = {call(instruction)}"

    def _is_set_up_once(self, var: Var) -> bool:
        """Whether ``var`` is a view of memory that stays the same from step to step."""
        root = self.buffers.root(var)
        return var in self.buffers.views and root not in self.program.inputs and not self._is_made_anew(root)

    def _is_made_anew(self, var: Var) -> bool:
        """Whether an instruction makes memory for ``var`` each time it is carried out."""
        return var not in self.buffers.owner and var not in self.buffers.views and var not in self.starts

    # the step ---------------------------------------------------------------------------------------

    def _step_lines(self) -> Iterator[str]:
        shown = [i for i in self.program if not self._is_set_up_once(i.output)]
        for instruction, title in zip(shown, titles(shown), strict=True):
            if title:
                yield f"    # {title} {'-' * (WIDTH - len(title) - 7)}"
            yield f"    {self._code(instruction).ljust(COLUMN - 4)}  # {comment(instruction)}"
        returned = ", ".join(map(self._returned, self.program.outputs))
        if returned or not self.program.instructions:
            yield f"    return {returned}".rstrip()

    def _returned(self, x: Operand) -> str:
        if not isinstance(x, Var):
            return repr(x)
        return x.name if x in self.program.inputs or self._is_made_anew(x) else f"{x.name}.copy()"

    def _code(self, instruction: Instruction) -> str:
        if "generator" in instruction.params:
            names = {id(generator): name for name, generator in generators(self.program).items()}
            name = Name(names[id(instruction.params["generator"])])
            instruction = replace(instruction, params={**instruction.params, "generator": name})
        if instruction.output in self.buffers.views:
            return f"{instruction.output.name} = {call(instruction)}"
        if instruction.op is reshape and not instruction.into:  # of what does not lie in order: the numbers move
            x = instruction.reads[0]
            return f"{instruction.output.name}.reshape({shape(x)})[...] = {x.name}"
        if instruction.op.writes:
            return function_call(instruction)
        if not instruction.into and self._is_made_anew(instruction.output):
            return f"{instruction.output.name} = {call(instruction)}"
        return assigned(instruction, instruction.into or instruction.output.name, self.is_small, self.with_gaps)


def _is_function(instruction: Instruction) -> bool:
    """Whether the step calls the operation's function, whose source has to be there."""
    op = instruction.op
    if op.writes or needs_source(op):
        return True
    return op.takes_out and not op.method and not isinstance(op.forward, np.ufunc)


def state_views(program: Program, buffers: Buffers) -> Iterator[tuple[str, str, str]]:
    """The views of state, in order: the name of the state, that of the view, and its expression.

    They are made once, and made again when a state is bound to another array.
    """
    for instruction in program:
        root = buffers.root(instruction.output)
        if instruction.output in buffers.views and root in program.state:
            yield root.name, instruction.output.name, call(instruction)


class Name(str):
    """A name, as it stands in source."""

    __slots__ = ()
    __repr__ = str.__str__


def generators(program: Program) -> dict[str, Any]:
    """The random generators that a program draws from, by the names they have in its source."""
    drawn = [i.params["generator"] for i in program if "generator" in i.params]
    different = list({id(generator): generator for generator in drawn}.values())
    return {f"generator_{n}" if n > 1 else "generator": generator for n, generator in enumerate(different, 1)}


def section(title: str, text: str) -> list[str]:
    """A titled section of the module, if there is anything in it."""
    return [f"\n\n# {title} {'-' * (WIDTH - len(title) - 3)}\n", text] if text else []
