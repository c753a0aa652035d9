"""What is looked at: a network, its loss and its optimizer on a few batches, as programs with their numbers.

Everything happens on the network itself, and everything is put back: parameters, buffers, gradients, the
optimizer's memory, random generators, train or eval mode.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from glassnet.autograd import no_grad
from glassnet.creation import as_tensor
from glassnet.data import DataLoader
from glassnet.explain.checkup.finding import CheckupError
from glassnet.explain.walkthrough import Value
from glassnet.explain.walkthrough.recording import recorded_step
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.optim import Adam, Optimizer
from glassnet.program.program import Program
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor, wrap

BATCHES, BATCH = 8, 32  # how much is looked at
STEPS = 24  # of each trial of a learning rate
ENOUGH = 16  # samples that any network should be able to learn by heart
BY_HEART = 0.5  # of the loss, that must be left when they were
Batch = tuple[Tensor, Tensor]


@dataclass
class Step:
    """One recorded step: its program, every value by name, the results in order, and the loss."""

    program: Program
    values: dict[str, Value]
    results: tuple[Value, ...]
    loss: float

    def forward(self, *names: str) -> list[Value]:
        """The forward results of operations of those names; all forward results if none are given."""
        there = (v for v in self.results if v.phase == "forward" and v.instruction is not None)
        return [v for v in there if not names or v.instruction.op.name in names]  # type: ignore[union-attr]


class Trial(NamedTuple):
    """The mean loss of all batches before and after some steps; NaN if it did not stay finite."""

    before: float
    after: float


@dataclass
class Observed:
    """A training run, and what a check may ask of it. What costs time is done when it is asked for, once."""

    model: Module
    batches: list[Batch]
    loss: Callable[..., Tensor]
    optimizer: Optimizer | None
    step: Callable[..., Any] | None = None
    validation: Batch | None = None
    everything: Batch | None = None  # all samples, where they are there at once
    was_training: bool = field(init=False)
    error: Exception | None = None
    _trials: dict[float, Trial] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.was_training = self.model.training

    @property
    def first(self) -> Batch:
        """The first batch."""
        return self.batches[0]

    @property
    def x(self) -> Array:
        """The inputs of all that is looked at."""
        if self.everything is not None:
            return self.everything[0].array
        return np.concatenate([x.array for x, _ in self.batches])

    @property
    def y(self) -> Array:
        """The targets of all that is looked at."""
        if self.everything is not None:
            return self.everything[1].array
        return np.concatenate([y.array for _, y in self.batches])

    @cached_property
    def recorded(self) -> Step | None:
        """The step on the first batch, None where it fails (then `error` is why)."""
        try:
            with self.untouched():
                self.model.train()
                program, evaluated = recorded_step(self.model, *self.first, self.loss)
        except Exception as error:  # whatever the person's own code raises is a finding
            self.error = error
            return None
        loss = float(evaluated.outputs[0].array)
        return Step(program, evaluated.named(), evaluated.results, loss)

    @cached_property
    def outputs(self) -> Array | None:
        """What the network gives for the batches, in evaluation mode, one after another; None where that fails."""
        try:
            with self.untouched(), no_grad():
                self.model.eval()
                return np.concatenate([self.model(x).array for x, _ in self.batches])
        except Exception:  # told by `recorded`
            return None

    def trial(self, factor: float) -> Trial:
        """What `STEPS` steps with the learning rate times ``factor`` do, on the batches in turn."""
        if factor not in self._trials:
            self._trials[factor] = self._tried(factor)
        return self._trials[factor]

    def _tried(self, factor: float) -> Trial:
        assert self.optimizer is not None
        with self.untouched(), np.errstate(all="ignore"):
            before = self._mean_loss()
            self.model.train()
            for group in self.optimizer.param_groups:
                group["lr"] = group["lr"] * factor
            for number in range(STEPS):
                if not math.isfinite(self._learn(*self.batches[number % len(self.batches)], self.optimizer)):
                    return Trial(before, math.nan)
            return Trial(before, self._mean_loss())

    def _mean_loss(self) -> float:
        self.model.eval()
        return float(np.mean([self._loss(x, y) for x, y in self.batches]))

    @cached_property
    def by_heart(self) -> tuple[float, float]:
        """The loss on a few samples before and after they were learned by heart, with Adam."""
        x, y = (t[:ENOUGH] for t in self.first)
        with self.untouched(), np.errstate(all="ignore"):
            self.model.eval()  # dropout would keep it from learning by heart
            before = self._loss(x, y)
            parameters = [p for p in self.model.parameters() if p.requires_grad]
            best = before
            for rate in (0.01, 0.1):
                optimizer = Adam(parameters, lr=rate)
                for _ in range(150):
                    best = min(best, self._learn(x, y, optimizer))
                    if best < BY_HEART * before:
                        return before, best
            return before, best

    def _loss(self, x: Tensor, y: Tensor) -> float:
        with no_grad():
            return float(self.loss(self.model(x), y).item())

    def _learn(self, x: Tensor, y: Tensor, optimizer: Optimizer) -> float:
        for parameter in self.model.parameters():
            parameter.grad = None
        loss = self.loss(self.model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Within, anything may be done; afterwards all is as it was."""
        modes = {m: m.training for m in self.model.modules()}
        tensors = [*self.model.parameters(), *self.model.buffers()]
        if self.optimizer is not None:
            tensors += [p for group in self.optimizer.param_groups for p in group["params"]]
        kept = [(t, t.array, t.array.copy(), t.grad) for t in {id(t): t for t in tensors}.values()]
        for t, _, _, gradient in kept:
            t.grad = None if gradient is None else gradient.clone()
        memory = None if self.optimizer is None else self.optimizer.state_dict()
        numbers = None if memory is None else _copied(memory)
        state = get_rng_state()
        try:
            yield
        finally:
            set_rng_state(state)
            for t, array, numbers_before, gradient in kept:
                np.copyto(array, numbers_before)
                if t.array is not array:
                    t.data = wrap(array)
                t.grad = gradient
            if self.optimizer is not None and numbers is not None:
                self.optimizer.load_state_dict(numbers)
            for module, training in modes.items():
                module.training = training


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {k: _copied(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copied(v) for v in value)
    return value


def batches_of(data: Any) -> tuple[list[Batch], Batch | None]:
    """A few batches of ``data``, and all of it where it is there at once.

    ``data`` is a pair (x, y) of tensors or arrays, a DataLoader or another iterable of such batches, or a dataset
    of samples. Raises CheckupError for anything else.
    """
    if isinstance(data, tuple) and len(data) == 2 and all(isinstance(t, list) for t in data):
        data = tuple(map(as_tensor, data))
    if isinstance(data, tuple | list) and len(data) == 2 and all(hasattr(t, "shape") and t.ndim for t in data):
        x, y = (as_tensor(t).detach() for t in data)
        if len(x) != len(y):
            raise CheckupError(f"checkup: expected as many targets as samples, got {len(y)} for {len(x)}")
        size = BATCH if len(x) >= 2 * BATCH else max(1, len(x))
        places = range(0, min(len(x), BATCHES * size), size)
        return _checked([(x[i : i + size], y[i : i + size]) for i in places]), (x, y)
    if not isinstance(data, DataLoader) and hasattr(data, "__getitem__") and not isinstance(data, Sequence):
        data = DataLoader(data, batch_size=BATCH)
    try:
        found = list(islice(iter(data), BATCHES))
    except TypeError:
        raise CheckupError(
            f"checkup: expected (x, y), a DataLoader, a dataset or a list of batches, got {type(data).__name__}"
        ) from None
    if not all(isinstance(b, tuple | list) and len(b) == 2 for b in found):
        raise CheckupError("checkup: expected data of two parts, inputs and targets: (x, y), or batches of such pairs")
    return _checked([(as_tensor(x).detach(), as_tensor(y).detach()) for x, y in found]), None


def _checked(batches: list[Batch]) -> list[Batch]:
    if not batches or not len(batches[0][0]):
        raise CheckupError("checkup: expected at least one sample to look at, got none")
    return batches
