"""What can go wrong with a training run: what it was given, and what becomes of it."""

from __future__ import annotations

from typing import Any

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.optim import Optimizer


class TrainingError(GlassnetError, ValueError):
    """Data, options or names that a trainer cannot work with."""


class TrainingFailed(GlassnetError, RuntimeError):
    """A run whose loss is no longer a number, or grows without end.

    ``epoch`` and ``batch`` say where, both counted from 1 (``batch`` is None where a whole epoch was
    measured), ``loss`` is what it became, and ``learning_rate`` the rate it happened with.
    """

    def __init__(self, message: str, epoch: int, batch: int | None, loss: float, learning_rate: float) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.batch = batch
        self.loss = loss
        self.learning_rate = learning_rate


def check_whole(name: str, value: Any, least: int = 1) -> int:
    """``value``, if it is a whole number of at least ``least``; else TrainingError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise TrainingError(f"{name}: expected a whole number, {least} or more, got {value!r}")
    return value


def check_positive(name: str, value: Any) -> None:
    """TrainingError unless ``value`` is None or a number above 0."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value > 0):
        raise TrainingError(f"{name}: expected a number above 0, or None, got {value!r}")


def one_of(name: str, value: Any, known: Any) -> None:
    """TrainingError unless ``value`` is one of ``known``."""
    if value not in tuple(known):
        raise TrainingError(f"{name}: expected one of {', '.join(map(repr, known))}, got {value!r}")


def check_parts(model: Any, optimizer: Any) -> None:
    """TrainingError unless ``model`` is a module and ``optimizer`` an optimizer of its parameters."""
    for name, value, kind in (("model", model, Module), ("optimizer", optimizer, Optimizer)):
        if not isinstance(value, kind):
            is_class = isinstance(value, type)
            got = f"the class {value.__name__}; make one" if is_class else type(value).__name__
            raise TrainingError(f"{name}: expected a glassnet {kind.__name__}, got {got}")
    held = {id(param) for group in optimizer.param_groups for param in group["params"]}
    if not any(id(param) in held for param in model.parameters()):
        raise TrainingError(
            "optimizer: it holds none of the model's parameters; make it of them: SGD(model.parameters(), lr=0.1)"
        )
