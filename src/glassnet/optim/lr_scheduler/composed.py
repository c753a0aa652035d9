"""Schedules made of schedules: all at once, or one after another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from glassnet.optim.lr_scheduler.plateau import ReduceLROnPlateau
from glassnet.optim.lr_scheduler.scheduler import LRScheduler, check
from glassnet.optim.optimizer import Optimizer


class _Composed(LRScheduler):
    """A schedule that leaves the learning rate to other schedules."""

    def _adopt(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        check(self, len(schedulers) > 0, "at least one schedule", "none")
        for number, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(
                    f"{type(self).__name__}: expected schedules, got {type(scheduler).__name__} at position {number}"
                )
            check(
                self,
                not isinstance(scheduler, ReduceLROnPlateau),
                "schedules whose step() takes no metric",
                f"ReduceLROnPlateau at position {number}; step that one by itself",
            )
        self.optimizer = optimizer or schedulers[0].optimizer
        for number, scheduler in enumerate(schedulers):
            is_same = scheduler.optimizer is self.optimizer
            check(self, is_same, "schedules of one optimizer", f"one of another optimizer at position {number}")
        self._schedulers = list(schedulers)
        self._last_lr = self._current

    def _rewind(self) -> None:
        for scheduler in self._schedulers:
            scheduler._rewind()

    def _reset(self) -> None:
        """Give the optimizer the learning rates it had before any schedule."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]


class ChainedScheduler(_Composed):
    """Several schedules at once: each acts on the learning rate that the one before has set.

    Raises ValueError for schedules of different optimizers, for none at all, and for `ReduceLROnPlateau`.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> halve = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> warm_up = optim.lr_scheduler.ConstantLR(optimizer, factor=0.1, total_iters=2)
    >>> scheduler = optim.lr_scheduler.ChainedScheduler([halve, warm_up])
    >>> for _ in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    0.100 0.050 0.250 0.125
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._adopt(schedulers, optimizer)
        self._step_count = 1  # the schedules have made their first step already

    def _update_lr(self, epoch: float | None = None) -> None:
        if epoch is not None:  # the factors of all multiply: go there step by step
            self._reset()
            self._rewind()
            self._begin()
        for _ in range(1 if epoch is None else int(epoch)):
            for scheduler in self._schedulers:
                if self._is_initial:
                    scheduler._begin()
                else:
                    scheduler._update_lr()
        self._last_lr = self._current


class SequentialLR(_Composed):
    """One schedule after another: the next begins, at its epoch 0, at each of the epochs in ``milestones``.

    With ``last_epoch``, it goes through all epochs until then, from the learning rates at the start.

    Raises ValueError unless there is one milestone fewer than schedules, in rising order; and as
    `ChainedScheduler`.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> warm_up = optim.lr_scheduler.ConstantLR(optimizer, factor=0.1, total_iters=2)
    >>> halve = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = optim.lr_scheduler.SequentialLR(optimizer, [warm_up, halve], milestones=[2])
    >>> for _ in range(5):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    0.100 0.100 1.000 0.500 0.250
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self._adopt(schedulers, optimizer)
        needed = len(schedulers) - 1
        counts = f"{len(milestones)} milestones for {len(schedulers)} schedules"
        check(self, len(milestones) == needed, "one milestone fewer than schedules", counts)
        check(self, list(milestones) == sorted(milestones), "milestones in rising order", f"{list(milestones)}")
        self._milestones = list(milestones)
        self._rewind()
        self._begin()
        for _ in range(last_epoch + 1):
            self._update_lr()

    def _rewind(self) -> None:
        self.last_epoch = -1
        super()._rewind()

    def _update_lr(self, epoch: float | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else int(epoch)
        which = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[which]
        start = self._milestones[which - 1] if which else 0
        if self._is_initial:
            self._reset()  # making each schedule has changed them
            scheduler._begin()
        elif epoch is not None or (which and self.last_epoch == start):
            scheduler._update_lr(self.last_epoch - start)
        else:
            scheduler._update_lr()
        self._last_lr = self._current
