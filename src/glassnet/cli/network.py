"""What ``train`` is made of: the network, the optimizer and the schedule that options describe."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, TypeVar

from glassnet import optim
from glassnet.nn import activation
from glassnet.nn.container import Sequential
from glassnet.nn.dropout import Dropout
from glassnet.nn.flatten import Flatten
from glassnet.nn.linear import Linear
from glassnet.nn.module import Module
from glassnet.optim import Optimizer, lr_scheduler

T = TypeVar("T")

# Where --lr is not given and PyTorch's default learns too slowly for data this small.
LEARNING_RATES = {"adam": 0.002, "adagrad": 0.03, "adamax": 0.005, "rmsprop": 0.001, "sgd": 0.2}
SCHEDULES = {
    "none": "the same learning rate all the time",
    "cosine": "falls to 0 along half a wave of the cosine",
    "step": "a tenth of it after each third of the epochs",
    "onecycle": "rises and falls again, batch by batch (L. Smith, 2018)",
    "plateau": "a tenth of it whenever the held-out loss has not fallen for 5 epochs",
}


def _lower(classes: Iterable[type[T]]) -> dict[str, type[T]]:
    return {x.__name__.lower(): x for x in sorted(classes, key=lambda x: x.__name__.lower())}


def _activations() -> dict[str, type[Module]]:
    """All that act on each element by itself and need no arguments."""
    others = {"GLU", "LogSoftmax", "Softmax", "Softmax2d", "Softmin", "Threshold"}
    return _lower(getattr(activation, name) for name in activation.__all__ if name not in others)


def _optimizers() -> dict[str, type[Optimizer]]:
    found = (getattr(optim, name) for name in optim.__all__)
    return _lower(x for x in found if isinstance(x, type) and issubclass(x, Optimizer) and x is not Optimizer)


def usual_rate(optimizer: str) -> float:
    """The learning rate of ``optimizer`` where none is given."""
    own = inspect.signature(OPTIMIZERS[optimizer]).parameters["lr"].default
    return float(LEARNING_RATES.get(optimizer, own))


def network(shape: tuple[int, ...], hidden: Iterable[int], name: str, dropout: float, outputs: int) -> Module:
    """Linear layers from inputs of ``shape`` over ``hidden`` sizes to ``outputs``, the activation ``name`` between."""
    sizes = [math.prod(shape), *hidden]
    layers: list[Module] = [Flatten()] if len(shape) > 1 else []
    for before, after in pairwise(sizes):
        layers += [Linear(before, after), ACTIVATIONS[name](), *([Dropout(dropout)] if dropout else [])]
    return Sequential(*layers, Linear(sizes[-1], outputs))


def schedule_of(name: str, optimizer: Optimizer, epochs: int, steps: int) -> Any:
    """The schedule ``name`` for so many ``epochs`` of so many ``steps``; None for none."""
    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    if name == "step":
        return lr_scheduler.StepLR(optimizer, step_size=max(1, math.ceil(epochs / 3)))
    if name == "onecycle":
        return lr_scheduler.OneCycleLR(optimizer, [group["lr"] for group in optimizer.param_groups], epochs * steps)
    if name == "plateau":
        return lr_scheduler.ReduceLROnPlateau(optimizer, patience=5)
    return None


ACTIVATIONS = _activations()
OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = _optimizers()
