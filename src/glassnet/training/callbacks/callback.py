"""Callback: code of your own that a trainer calls as a run goes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Protocol

from glassnet.files.schema import within
from glassnet.nn.module import Module
from glassnet.optim import Optimizer
from glassnet.program.program import Program
from glassnet.training.engine_choice import EngineChoice
from glassnet.training.errors import TrainingError
from glassnet.training.history import History
from glassnet.training.schedule import Schedule

HOOKS = (
    "on_fit_start",
    "on_epoch_start",
    "on_batch_start",
    "on_batch_end",
    "on_compiled",
    "on_validation_end",
    "on_epoch_end",
    "on_fit_end",
    "on_exception",
)


class RunningTrainer(Protocol):
    """What a callback sees of the trainer that calls it. `Trainer` is one."""

    model: Module
    loss: Any
    optimizer: Optimizer
    schedule: Schedule | None
    history: History
    result: dict[str, float]
    batches: int | None
    should_stop: bool
    engine: EngineChoice | None

    @property
    def epoch(self) -> int:
        """The number of the epoch, from 1."""

    @property
    def batch(self) -> int:
        """The number of the batch in the epoch, from 1."""

    @property
    def batch_loss(self) -> float:
        """The loss of the last batch."""

    @property
    def learning_rate(self) -> float:
        """The learning rate now."""

    @property
    def program(self) -> Program | None:
        """What the step was compiled to."""

    @property
    def is_new(self) -> bool:
        """Whether nothing was learned yet."""

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on from here."""


class Callback:
    """The base of all callbacks: define the methods you need. Each gets the trainer.

    The order of a run: fit_start; for each epoch epoch_start, for each batch batch_start and batch_end, then
    validation_end (only with a validation set) and epoch_end; at last fit_end. The trainer has ``epoch`` and
    ``batch``, both counted from 1, ``batches`` of an epoch (None if unknown), ``batch_loss``, ``result``, the
    numbers of the epoch that has just ended, and ``history``, all of them. ``trainer.should_stop = True`` ends the
    run after the epoch.

    The hooks take `Any`, so that a subclass may say ``trainer: Trainer``. A subclass with something to remember
    between epochs has `state_dict` and `load_state_dict`. Callbacks are called in the order in which they were
    given, those of a class with ``is_last`` after all others, because what they save must be complete.

    By the native engine many batches are learned in one call, a fifth of a second of them, unless a callback has
    something to do with each: one that has ``on_batch_start``, or ``on_batch_end``. Where it is enough to call
    ``on_batch_end`` after several of them, as for a display, set ``every_batch = False``.

    >>> from glassnet.training import Callback, Trainer
    >>> class Stop(Callback):
    ...     def on_epoch_end(self, trainer):
    ...         trainer.should_stop = trainer.epoch == 3
    >>> model = nn.Linear(1, 1)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=Stop())
    >>> x = glassnet.zeros(4, 1)
    >>> len(trainer.fit((x, x), epochs=100))
    3
    """

    is_last: ClassVar[bool] = False
    every_batch: bool = True  # whether on_batch_end is for every single batch: then each has a call of its own

    def on_fit_start(self, trainer: Any) -> None:
        """Training begins, or goes on."""

    def on_epoch_start(self, trainer: Any) -> None:
        """An epoch begins, or goes on in its middle."""

    def on_batch_start(self, trainer: Any) -> None:
        """A batch is about to be learned."""

    def on_batch_end(self, trainer: Any) -> None:
        """A batch was learned, or several; ``trainer.state_dict()`` is all it takes to go on from here."""

    def on_compiled(self, trainer: Any) -> None:
        """The step was compiled to ``trainer.program``; called once in a fit."""

    def on_validation_end(self, trainer: Any) -> None:
        """The validation set was measured: ``trainer.result`` is complete."""

    def on_epoch_end(self, trainer: Any) -> None:
        """An epoch ended: its numbers are in ``trainer.history``, and the schedule made its step."""

    def on_fit_end(self, trainer: Any) -> None:
        """Training ended: after the last epoch, or stopped, or interrupted by Ctrl-C."""

    def on_exception(self, trainer: Any, error: BaseException) -> None:
        """Training ended by an error, which is raised after this, or by Ctrl-C, which is not.

        The trainer is as it was at the end of the last complete epoch.
        """

    def state_dict(self) -> dict[str, Any]:
        """What to remember, as numbers, text, tensors, lists and dicts."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""


class Callbacks:
    """Several callbacks as one. Only those that define a hook are called by it."""

    def __init__(self, callbacks: Callback | Iterable[Any]) -> None:
        several: list[Any]
        if isinstance(callbacks, Callback | type) or not isinstance(callbacks, Iterable):
            several = [callbacks]
        else:
            several = list(callbacks)
        for callback in several:
            if not isinstance(callback, Callback):
                name = callback.__name__ if isinstance(callback, type) else type(callback).__name__
                made = f"; make one: {name}(…)" if isinstance(callback, type) else "; derive it from Callback"
                raise TrainingError(
                    f"callbacks: expected callbacks, got {'the class ' * isinstance(callback, type)}{name}{made}"
                )
        self.callbacks: list[Callback] = sorted(several, key=lambda callback: callback.is_last)
        self._called = {
            hook: [getattr(c, hook) for c in self.callbacks if getattr(type(c), hook) is not getattr(Callback, hook)]
            for hook in HOOKS
        }

    def __call__(self, hook: str, *args: Any) -> None:
        """Call ``hook`` of those that define it."""
        for method in self._called[hook]:
            method(*args)

    @property
    def of_every_batch(self) -> list[Callback]:
        """Those that have something to do with every single batch."""
        starting, ending = ([id(m.__self__) for m in self._called[f"on_batch_{when}"]] for when in ("start", "end"))
        return [c for c in self.callbacks if id(c) in starting or (id(c) in ending and c.every_batch)]

    def state_dict(self) -> list[dict[str, Any]]:
        """What each of them remembers, with the name of its class."""
        return [{"kind": type(c).__name__, "state": state} for c in self.callbacks if (state := c.state_dict())]

    def load_state_dict(self, saved: list[dict[str, Any]]) -> None:
        """Give each its own state. TrainingError where a state has no callback."""
        left = list(self.callbacks)
        for number, entry in enumerate(saved):
            place = next((i for i, c in enumerate(left) if type(c).__name__ == entry["kind"]), None)
            if place is None:
                raise TrainingError(
                    f"load_state_dict: the saved run had a callback {entry['kind']}, and this trainer has none for its "
                    "state; give the same callbacks"
                )
            with within(f"[{number}].state"):
                left.pop(place).load_state_dict(entry["state"])
