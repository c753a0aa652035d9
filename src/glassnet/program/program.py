"""A program: one step written down as data, a short list of typed instructions.

Tracing makes a program of a running function, passes rewrite it, and readers run, draw, explain or
export it. It holds no numbers but constants: state and inputs are names, which an engine binds to
arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from glassnet.notebook import repr_html
from glassnet.ops.dtypes import Array
from glassnet.program.instruction import PHASES, Call, Instruction, Operand, Phase, Var
from glassnet.program.printing import declarations, listing

__all__ = ["PHASES", "Call", "Instruction", "Operand", "Phase", "Program", "Var"]


@dataclass(frozen=True, repr=False)
class Program:
    """Instructions in order, and the values they start from: inputs, state, constants.

    ``outputs`` are what it returns. ``kept`` are further values to be read afterwards (gradients), so
    no pass may drop them or reuse their memory. ``derivatives`` names the gradient of each value, as
    traced: a pass may have dropped it.
    """

    inputs: tuple[Var, ...]
    state: tuple[Var, ...]
    constants: Mapping[Var, Array] = field(compare=False)
    instructions: tuple[Instruction, ...]
    outputs: tuple[Operand, ...]
    kept: tuple[Var, ...] = ()
    derivatives: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    history: Mapping[str, Program] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.instructions)

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self.instructions)

    def __repr__(self) -> str:
        outputs = ", ".join(str(x) for x in self.outputs)
        lines = [*declarations(self.inputs, self.state, self.constants), *listing(self.instructions)]
        return "\n".join([*lines, f"output: {outputs or 'nothing'}"])

    _repr_html_ = repr_html

    @property
    def wanted(self) -> tuple[Var, ...]:
        """The values that have to be there when it ends."""
        return tuple(x for x in self.outputs if isinstance(x, Var)) + self.kept

    def having(self, **changes: Any) -> Program:
        """The same program but for ``changes`` of its fields."""
        return replace(self, **changes)

    def after(self, name: str) -> Program:
        """The program as it was after the pass ``name``; "traced" is before all passes."""
        if name not in self.history:
            raise KeyError(f"expected the name of a pass, {', '.join(self.history)}; got {name!r:.80}")
        return self.history[name]

    def phase(self, phase: Phase) -> tuple[Instruction, ...]:
        """The instructions of one phase, in order."""
        return tuple(i for i in self.instructions if i.phase == phase)
