"""Values: what a program computes, with the numbers, and which instruction and which other values made each.

In a program a name may stand for one thing before an update and for another after. Here each is a
`Value` of its own, so that one can go from any number back to those it was made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.program.evaluation import evaluate
from glassnet.program.program import Instruction, Program, Var

Kind = Literal["input", "parameter", "state", "constant", "result"]


@dataclass(eq=False, repr=False)
class Value:
    """One value: its name, its numbers, and, for a ``result``, the instruction and the operands that made it.

    An update makes several; ``place`` says which of them this is. ``gradient`` is ∂loss/∂ this value.
    ``named`` values are what a person knows by name; others are steps on the way, which arithmetic
    writes within a line of its own.

    >>> w = glassnet.walkthrough(nn.Linear(2, 3), glassnet.ones(4, 2), glassnet.zeros(4, 3), F.mse_loss)
    >>> w["weight"]
    <Value model_weight float32[3, 2]: parameter>
    >>> w["weight"].gradient.array.shape
    (3, 2)
    """

    name: str
    array: Array
    kind: Kind
    instruction: Instruction | None = None
    operands: tuple[Any, ...] = ()
    place: int = 0
    named: bool = True
    gradient: Value | None = None
    before: Value | None = None  # the value that an update replaced
    users: list[Value] = field(default_factory=list)
    parts: dict[str, Value] = field(default_factory=dict)  # what an operation computes on its way, by name
    rule: Callable[..., Any] | None = None  # how an element of a part is made
    about: Callable[..., Any] | None = None  # and what is told about it

    def part(self, name: str, array: Array, rule: Callable[..., Any], about: Callable[..., Any] | None = None) -> Value:
        """Something that the operation of this value computes on its way, as a value of its own: "lstm1.f"."""
        if name not in self.parts:
            full = f"{self.name}.{name}"
            part = Value(full, array, "result", self.instruction, self.operands, rule=rule, about=about)
            self.parts[name] = part
        return self.parts[name]

    @property
    def phase(self) -> str:
        """When it is made: "forward", "backward" or "update"; "" for what was there before."""
        return "" if self.instruction is None else self.instruction.phase

    def __repr__(self) -> str:
        made = self.kind if self.instruction is None else self.instruction.text
        return f"<Value {self.name} {self.array.dtype}{written(self.array.shape)}: {made}>"


@dataclass(frozen=True)
class Values:
    """The values of a program: ``all`` of them in order, the ``results`` of its instructions, its ``outputs``."""

    all: tuple[Value, ...]
    results: tuple[Value, ...]  # one for each instruction, in order
    outputs: tuple[Any, ...]

    def by_name(self) -> dict[str, Value]:
        """All values by name."""
        return {value.name: value for value in self.all}


def values_of(
    program: Program, inputs: Mapping[str, Array], state: Mapping[str, Array], parameters: Iterable[str] = ()
) -> Values:
    """The values of ``program``, which is evaluated; nothing that is given changes.

    ``parameters`` are the names of the state that is trained.
    """
    trained = set(parameters)
    values = [Value(var.name, inputs[var.name], "input") for var in program.inputs]
    values += [Value(v.name, state[v.name], "parameter" if v.name in trained else "state") for v in program.state]
    values += [Value(var.name, array, "constant") for var, array in program.constants.items()]
    current = {value.name: value for value in values}  # what a name stands for now
    results = []
    with np.errstate(all="ignore"):  # NaN is shown, not warned of
        evaluation = evaluate(program, [inputs[var.name] for var in program.inputs], state)
    for instruction, arrays in zip(program, evaluation.results, strict=True):
        operands = tuple(current[x.name] if isinstance(x, Var) else x for x in instruction.inputs)
        result, *others = made = _made(instruction, operands, arrays)
        if instruction.into:
            result.before, current[instruction.into] = current[instruction.into], result
        elif instruction.op.writes:
            current.update((name, new) for name, new in zip(instruction.writes, made, strict=True))
        current[instruction.output.name] = result
        values += [result, *others]
        results.append(result)
        for operand in operands:
            if isinstance(operand, Value) and result not in operand.users:
                operand.users.append(result)
    _set_gradients(program, current)
    outputs = tuple(current[x.name] if isinstance(x, Var) else x for x in program.outputs)
    return Values(tuple(values), tuple(results), outputs)


def _made(instruction: Instruction, operands: tuple[Any, ...], arrays: tuple[Array, ...]) -> list[Value]:
    """The values that an instruction makes: one, or one for each state that it updates."""
    written = [i for i in instruction.op.writes if i < len(operands) and isinstance(operands[i], Value)]
    if not written:
        return [Value(instruction.output.name, arrays[0], "result", instruction, operands)]
    return [
        Value(
            instruction.output.name if place == 0 else f"new_{operands[i].name}",
            array,
            "result",
            instruction,
            operands,
            place=instruction.op.writes.index(i),
            before=operands[i],
        )
        for place, (i, array) in enumerate(zip(written, arrays, strict=True))
    ]


def _set_gradients(program: Program, values: Mapping[str, Value]) -> None:
    """Give each value its gradient. Other values of backward count as unnamed."""
    gradients = set()
    for name, gradient in program.derivatives.items():
        value = values.get(name)
        while value is not None and value.before is not None:  # the gradient is that of what was there before
            value = value.before
        if value is not None and gradient in values:
            value.gradient = values[gradient]
            gradients.add(gradient)
    for name, value in values.items():
        if value.phase == "backward":
            value.named = name in gradients
