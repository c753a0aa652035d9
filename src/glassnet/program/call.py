"""One call of a network or a function, recorded, after which the network is as it was before, whatever it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassnet.graph import mode
from glassnet.program.naming import named_program
from glassnet.program.program import Program
from glassnet.program.record import Recorder
from glassnet.program.surroundings import Surroundings
from glassnet.tensor import Tensor

Outcome = tuple[Program, dict[str, Any]]


def recorded_call(function: Callable[..., Any], *inputs: Tensor) -> Outcome | Any:
    """The program of ``function(*inputs)`` and the numbers it starts from, by name; no gradients are followed.

    Where the function gives anything but one tensor, that is what comes back instead. Raises RecordingError
    for what no program can stand for, and what the function itself raises.
    """
    surroundings = Surroundings(function)
    recorder = Recorder()
    recorder.take_inputs(x.array for x in inputs)
    before, mode.grad = mode.grad, False
    try:
        with surroundings.watched_by(recorder):
            mode.recorder = recorder
            try:
                result: Any = function(*inputs)
            finally:
                mode.recorder = None
        recorder.raise_refusal()
    finally:
        mode.grad = before
        surroundings.undo()
        recorder.put_back()
    if not isinstance(result, Tensor):
        return result
    names = {id(tensor.array): name for name, tensor in reversed(list(surroundings.named_state()))}
    called = ["x", *(f"x_{n}" for n in range(2, len(inputs) + 1))]
    arrays = {name: x.array for name, x in zip(called, inputs, strict=True)}
    return named_program(recorder, arrays, names, (result.array,), ())
