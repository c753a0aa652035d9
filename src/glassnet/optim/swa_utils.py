"""Averages of a network over its training: stochastic weight averaging, and exponential moving averages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.nn.batch_norm import _BatchNorm
from glassnet.nn.module import Module
from glassnet.optim.lr_scheduler.scheduler import LRScheduler, check, checked_optimizer, per_group
from glassnet.optim.optimizer import Optimizer
from glassnet.tensor import Tensor, wrap

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverage = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


class AveragedModel(Module):
    """A copy of ``model`` whose parameters are averages of what those of ``model`` were at each `update_parameters`.

    Plain averages, unless ``avg_fn`` (of the average so far, a parameter, and how many were averaged) or
    ``multi_avg_fn`` (of lists of them, which it changes in place) says otherwise. Buffers are copied, or, with
    ``use_buffers``, averaged too. With batch norm, follow with `update_bn`: statistics are of other weights.

    Raises AssertionError for both functions at once.

    Izmailov et al., "Averaging weights leads to wider optima and better generalization" (2018).

    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     nn.init.constant_(model.weight, value) is model.weight
    ...     averaged.update_parameters(model)
    True
    True
    True
    >>> averaged.module.weight.item(), averaged.n_averaged
    (3.0, tensor(3))
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("AveragedModel: expected avg_fn or multi_avg_fn, got both")
        self.module = deepcopy(model)
        if device is not None:
            self.module.to(device)
        self.register_buffer("n_averaged", wrap(np.zeros((), np.int64)))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output of the averaged network."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters that ``model`` has now into the average."""
        averages, values = (
            [x.detach() for x in (chain(m.parameters(), m.buffers()) if self.use_buffers else m.parameters())]
            for m in (self.module, model)
        )
        count = int(self.n_averaged.array)
        with no_grad():
            if count == 0:
                for average, value in zip(averages, values, strict=True):
                    average.copy_(value)
            elif self.avg_fn is not None:
                for average, value in zip(averages, values, strict=True):
                    average.copy_(self.avg_fn(average, value, self.n_averaged))
            elif averages:
                (self.multi_avg_fn or get_swa_multi_avg_fn())(averages, values, self.n_averaged)
            if not self.use_buffers:
                for buffer, other in zip(self.module.buffers(), model.buffers(), strict=True):
                    buffer.detach().copy_(other.detach())
            self.n_averaged += 1


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Exponential moving averages: decay·average + (1 − decay)·parameter. Raises ValueError outside 0 to 1.

    >>> average = optim.swa_utils.get_ema_avg_fn(0.75)
    >>> average(glassnet.tensor(4.0), glassnet.tensor(0.0), 1)
    tensor(3.)
    """
    _check_decay(decay)
    return lambda average, value, _count: decay * average + (1 - decay) * value


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """As `get_ema_avg_fn`, for lists of averages, which are changed in place.

    >>> averages = [glassnet.tensor([4.0, 8.0])]
    >>> optim.swa_utils.get_ema_multi_avg_fn(0.75)(averages, [glassnet.tensor([0.0, 0.0])], 1)
    >>> averages
    [tensor([3., 6.])]
    """
    _check_decay(decay)

    def average(averages: Sequence[Tensor], values: Sequence[Tensor], _count: Any) -> None:
        _move(averages, values, 1 - decay)

    return average


def get_swa_avg_fn() -> Average:
    """Plain averages, of which the next is average + (parameter − average)/(number + 1).

    >>> optim.swa_utils.get_swa_avg_fn()(glassnet.tensor(4.0), glassnet.tensor(0.0), 3)
    tensor(3.)
    """
    return lambda average, value, count: average + (value - average) / (count + 1)


def get_swa_multi_avg_fn() -> MultiAverage:
    """As `get_swa_avg_fn`, for lists of averages, which are changed in place.

    >>> averages = [glassnet.tensor([4.0, 8.0])]
    >>> optim.swa_utils.get_swa_multi_avg_fn()(averages, [glassnet.tensor([0.0, 0.0])], 3)
    >>> averages
    [tensor([3., 6.])]
    """

    def average(averages: Sequence[Tensor], values: Sequence[Tensor], count: Any) -> None:
        _move(averages, values, 1 / (float(count) + 1))

    return average


def _move(averages: Sequence[Tensor], values: Sequence[Tensor], share: float) -> None:
    """Move each average towards its value by a share of the way."""
    with no_grad():
        for average, value in zip(averages, values, strict=True):
            average.copy_(average + share * (value - average))


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"expected a decay from 0 to 1, got {decay}; 0.999 is usual")


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute anew the running statistics of every batch norm in ``model``, over the batches of ``loader``.

    A batch is an input, or a list or tuple that begins with one. Means and variances are plain averages over all
    batches; modes and momenta are afterwards as they were. Without batch norms nothing is called.

    >>> model = nn.BatchNorm1d(1)
    >>> optim.swa_utils.update_bn([glassnet.tensor([[1.0], [3.0]]), glassnet.tensor([[5.0], [7.0]])], model)
    >>> model.running_mean, model.momentum
    (tensor([4.]), 0.1)
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        return
    momenta, training = [norm.momentum for norm in norms], model.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    try:
        with no_grad():
            for batch in loader:
                input = batch[0] if isinstance(batch, list | tuple) else batch
                model(input if device is None else input.to(device))
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        model.train(training)


class SWALR(LRScheduler):
    """From the learning rate as it is to ``swa_lr`` within ``anneal_epochs``, where it stays: for averaging weights.

    ``anneal_strategy`` is "cos" or "linear"; ``swa_lr`` may be a list, one a group. Raises ValueError for another
    strategy, and for anneal_epochs that are no whole number of 0 or more.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.swa_utils.SWALR(optimizer, swa_lr=0.2, anneal_epochs=4, anneal_strategy="linear")
    >>> for _ in range(6):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.80 0.60 0.40 0.20 0.20
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = per_group(self, checked_optimizer(self, optimizer), "swa_lr", swa_lr)
        check(self, anneal_strategy in ("cos", "linear"), "an anneal_strategy of cos or linear", repr(anneal_strategy))
        is_count = isinstance(anneal_epochs, int) and anneal_epochs >= 0
        check(self, is_count, "anneal_epochs as a whole number, 0 or more", f"anneal_epochs={anneal_epochs!r}")
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        self.anneal_epochs = anneal_epochs
        self._anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates a step nearer to ``swa_lr``, from wherever they are."""
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group, lr in zip(self.optimizer.param_groups, self._current, strict=True):
            goal = group["swa_lr"]
            start = goal if before == 1 else (lr - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates

    def _share(self, step: int) -> float:
        """How much of the way is done."""
        done = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return done if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * done)) / 2
