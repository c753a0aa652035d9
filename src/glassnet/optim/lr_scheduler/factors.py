"""Schedules that multiply the initial learning rate by a factor of the epoch."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from glassnet.optim.lr_scheduler.scheduler import LRScheduler, check, checked_optimizer, per_group
from glassnet.optim.optimizer import Optimizer

Function = Callable[[int], float]


class FactorLR(LRScheduler):
    """The base of schedules with lr = floor + (initial lr − floor)·at(epoch).

    A step multiplies the part above the floor by at(epoch)/at(epoch − 1), so that several schedules can
    act on one learning rate, and changes by hand stay.
    """

    def at(self, epoch: int) -> float:
        """The factor at ``epoch``."""
        raise NotImplementedError(f"{type(self).__name__} has no at: define at(epoch), the factor at an epoch")

    def met(self, epoch: int) -> float:
        """The factor once stepped to ``epoch``, epoch by epoch. What changes between two epochs is never met."""
        return self.at(epoch)

    def ratio(self, epoch: int) -> float:
        """What the step to ``epoch`` multiplies by."""
        return self.met(epoch) / self.met(epoch - 1)

    def get_lr(self) -> list[float]:
        """The learning rate of each group at ``last_epoch``, from the one before."""
        epoch = self.last_epoch
        if self._is_initial and epoch > 0:
            return self._current  # continued: the optimizer was loaded with it
        before = self.met(epoch - 1) if epoch > 0 else 1.0
        now = self.met(epoch)
        if now == before:
            return self._current
        floor = self._floor()
        if before == 0:  # at the floor, which no factor can leave
            return [lr + (base - floor) * now for lr, base in zip(self._current, self.base_lrs, strict=False)]
        ratio = now if epoch == 0 else self.ratio(epoch)
        return [floor + (lr - floor) * ratio for lr in self._current]

    def _get_closed_form_lr(self) -> list[float]:
        floor, now = self._floor(), self.at(self.last_epoch)
        return [floor + (base - floor) * now for base in self.base_lrs]

    def _floor(self) -> float:
        return 0.0


class _PowerLR(FactorLR):
    """The initial learning rate times ``gamma`` to a power that is counted."""

    gamma: float

    def passed(self, epoch: int) -> int:
        """The power at ``epoch``."""
        raise NotImplementedError

    def counted(self, epoch: int) -> int:
        """The power once stepped to ``epoch``, epoch by epoch."""
        return self.passed(epoch)

    def at(self, epoch: int) -> float:
        """gamma to the power at ``epoch``."""
        return self.gamma ** self.passed(epoch)

    def met(self, epoch: int) -> float:
        """gamma to the power counted."""
        return self.gamma ** self.counted(epoch)

    def ratio(self, epoch: int) -> float:
        """gamma itself, mostly: not the quotient of two of its powers, which are rounded."""
        return self.gamma ** (self.counted(epoch) - self.counted(epoch - 1))


class StepLR(_PowerLR):
    """The learning rate times ``gamma`` every ``step_size`` epochs.

    It is multiplied at epochs that ``step_size`` divides: of 2.5, at 5, 10, 15 … Raises ValueError for a step_size of 0
    or less.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
    >>> for _ in range(5):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 1.00 0.10 0.10 0.01
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        check(self, step_size > 0, "a step_size above 0", f"step_size={step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def passed(self, epoch: int) -> int:
        """The number of step sizes completed."""
        return int(epoch // self.step_size)

    def counted(self, epoch: int) -> int:
        """The number of epochs met that the step size divides."""
        return epoch // Fraction(self.step_size).numerator


class MultiStepLR(_PowerLR):
    """The learning rate times ``gamma`` at each of the epochs in ``milestones``.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 3], gamma=0.1)
    >>> for _ in range(5):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.10 0.10 0.01 0.01
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def passed(self, epoch: int) -> int:
        """The number of milestones passed."""
        return bisect_right(self.milestones, epoch)

    def counted(self, epoch: int) -> int:
        """The number of milestones met: of those that are whole."""
        return sum(milestone <= epoch for milestone in self.milestones if milestone == int(milestone))


class ConstantLR(FactorLR):
    """The learning rate times ``factor`` for the first ``total_iters`` epochs.

    As in PyTorch it is multiplied at the start and divided at epoch ``total_iters``: with an end of 0, or one that is
    not whole, it stays multiplied. Raises ValueError for a factor outside 0 to 1.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> for _ in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    0.50 0.50 1.00 1.00
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        check(self, 0 <= factor <= 1, "a factor from 0 to 1", f"factor={factor}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def at(self, epoch: int) -> float:
        """The factor, then 1."""
        return self.factor if epoch < self.total_iters else 1.0

    def met(self, epoch: int) -> float:
        """The factor, then 1 from the end on, if that is met."""
        return 1.0 if self.total_iters == int(self.total_iters) and 1 <= self.total_iters <= epoch else self.factor


class LinearLR(FactorLR):
    """The learning rate times a factor that goes from ``start_factor`` to ``end_factor`` in equal steps.

    It gets there after ``total_iters`` epochs and stays. Raises ValueError for factors outside 0 to 1, for a
    start_factor of 0, and for a total_iters below 0.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> for _ in range(5):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    0.25 0.50 0.75 1.00 1.00
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        check(self, 0 < start_factor <= 1, "a start_factor above 0, up to 1", f"start_factor={start_factor}")
        check(self, 0 <= end_factor <= 1, "an end_factor from 0 to 1", f"end_factor={end_factor}")
        check(self, total_iters >= 0, "total_iters of 0 or more", f"total_iters={total_iters}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def at(self, epoch: int) -> float:
        """The height of the line at ``epoch``."""
        share = min(epoch, self.total_iters) / self.total_iters if epoch and self.total_iters else 0.0
        return self.start_factor + (self.end_factor - self.start_factor) * share

    def met(self, epoch: int) -> float:
        """The height of the line at ``epoch``, or at the last whole one before its end."""
        return self.at(min(epoch, math.floor(self.total_iters)))

    def ratio(self, epoch: int) -> float:
        """The quotient of two heights, each times ``total_iters``: a sum of fewer numbers that are rounded."""
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (epoch - 1) * rise)


class ExponentialLR(_PowerLR):
    """The learning rate times ``gamma`` every epoch.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> for _ in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.000 0.500 0.250 0.125
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def passed(self, epoch: int) -> int:
        """The epoch itself."""
        return epoch


class PolynomialLR(FactorLR):
    """The initial learning rate times (1 − epoch/total_iters)^power: 0 from epoch ``total_iters`` on.

    Raises ValueError for a total_iters below 0.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4)
    >>> for _ in range(6):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.75 0.50 0.25 0.00 0.00
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        check(self, total_iters >= 0, "total_iters of 0 or more", f"total_iters={total_iters}")
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def at(self, epoch: int) -> float:
        """(1 − epoch/total_iters)^power."""
        share = min(epoch, self.total_iters) / self.total_iters if epoch and self.total_iters else 0.0
        return float((1.0 - share) ** self.power)

    def met(self, epoch: int) -> float:
        """The factor at ``epoch``, or at the last whole one before the end."""
        return self.at(min(epoch, math.floor(self.total_iters)))

    def ratio(self, epoch: int) -> float:
        """The power of the quotient of two shares, rather than the quotient of their powers."""
        return float(((1.0 - epoch / self.total_iters) / (1.0 - (epoch - 1) / self.total_iters)) ** self.power)


class CosineAnnealingLR(FactorLR):
    """Down to ``eta_min`` in ``T_max`` epochs along half a cosine, then up again, and so on.

    lr = eta_min + (initial lr − eta_min)·(1 + cos(π·epoch/T_max))/2. Raises ValueError for a T_max of 0 or
    less.

    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), without the
    restarts; `CosineAnnealingWarmRestarts` has them.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    >>> for _ in range(6):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.85 0.50 0.15 0.00 0.15
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        check(self, T_max > 0, "a T_max above 0", f"T_max={T_max}")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def at(self, epoch: int) -> float:
        """(1 + cos(π·epoch/T_max))/2."""
        return (1 + math.cos(math.pi * (epoch % (2 * self.T_max)) / self.T_max)) / 2

    def met(self, epoch: int) -> float:
        """The factor at ``epoch``; one step from the floor, by the angle from there."""
        is_first = (epoch - 1 - self.T_max) % (2 * self.T_max) == 0
        return (1 - math.cos(math.pi / self.T_max)) / 2 if is_first else self.at(epoch)

    def ratio(self, epoch: int) -> float:
        """The quotient of two factors without the halves; of angles that go on, not round the circle."""
        return (1 + math.cos(math.pi * epoch / self.T_max)) / (1 + math.cos(math.pi * (epoch - 1) / self.T_max))

    def _floor(self) -> float:
        return self.eta_min


class _Functions(LRScheduler):
    """A schedule by functions of the epoch: one for all groups, or one for each."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Function | Sequence[Function], last_epoch: int = -1) -> None:
        checked_optimizer(self, optimizer)
        self.lr_lambdas: list[Function] = per_group(self, optimizer, "lr_lambda", lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"{type(self).__name__}: expected lr_lambda as a function of the epoch, got "
                    f"{type(function).__name__}; e.g. lambda epoch: 0.95 ** epoch"
                )
        super().__init__(optimizer, last_epoch)

    def _times(self, values: list[Any]) -> list[float]:
        return [value * function(self.last_epoch) for value, function in zip(values, self.lr_lambdas, strict=False)]


class LambdaLR(_Functions):
    """The initial learning rate times ``lr_lambda(epoch)``.

    ``lr_lambda`` is one function, or a list with one for each group. Raises TypeError for what is no
    function.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> for _ in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.50 0.33 0.25
    """

    def get_lr(self) -> list[float]:
        """The initial learning rates times the functions."""
        return self._times(self.base_lrs)


class MultiplicativeLR(_Functions):
    """The learning rate times ``lr_lambda(epoch)`` every epoch after the first.

    ``lr_lambda`` is one function, or a list with one for each group. Raises TypeError for what is no
    function.

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5)
    >>> for _ in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.000 0.500 0.250 0.125
    """

    def get_lr(self) -> list[float]:
        """The learning rates before times the functions."""
        return self._current if self._is_initial else self._times(self._current)
