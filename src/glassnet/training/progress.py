"""Progress: how far a run has come, and the running means of the epoch it is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.tensor import Tensor
from glassnet.training.metrics import Metrics
from glassnet.training.step import Learned

_SAVED = (
    "epoch", "batch", "done", "waiting", "waiting_count", "total", "count", "first_loss", "has_begun", "batch_loss",
    "learning_rate", "split_seed",
)  # fmt: skip


class Progress:
    """The place of a run. ``metrics`` are those of what is being learned."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self.epoch = 0  # the one that is being learned, or was the last to be
        self.batch = 0  # in this epoch, the one that is being learned, or was the last to be
        self.done = 0  # batches learned of an epoch that is not over
        self.waiting = 0  # batches whose gradients were added up and did not update anything yet
        self.waiting_count = 0.0  # what they count for
        self.total = 0.0  # the losses of the epoch, times what they count for
        self.count = 0.0
        self.first_loss: float | None = None
        self.has_begun = False  # whether a batch was ever learned
        self.batch_loss = 0.0
        self.learning_rate = 0.0  # at the beginning of the epoch
        self.split_seed: int | None = None
        self.is_told = False  # that the step is compiled

    def begin(self, learning_rate: float) -> None:
        """A new epoch."""
        self.epoch += 1
        self.batch = self.done = 0
        self.total = self.count = 0.0
        self.learning_rate = learning_rate
        self.metrics.reset()

    def add(self, learned: Learned, targets: Tensor) -> None:
        """Take note of a batch."""
        self.has_begun = True
        self.done += 1
        self.waiting += 1
        self.waiting_count += learned.weight
        self.batch_loss = learned.loss
        self.total += learned.loss * learned.weight
        self.count += learned.weight
        if learned.outputs is not None:
            self.metrics.update(learned.outputs, targets)

    def updated(self) -> None:
        """The gradients that waited have been used."""
        self.waiting, self.waiting_count = 0, 0.0

    def end(self) -> None:
        """The epoch is over."""
        self.done = 0
        self.metrics.reset()

    def state_dict(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {**{name: getattr(self, name) for name in _SAVED}, "metrics": self.metrics.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.metrics.load_state_dict(state_dict["metrics"])
        for name in _SAVED:
            setattr(self, name, state_dict[name])
