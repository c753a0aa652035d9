"""What a trainer saves, and how it goes on from that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.random import Generator, default_generator
from glassnet.serialization.nested import copied
from glassnet.tensor import wrap
from glassnet.training.errors import TrainingError
from glassnet.training.history import History

if TYPE_CHECKING:
    from glassnet.training.callbacks.callback import Callbacks
    from glassnet.training.progress import Progress
    from glassnet.training.trainer import Trainer

FORMAT = 1
_PARTS = (
    "format", "model", "loss", "optimizer", "schedule", "progress", "generators", "callbacks", "history", "gradients",
    "should_stop", "batches",
)  # fmt: skip


class Generators:
    """The random generators of a run: the default one, the trainer's, those of its loaders, each once.

    The order of an epoch is drawn when its first batch is asked for. To come back to the middle of one,
    it is drawn again from the states at the beginning of the epoch, and what came before is skipped.
    """

    def __init__(self, own: Generator | None) -> None:
        self._held = [default_generator]
        self.add([] if own is None else [own])
        self._at_start = self._states()

    def add(self, generators: list[Generator]) -> None:
        """Take on those of loaders."""
        for generator in generators:
            if not any(generator is held for held in self._held):
                self._held.append(generator)

    def _states(self) -> list[dict[str, Any]]:
        return [generator.get_state() for generator in self._held]

    def begin(self) -> None:
        """An epoch begins: take note of the states."""
        self._at_start = self._states()

    def state_dict(self) -> dict[str, Any]:
        """The states now, and at the beginning of the epoch."""
        return {"now": self._states(), "at_start": self._at_start}

    def resume(self, state_dict: Mapping[str, Any], batches: Iterator[Any], total: int | None) -> None:
        """Skip those of the ``total`` ``batches`` that were learned before, and go on from the states saved then."""
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
        if len(states) > len(self._held) or (all_of_them and len(states) < len(self._held)):
            raise TrainingError(
                f"load_state_dict: the saved run drew from {len(states)} random generators, this one has "
                f"{len(self._held)}; make loaders and trainer with generators as they were"
            )
        for generator, state in zip(self._held, states, strict=False):
            generator.set_state(state)


def packed(
    trainer: Trainer,
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
    trainer: Trainer,
    progress: Progress,
    callbacks: Callbacks,
    given: Mapping[str, Any],
    now: Mapping[str, Any],
) -> dict[str, Any]:
    """Put ``trainer`` where the state ``given`` was taken, all but the generators; gives a copy of that state.

    Raises TrainingError or StateError for one that does not fit; then it is put where it is ``now``.
    """
    missing = [part for part in _PARTS if part not in given] if isinstance(given, Mapping) else ["anything"]
    if missing:
        raise TrainingError(f"load_state_dict: expected what Trainer.state_dict gave; it lacks {', '.join(missing)}")
    if given["format"] != FORMAT:
        raise TrainingError(
            f"load_state_dict: the state is of another glassnet, in format {given['format']!r:.20}; this one reads "
            f"format {FORMAT}: install the glassnet that wrote it, or begin the run anew"
        )
    state: dict[str, Any] = copied(given)
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


def _set(trainer: Trainer, progress: Progress, callbacks: Callbacks, state: dict[str, Any]) -> None:
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
