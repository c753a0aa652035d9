"""Inside: what a named operation does, step by step, recorded while its expansion runs on the numbers at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.values import Value
from glassnet.ops.dtypes import Array
from glassnet.program.names import telling_name
from glassnet.program.program import Instruction, Var
from glassnet.tensor import Tensor, gradients, wrap
from glassnet.trace.trace import tracing
from glassnet.trace.tracer import Slot, TracedOp, Tracer

Tell = Callable[[str, Tensor], Tensor]
"""Gives a value in a form a name."""
Form = Callable[[Tell, tuple[Any, ...], dict[str, Any]], Any]
"""A way to compute an operation: from its inputs and parameters, its result, or a tuple of them."""


@dataclass(frozen=True)
class Inside:
    """One way to compute a value: the ``steps``, forward and then backward, the ``results``, and the ``gradients``
    of the operands by their name."""

    steps: tuple[Value, ...]
    results: tuple[Value | None, ...]
    gradients: dict[str, Array]


def as_itself(value: Value) -> Form:
    """The operation of ``value`` in one step, with its own derivative."""
    return lambda tell, inputs, params: tell(value.name, value.instruction.op(*inputs, **params))  # type: ignore


def as_expanded(value: Value) -> Form:
    """The operation of ``value`` in the operations that its record expands it to."""
    return lambda _tell, inputs, params: value.instruction.op.expand(*inputs, **params)  # type: ignore


def inside(value: Value, form: Form, gradient: Array | None = None, prefix: str = "") -> Inside:
    """``value`` computed in another form, and, from its ``gradient``, the gradients of its operands.

    What is made in between gets names that begin with ``prefix``.
    """
    assert value.instruction is not None
    tracer = Tracer()
    tensors: dict[int, Tensor] = {}
    for x in value.operands:
        if isinstance(x, Value) and id(x) not in tensors:
            tensors[id(x)] = wrap(x.array.copy() if value.instruction.op.writes else x.array.view())
            tensors[id(x)]._requires_grad = gradient is not None and x.array.dtype.kind == "f"
    inputs = tuple(tensors.get(id(x), x) if isinstance(x, Value) else x for x in value.operands)
    steps = _Steps(tracer, value, prefix)
    for x in value.operands:
        if isinstance(x, Value):
            steps.used.add(x.name)
            steps.known[tracer.number(tensors[id(x)].array)] = x
    with np.errstate(all="ignore"), tracing(tracer, gradient is not None):
        made = form(steps.tell, inputs, dict(value.instruction.params))
        results = made if isinstance(made, tuple) else (made,)
        followed = [x for x in tensors.values() if x._requires_grad]
        found: tuple[Any, ...] = ()
        if gradient is not None and followed and results[0].requires_grad:
            found = gradients(results[0], followed, wrap(np.array(gradient)), allow_unused=True)
    names = {id(t): x.name for x in value.operands if isinstance(x, Value) for t in (tensors[id(x)],)}
    got = {names[id(t)]: g.array for t, g in zip(followed, found, strict=False) if g is not None}
    made_values = steps.all()
    ends = tuple(None if r is None else steps.value(r.array) for r in results)
    if ends[0] is not None and gradient is not None and ends[0] not in value.operands:
        ends[0].gradient = value.gradient
    return Inside(made_values, ends, got)


@dataclass
class _Steps:
    """The values of a recording, named."""

    tracer: Tracer
    of: Value
    prefix: str
    known: dict[int, Value] = field(default_factory=dict)
    told: dict[int, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def tell(self, name: str, tensor: Tensor) -> Tensor:
        """Call what is in ``tensor`` by a name."""
        self.told[self.tracer.number(tensor.array)] = name
        return tensor

    def all(self) -> tuple[Value, ...]:
        """A value for everything that was noted."""
        gradient_of = {g: v for v, g in self.tracer.derivatives.items()}
        made = tuple(self._value(noted, gradient_of) for noted in self.tracer.noted)
        for number, gradient in self.tracer.derivatives.items():
            value = self.known.get(number)
            if value in made and gradient in self.known:
                value.gradient = self.known[gradient]
        return made

    def value(self, array: Array) -> Value:
        """The value whose numbers are in ``array``."""
        number = self.tracer.number(array)
        if number not in self.known:
            self.known[number] = Value(self._free("constant"), array, "constant")
        return self.known[number]

    def _value(self, noted: TracedOp, gradient_of: dict[int, int]) -> Value:
        operands = tuple(self.value(self.tracer.arrays[x.number]) if isinstance(x, Slot) else x for x in noted.inputs)
        array = self.tracer.arrays[noted.output]
        name = self._free(self._wish(noted, operands, gradient_of))
        var = Var(name, array.shape, array.dtype)
        inputs = tuple(Var(x.name, x.array.shape, x.array.dtype) if isinstance(x, Value) else x for x in operands)
        phase = noted.phase if self.of.phase == "forward" or noted.phase == "backward" else self.of.phase
        instruction = Instruction(noted.op, inputs, var, noted.params, phase, self.of.instruction.module)  # type: ignore
        value = Value(name, array, "result", instruction, operands, named=False)
        self.known[noted.output] = value
        return value

    def _wish(self, noted: TracedOp, operands: tuple[Any, ...], gradient_of: dict[int, int]) -> str:
        if noted.output in self.told:
            return self.told[noted.output]
        derived = self.known.get(gradient_of.get(noted.output, -1))
        if derived is not None and noted.phase == "backward":
            return f"d_{derived.name.removeprefix(self.prefix)}"
        first = operands[0] if operands and isinstance(operands[0], Value) else None
        if first is None:
            return noted.op.name
        source = Var(first.name.removeprefix(self.prefix), first.array.shape, first.array.dtype)
        return telling_name(noted.op, noted.params, source) or noted.op.name

    def _free(self, wish: str) -> str:
        name, number = f"{self.prefix}{wish}", 2
        while name in self.used:
            name, number = f"{self.prefix}{wish}_{number}", number + 1
        self.used.add(name)
        return name
