"""One call of a network or a function, recorded, after which the network is as it was before, whatever it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.observer import mode
from glassnet.program.program import Program
from glassnet.tensor import Tensor
from glassnet.trace.captures import Captures
from glassnet.trace.lowering import lower
from glassnet.trace.tracer import Tracer

Outcome = tuple[Program, dict[str, Any]]


def recorded_call(function: Callable[..., Any], *inputs: Tensor) -> Outcome | Any:
    """The program of ``function(*inputs)`` and the numbers it starts from, by name; no gradients are followed.

    Where the function gives anything but one tensor, that is what comes back instead. Raises TraceError
    for what no program can stand for, and what the function itself raises.
    """
    surroundings = Captures(function)
    tracer = Tracer()
    tracer.take_inputs(x.array for x in inputs)
    before, mode.grad = mode.grad, False
    try:
        with surroundings.watched_by(tracer):
            mode.tracer = tracer
            try:
                result: Any = function(*inputs)
            finally:
                mode.tracer = None
        tracer.raise_refusal()
    finally:
        mode.grad = before
        surroundings.undo()
        tracer.put_back()
    if not isinstance(result, Tensor):
        return result
    names = {id(tensor.array): name for name, tensor in reversed(list(surroundings.named_state()))}
    called = ["x", *(f"x_{n}" for n in range(2, len(inputs) + 1))]
    arrays = {name: x.array for name, x in zip(called, inputs, strict=True)}
    return lower(tracer, arrays, names, (result.array,), ())
