"""Errors of a training run: arguments that cannot be used, and a loss that is no longer a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.optim import Optimizer


class TrainingError(GlassnetError, ValueError):
    """Data, options or names that a trainer cannot use.

    >>> from glassnet.training import Trainer, TrainingError
    >>> model = nn.Linear(2, 1)
    >>> try:
    ...     Trainer(model, nn.MSELoss, optim.SGD(model.parameters(), lr=0.1))
    ... except TrainingError as error:
    ...     print(error)
    loss: expected a loss, got the class MSELoss; make one: MSELoss()
    """


@dataclass(frozen=True)
class Origin:
    """Where a run went wrong: in which ``batch``, what was found there, and whether it was in the data."""

    batch: int
    text: str
    in_data: bool = False


class TrainingFailed(GlassnetError, RuntimeError):
    """A run whose loss is no longer a number, or grows without end.

    ``what`` failed is "loss", "val_loss" or "weights". ``epoch`` and ``batch`` say where, both counted
    from 1 (``batch`` is None where a whole epoch was measured), ``batches`` how many an epoch has, if known.
    ``loss`` is the bad value, and ``learning_rate`` the rate at that time. ``origin`` is the cause, and
    ``checkup`` the text of a check-up of the run, where they could be found.

    >>> from glassnet.training import Trainer, TrainingFailed
    >>> model = nn.Linear(1, 1)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=1e9))
    >>> x = glassnet.tensor([[1.0], [2.0]])
    >>> try:
    ...     trainer.fit((x, x), epochs=9)
    ... except TrainingFailed as failed:
    ...     print(failed.what, failed.epoch, failed.learning_rate)
    loss 2 1000000000.0
    """

    several_lines = True

    def __init__(
        self,
        what: str,
        epoch: int,
        batch: int | None,
        loss: float,
        learning_rate: float,
        *,
        batches: int | None = None,
        origin: Origin | None = None,
        checkup: str = "",
    ) -> None:
        self.what = what
        self.epoch = epoch
        self.batch = batch
        self.batches = batches
        self.loss = loss
        self.learning_rate = learning_rate
        self.origin = origin
        self.checkup = checkup
        super().__init__(self.message())

    def message(self, rate_option: str = "lr=") -> str:
        """The whole message; ``rate_option`` is how a learning rate is written, "lr=" in Python."""
        where = f"in epoch {self.epoch}"
        if self.batch is not None:
            where += f", batch {self.batch}" + (f" of {self.batches}" if self.batches else "")
        what = "held-out loss" if self.what == "val_loss" else self.what
        became = "nan or infinite" if self.what == "weights" else f"{self.loss:g}"
        parts = [
            f"{where}, the {what} became {became}: {self._advice(rate_option)}. The network is as it was before "
            "that epoch"
        ]
        if self.origin is not None:
            parts.append(f"It began in batch {self.origin.batch}: {self.origin.text}")
        if self.checkup:
            parts += ["What a check-up says of it:", self.checkup]
        return "\n\n".join(parts)

    def _advice(self, rate_option: str) -> str:
        if self.origin is not None and self.origin.in_data:
            return "the data holds numbers that are not finite; correct those"
        smaller = f"try a smaller rate, {rate_option}{self.learning_rate / 10:g}"
        too_large = f"with the learning rate {self.learning_rate:g} the steps are too large"
        if self.what == "val_loss":  # all that was learned from has a loss
            return (
                "the held-out data holds numbers that are not finite, or far from those it was trained on, or "
                f"{too_large}; look at the data first, then {smaller}"
            )
        return f"{too_large}, or the data holds numbers that are not finite; {smaller}"


def check_whole(name: str, value: Any, least: int = 1) -> int:
    """``value``, if it is a whole number of at least ``least``; else TrainingError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise TrainingError(f"{name}: expected a whole number, {least} or more, got {value!r:.80}")
    return value


def check_positive(name: str, value: Any) -> None:
    """TrainingError unless ``value`` is None or a number above 0."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value > 0):
        raise TrainingError(f"{name}: expected a number above 0, or None, got {value!r:.80}")


def one_of(name: str, value: Any, known: Any) -> None:
    """TrainingError unless ``value`` is one of ``known``."""
    if value not in tuple(known):
        raise TrainingError(f"{name}: expected one of {', '.join(map(repr, known))}, got {value!r:.80}")


def check_parts(model: Any, optimizer: Any) -> None:
    """TrainingError unless ``model`` is a module and ``optimizer`` an optimizer of its parameters."""
    for name, value, kind in (("model", model, Module), ("optimizer", optimizer, Optimizer)):
        if not isinstance(value, kind):
            is_class = isinstance(value, type)
            got = f"the class {value.__name__}; make one" if is_class else type(value).__name__
            raise TrainingError(f"{name}: expected a glassnet {kind.__name__}, got {got}")
    optimized = {id(param) for group in optimizer.param_groups for param in group["params"]}
    if not any(id(param) in optimized for param in model.parameters()):
        raise TrainingError(
            "optimizer: it holds none of the model's parameters; make it of them: SGD(model.parameters(), lr=0.1)"
        )
