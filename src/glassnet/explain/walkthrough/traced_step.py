"""One training step, traced to a program and evaluated; nothing is changed by that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.explain.walkthrough.values import Value, Values, values_of
from glassnet.nn.parameter import Parameter
from glassnet.observer import mode
from glassnet.ops.arithmetic import mul
from glassnet.ops.dtypes import Array
from glassnet.ops.movement import broadcast_to, cast, copy, reshape
from glassnet.ops.shapes import written
from glassnet.program.passes.common_subexpressions import eliminate_common_subexpressions
from glassnet.program.passes.rewriting import finished, with_inputs
from glassnet.program.program import Instruction, Operand, Program, Var
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor
from glassnet.trace.trace import trace


class WalkthroughError(GlassnetError, ValueError):
    """A step that cannot be walked through, or a value that is not part of it.

    >>> w = glassnet.walkthrough(nn.Linear(2, 3), glassnet.ones(4, 2), glassnet.zeros(4, 3), F.mse_loss)
    >>> w["fc1"]
    Traceback (most recent call last):
    glassnet.explain.walkthrough.traced_step.WalkthroughError: there is no value 'fc1' in this step; ...
    """


class NoGradientError(WalkthroughError):
    """A loss that no gradient flows back from."""


def traced_step(
    model: Any, x: Any, y: Any, loss: Any, optimizer: Any = None, *, once: bool = False
) -> tuple[Program, Values]:
    """The program of one training step, and its values. ``model``, ``optimizer`` and random generators are as before.

    With ``once`` it may depend on numbers that Python has read on the way, and is right for this batch only.

    Raises WalkthroughError for a loss that is not one number, or that no gradient flows back from,
    TraceError for a network that cannot be traced, and what the network itself raises.
    """
    _check(model, loss, optimizer)
    inputs = tuple(map(_tensor, x)) if isinstance(x, tuple) else (_tensor(x),)
    target = _tensor(y)

    def step(*batch: Tensor) -> Tensor:
        for parameter in _parameters(model, optimizer):
            parameter.grad = None
        value = _checked_loss(loss(model(*batch[:-1]), batch[-1]))
        value.backward()
        if optimizer is not None:
            optimizer.step()
        return value

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
            once=once,
        )
    trained = [name for name, tensor in state.items() if isinstance(tensor, Parameter) or _is_trained(tensor)]
    numbers = {name: tensor.array.copy() for name, tensor in state.items()}
    program = tidied(program)
    values = values_of(program, arguments, numbers, trained)
    _name_seed(values)
    return program, values


def _is_trained(tensor: Tensor) -> bool:
    return tensor.requires_grad and tensor.is_leaf


def _name_seed(values: Values) -> None:
    """The gradient of the loss by itself, 1, with which backward begins: a constant that the program does not name."""
    loss = values.outputs[0]
    if isinstance(loss, Value) and loss.gradient is None:
        loss.gradient = Value(f"d_{loss.name}", np.ones_like(loss.array), "constant")


def _parameters(model: Any, optimizer: Any) -> list[Any]:
    parameters = list(model.parameters()) if hasattr(model, "parameters") else []
    if optimizer is not None:
        parameters += [p for group in optimizer.param_groups for p in group["params"]]
    return list({id(p): p for p in parameters}.values())


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
        raise WalkthroughError("walkthrough: called within a function that is being traced; call it outside")


def _checked_loss(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise WalkthroughError(f"walkthrough: expected a loss that gives a tensor, got {type(value).__name__}")
    if value.shape != ():
        raise WalkthroughError(
            f"walkthrough: expected a loss of one number, got shape {written(value.shape)}; take its mean() or sum()"
        )
    if not value.requires_grad:
        raise NoGradientError(
            "walkthrough: no gradient flows back from the loss: nothing in it requires one. Is the model frozen, "
            "detached, or under no_grad()?"
        )
    return value


# the program as it is shown ---------------------------------------------------------------------------


def tidied(program: Program) -> Program:
    """``program`` without backward instructions that say nothing: copies, products with the 1 it begins with, and what
    was computed before, but for gradients that have a name.

    Their values are equal to others, bit for bit. Forward is left as the network wrote it.
    """
    ones = {var for var, array in program.constants.items() if _is_one(array)}
    stands_for: dict[Var, Operand] = {}
    kept = []
    for instruction in program:
        instruction = with_inputs(instruction, stands_for)
        equal = _equal(instruction, ones)
        if equal is None:
            kept.append(instruction)
        else:
            stands_for[instruction.output] = equal
    names = {var.name: str(other) for var, other in stands_for.items()}
    derivatives = {name: names.get(gradient, gradient) for name, gradient in program.derivatives.items()}
    tidy = finished(program, kept, stands_for).having(derivatives=derivatives)
    named = set(derivatives.values())
    tidy = eliminate_common_subexpressions(tidy, lambda i: i.phase == "backward" and i.output.name not in named)
    tidy = _transposed_by_name(tidy)
    constants = {var for i in tidy for var in i.reads} | set(tidy.wanted)
    return tidy.having(constants={v: a for v, a in tidy.constants.items() if v in constants})


def _transposed_by_name(program: Program) -> Program:
    """``program`` with transposes that are called after what is gone now called after what they are of."""
    stands_for: dict[Var, Operand] = {}
    names = {var.name for i in program for var in (*i.reads, i.output)}
    kept = []
    for instruction in program:
        instruction = with_inputs(instruction, stands_for)
        old, new = instruction.output, f"{instruction.inputs[0]}_T" if instruction.inputs else ""
        if old.name.endswith("_T") and old.name.removesuffix("_T") not in names and new not in names:
            stands_for[old] = replace(old, name=new)
            instruction = replace(instruction, output=replace(old, name=new))
        kept.append(instruction)
    return finished(program, kept, stands_for)


def _is_one(array: Array) -> bool:
    return array.size > 0 and bool((array == 1).all())


def _equal(instruction: Instruction, ones: set[Var]) -> Var | None:
    """The input that a backward instruction gives back as it is."""
    if instruction.phase != "backward" or instruction.into:
        return None
    candidates: tuple[Operand, ...] = ()
    if instruction.op in (copy, reshape, cast, broadcast_to):
        candidates = instruction.inputs
    elif instruction.op is mul:
        a, b = instruction.inputs
        candidates = (b,) if a in ones or _is_number_one(a) else (a,) if b in ones or _is_number_one(b) else ()
    same = (instruction.output.shape, instruction.output.dtype)
    return next((x for x in candidates if isinstance(x, Var) and (x.shape, x.dtype) == same), None)


def _is_number_one(x: Operand) -> bool:
    return isinstance(x, float | int) and x == 1
