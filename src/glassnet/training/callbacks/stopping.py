"""Early stopping: a run ends when nothing has become better for a while."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.files.schema import Kind, any_number, maybe, named, record, whole
from glassnet.tensor import Tensor
from glassnet.training.callbacks.callback import Callback, RunningTrainer
from glassnet.training.errors import TrainingError, check_whole, one_of
from glassnet.training.schedule import monitored

_STATE = {
    "best": maybe(any_number),
    "best_epoch": maybe(whole(1)),
    "stopped_epoch": maybe(whole(1)),
    "waited": whole(0),
    "weights": maybe(named(Kind("a tensor", lambda x: isinstance(x, Tensor)), expected="tensors by name")),
}
SMALLER = ("loss", "mae", "rmse", "mse", "error")  # endings of names of which less is better


class EarlyStopping(Callback):
    """Ends training when ``monitor`` has not improved for ``patience`` epochs.

    ``monitor`` is a number of the history; None means "val_loss", or "train_loss" without a validation set. With
    mode="min" less is better, with "max" more, by more than ``min_delta``; "auto" takes losses and errors as
    "min". With ``restore_best`` the network at the end of `fit` is that of the best epoch, ``best_epoch``, after
    Ctrl-C too, and another `fit` goes on from there. L. Prechelt, Early Stopping - But When?, 1998.

    >>> from glassnet.training import EarlyStopping, Trainer
    >>> model = nn.Linear(1, 1)
    >>> stopping = EarlyStopping(patience=3, min_delta=0.01)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=stopping)
    >>> x = glassnet.tensor([[0.0], [1.0], [2.0]])
    >>> history = trainer.fit((x, 3 * x), epochs=100, batch_size=3)
    >>> len(history) == stopping.stopped_epoch == stopping.best_epoch + 3
    True
    """

    def __init__(
        self,
        monitor: str | None = None,
        patience: int = 5,
        *,
        mode: str = "auto",
        min_delta: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        one_of("EarlyStopping: mode", mode, ("auto", "min", "max"))
        if not (math.isfinite(min_delta) and min_delta >= 0):
            raise TrainingError(f"EarlyStopping: expected min_delta of 0 or more, got {min_delta!r:.80}")
        self.monitor = monitor
        self.patience = check_whole("EarlyStopping: patience", patience)
        self.mode = mode
        self.min_delta = min_delta
        self.restore_best = restore_best
        self._forget()

    def _forget(self) -> None:
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.stopped_epoch: int | None = None
        self._waited = 0
        self._weights: dict[str, Tensor] | None = None

    def on_fit_start(self, trainer: RunningTrainer) -> None:
        """Begin anew with a new run. Raises TrainingError where a state that was loaded is not of this run."""
        if trainer.is_new:
            self._forget()
        own = trainer.model.state_dict()
        weights = own if self._weights is None else self._weights
        fits = {name: x.shape for name, x in weights.items()} == {name: x.shape for name, x in own.items()}
        is_finite = fits and all(np.isfinite(weights[n].array).all() for n, _ in trainer.model.named_parameters())
        if not is_finite or (self.best_epoch or 0) > len(trainer.history):
            what = f"of epoch {self.best_epoch}" if is_finite else "not finite" if fits else "of another network"
            raise TrainingError(f"EarlyStopping: its best weights are {what}; use a state as it was saved, of this run")

    def on_epoch_end(self, trainer: RunningTrainer) -> None:
        """Compare with the best so far."""
        value = monitored(trainer.result, self.monitor, "EarlyStopping")
        if self._is_better(value):
            self.best, self.best_epoch, self._waited = value, trainer.epoch, 0
            if self.restore_best:
                self._weights = {name: x.clone() for name, x in trainer.model.state_dict().items()}
            return
        self._waited += 1
        if self._waited >= self.patience:
            self.stopped_epoch = trainer.epoch
            trainer.should_stop = True

    def _is_better(self, value: float) -> bool:
        if self.best is None or math.isnan(self.best):
            return True
        return value < self.best - self.min_delta if self._is_smaller else value > self.best + self.min_delta

    @property
    def _is_smaller(self) -> bool:
        if self.mode != "auto":
            return self.mode == "min"
        return self.monitor is None or self.monitor.endswith(SMALLER)

    def on_fit_end(self, trainer: RunningTrainer) -> None:
        """Put the best weights back."""
        if self._weights is not None:
            trainer.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """The best so far, how many epochs ago that was, and its weights."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "stopped_epoch": self.stopped_epoch,
            "waited": self._waited,
            "weights": self._weights,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there. Raises Misfit."""
        record(_STATE).check(state_dict)
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        self.stopped_epoch, self._waited = state_dict["stopped_epoch"], state_dict["waited"]
        self._weights = state_dict["weights"]
