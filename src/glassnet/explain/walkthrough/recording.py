"""Specialisation: one real training step as a program with its numbers, and everything put back as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.errors import WalkthroughError
from glassnet.explain.walkthrough.tidy import tidied
from glassnet.explain.walkthrough.values import Evaluated, Value, evaluate
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.observer import mode
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.program.program import Program
from glassnet.random import Generator
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor
from glassnet.trace.captures import Captures
from glassnet.trace.lowering import lower
from glassnet.trace.tracer import Tracer


class _StepTracer(Tracer):
    """A tracer that keeps how the memory began that an optimizer makes in its first step."""

    def __init__(self, around: Captures) -> None:
        super().__init__(around)
        self.beginnings: dict[int, Array] = {}
        self._noting = False

    def note(self, *noted: Any) -> None:
        """An operation has happened."""
        self._noting = True
        try:
            super().note(*noted)
        finally:
            self._noting = False

    def wrapped(self, tensor: Any) -> None:
        """A tensor has been made."""
        super().wrapped(tensor)
        if self.updating and not self._noting:
            self.beginnings[id(tensor.array)] = tensor.array.copy()


def recorded_step(model: Any, x: Any, y: Any, loss: Any, optimizer: Any = None) -> tuple[Program, Evaluated]:
    """The program of one training step, and its values. ``model``, ``optimizer`` and random generators are as before.

    Raises WalkthroughError for a loss that is not one number, or that no gradient flows back from,
    TraceError for a network that no program can stand for, and what the network itself raises.
    """
    _check(model, loss, optimizer)
    inputs = tuple(map(_tensor, x)) if isinstance(x, tuple) else (_tensor(x),)
    target = _tensor(y)

    def step(*given: Tensor) -> Tensor:
        for parameter in _parameters(model, optimizer):
            if mode.tracer is not None:
                mode.tracer.clearing((parameter,), True)
            parameter.grad = None
        value = loss(model(*given[:-1]), given[-1])
        _check_loss(value)
        value.backward()
        if optimizer is not None:
            optimizer.step()
        return value  # type: ignore[no-any-return]

    used = [("model", model), ("loss", loss), ("optimizer", optimizer)]
    surroundings = Captures(step, [*used, *_generators(model, loss)])
    tracer = _StepTracer(surroundings)
    names = ["x", *(f"x_{n}" for n in range(2, len(inputs) + 1)), "y"]
    arguments = dict(zip(names, (t.array for t in (*inputs, target)), strict=True))
    if len({id(array) for array in arguments.values()}) < len(arguments):  # such as an autoencoder's
        arguments = {name: array.copy() for name, array in arguments.items()}
    given = [as_tensor(array) for array in arguments.values()]
    tracer.take_inputs([t.array for t in given])
    before = mode.grad
    mode.grad = True
    try:
        with np.errstate(all="ignore"), surroundings.watched_by(tracer):
            mode.tracer = tracer
            try:
                result = step(*given)
            finally:
                mode.tracer = None
        tracer.raise_refusal()
        held = _held(tracer, surroundings)
        program, state = lower(
            tracer,
            dict(zip(arguments, (t.array for t in given), strict=True)),
            {key: name for key, (name, _) in held.items()},
            (result.array,),
            (),
        )
        program = tidied(program)
        trained = [name for name, array in state.items() if held[id(array)][1]]
        made = {name: tracer.beginnings.get(id(array)) for name, array in state.items()}
    finally:
        mode.grad = before
        surroundings.undo()
        tracer.put_back()
    numbers = {name: array if (start := made[name]) is None else start for name, array in state.items()}
    evaluated = evaluate(program, arguments, {k: v.copy() for k, v in numbers.items()}, trained)
    _name_seed(evaluated)
    return program, evaluated


def _held(tracer: Tracer, surroundings: Captures) -> dict[int, tuple[str, bool]]:
    """What outlives the step: the name of each array, by id, and whether it is of a parameter."""
    held: dict[int, tuple[str, bool]] = {}
    for name, tensor in surroundings.named_state():
        held.setdefault(id(tensor.array), (name, isinstance(tensor, Parameter) or _is_trained(tensor)))
    for number in tracer.origin_numbers():
        owner = tracer.owner(number)
        if owner is not None:
            is_parameter = isinstance(owner, Parameter) or _is_trained(owner)
            held.setdefault(id(owner.array), ("parameter" if is_parameter else "tensor", is_parameter))
    for name, array in surroundings.arrays.items():
        held.setdefault(id(array), (name, False))
    return held


def _is_trained(tensor: Tensor) -> bool:
    return tensor.requires_grad and tensor.is_leaf


def _name_seed(evaluated: Evaluated) -> None:
    """The gradient of the loss by itself, 1, with which backward begins: a constant that nothing else tells."""
    loss = evaluated.outputs[0]
    if isinstance(loss, Value) and loss.gradient is None:
        loss.gradient = Value(f"d_{loss.name}", np.ones_like(loss.array), "constant")


def _generators(*used: Any) -> Iterator[tuple[str, Generator]]:
    """The random generators that modules have of their own."""
    for inner in (m for module in used if isinstance(module, Module) for m in module.modules()):
        yield from ((name, x) for name, x in vars(inner).items() if isinstance(x, Generator))


def _parameters(model: Any, optimizer: Any) -> list[Any]:
    found = list(model.parameters()) if hasattr(model, "parameters") else []
    if optimizer is not None:
        found += [p for group in optimizer.param_groups for p in group["params"]]
    return list({id(p): p for p in found}.values())


def _tensor(data: Any) -> Tensor:
    return data.detach() if isinstance(data, Tensor) else as_tensor(data)


def _check(model: Any, loss: Callable[..., Any], optimizer: Any) -> None:
    if not callable(model):
        raise WalkthroughError(f"walkthrough: expected a model that can be called, got {type(model).__name__}")
    if isinstance(loss, type):
        raise WalkthroughError(
            f"walkthrough: expected a loss, got the class {loss.__name__}; make one: {loss.__name__}()"
        )
    if not callable(loss):
        raise WalkthroughError(
            f"walkthrough: expected a loss that can be called with the model's output and y, such as F.cross_entropy, "
            f"got {type(loss).__name__}"
        )
    if optimizer is not None and not hasattr(optimizer, "param_groups"):
        raise WalkthroughError(f"walkthrough: expected an optimizer or None, got {type(optimizer).__name__}")
    if mode.tracer is not None:
        raise WalkthroughError("walkthrough: called within a function that is being recorded; call it outside")


def _check_loss(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise WalkthroughError(f"walkthrough: expected a loss that gives a tensor, got {type(value).__name__}")
    if value.shape != ():
        raise WalkthroughError(
            f"walkthrough: expected a loss of one number, got shape {written(value.shape)}; take its mean() or sum()"
        )
    if not value.requires_grad:
        raise WalkthroughError(
            "walkthrough: no gradient flows back from the loss: nothing in it requires one. Is the model frozen, "
            "detached, or under no_grad()?"
        )
