"""What can go wrong with a training run: what it was given, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.optim import Optimizer


class TrainingError(GlassnetError, ValueError):
    """Data, options or names that a trainer cannot work with.

    >>> from glassnet.training import Trainer
    >>> Trainer(nn.Linear(2, 1), nn.MSELoss(), optimizer="adam")
    Traceback (most recent call last):
    glassnet.training.errors.TrainingError: ...
    """


@dataclass(frozen=True)
class Origin:
    """Where a run that failed went wrong: in which batch, what was seen there, and whether it is in the data."""

    batch: int
    text: str
    in_data: bool = False


class TrainingFailed(GlassnetError, RuntimeError):
    """A run whose loss is no longer a number, or grows without end.

    ``what`` failed is "loss", "held-out loss" or "weights". ``epoch`` and ``batch`` say where, both counted
    from 1 (``batch`` is None where a whole epoch was measured), of how many ``batches`` if that is known.
    ``loss`` is what it became, and ``learning_rate`` the rate it happened with. ``origin`` is what made it so,
    and ``checkup`` what a check-up of the run says, as far as they are known.

    >>> from glassnet.training import Trainer, TrainingFailed
    >>> model, x = nn.Linear(1, 1), glassnet.ones(4, 1)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=1e9))
    >>> try:
    ...     history = trainer.fit((x, x), epochs=20)
    ... except TrainingFailed as failed:
    ...     print(failed.what)
    loss
    """

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
        """What is said of it; ``rate_option`` is how a learning rate is given, "lr=" in Python."""
        where = f"in epoch {self.epoch}"
        if self.batch is not None:
            where += f", batch {self.batch}" + (f" of {self.batches}" if self.batches else "")
        became = "nan or infinite" if self.what == "weights" else f"{self.loss:g}"
        parts = [
            f"{where}, the {self.what} became {became}: {self._advice(rate_option)}. The network is as it was before "
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
        if self.what == "held-out loss":  # all that was learned from has a loss
            return (
                "the held-out data holds numbers that are not finite, or far from those it was trained on, or "
                f"{too_large}; look at the data first, then {smaller}"
            )
        return f"{too_large}, or the data holds numbers that are not finite; {smaller}"


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
    optimized = {id(param) for group in optimizer.param_groups for param in group["params"]}
    if not any(id(param) in optimized for param in model.parameters()):
        raise TrainingError(
            "optimizer: it holds none of the model's parameters; make it of them: SGD(model.parameters(), lr=0.1)"
        )
