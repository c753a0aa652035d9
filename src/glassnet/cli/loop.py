"""The training loop, in the order in which things happen, and the measure of how far it has come."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

import glassnet
import glassnet.functional as F
from glassnet.autograd import no_grad
from glassnet.cli.checkup import examined
from glassnet.cli.errors import Failed
from glassnet.cli.sources import Part
from glassnet.creation import cat
from glassnet.data import DataLoader, TensorDataset
from glassnet.nn.module import Module
from glassnet.optim import Optimizer
from glassnet.tensor import Tensor

Batches = DataLoader[tuple[Tensor, ...]]
Step = Callable[[Tensor, Tensor], Tensor]
_AT_ONCE = 1024  # samples in one forward pass where nothing is learned


class Epoch(NamedTuple):
    """What a network could do at the end of an epoch: mean cross-entropies, and accuracies from 0 to 1.

    Both parts of the data are measured in the same way, after the epoch, without dropout.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    held_out_loss: float
    held_out_accuracy: float


class Watcher(Protocol):
    """Who is told how training goes."""

    def step(self, epoch: int, done: float, loss: float) -> None:
        """Take note that a batch was learned; ``done`` is how much of the epoch is over, from 0 to 1."""

    def epoch(self, result: Epoch) -> None:
        """Take note that an epoch ended."""

    def compiled(self, instructions: int) -> None:
        """Take note that the step has become a program of so many instructions."""


def fit(
    model: Module,
    optimizer: Optimizer,
    train: Part,
    held_out: Part,
    *,
    epochs: int,
    batch_size: int,
    watcher: Watcher,
    compiled: bool = True,
) -> list[Epoch]:
    """Train ``model`` on ``train``, ``epochs`` times in random order, and say what came of each time.

    ``compiled`` says whether the steps run as a program, with the same numbers to rounding. Ctrl-C ends
    it early, with the network as it was at the end of the last whole epoch: there are fewer results
    then. Raises Failed when the loss is no longer a number.
    """
    batches: Batches = DataLoader(TensorDataset(*train), batch_size=batch_size, shuffle=True)
    step = _step(model, optimizer)
    program = glassnet.compile(step) if compiled else None  # loaded only now: other commands do without
    told = program is None
    history: list[Epoch] = []
    whole = (0, _copied(model))  # how many epochs are over, and the numbers at the end of them
    try:
        for epoch in range(1, epochs + 1):
            with np.errstate(all="ignore"):  # numbers that grow without end are reported below
                model.train()
                _learn(program or step, optimizer, batches, epoch, watcher)
                result = Epoch(epoch, *evaluate(model, train), *evaluate(model, held_out))
            _check(result.train_loss + result.held_out_loss, optimizer, epoch)
            if program is not None and program.recordings and not told:
                watcher.compiled(len(program.recordings[0].program))
                told = True
            history.append(result)
            whole = (epoch, _copied(model))
            watcher.epoch(result)
    except KeyboardInterrupt:
        model.load_state_dict(whole[1])
    except Failed as failure:
        model.load_state_dict(whole[1])  # there are no numbers left in what it has become
        optimizer.state.clear()
        raise Failed(explained(failure, model, optimizer, train)) from None
    model.eval()
    return history[: whole[0]]


def _step(model: Module, optimizer: Optimizer) -> Step:
    """What is done for each batch: the loss forward, the gradients backward, one step of the optimizer."""

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _learn(step: Step, optimizer: Optimizer, batches: Batches, epoch: int, watcher: Watcher) -> None:
    """One epoch: a step for each batch."""
    for number, (x, y) in enumerate(batches, 1):
        loss = step(x, y).item()
        _check(loss, optimizer, epoch)
        watcher.step(epoch, number / len(batches), loss)


def explained(failure: Failed, model: Module, optimizer: Optimizer, train: Part) -> str:
    """The message of ``failure``, and what a check-up says of the run."""
    found = examined(model, optimizer, train)
    return str(failure) if found.healthy else f"{failure}\n\nWhat a check-up says of it:\n\n{found}"


def _check(loss: float, optimizer: Optimizer, epoch: int) -> None:
    if not math.isfinite(loss):
        rate = optimizer.param_groups[0]["lr"]
        raise Failed(
            f"in epoch {epoch} the loss became {loss}: with the learning rate {rate:g} the steps are too large; try "
            f"a smaller one: --lr {rate / 10:g}"
        )


def scores(model: Module, inputs: Tensor) -> Tensor:
    """The outputs of ``model`` for all ``inputs``, in evaluation mode and without gradients."""
    model.eval()
    with no_grad():
        return cat([model(batch) for batch in inputs.split(_AT_ONCE)])


def evaluate(model: Module, part: Part) -> tuple[float, float]:
    """The mean cross-entropy of ``model`` on ``part``, and the fraction it gets right."""
    logits = scores(model, part.inputs)
    right = int((logits.argmax(1) == part.targets).sum())
    return F.cross_entropy(logits, part.targets).item(), right / len(part)


def _copied(model: Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}
