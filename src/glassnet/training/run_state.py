"""The state of a run: how far it has come, its random generators, and all of it as plain data to go on from.

`packed` gives that data, and `unpack` puts a trainer back where it was taken, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.random import Generator, default_generator
from glassnet.serialization.nested import copied
from glassnet.tensor import Tensor, wrap
from glassnet.training.callbacks.callback import Callbacks, RunningTrainer
from glassnet.training.errors import TrainingError
from glassnet.training.history import History
from glassnet.training.metrics import Metrics
from glassnet.training.training_step import Learned

FORMAT = 1  # of the state
_PARTS = (
    "format", "model", "loss", "optimizer", "schedule", "progress", "generators", "callbacks", "history", "gradients",
    "should_stop", "batches",
)  # fmt: skip


_PROGRESS = (
    "epoch", "batch", "done", "waiting", "waiting_count", "total", "count", "first_loss", "has_begun", "batch_loss",
    "learning_rate", "split_seed",
)  # fmt: skip


class Progress:
    """How far a run has come, and the running means of the epoch it is in. ``metrics`` are those of what is learned."""

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
        self.compiled_was_reported = False

    def begin(self, learning_rate: float) -> None:
        """A new epoch."""
        self.epoch += 1
        self.batch = self.done = 0
        self.total = self.count = 0.0
        self.learning_rate = learning_rate
        self.metrics.reset()

    def add(self, learned: Learned, targets: Tensor) -> None:
        """Count a batch that was learned."""
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
        """The accumulated gradients have been used."""
        self.waiting, self.waiting_count = 0, 0.0

    def end(self) -> None:
        """The epoch is over."""
        self.done = 0
        self.metrics.reset()

    def state_dict(self) -> dict[str, Any]:
        """Everything, as plain data."""
        return {**{name: getattr(self, name) for name in _PROGRESS}, "metrics": self.metrics.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.metrics.load_state_dict(state_dict["metrics"])
        for name in _PROGRESS:
            setattr(self, name, state_dict[name])


class Generators:
    """The random generators of a run: the default one, the trainer's, those of its loaders, each once.

    The order of an epoch is drawn with its first batch. To resume in the middle of an epoch, it is drawn again
    from the states at the beginning of the epoch, and the batches that were learned before are skipped.
    """

    def __init__(self, own: Generator | None) -> None:
        self._generators = [default_generator]
        self.add([] if own is None else [own])
        self._at_start = self._states()

    def add(self, generators: list[Generator]) -> None:
        """Add those of loaders."""
        for generator in generators:
            if not any(generator is known for known in self._generators):
                self._generators.append(generator)

    def _states(self) -> list[dict[str, Any]]:
        return [generator.get_state() for generator in self._generators]

    def begin(self) -> None:
        """An epoch begins: keep the states."""
        self._at_start = self._states()

    def state_dict(self) -> dict[str, Any]:
        """The states now, and at the beginning of the epoch."""
        return {"now": self._states(), "at_start": self._at_start}

    def resume(self, state_dict: Mapping[str, Any], batches: Iterator[Any], total: int | None) -> None:
        """Skip those of the ``total`` ``batches`` that were learned before, and go on from the saved states."""
        saved = state_dict["generators"]
        done = state_dict["progress"]["done"]
        self._set(saved["at_start"] if done else saved["now"], bool(done))
        self._at_start = self._states()
        if done:
            skipped = sum(1 for _ in islice(batches, done))
            if state_dict["batches"] != total or skipped < done:
                raise TrainingError(
                    f"train: the saved run had learned {done} of {state_dict['batches'] or 'some'} batches, and this "
                    f"data has {total or skipped}; fit the same data with the same batch_size"
                )
            self._set(saved["now"], True)

    def _set(self, states: list[Any], all_of_them: bool) -> None:
        if len(states) > len(self._generators) or (all_of_them and len(states) < len(self._generators)):
            raise TrainingError(
                f"load_state_dict: the saved run drew from {len(states)} random generators, this one has "
                f"{len(self._generators)}; make loaders and trainer with generators as they were"
            )
        for generator, state in zip(self._generators, states, strict=False):
            generator.set_state(state)


def packed(
    trainer: RunningTrainer,
    progress: Progress,
    callbacks: Callbacks,
    generators: Generators,
    resumed: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The state of ``trainer``; ``resumed`` is the one that it is yet to go on from."""
    schedule = None if trainer.schedule is None else trainer.schedule.scheduler.state_dict()
    parameters = [param for group in trainer.optimizer.param_groups for param in group["params"]]
    gradients = [param.grad for param in parameters] if progress.waiting else None
    state: dict[str, Any] = copied(
        {
            "format": FORMAT,
            "model": dict(trainer.model.state_dict()),
            "loss": dict(trainer.loss.state_dict()) if isinstance(trainer.loss, Module) else None,
            "optimizer": trainer.optimizer.state_dict(),
            "schedule": schedule,
            "progress": progress.state_dict(),
            "generators": generators.state_dict() if resumed is None else resumed["generators"],
            "callbacks": callbacks.state_dict(),
            "history": trainer.history.epochs,
            "gradients": gradients,
            "should_stop": trainer.should_stop,
            "batches": trainer.batches if resumed is None else resumed["batches"],
        }
    )
    return state


def unpack(
    trainer: RunningTrainer,
    progress: Progress,
    callbacks: Callbacks,
    saved: Mapping[str, Any],
    now: Mapping[str, Any],
) -> dict[str, Any]:
    """Put ``trainer`` where the state ``saved`` was taken, all but the generators; gives a copy of that state.

    Raises TrainingError or StateError for one that does not fit; then it is put where it is ``now``.
    """
    missing = [part for part in _PARTS if part not in saved] if isinstance(saved, Mapping) else ["anything"]
    if missing:
        raise TrainingError(f"load_state_dict: expected what Trainer.state_dict gave; it lacks {', '.join(missing)}")
    if saved["format"] != FORMAT:
        raise TrainingError(
            f"load_state_dict: the state is of another glassnet, in format {saved['format']!r:.20}; this one reads "
            f"format {FORMAT}: install the glassnet that wrote it, or start a new run"
        )
    state: dict[str, Any] = copied(saved)
    try:
        _set(trainer, progress, callbacks, state)
    except Exception as error:
        _set(trainer, progress, callbacks, copied(now))
        if isinstance(error, GlassnetError):
            raise
        what = "of another run" if isinstance(error, ValueError) else "not as Trainer.state_dict gave it"
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__} "
        raise TrainingError(f"load_state_dict: the state is {what}: {kind}{error}") from error
    return state


def _set(trainer: RunningTrainer, progress: Progress, callbacks: Callbacks, state: dict[str, Any]) -> None:
    if (state["schedule"] is None) is not (trainer.schedule is None):
        which = "a schedule, and this trainer has none" if trainer.schedule is None else "no schedule"
        raise TrainingError(f"load_state_dict: the saved run had {which}; make the trainer as it was")
    trainer.model.load_state_dict(state["model"])
    if isinstance(trainer.loss, Module) and state["loss"] is not None:
        trainer.loss.load_state_dict(state["loss"])
    trainer.optimizer.load_state_dict(state["optimizer"])
    trainer.optimizer.zero_grad()
    if trainer.schedule is not None:
        trainer.schedule.scheduler.load_state_dict(state["schedule"])
    progress.load_state_dict(state["progress"])
    trainer.optimizer.stepped |= progress.has_begun  # schedules ask
    callbacks.load_state_dict(state["callbacks"])
    trainer.history = History(state["history"])
    trainer.result = dict(trainer.history[-1]) if trainer.history else {}
    trainer.should_stop = state["should_stop"]
    if state["gradients"] is not None:
        parameters = [param for group in trainer.optimizer.param_groups for param in group["params"]]
        for param, gradient in zip(parameters, state["gradients"], strict=True):
            param.grad = None if gradient is None else wrap(gradient.array)
