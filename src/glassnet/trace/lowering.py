"""Lowering: what was traced becomes a `Program` whose every value has a name a person would give it.

Parameters and buffers are called as the model calls them (``fc1_weight``), the result of a module
as the module (``fc1``), what a function has a name for by that (``scores``), hidden activations
h1, h2 …, the gradient of v ``d_v``, and what else there is by its operation (``sum``, ``sum_2``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.ops.formula import input_names
from glassnet.program.names import Namer, telling_name
from glassnet.program.program import Instruction, Operand, Program, Var
from glassnet.trace.tracer import Slot, TracedOp, Tracer


def lower(
    tracer: Tracer,
    arguments: Mapping[str, Any],
    state: Mapping[int, str],
    results: tuple[Any, ...],
    kept: tuple[Any, ...],
) -> tuple[Program, dict[str, Any]]:
    """The program of what was traced, and the arrays that its state stands for, by name.

    ``arguments`` are the arrays that the function was called with, by name; ``state`` the names of arrays that
    outlive the run, by their id; ``results`` what the function returned, arrays or constants, and ``kept`` further
    arrays whose values are wanted.
    """
    return _Lowerer(tracer, arguments, state).program(results, kept)


class _Lowerer:
    def __init__(self, tracer: Tracer, arguments: Mapping[str, Any], state: Mapping[int, str]) -> None:
        self.tracer = tracer
        self.arguments = arguments
        self.state = state
        self.unique = Namer()
        self.vars: dict[int, Var] = {}
        self.inputs: list[Var] = []
        self.state_arrays: dict[str, Any] = {}  # by name
        self.state_vars: list[Var] = []
        self.constants: dict[Var, Any] = {}

    def program(self, results: tuple[Any, ...], kept: tuple[Any, ...]) -> tuple[Program, dict[str, Any]]:
        for name, array in self.arguments.items():
            self.inputs.append(self._name(self.tracer.number(array), name))
        ends = [self.tracer.number(x) for x in (*results, *kept) if isinstance(x, np.ndarray)]
        self._name_origins(ends)
        self._name_results(results)
        instructions = tuple(map(self._instruction, self.tracer.ops))
        outputs: list[Operand] = [
            self._read(self.tracer.number(r)) if isinstance(r, np.ndarray) else r for r in results
        ]
        wanted = tuple(self._read(self.tracer.number(array)) for array in kept)
        program = Program(
            tuple(self.inputs),
            tuple(self.state_vars),
            self.constants,
            instructions,
            tuple(outputs),
            wanted,
            self._derivatives(),
        )
        return program, self.state_arrays

    def _derivatives(self) -> dict[str, str]:
        pairs = self.tracer.derivatives.items()
        return {self._read(v).name: self._read(g).name for v, g in pairs if {v, g} <= self.vars.keys()}

    def _name(self, number: int, wish: str) -> Var:
        array = self.tracer.arrays[number]
        var = self.vars[number] = Var(self.unique(wish), array.shape, array.dtype)
        return var

    def _read(self, number: int) -> Var:
        """The value under a number, read: what is in the memory of state goes by the state's name."""
        root = self.tracer.roots.get(number)
        return self.vars[root] if root is not None and self._is_state(root) else self.vars[number]

    def _is_state(self, number: int) -> bool:
        return id(self.tracer.arrays[number]) in self.state

    def _name_origins(self, ends: list[int]) -> None:
        """State and constants: the values that no instruction made."""
        made = {op.output for op in self.tracer.ops}
        for op in self.tracer.ops:
            into = [] if op.into is None or not self._is_state(op.into) else [op.into]
            read = {x.number: _called(op, i) for i, x in enumerate(op.inputs) if isinstance(x, Slot)}
            self._name_origins_among({**read, **dict.fromkeys(into, "constant")}, made)
        self._name_origins_among(dict.fromkeys(ends, "constant"), made)

    def _name_origins_among(self, wishes: Mapping[int, str], made: set[int]) -> None:
        for number, wish in wishes.items():
            if number in made or number in self.vars:
                continue
            array = self.tracer.arrays[number]
            if self._is_state(number):
                var = self._name(number, self.state[id(array)])
                self.state_vars.append(var)
                self.state_arrays[var.name] = array
            else:
                var = self._name(number, wish)
                self.constants[var] = self.tracer.snapshot.numbers_before(array).copy()

    def _name_results(self, results: tuple[Any, ...]) -> None:
        """What instructions made."""
        ops = self.tracer.ops
        last_of = {n.module: n.output for n in ops if n.phase == "forward" and n.module}
        returned = {self.tracer.number(r) for r in results if isinstance(r, np.ndarray)}
        gradient_of = {g: v for v, g in self.tracer.derivatives.items()}
        hidden = 0
        for n in ops:
            if n.output in self.vars:
                continue
            if n.output in returned and self.tracer.arrays[n.output].size == 1:
                wish = "loss"
            elif n.phase == "forward" and last_of.get(n.module) == n.output:
                wish = n.module
            elif n.output in gradient_of and gradient_of[n.output] in self.vars:
                wish = f"d_{self.vars[gradient_of[n.output]].name}"
            elif n.into is not None and self._is_state(n.into):
                wish = f"new_{self.vars[n.into].name}"
            elif n.op.writes:
                first = n.inputs[0]
                wish = f"new_{self.vars[first.number].name}" if isinstance(first, Slot) else n.op.name
            elif n.output in self.tracer.names:
                wish = self.tracer.names[n.output]
            elif n.op.kind == "activation" and n.phase == "forward":
                hidden += 1
                wish = f"h{hidden}"
            else:
                first = n.inputs[0] if n.inputs else None
                source = self.vars[first.number] if isinstance(first, Slot) else None
                wish = telling_name(n.op, n.params, source) or n.op.name
            self._name(n.output, wish)

    def _instruction(self, op: TracedOp) -> Instruction:
        derived = self.vars.get(op.derivative_of) if op.derivative_of is not None else None
        into = op.into if op.into is not None and self._is_state(op.into) else None
        return Instruction(
            op.op,
            tuple(self._read(x.number) if isinstance(x, Slot) else x for x in op.inputs),
            self.vars[op.output],
            op.params,
            op.phase if into is None else "update",
            op.module,
            derived.name if derived else "",
            "" if into is None else self.vars[into].name,
            op.calls,
        )


def _called(op: TracedOp, position: int) -> str:
    """What a constant is called that an operation reads: as its argument, where that has the name of something."""
    names = () if op.op.primitive or op.op.elementwise else input_names(op.op)
    return names[position] if position < len(names) and len(names[position]) > 1 else "constant"
