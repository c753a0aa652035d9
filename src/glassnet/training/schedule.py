"""Schedule: when a scheduler of the learning rate makes its steps, and which number it looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.optim.lr_scheduler import CyclicLR, LRScheduler, OneCycleLR, ReduceLROnPlateau
from glassnet.serialization.renamed import current_name
from glassnet.training.errors import TrainingError, one_of

PER_BATCH = (OneCycleLR, CyclicLR)  # their steps are counted in batches by those who describe them


@dataclass(frozen=True)
class Schedule:
    """A scheduler of `glassnet.optim.lr_scheduler`, and how a trainer is to use it.

    ``every`` is "epoch" or "batch": after what it makes a step (with gradient accumulation, "batch" is an
    update of the weights). None means "batch" for OneCycleLR and CyclicLR, else "epoch". ``monitor`` is the
    number of the history that ReduceLROnPlateau looks at; None means "val_loss", or "train_loss" without a
    validation set. Raises TrainingError for what is no scheduler.

    >>> from glassnet.training import Schedule, Trainer
    >>> model = nn.Linear(1, 1)
    >>> optimizer = optim.SGD(model.parameters(), lr=1.0)
    >>> halve = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    >>> trainer = Trainer(model, nn.MSELoss(), optimizer, schedule=Schedule(halve, every="batch"))
    >>> x = glassnet.zeros(4, 1)
    >>> trainer.fit((x, x), epochs=2, batch_size=2)["learning_rate"]
    [1.0, 0.25]
    """

    scheduler: Any
    every: str | None = None
    monitor: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.scheduler, LRScheduler):
            raise TrainingError(
                f"schedule: expected a scheduler of glassnet.optim.lr_scheduler, or Schedule(scheduler, every=…), got "
                f"{self.scheduler!r:.80}"
            )
        if self.every is not None:
            one_of("Schedule: every", self.every, ("epoch", "batch"))
        if self.every == "batch" and isinstance(self.scheduler, ReduceLROnPlateau):
            raise TrainingError("Schedule: ReduceLROnPlateau looks at whole epochs; give it every='epoch'")

    @property
    def is_per_batch(self) -> bool:
        """Whether a step is made after each batch."""
        return self.every == "batch" or (self.every is None and isinstance(self.scheduler, PER_BATCH))

    def after_batch(self) -> None:
        """Make a step if it is time."""
        if self.is_per_batch:
            self._step()

    def after_epoch(self, result: Mapping[str, float]) -> None:
        """Make a step if it is time, given the numbers of the epoch."""
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self._step(monitored(result, self.monitor, "Schedule"))
        elif not self.is_per_batch:
            self._step()

    def _step(self, *metric: float) -> None:
        try:
            self.scheduler.step(*metric)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            name, reason = type(self.scheduler).__name__, f"{type(error).__name__}: {error}"
            raise TrainingError(
                f"schedule: {name} cannot make its next step ({reason}); look at its arguments, and at the state that "
                "was loaded into it"
            ) from error


def monitored(result: Mapping[str, float], name: str | None, who: str) -> float:
    """The number called ``name`` of an epoch; of None "val_loss", or "train_loss" without a validation set."""
    name = None if name is None else current_name(name)
    if name is None:
        name = "val_loss" if "val_loss" in result else "train_loss"
    if name not in result:
        there = ", ".join(key for key in result if key != "epoch")
        hint = "; give fit() a validation set for the val_ ones" if "val_loss" not in result else ""
        raise TrainingError(f"{who}: monitor={name!r:.80} is no number of an epoch; there are {there}{hint}")
    return result[name]
