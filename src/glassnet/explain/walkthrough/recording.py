"""Specialisation: one real training step as a program with its numbers, and everything put back as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.errors import WalkthroughError
from glassnet.explain.walkthrough.tidy import tidied
from glassnet.explain.walkthrough.values import Evaluated, Value, evaluate
from glassnet.nn.parameter import Parameter
from glassnet.observer import mode
from glassnet.ops.shapes import written
from glassnet.program.program import Program
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor
from glassnet.trace.trace import trace


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
            parameter.grad = None
        value = loss(model(*given[:-1]), given[-1])
        _check_loss(value)
        value.backward()
        if optimizer is not None:
            optimizer.step()
        return value  # type: ignore[no-any-return]

    names = ["x", *(f"x_{n}" for n in range(2, len(inputs) + 1)), "y"]
    arguments = dict(zip(names, (t.array for t in (*inputs, target)), strict=True))
    if len({id(array) for array in arguments.values()}) < len(arguments):  # such as an autoencoder's
        arguments = {name: array.copy() for name, array in arguments.items()}
    with np.errstate(all="ignore"):
        program, state, _ = trace(
            step,
            *map(as_tensor, arguments.values()),
            names=names,
            gradients=True,
            reached=[("model", model), ("loss", loss), ("optimizer", optimizer)],
            unnamed_state=True,
        )
    trained = [name for name, tensor in state.items() if isinstance(tensor, Parameter) or _is_trained(tensor)]
    numbers = {name: tensor.array.copy() for name, tensor in state.items()}
    program = tidied(program)
    evaluated = evaluate(program, arguments, numbers, trained)
    _name_seed(evaluated)
    return program, evaluated


def _is_trained(tensor: Tensor) -> bool:
    return tensor.requires_grad and tensor.is_leaf


def _name_seed(evaluated: Evaluated) -> None:
    """The gradient of the loss by itself, 1, with which backward begins: a constant that nothing else tells."""
    loss = evaluated.outputs[0]
    if isinstance(loss, Value) and loss.gradient is None:
        loss.gradient = Value(f"d_{loss.name}", np.ones_like(loss.array), "constant")


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
