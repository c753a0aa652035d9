"""One traced step of a training run: its program, every value in it, and what made each."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.explain.walkthrough import Value
from glassnet.ops.record import Op
from glassnet.program.program import Program


@dataclass
class Step:
    """One traced step: its program, every value by name, the results in order, and the loss."""

    program: Program
    values: dict[str, Value]
    results: tuple[Value, ...]
    loss: float

    def forward(self, *ops: Op) -> list[Value]:
        """The forward results of those operations; all forward results if none are given."""
        forward = (v for v in self.results if v.phase == "forward")
        return [v for v in forward if not ops or op_of(v) in ops]


def op_of(value: object) -> Op | None:
    """The operation that made a value; None for what no operation made."""
    return value.instruction.op if isinstance(value, Value) and value.instruction is not None else None


def name_of(value: Value | None) -> str:
    """The name of the operation that made a value, "" if none did."""
    op = op_of(value)
    return "" if op is None else op.name
