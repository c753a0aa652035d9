"""A training run under examination: a network, its loss and its optimizer on a few batches, and how a step is taken.

Everything happens on the network itself, and everything is put back: parameters, buffers, gradients, the
optimizer's memory, random generators, train or eval mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import BATCH, Batch, Inputs, joined, parts_of, size_of
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.optim import Optimizer
from glassnet.random import default_generator
from glassnet.tensor import Tensor
from glassnet.threads import computed_once
from glassnet.trace.snapshot import Snapshot

LEAST_WORK = 2e6  # multiplications that take as long as what a step costs however small the network is
WORK = 1.2e10  # multiplications that one trial may take
FEWEST = 4  # steps of a trial, however large the network is


@dataclass
class Setup:
    """What is given, and how it is put back."""

    model: Module
    batches: list[Batch]
    loss: Callable[..., Tensor]
    optimizer: Optimizer | None
    step: Callable[..., Any] | None = None
    validation: Batch | None = None
    everything: Batch | None = None  # all samples, where they are there at once
    last: int = BATCH  # samples in the last batch of an epoch, where that is known
    was_training: bool = field(init=False)

    def __post_init__(self) -> None:
        self.was_training = self.model.training

    @property
    def first(self) -> Batch:
        """The first batch."""
        return self.batches[0]

    @computed_once
    def inputs(self) -> dict[str, Array]:
        """The inputs of all samples, by name: one, or each of those that the network is called with."""
        return named_parts(self._all[0])

    @property
    def y(self) -> Array:
        """The targets of all samples."""
        return self._all[1]

    @computed_once
    def _all(self) -> tuple[tuple[Array, ...], Array]:
        return joined(self.batches if self.everything is None else [self.everything])

    @computed_once
    def trained(self) -> list[Tensor]:
        """The parameters that learn."""
        return [p for p in self.model.parameters() if p.requires_grad]

    def steps_within(self, most: int, share: float = 1.0) -> int:
        """How many steps a trial may have: ``most``, fewer for a large network; more on a ``share`` of a batch."""
        return int(min(most, max(FEWEST, WORK / (LEAST_WORK + share * self.work))))

    @property
    def largest(self) -> int:
        """How many samples the largest batch has."""
        return max(map(size_of, self.batches))

    @computed_once
    def work(self) -> float:
        """Multiplications of a step, as far as they are known: of each number that is learned for each sample."""
        return 3.0 * sum(p.numel() for p in self.model.parameters()) * self.largest

    def answer(self, x: Inputs) -> Any:
        """What the network gives for inputs."""
        return self.model(*parts_of(x))

    def loss_of(self, x: Inputs, y: Tensor) -> float:
        """The loss, without a gradient."""
        with no_grad():
            return float(self.loss(self.answer(x), y).item())

    def mean_loss(self) -> float:
        """The mean loss of all batches, in evaluation mode, in which the network then is."""
        self.model.eval()
        return float(np.mean([self.loss_of(x, y) for x, y in self.batches]))

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


def named_parts(parts: tuple[Array, ...]) -> dict[str, Array]:
    """The inputs by name: one, or each of those that the network is called with."""
    return {"inputs" if n == 1 else f"inputs x_{n}": part for n, part in enumerate(parts, 1)}
