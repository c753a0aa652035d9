"""A schedule that follows a metric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from glassnet.observer import mode
from glassnet.optim.lr_scheduler.scheduler import LRScheduler, check, checked_optimizer, per_group
from glassnet.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """The learning rate times ``factor`` when a metric has not improved for more than ``patience`` epochs.

    `step` takes the metric: a number, or a tensor of one. It has improved if it is less than the best so far
    with mode="min", or more with mode="max", by at least ``threshold``: a fraction of the best ("rel") or as
    it is ("abs"). After a reduction, ``cooldown`` epochs do not count. The learning rate stays at ``min_lr``
    or above (one for all groups, or a list); changes of ``eps`` or less are left out.

    Raises ValueError for arguments that make no sense.

    >>> optimizer = optim.SGD([nn.Parameter(glassnet.zeros(1))], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in [4.0, 3.0, 3.0, 3.0, 2.0]:
    ...     scheduler.step(loss)
    ...     print(optimizer.param_groups[0]["lr"], end=" ")
    1.0 1.0 1.0 0.5 0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        self.optimizer = checked_optimizer(self, optimizer)
        check(self, 0 <= factor < 1, "a factor from 0 up to but not 1", f"factor={factor}")
        check(self, mode in ("min", "max"), "a mode of min or max", f"mode={mode!r}")
        modes = threshold_mode in ("rel", "abs")
        check(self, modes, "a threshold_mode of rel or abs", f"threshold_mode={threshold_mode!r}")
        self.min_lrs: list[float] = per_group(self, optimizer, "min_lr", min_lr)
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.eps = eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0
        self._last_lr = self._current

    @property
    def in_cooldown(self) -> bool:
        """Whether the last reduction is too recent for another."""
        return self.cooldown_counter > 0

    def step(self, metrics: Any, epoch: float | None = None) -> None:  # type: ignore[override]
        """Note the metric of an epoch (a number, or a tensor of one), and reduce if it is time."""
        if mode.tracer is not None:
            mode.tracer.scheduling()
        value = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else int(epoch)
        if self._is_better(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._current

    def _adapted(self, state_dict: Mapping[str, Any]) -> Mapping[str, Any]:
        return {k: v for k, v in super()._adapted(state_dict).items() if k not in ("default_min_lr", "mode_worse")}

    def _is_better(self, value: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            margin = self.best * (1 + sign * self.threshold)
        else:
            margin = self.best + sign * self.threshold
        return sign * value > sign * margin

    def _reduce(self) -> None:
        if len(self.min_lrs) < len(self.optimizer.param_groups) and len(set(self.min_lrs)) == 1:
            self.min_lrs = self.min_lrs[:1] * len(self.optimizer.param_groups)
        reduced = [max(lr * self.factor, least) for lr, least in zip(self._current, self.min_lrs, strict=False)]
        self._set([new if lr - new > self.eps else lr for lr, new in zip(self._current, reduced, strict=False)])
