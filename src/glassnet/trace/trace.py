"""Trace: run a function once, for real, and have what it did as a program.

    >>> import glassnet as gn
    >>> from glassnet.trace.trace import trace
    >>> trace(lambda x: (x * 2).sum(), gn.ones(3)).program
    input: x float32[3]
    forward:
      mul   float32[3]  = mul(x, 2)
      loss  float32     = sum(mul)
    output: loss

The numbers are this run's; whatever the run changed is put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

from glassnet.observer import mode, observers
from glassnet.program.program import Program
from glassnet.tensor import Tensor, wrap
from glassnet.trace.captures import Captures
from glassnet.trace.lowering import lower
from glassnet.trace.tracer import Tracer


class Trace(NamedTuple):
    """A program, the tensors that its state stands for, by name, and what the function gave in this run."""

    program: Program
    state: dict[str, Tensor]
    result: Any


def trace(
    function: Callable[..., Any],
    *inputs: Tensor,
    names: Sequence[str] | None = None,
    gradients: bool | None = None,
    reached: Iterable[tuple[str, Any]] = (),
    isolated: bool = False,
    unnamed_state: bool = False,
    once: bool = False,
) -> Trace:
    """The program of ``function(*inputs)``. Everything is as before afterwards, whatever it does.

    ``names`` are those of the inputs: x, x_2, … if none are given. ``gradients``: whether operations are followed by
    autograd, None as they are in this thread. ``reached`` are modules, optimizers and tensors by name that the
    function uses besides those that can be found in its code; ``isolated``: it uses nothing but its inputs.
    Tensors that are got hold of without a name are constants, or with ``unnamed_state`` state. ``once``: the program is
    for these inputs only, so that Python may read numbers on the way.

    The outputs of the program are the tensor that the function returns, or those of the tuple or list that it returns.
    Raises TraceError for a function that cannot be traced, and what the function itself raises.
    """
    captures = None if isolated else Captures(function, reached)
    if names is None:
        names = ["x", *(f"x_{n}" for n in range(2, len(inputs) + 1))][: len(inputs)]
    arguments = {name: x.array for name, x in zip(names, inputs, strict=True)}
    tracer = Tracer(captures, once)
    tracer.take_inputs(arguments.values())
    with tracer.snapshot:
        with tracing(tracer, gradients):
            result: Any = function(*inputs)
        state = {id(tensor.array): (name, tensor) for name, tensor in reversed(_state(tracer, unnamed_state))}
        results = result if isinstance(result, tuple | list) else (result,)
        outputs = tuple(x.array if isinstance(x, Tensor) else None for x in results)
        program, arrays = lower(tracer, arguments, {key: name for key, (name, _) in state.items()}, outputs, ())
        return Trace(program, {name: state[id(array)][1] for name, array in arrays.items()}, result)


@contextmanager
def tracing(tracer: Tracer, gradients: bool | None = None) -> Iterator[None]:
    """Within, ``tracer`` observes this thread; afterwards a refusal that the function caught is raised again.

    This is the one place that sets the observer. What is changed meanwhile is in the tracer's snapshot.
    """
    before = mode.tracer, mode.grad
    captures = tracer.captures
    with nullcontext() if captures is None else captures.kept_in(tracer.snapshot, tracer.gradients):
        observers.add(here := object())
        try:
            mode.tracer, mode.grad = tracer, mode.grad if gradients is None else gradients
            yield
        finally:
            mode.tracer = before[0]
            observers.remove(here)
            if gradients is not None:
                mode.grad = before[1]
    tracer.raise_refusal()


def _state(tracer: Tracer, unnamed_state: bool) -> list[tuple[str, Tensor]]:
    """The tensors that outlive the run, with their names; where one has two, the first counts."""
    captures = tracer.captures
    if captures is None:
        return []
    if not unnamed_state:
        return list(captures.named_state())
    arrays = ((name, wrap(array)) for name, array in captures.arrays.items())
    return [*captures.named_state(), *tracer.unnamed_state(), *arrays]
