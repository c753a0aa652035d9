"""The state of a run: how far it has come, its random generators, and all of it as plain data to go on from.

`packed` gives that data, and `unpack` puts a trainer back where it was taken, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import islice
from typing import Any

from glassnet.autograd import no_grad
from glassnet.errors import GlassnetError
from glassnet.files.schema import (
    Kind,
    Misfit,
    a_count,
    an_object,
    any_number,
    anything,
    described,
    flag,
    items,
    like,
    maybe,
    named,
    number,
    one_of,
    record,
    text,
    whole,
    within,
)  # fmt: skip
from glassnet.nn.module import Module
from glassnet.ops.shapes import written
from glassnet.random import Generator, default_generator
from glassnet.serialization.nested import copied
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.graph import changes
from glassnet.training.callbacks.callback import Callbacks, RunningTrainer
from glassnet.training.errors import TrainingError
from glassnet.training.history import History
from glassnet.training.metrics import Metrics
from glassnet.training.training_step import Learned

FORMAT = 1  # of the state
_MOST = 2**53

PARTS: dict[str, Kind] = {
    "format": whole(),
    "model": named(anything),
    "loss": maybe(named(anything)),
    "optimizer": an_object,
    "schedule": maybe(an_object),
    "progress": an_object,
    "generators": record(dict.fromkeys(("now", "at_start"), items(an_object, 1))),
    "callbacks": items(record({"kind": text, "state": an_object})),
    "history": items(record({"epoch": whole(1)}, others=True)),
    "gradients": maybe(items(anything)),
    "should_stop": flag,
    "batches": maybe(a_count),
    "engine": maybe(text),
}
PROGRESS: dict[str, Kind] = {
    "epoch": a_count,
    "batch": a_count,
    "done": a_count,
    "waiting": a_count,
    "waiting_count": number(least=0),
    "total": number(),
    "count": number(least=0),
    "first_loss": maybe(number()),
    "has_begun": flag,
    "batch_loss": number(),
    "learning_rate": number(),
    "split_seed": maybe(whole()),
}


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

    def add(self, learned: Learned) -> None:
        """Count a batch that was learned."""
        self.has_begun = True
        self.done += 1
        self.waiting += 1
        self.waiting_count += learned.weight
        self.batch_loss = learned.loss
        self.total += learned.loss * learned.weight
        self.count += learned.weight
        if learned.outputs is not None and learned.targets is not None:
            self.metrics.update(learned.outputs, learned.targets)

    def updated(self) -> None:
        """The accumulated gradients have been used."""
        self.waiting, self.waiting_count = 0, 0.0

    def end(self) -> None:
        """The epoch is over."""
        self.done = 0
        self.metrics.reset()

    def state_dict(self) -> dict[str, Any]:
        """Everything, as plain data."""
        return {**{name: getattr(self, name) for name in PROGRESS}, "metrics": self.metrics.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from there. Raises Misfit."""
        record({**PROGRESS, "metrics": an_object}).check(state_dict)
        with within("metrics"):
            self.metrics.load_state_dict(state_dict["metrics"])
        for name in PROGRESS:
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
        """Skip those of the ``total`` ``batches`` that were learned before, and go on from the saved states.

        Raises TrainingError where there are other batches or generators; then the generators are as they were.
        """
        before, at_start = self._states(), self._at_start
        try:
            self._resume(state_dict, batches, total)
        except BaseException:
            self._set(before, True)
            self._at_start = at_start
            raise

    def _resume(self, state_dict: Mapping[str, Any], batches: Iterator[Any], total: int | None) -> None:
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
    gradients = [param.grad for param in _parameters(trainer)] if progress.waiting else None
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
            "engine": None if trainer.engine is None else trainer.engine.state_dict(),
        }
    )
    return state


def unpack(
    trainer: RunningTrainer, progress: Progress, callbacks: Callbacks, saved: Mapping[str, Any], *, is_own: bool
) -> dict[str, Any]:
    """Put ``trainer`` where the state ``saved`` was taken, all but the generators; gives a copy of that state.

    ``is_own`` says that it is of this very trainer, and was in no file, where it may have been edited. Raises
    TrainingError or StateError for one that does not fit; then everything is as it was.
    """
    if isinstance(saved, Mapping):
        saved = {"engine": "numpy", **saved}  # of states from before there was a choice
    missing = [part for part in PARTS if part not in saved] if isinstance(saved, Mapping) else ["anything"]
    if missing:
        raise TrainingError(f"load_state_dict: expected what Trainer.state_dict gave; it lacks {', '.join(missing)}")
    if not PARTS["format"].test(saved["format"]) or saved["format"] != FORMAT:
        raise TrainingError(
            f"load_state_dict: the state is of another glassnet, in format {described(saved['format'])}; this one "
            f"reads format {FORMAT}: install the glassnet that wrote it, or start a new run"
        )
    if (saved["schedule"] is None) is not (trainer.schedule is None):
        which = "a schedule, and this trainer has none" if trainer.schedule is None else "no schedule"
        raise TrainingError(f"load_state_dict: the saved run had {which}; make the trainer as it was")
    undo = _Before(trainer, progress, callbacks)
    try:
        state: dict[str, Any] = copied(saved)
        if not is_own:
            _check(trainer, state)
        _set(trainer, progress, callbacks, state)
    except Exception as error:
        undo.restore()
        if isinstance(error, Misfit):
            raise TrainingError(f"load_state_dict: its {error}; use a state as it was saved") from error
        if isinstance(error, GlassnetError):
            raise
        what = "of another run" if isinstance(error, ValueError) else "not as Trainer.state_dict gave it"
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__} "
        raise TrainingError(f"load_state_dict: the state is {what}: {kind}{error}") from error
    return state


def _check(trainer: RunningTrainer, state: dict[str, Any]) -> None:
    """Raise Misfit for the first part of ``state`` that is not as this ``trainer`` would have saved it.

    What the parts check themselves when they are loaded is left to them.
    """
    record(PARTS, others=True).check(state)
    progress, batches, epochs = state["progress"], state["batches"], len(state["history"])
    record({**PROGRESS, "metrics": an_object}).check(progress, "progress")
    for at, epoch in enumerate(state["history"]):
        own = [name for name in epoch if str(name).startswith(("train_", "val_"))]  # a callback may add to them
        numbers = dict.fromkeys(("train_loss", "learning_rate", *own), any_number)
        record({"epoch": one_of(at + 1), **numbers}, others=True).check(epoch, f"history[{at}]")
    for part in ("now", "at_start"):
        for at, one in enumerate(state["generators"][part]):
            with within(f"generators.{part}[{at}]"):
                Generator(0).set_state(one)
    latest = epochs + 1 if progress["done"] else epochs
    whole(latest, epochs + 1).check(progress["epoch"], "progress.epoch")
    whole(0, _MOST if batches is None else batches).check(progress["done"], "progress.done")
    whole(0, progress["done"]).check(progress["waiting"], "progress.waiting")
    if progress["waiting"]:
        kinds = [maybe(_tensor_like(param)) for param in _parameters(trainer)]
        items(anything, len(kinds), len(kinds)).check(state["gradients"], "gradients")
        for at, (kind, gradient) in enumerate(zip(kinds, state["gradients"], strict=True)):
            kind.check(gradient, f"gradients[{at}]")


def _parameters(trainer: RunningTrainer) -> list[Tensor]:
    return [param for group in trainer.optimizer.param_groups for param in group["params"]]


def _tensor_like(example: Tensor) -> Kind:
    """The kind of a tensor: those of its shape and dtype."""

    def fits(value: Any) -> bool:
        return isinstance(value, Tensor) and value.shape == example.shape and value.dtype == example.dtype

    return Kind(f"a tensor of {example.dtype}{written(example.shape)}", fits)


def _set(trainer: RunningTrainer, progress: Progress, callbacks: Callbacks, state: dict[str, Any]) -> None:
    for part, module in (("model", trainer.model), ("loss", trainer.loss)):
        if isinstance(module, Module) and state[part] is not None:
            own = module.state_dict()
            module.load_state_dict(state[part])  # which says what is missing, and what has another shape
            record({name: _tensor_like(x) for name, x in own.items()}, others=True).check(state[part], part)
    groups = [{name: x for name, x in group.items() if name != "params"} for group in trainer.optimizer.param_groups]
    with within("optimizer"):
        trainer.optimizer.load_state_dict(state["optimizer"])
        for at, group in enumerate(groups):
            options = {name: like(value) for name, value in group.items()}
            record(options, others=True).check(trainer.optimizer.param_groups[at], f"param_groups[{at}]")
    trainer.optimizer.zero_grad()
    if trainer.engine is not None:
        trainer.engine.load_state_dict(state["engine"])
    if trainer.schedule is not None:
        scheduler = trainer.schedule.scheduler
        own = scheduler.state_dict()
        with within("schedule"):
            if own.keys() == state["schedule"].keys():
                like(own).check(state["schedule"])
            scheduler.load_state_dict(state["schedule"])
    with within("progress"):
        progress.load_state_dict(state["progress"])
    trainer.optimizer.stepped |= progress.has_begun  # schedules ask
    trainer.history = History(state["history"])
    trainer.result = dict(trainer.history[-1]) if trainer.history else {}
    trainer.should_stop = state["should_stop"]
    with within("callbacks"):
        callbacks.load_state_dict(state["callbacks"])
    if state["gradients"] is not None:
        for param, gradient in zip(_parameters(trainer), state["gradients"], strict=True):
            param.grad = None if gradient is None else wrap(gradient.array)


class _Before:
    """How everything was before a state was loaded, to put it back to the last bit."""

    def __init__(self, trainer: RunningTrainer, progress: Progress, callbacks: Callbacks) -> None:
        modules = [module for module in (trainer.model, trainer.loss) if isinstance(module, Module)]
        schedulers = [] if trainer.schedule is None else [trainer.schedule.scheduler]
        engines = [] if trainer.engine is None else [trainer.engine]
        self._arrays = [(x, x.array.copy()) for module in modules for x in module.state_dict().values()]
        self._gradients = [(param, param.grad) for param in _parameters(trainer)]
        self._callbacks = [(callback, deepcopy(callback.state_dict())) for callback in callbacks.callbacks]
        self._schedulers = [(scheduler, scheduler.state_dict()) for scheduler in schedulers]
        holders = [trainer, progress, trainer.optimizer, *schedulers, *engines]
        holders += [*progress.metrics.values(), *callbacks.callbacks]
        self._attributes = [(vars(holder), dict(vars(holder))) for holder in holders]

    def restore(self) -> None:
        """Put it back."""
        for callback, state in self._callbacks:
            if state:  # what it changed in place
                callback.load_state_dict(state)
        for scheduler, state in self._schedulers:
            scheduler.load_state_dict(state)
        for now, before in self._attributes:
            now.clear()
            now.update(before)
        for x, array in self._arrays:
            with no_grad():
                x.copy_(wrap(array))
        for param, gradient in self._gradients:
            param.grad = gradient
        changes.tell()  # compiled steps look again at what the optimizer holds
