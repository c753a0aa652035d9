"""Forms: other ways to compute what an operation computes, step by step, on the numbers at hand.

An operation can be computed as itself, as its record expands it, or as a textbook derives it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.values import Value
from glassnet.ops.arithmetic import div, mul
from glassnet.ops.classification import cross_entropy, row_weights
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import exp, log
from glassnet.ops.movement import cast, reshape
from glassnet.ops.record import Op
from glassnet.ops.reduction import sum as sum_of
from glassnet.program.names import telling_name
from glassnet.program.program import Instruction, Var
from glassnet.tensor import Tensor, gradients, wrap
from glassnet.trace.trace import tracing
from glassnet.trace.tracer import Slot, TracedOp, Tracer

Label = Callable[[str, Tensor], Tensor]
"""Names a tensor, and gives it back."""
Form = Callable[[Label, tuple[Any, ...], dict[str, Any]], Any]
"""A way to compute an operation: from its inputs and parameters, its result, or a tuple of them."""


def as_itself(op: Op, name: str) -> Form:
    """The operation in one step, with its own derivative; the result is called ``name``."""
    return lambda label, inputs, params: label(name, op(*inputs, **params))


def as_expanded(op: Op) -> Form:
    """A named operation in the operations that its record expands it to."""
    expand = op.expand
    if expand is None:
        raise TypeError(f"expected an operation that is made of others, got {op.name}, a primitive")
    return lambda _label, inputs, params: expand(*inputs, **params)


# a textbook's derivations, where the record decomposes it in another way ------------------------

LARGE = 50  # exp of twice as much is more than float32 holds


def _softmax_with_loss(label: Label, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The computational graph of K. Saitoh, "Deep Learning from Scratch", appendix A: exp, sum, division, log, product.

    A node r = 1/S is of its own, so that p = e·r is a product, as there. What the book
    calls y is p here: y are the labels.
    """
    a, labels, *rest = inputs
    weight = rest[0] if rest else None
    classes = np.arange(a.shape[1])
    t = label("t", cast(reshape(labels, shape=(-1, 1)) == classes, dtype=a.dtype))
    e = label("e", exp(_shifted(label, a)))
    total = label("S", sum_of(e, dim=1, keepdim=True))
    inverse = label("r", div(1.0, total))
    p = label("p", mul(e, inverse))
    log_p = label("log_p", log(p))
    product = label("t_log_p", mul(t, log_p))
    each = label("L_row", -sum_of(product, dim=1))
    share = row_weights(labels, weight, dtype=a.dtype, **params)
    parts = label("L_part", each * label("share", share))
    return parts if params.get("reduction", "mean") == "none" else label("L", sum_of(parts))


def _shifted(label: Label, a: Any) -> Any:
    """Scores for which exp does not overflow: those of a row less the greatest of them, which changes no p."""
    if a.array.size == 0 or not np.max(np.abs(a.array)) > LARGE:
        return a
    return label("shifted", a - a.array.max(axis=1, keepdims=True))


def p_minus_t(steps: dict[str, Array], gradient: Array) -> Array:
    """The shortcut by hand, of the values p, t and share of the graph above."""
    return np.asarray((steps["p"] - steps["t"]) * (steps["share"] * gradient)[:, np.newaxis])


DERIVATIONS: dict[Op, tuple[str, Form]] = {
    cross_entropy: (
        "softmax with cross-entropy, p = softmax(a), t = 1 at the label: the shortcut is ∂loss/∂a = p − t, each row "
        "times its share in the loss; node by node, back through product, log, division, sum and exp, it is the same",
        _softmax_with_loss,
    ),
}


# a value computed in a form -------------------------------------------------------------------------


@dataclass(frozen=True)
class Computation:
    """One way to compute a value: the ``steps``, forward and then backward, the ``results``, and the ``gradients``
    of the operands by their name."""

    steps: tuple[Value, ...]
    results: tuple[Value | None, ...]
    gradients: dict[str, Array]


def computed(value: Value, form: Form, gradient: Array | None = None, prefix: str = "") -> Computation:
    """``value`` computed in another form, and, from its ``gradient``, the gradients of its operands.

    What is made in between gets names that begin with ``prefix``.
    """
    instruction = value.instruction
    assert instruction is not None
    tracer = Tracer()
    tensors: dict[int, Tensor] = {}
    for x in value.operands:
        if isinstance(x, Value) and id(x) not in tensors:
            tensors[id(x)] = wrap(x.array.copy() if instruction.op.writes else x.array.view())
            tensors[id(x)]._requires_grad = gradient is not None and x.array.dtype.kind in "fc"
    inputs = tuple(tensors.get(id(x), x) if isinstance(x, Value) else x for x in value.operands)
    steps = _Steps(tracer, value.phase, instruction.module, prefix)
    for x in value.operands:
        if isinstance(x, Value):
            steps.used.add(x.name)
            steps.known[tracer.number(tensors[id(x)].array)] = x
    with np.errstate(all="ignore"), tracer.snapshot, tracing(tracer, gradient is not None):
        made = form(steps.label, inputs, dict(instruction.params))
        results = made if isinstance(made, tuple) else (made,)
        followed = [x for x in tensors.values() if x._requires_grad]
        input_gradients: tuple[Any, ...] = ()
        if gradient is not None and followed and results[0].requires_grad:
            from_above = wrap(np.array(gradient))
            if value.gradient is not None:  # which the steps back begin with
                steps.used.add(value.gradient.name)
                steps.known[tracer.number(from_above.array)] = value.gradient
            input_gradients = gradients(results[0], followed, from_above, allow_unused=True)
        tracer.snapshot.discard()  # the operands are its own
    names = {id(tensors[id(x)]): x.name for x in value.operands if isinstance(x, Value)}
    by_name = {names[id(t)]: g.array for t, g in zip(followed, input_gradients, strict=False) if g is not None}
    all_steps = steps.all()
    ends = tuple(None if r is None else steps.value(r.array) for r in results)
    if ends[0] is not None and gradient is not None and ends[0] not in value.operands:
        ends[0].gradient = value.gradient
    return Computation(all_steps, ends, by_name)


@dataclass
class _Steps:
    """The traced operations as values with names. ``phase`` and ``module`` are those of the value that is computed."""

    tracer: Tracer
    phase: str
    module: str
    prefix: str
    known: dict[int, Value] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def label(self, name: str, tensor: Tensor) -> Tensor:
        """Call what is in ``tensor`` by a name."""
        self.labels[self.tracer.number(tensor.array)] = name
        return tensor

    def all(self) -> tuple[Value, ...]:
        """A value for every traced operation."""
        gradient_of = {g: v for v, g in self.tracer.derivatives.items()}
        made = tuple(self._value(traced, gradient_of) for traced in self.tracer.ops)
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

    def _value(self, traced: TracedOp, gradient_of: dict[int, int]) -> Value:
        operands = tuple(self.value(self.tracer.arrays[x.number]) if isinstance(x, Slot) else x for x in traced.inputs)
        array = self.tracer.arrays[traced.output]
        name = self._free(self._telling_name(traced, operands, gradient_of))
        var = Var(name, array.shape, array.dtype)
        inputs = tuple(Var(x.name, x.array.shape, x.array.dtype) if isinstance(x, Value) else x for x in operands)
        phase: Any = traced.phase if self.phase == "forward" or traced.phase == "backward" else self.phase
        instruction = Instruction(traced.op, inputs, var, traced.params, phase, self.module)
        value = Value(name, array, "result", instruction, operands, named=False)
        self.known[traced.output] = value
        return value

    def _telling_name(self, traced: TracedOp, operands: tuple[Any, ...], gradient_of: dict[int, int]) -> str:
        if traced.output in self.labels:
            return self.labels[traced.output]
        derived = self.known.get(gradient_of.get(traced.output, -1))
        if derived is not None and traced.phase == "backward":
            return f"d_{derived.name.removeprefix(self.prefix)}"
        if traced.output in self.tracer.names:
            return self.tracer.names[traced.output]
        first = operands[0] if operands and isinstance(operands[0], Value) else None
        if first is None:
            return traced.op.name
        source = Var(first.name.removeprefix(self.prefix), first.array.shape, first.array.dtype)
        return telling_name(traced.op, traced.params, source) or traced.op.name

    def _free(self, name: str) -> str:
        """``name`` under the prefix, or the first of name_2, name_3 … that is not used."""
        free, number = f"{self.prefix}{name}", 2
        while free in self.used:
            free, number = f"{self.prefix}{name}_{number}", number + 1
        self.used.add(free)
        return free
