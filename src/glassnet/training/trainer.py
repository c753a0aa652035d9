"""Trainer: the loop over epochs and batches that trains a network."""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.data import DataLoader
from glassnet.data.many_batches import blocks_of
from glassnet.errors import GlassnetWarning
from glassnet.nn.finite import check_weights
from glassnet.nn.module import Module
from glassnet.optim import Optimizer
from glassnet.program.program import Program
from glassnet.random import Generator
from glassnet.tensor import Tensor
from glassnet.training import failure
from glassnet.training.callbacks.callback import Callback, Callbacks
from glassnet.training.criterion import Criterion
from glassnet.training.engine_choice import EngineChoice
from glassnet.training.errors import TrainingError, TrainingFailed, check_parts, check_whole, one_of
from glassnet.training.feed import Batch, Feed, divided, is_fraction, measuring_feed, new_seed, training_feed
from glassnet.training.history import History
from glassnet.training.measuring import measured, predicted
from glassnet.training.metrics import Metrics
from glassnet.training.pieces import many_at_a_time, one_by_one
from glassnet.training.run_state import Generators, Progress, packed, unpack
from glassnet.training.schedule import Schedule
from glassnet.training.training_step import Clip, Learned, Steps

MEASURED = ("running", "after")
LONG = 60.0  # seconds: a longer epoch is not repeated only to explain its failure


class Trainer:
    """Trains a network: ``Trainer(model, loss, optimizer).fit(data)``.

    ``loss`` is a module or a function of (outputs, targets) that gives one number.

    ``metrics`` are names ("accuracy", "top_5", "f1", "rmse", …, see `glassnet.training.metrics`), metrics or
    functions of (outputs, targets): one, a list, or a dict by name. Each is the metric of the whole set.
    ``decode`` is applied to outputs and targets, as arrays, before they are measured; for a model with several
    outputs, in a tuple or a dict, it picks the one to measure. ``measure`` says when the training set is measured:
    "running", as its batches are learned, or "after" each epoch, in evaluation mode, as the validation set is. For
    "after", a loader that shuffles gives its samples in order, and one with another sampler the samples that this
    draws; the state of random generators is restored, so measuring does not change a run.

    ``schedule`` is a scheduler, which makes a step after each epoch (OneCycleLR and CyclicLR: after each
    update), or a `Schedule` that says when. ``clip_norm`` bounds the norm of all gradients together,
    ``clip_value`` each number of them. ``accumulate`` batches make one update, the same one as a batch of all
    their samples. ``class_weight`` is a weight for each class; with the weights of samples it makes a weighted
    mean, which built-in losses take.

    The step is compiled with `glassnet.compile`; where it cannot be, a warning says why and it runs as it is.
    ``engine`` "auto" is the native one for a long training, where a C compiler is there, else NumPy: chosen once, and
    kept in `state_dict`, so that a training goes on bit for bit. By the native engine many batches are learned in one
    call, where they are rows of arrays, unweighted, each is an update, and neither a callback nor a schedule has
    something to do with each: the results are the same.
    Orders and divisions are drawn from ``generator``, or from the default one if it is None.

    Raises TrainingError for arguments that cannot be used.

    >>> from glassnet.training import Trainer
    >>> x = glassnet.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> model = nn.Linear(1, 1)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), metrics="mae")
    >>> history = trainer.fit((x, 2 * x + 1), epochs=200)
    >>> history.names
    ['epoch', 'train_loss', 'train_mae', 'learning_rate']
    >>> trainer.evaluate((x, 2 * x + 1))["mae"] < 0.001
    True
    >>> trainer.predict(glassnet.tensor([[4.0]])).round(decimals=3)
    tensor([[9.]])
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Tensor], Tensor],
        optimizer: Optimizer,
        *,
        metrics: Any = (),
        callbacks: Callback | Iterable[Callback] = (),
        schedule: Any = None,
        decode: Callable[[Any], Any] | None = None,
        measure: str = "running",
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int = 1,
        class_weight: Any = None,
        compile: bool = True,
        engine: str = "auto",
        generator: Generator | None = None,
    ) -> None:
        check_parts(model, optimizer)
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self._criterion = Criterion(loss, class_weight)
        self.metrics = Metrics(metrics, decode, self._criterion.threshold)
        self.schedule = schedule if schedule is None or isinstance(schedule, Schedule) else Schedule(schedule)
        if self.schedule is not None and self.schedule.scheduler.optimizer is not optimizer:
            raise TrainingError("schedule: expected a schedule of the trainer's optimizer, got one of another")
        self._callbacks = Callbacks(callbacks)
        self._accumulate = check_whole("accumulate", accumulate)
        one_of("measure", measure, MEASURED)
        self._is_running = measure == "running"
        clip = Clip.checked(clip_norm, clip_value)
        gives_outputs = self._is_running and len(self.metrics) > 0
        self.engine = EngineChoice(engine) if compile else None
        self._steps = Steps(model, self._criterion, optimizer, clip, accumulate > 1, self.engine, gives_outputs)
        self._progress = Progress(self.metrics.copy())
        self._generators = Generators(generator)
        self._generator = generator
        self._resumed: Mapping[str, Any] | None = None
        self.history = History()
        self.result: dict[str, float] = {}
        self.batches: int | None = None
        self.should_stop = False
        self.interrupted = False
        self._is_said = False  # why batches are not learned together

    # what callbacks may need -----------------------------------------------------------------------------

    @property
    def callbacks(self) -> list[Callback]:
        """The callbacks, in the order in which they are called."""
        return list(self._callbacks.callbacks)

    @property
    def epoch(self) -> int:
        """The number of the epoch that is being learned, or was the last to be; 0 before the first."""
        return self._progress.epoch

    @property
    def batch(self) -> int:
        """The number of the batch in the epoch that is being learned, or was the last to be; 0 before the first."""
        return self._progress.batch

    @property
    def batch_loss(self) -> float:
        """The loss of the last batch."""
        return self._progress.batch_loss

    @property
    def learning_rate(self) -> float:
        """The learning rate now, that of the first group of parameters."""
        return float(self.optimizer.param_groups[0]["lr"])

    @property
    def program(self) -> Program | None:
        """What the step was compiled to; None if it was not, or not yet."""
        return self._steps.program

    @property
    def is_new(self) -> bool:
        """Whether nothing was learned yet."""
        return not self.history and not self._progress.done

    # learning -------------------------------------------------------------------------------------------------

    def fit(
        self,
        train: Any,
        validation: Any = None,
        *,
        epochs: int = 1,
        batch_size: int | None = None,
        shuffle: bool = True,
        sample_weight: Any = None,
    ) -> History:
        """Train on ``train`` until there are ``epochs`` in all, and give the history of every one.

        ``train`` and ``validation`` are a pair (inputs, targets) of tensors or arrays, a dataset, or a
        DataLoader, whose batches may have weights of the samples as a third part. ``validation`` may also be
        a share between 0 and 1 of ``train``, drawn at random. ``batch_size`` (32), ``shuffle`` and
        ``sample_weight`` do not go with a DataLoader.

        A second call goes on where the first ended; after `load_state_dict`, in the middle of an epoch too.
        Ctrl-C ends it early, with ``interrupted`` set. If it ends early, by an error too, the trainer is as it
        was at the end of the last complete epoch (or where this call began), and the next call goes on from
        there. The model is left in evaluation mode.

        Raises TrainingFailed when a loss is no longer a number or grows without end, with the first instruction
        that made it so, if the epoch took less than a minute: it is repeated to find it. NotFiniteError for weights
        that are no numbers to begin with, TrainingError for data and options that cannot be used, and whatever the
        model, the loss or a callback raises.
        """
        check_whole("epochs", epochs)
        check_weights(self.model)
        if is_fraction(validation):
            seed = self._progress.split_seed or new_seed(self._generator)
            self._progress.split_seed = seed
            train, validation = divided(train, float(validation), sample_weight, seed)
            sample_weight = None
        feed = training_feed(train, batch_size, shuffle, sample_weight, self._generator)
        validation_feed = None if validation is None else measuring_feed(validation, "validation")
        again = measuring_feed(train if isinstance(train, DataLoader) else feed.loader.dataset, "train")
        self.batches = feed.total
        self.interrupted = False
        if self.engine is not None:
            self.engine.updates = epochs * (feed.total or 0)
        self._generators.add(feed.generators + (validation_feed.generators if validation_feed else []))
        if self._resumed is None:
            self._generators.begin()
        self._whole = self.state_dict()
        try:
            self._fit(feed, again, validation_feed, epochs)
        except TrainingFailed as failed:
            error = self._explained(failed, feed, validation_feed)
            self._callbacks("on_exception", self, error)
            raise error from None
        except BaseException as error:
            self._go_back()
            self.interrupted = isinstance(error, KeyboardInterrupt)
            self._callbacks("on_exception", self, error)
            if not self.interrupted:
                raise
        finally:
            self.model.eval()
        self._callbacks("on_fit_end", self)
        return self.history

    def _fit(self, feed: Feed, again: Feed, validation_feed: Feed | None, epochs: int) -> None:
        self._callbacks("on_fit_start", self)
        if self._resumed is None and (self.should_stop or len(self.history) >= epochs):
            why = "it was stopped" if self.should_stop else f"it has {len(self.history)} epochs already"
            way_out = "set trainer.should_stop = False" if self.should_stop else f"ask for more than epochs={epochs}"
            warnings.warn(
                f"Trainer: there is nothing to learn, {why}; {way_out} to go on", GlassnetWarning, stacklevel=3
            )
        while len(self.history) < epochs and not self.should_stop:
            with np.errstate(all="ignore"):  # numbers that grow without end are a failure of the run
                self._learn(feed, self._callbacks)
                self._measure(again, validation_feed)
            self._end_epoch()

    def _learn(self, feed: Feed, hooks: Callable[..., None], learn: Callable[[Batch], Learned] | None = None) -> None:
        """Train for the rest of an epoch: by ``learn``, batch by batch, if it is given."""
        progress = self._progress
        self._began = time.monotonic()
        self.model.train()
        blocks = blocks_of(feed.loader) if learn is None and self._may_learn_many(feed) else None
        batches: Any = iter(feed if blocks is None else blocks)
        if self._resumed is not None:
            resumed, self._resumed = self._resumed, None
            self._generators.resume(resumed, batches, self.batches)
        else:
            self._generators.begin()
        if not progress.done:
            progress.begin(self.learning_rate)
        if not progress.waiting:
            self.optimizer.zero_grad()  # gradients from before are not of this epoch
        hooks("on_epoch_start", self)

        def begin() -> None:
            progress.batch = progress.done + 1
            hooks("on_batch_start", self)

        pieces = one_by_one(batches, begin, learn or self._steps.learn)
        for piece in pieces if blocks is None else many_at_a_time(feed, blocks, self._steps):
            for learned in piece:
                self._count(learned)
            if not progress.compiled_was_reported and self.program is not None:
                progress.compiled_was_reported = True
                hooks("on_compiled", self)
            hooks("on_batch_end", self)
        if not progress.done:
            raise TrainingError("train: the loader gave no batch; look at batch_size and drop_last")
        if progress.waiting:
            self._update()

    def _may_learn_many(self, feed: Feed) -> bool:
        """Whether nothing has to be done between two batches. Says once whose callback has, where that costs time."""
        busy = self._callbacks.of_every_batch
        is_alone = self._accumulate > 1 or (self.schedule is not None and self.schedule.is_per_batch)
        own = dict.fromkeys(type(c).__name__ for c in busy if not type(c).__module__.startswith("glassnet."))
        if own and not (is_alone or self._is_said) and self._steps.can_learn_many and blocks_of(feed.loader):
            self._is_said = True
            warnings.warn(
                f"Trainer: each batch is learned in a call of its own, since {' and '.join(own)} has something to do "
                "with each; set every_batch = False there if on_batch_end may be called after several of them",
                GlassnetWarning,
                stacklevel=5,
            )
        return not (busy or is_alone)

    def _count(self, learned: Learned) -> None:
        """Count a batch that was learned."""
        progress = self._progress
        progress.batch = progress.done + 1
        if not progress.has_begun:
            progress.first_loss = learned.loss
        if failure.has_failed(learned.loss, progress.first_loss or 0.0):
            raise self._failed("loss", progress.batch, learned.loss)
        progress.add(learned)
        if progress.waiting == self._accumulate or progress.done == self.batches:
            self._update()

    def _update(self) -> None:
        if self._accumulate > 1:
            self._steps.update(self._progress.waiting_count)
            self.optimizer.zero_grad()
        self._progress.updated()
        if self.schedule is not None:
            self.schedule.after_batch()

    def _failed(self, what: str, batch: int | None, loss: float) -> TrainingFailed:
        return TrainingFailed(what, self.epoch, batch, loss, self.learning_rate, batches=self.batches)

    def _explained(self, error: TrainingFailed, feed: Feed, validation_feed: Feed | None) -> TrainingFailed:
        """``error`` with its cause. The trainer is then as it was at the end of the last complete epoch."""
        origin, model, criterion = None, self.model, self._criterion
        is_validation = validation_feed is not None and error.batch is None and failure.are_finite(model)
        try:
            with suppress(Exception), np.errstate(all="ignore"):  # an explanation must not hide the failure
                first = self._progress.first_loss or 0.0
                failing = failure.first_failing(model, criterion, validation_feed or (), first)
                moments = failing if is_validation else self._learned_again(feed)
                origin = failure.where_it_began(model, criterion, moments, self._whole["model"])
        finally:
            self._go_back()
        return failure.explained(error, origin, model, feed.everything, self.loss, self.optimizer)

    def _learned_again(self, feed: Feed) -> Iterable[failure.Moment]:
        """The last two batches before the epoch failed: it is repeated, to see what each began with."""
        if time.monotonic() - self._began > LONG:
            return ()
        options = [{name: value for name, value in g.items() if name != "params"} for g in self.optimizer.param_groups]
        moments: deque[failure.Moment] = deque(maxlen=2)

        def learn(batch: Batch) -> Learned:
            moments.append(failure.Moment.now(self.batch, batch, self.model))
            return self._steps.learn(batch)

        self._go_back()
        if self.schedule is None or not self.schedule.is_per_batch:  # then callbacks may have set them
            for group, own in zip(self.optimizer.param_groups, options, strict=True):
                group.update(own)
        with suppress(TrainingFailed):
            self._learn(feed, lambda *_: None, learn)
        return moments

    def _measure(self, again: Feed, validation_feed: Feed | None) -> None:
        """Set ``result`` to the numbers of the epoch."""
        progress = self._progress
        if not failure.are_finite(self.model):
            raise self._failed("weights", None, float("nan"))
        if self._is_running:
            numbers = {"loss": self._criterion.of_all(progress.total, progress.count), **progress.metrics.compute()}
        else:
            numbers = self._measured(again)
        self.result = {"epoch": self.epoch, **{f"train_{name}": value for name, value in numbers.items()}}
        if validation_feed is not None:
            numbers = self._measured(validation_feed)
            self.result |= {f"val_{name}": value for name, value in numbers.items()}
            if failure.has_failed(numbers["loss"], progress.first_loss or 0.0):
                raise self._failed("val_loss", None, numbers["loss"])
        self.result["learning_rate"] = progress.learning_rate
        if validation_feed is not None:
            self._callbacks("on_validation_end", self)

    def _end_epoch(self) -> None:
        if self.schedule is not None:
            self.schedule.after_epoch(self.result)
        self.history.epochs.append(self.result)
        self._progress.end()
        self._callbacks("on_epoch_end", self)
        self._whole = self.state_dict()

    # measuring ------------------------------------------------------------------------------------------------

    def evaluate(self, data: Any) -> dict[str, float]:
        """The loss and all metrics on ``data``, in evaluation mode. ``data`` is what `fit` takes as validation set."""
        return self._measured(measuring_feed(data, "evaluate"))

    def _measured(self, feed: Feed) -> dict[str, float]:
        return measured(self.model, self._criterion, self.metrics, feed, feed.generators)

    def predict(self, inputs: Any) -> Any:
        """The outputs of the model for all ``inputs``, in evaluation mode, without gradients. Raises NotFiniteError.

        ``inputs`` are a tensor or an array, or a dataset or DataLoader, of whose batches the first part is used.
        """
        return predicted(self.model, inputs)

    # going on later -------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on from here bit for bit, in the middle of an epoch too.

        It holds the state of model, optimizer, schedule, random generators and callbacks, the place in the epoch,
        accumulated gradients, running means and the history, as numbers, text, None, lists, dicts and copies of
        tensors. To go on, make the trainer as before, call `load_state_dict`, and `fit` the same data.
        """
        return packed(self, self._progress, self._callbacks, self._generators, self._resumed)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go back to where `state_dict` was taken; the next `fit` goes on from there.

        Random generators are set by that `fit`, which knows the loaders'. Raises TrainingError or StateError where
        the state is of another model, optimizer or schedule, or of other metrics; then nothing has changed.
        """
        self._resumed = unpack(self, self._progress, self._callbacks, state_dict, is_own=False)

    def _go_back(self) -> None:
        """Be as at the end of the last complete epoch, or where `fit` began."""
        self._resumed = unpack(self, self._progress, self._callbacks, self._whole, is_own=True)
