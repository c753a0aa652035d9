"""A training run under examination: a network, its loss and its optimizer on a few batches.

Everything happens on the network itself, and everything is put back: parameters, buffers, gradients, the
optimizer's memory, random generators, train or eval mode.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from glassnet.autograd import no_grad
from glassnet.errors import GlassnetError
from glassnet.explain.checkup.batches import Batch, Inputs, head, joined, parts_of, size_of
from glassnet.explain.checkup.watched import Watched, watched
from glassnet.explain.walkthrough import Value
from glassnet.explain.walkthrough.traced_step import traced_step
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.optim import Adam, Optimizer
from glassnet.program.program import Program
from glassnet.random import default_generator
from glassnet.tensor import Tensor, wrap
from glassnet.threads import computed_once
from glassnet.trace.refusals import TraceError
from glassnet.trace.snapshot import Snapshot

STEPS = 24  # of each trial of a learning rate
ENOUGH = 16  # samples that any network should be able to learn by heart
BY_HEART = 0.5  # of what there is to learn, that must be left when they were


@dataclass
class Step:
    """One traced step: its program, every value by name, the results in order, and the loss."""

    program: Program
    values: dict[str, Value]
    results: tuple[Value, ...]
    loss: float

    def forward(self, *names: str) -> list[Value]:
        """The forward results of operations of those names; all forward results if none are given."""
        forward = (v for v in self.results if v.instruction is not None and v.phase == "forward")
        return [v for v in forward if not names or op_of(v) in names]


def op_of(value: Value | None) -> str:
    """The name of the operation that made a value."""
    return "" if value is None or value.instruction is None else value.instruction.op.name


class Trial(NamedTuple):
    """The mean loss of all batches before and after some steps; NaN if it did not stay finite."""

    before: float
    after: float


@dataclass
class Observed:
    """A training run, and what checks read of it. What takes time is computed once, when it is first read."""

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

    @computed_once
    def inputs(self) -> dict[str, Array]:
        """The inputs of all samples, by name: one, or each of those that the network is called with."""
        parts = self._all[0]
        return {"inputs" if n == 1 else f"inputs x_{n}": part for n, part in enumerate(parts, 1)}

    @property
    def y(self) -> Array:
        """The targets of all samples."""
        return self._all[1]

    @computed_once
    def _all(self) -> tuple[tuple[Array, ...], Array]:
        return joined(self.batches if self.everything is None else [self.everything])

    def answer(self, x: Inputs) -> Any:
        """What the network gives for inputs."""
        return self.model(*parts_of(x))

    @computed_once
    def traced(self) -> Step | None:
        """The step on the first batch; None where it fails, and then `error` says why."""
        try:
            with self.untouched():
                self.model.train()
                program, values = traced_step(self.model, *self.first, self.loss)
        except Exception as error:  # whatever the user's own code raises is a finding
            self.error = error
            return None
        return Step(program, values.by_name(), values.results, float(values.outputs[0].array))

    @computed_once
    def runs(self) -> bool:
        """Whether a step runs, traced or, where that is refused, without."""
        if self.traced is not None or not isinstance(self.error, TraceError):
            return self.traced is not None
        try:
            with self.untouched():
                self.model.train()
                self.loss(self.answer(self.first[0]), self.first[1]).backward()
        except Exception:  # `traced` has the error, or a check of gradients finds it
            return False
        return True

    @computed_once
    def watched(self) -> Watched | None:
        """What the user's own step does; None where there is none."""
        return None if self.step is None else watched(self)

    @computed_once
    def outputs(self) -> Array | None:
        """The outputs for all batches, in evaluation mode, concatenated; None where that fails."""
        try:
            with self.untouched(), no_grad():
                self.model.eval()
                return np.concatenate([self.answer(x).array for x, _ in self.batches])
        except Exception:  # `traced` has the error
            return None

    def fails_for(self, argument: str) -> bool:
        """Whether the step fails because of that argument of a function, such as labels."""
        return isinstance(self.error, GlassnetError) and self.error.argument == argument

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
                if not math.isfinite(self.learn(*self.batches[number % len(self.batches)], self.optimizer)):
                    return Trial(before, math.nan)
            return Trial(before, self._mean_loss())

    def _mean_loss(self) -> float:
        self.model.eval()
        return float(np.mean([self._loss(x, y) for x, y in self.batches]))

    @property
    def enough(self) -> Batch:
        """A few samples that can be learned by heart: no more than there are numbers to learn."""
        numbers = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        return head(self.first, max(2, min(ENOUGH, numbers)))

    @computed_once
    def by_heart(self) -> tuple[float, float]:
        """The loss on a few samples before and after they were learned by heart, with Adam."""
        x, y = self.enough
        with self.untouched(), np.errstate(all="ignore"):
            self.model.eval()  # dropout would keep it from learning by heart
            best = before = self._loss(x, y)
            learned = BY_HEART * before if before > 0 else self.floor(before) + BY_HEART * self.to_learn(before)
            parameters = [p for p in self.model.parameters() if p.requires_grad]
            for rate in (0.01, 0.1):
                optimizer = Adam(parameters, lr=rate)
                for _ in range(150):
                    best = min(best, self.learn(x, y, optimizer))
                    if best < learned:
                        return before, best
            return before, best

    @property
    def has_learned(self) -> bool:
        """Whether a few samples can be learned by heart: most of what there is to learn, or half of the loss."""
        before, after = self.by_heart
        if not math.isfinite(before) or (before > 0 and after < BY_HEART * before):
            return True
        to_learn = self.to_learn(before)
        return to_learn < 1e-3 or after - self.floor(before) <= BY_HEART * to_learn

    def to_learn(self, before: float) -> float:
        """How far the loss can fall: from that of outputs unrelated to the targets to the least possible."""
        return max(before, self.chance) - self.floor(before)

    def floor(self, before: float) -> float:
        """The least that the loss can be; for one above 0, not below 0, though free outputs may be no log p ≤ 0."""
        return max(self.least, 0.0) if before > 0 else self.least

    @computed_once
    def chance(self) -> float:
        """The loss of outputs that belong to other samples: what a network has that knows nothing."""
        sizes = [size_of(batch) for batch in self.batches]
        if self.outputs is None or len(self.outputs) != sum(sizes):
            return -math.inf
        others = np.random.default_rng(0).permutation(len(self.outputs))
        shuffled = np.split(self.outputs[others], np.cumsum(sizes)[:-1])
        try:
            with self.untouched(), no_grad():
                losses = [float(self.loss(wrap(x), y).item()) for x, (_, y) in zip(shuffled, self.batches, strict=True)]
        except Exception:  # a loss that looks at more than its arguments
            return -math.inf
        return float(np.mean(losses))

    @computed_once
    def least(self) -> float:
        """The least loss that any outputs could have, found by training the outputs themselves."""
        x, y = self.enough
        best = math.inf
        try:
            with self.untouched(), np.errstate(all="ignore"):
                self.model.eval()
                with no_grad():
                    free = self.answer(x).clone()
                free.requires_grad_()
                for rate in (0.05, 0.5):
                    optimizer = Adam([free], lr=rate)
                    for _ in range(150):
                        free.grad = None
                        loss = self.loss(free, y)
                        loss.backward()
                        optimizer.step()
                        best = min(best, float(loss.item()))
        except Exception:  # outputs that are no tensor, or that no gradient flows to
            return 0.0
        return best if math.isfinite(best) else 0.0

    def _loss(self, x: Inputs, y: Tensor) -> float:
        with no_grad():
            return float(self.loss(self.answer(x), y).item())

    def learn(self, x: Inputs, y: Tensor, optimizer: Optimizer) -> float:
        """Take one step on a batch, and return its loss."""
        for parameter in self.model.parameters():
            parameter.grad = None
        optimizer.zero_grad()  # it may have parameters of the loss, too
        loss = self.loss(self.answer(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """A context after which everything is as it was before."""
        tensors = [*self.model.parameters(), *self.model.buffers()]
        if self.optimizer is not None:
            tensors += [p for group in self.optimizer.param_groups for p in group["params"]]
        with Snapshot() as snapshot:
            snapshot.keep_generator(default_generator)
            for module in self.model.modules():
                snapshot.keep_attributes(module)
            if self.optimizer is not None:
                snapshot.keep_optimizer(self.optimizer)
                slots = [x for memory in self.optimizer.state.values() for x in memory.values()]
                tensors += [x for x in slots if isinstance(x, Tensor)]
            snapshot.keep_tensors(tensors)
            for tensor in (*tensors, *(t.grad for t in tensors if t.grad is not None)):
                snapshot.keep_array(tensor.array)
            yield
