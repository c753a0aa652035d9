"""Schedules that go up and down: warm restarts, cycles, one cycle."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from glassnet.files.schema import whole
from glassnet.optim.lr_scheduler.scheduler import LRScheduler, check, checked_optimizer, per_group
from glassnet.optim.optimizer import Optimizer

Rates = float | Sequence[float]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Down to ``eta_min`` along half a cosine, then at once back to the top, again and again.

    The first descent takes ``T_0`` epochs, each other ``T_mult`` times as many as the one before. `step`
    may be given fractions of an epoch. Raises ValueError unless both are whole numbers of 1 or more.

    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017).

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0)
    >>> scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for _ in range(6):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.50 1.00 0.50 1.00 0.50
    """

    kinds: ClassVar = {**LRScheduler.kinds, **dict.fromkeys(("T_0", "T_i", "T_mult"), whole(1))}  # of 0 there is no end
    _takes_epoch = True

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        check(self, isinstance(T_0, int) and T_0 > 0, "T_0 as a whole number of epochs, 1 or more", f"T_0={T_0!r}")
        check(self, isinstance(T_mult, int) and T_mult > 0, "T_mult as a whole number, 1 or more", f"T_mult={T_mult!r}")
        check(self, isinstance(eta_min, int | float), "a number as eta_min", f"eta_min={eta_min!r:.80}")
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_i = T_0
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates ``T_cur`` epochs into a descent of ``T_i``."""
        share = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]

    def _update_lr(self, epoch: float | None = None) -> None:
        reached = self.last_epoch + 1 if epoch is None else epoch
        check(self, reached >= 0, "an epoch of 0 or more", f"epoch={reached}")
        self.last_epoch = math.floor(reached)
        self.T_cur, self.T_i = reached, self.T_0
        if self.T_mult == 1:
            self.T_cur %= self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        self._set(self.get_lr())


class _Cycling(LRScheduler):
    """A schedule that moves the momentum (of Adam and its variants: β₁) against the learning rate."""

    cycle_momentum: bool

    def _adapted(self, state_dict: Mapping[str, Any]) -> Mapping[str, Any]:
        others = ("use_beta1", "base_momentums", "max_momentums")  # which are in the optimizer's groups here
        return {name: value for name, value in super()._adapted(state_dict).items() if name not in others}

    def _start_momentum(self, optimizer: Optimizer, base: Rates, largest: Rates, last_epoch: int) -> None:
        if not self.cycle_momentum:
            return
        if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
            raise ValueError(
                f"{type(self).__name__}: expected an optimizer with momentum or betas, got "
                f"{type(optimizer).__name__}; for one without, pass cycle_momentum=False"
            )
        bases = per_group(self, optimizer, "base_momentum", base)
        largests = per_group(self, optimizer, "max_momentum", largest)
        for group, low, high in zip(optimizer.param_groups, bases, largests, strict=True):
            if last_epoch == -1:
                group["base_momentum"], group["max_momentum"] = low, high
                _set_momentum(group, high)


def _set_momentum(group: dict[str, Any], value: float) -> None:
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


class CyclicLR(_Cycling):
    """Up from ``base_lr`` to ``max_lr`` in ``step_size_up`` steps, down in ``step_size_down``, again and again.

    A step is a batch: call `step` after each. ``mode`` "triangular" repeats the same cycle, "triangular2"
    halves its height each time, "exp_range" scales it by gamma^step. ``scale_fn`` scales it in a way of
    your own: a function of the number of the cycle, from 1 on, or, with scale_mode="iterations", of the
    step. With ``cycle_momentum`` the momentum (of Adam and its variants: β₁) goes down from ``max_momentum`` to
    ``base_momentum`` while the learning rate goes up, and back.

    Raises ValueError for another mode, for a size up of 0 or less, and for ``cycle_momentum`` with an optimizer
    without momentum.

    L. Smith, "Cyclical learning rates for training neural networks" (2017).

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0, momentum=0.9)
    >>> scheduler = optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.1, max_lr=0.5, step_size_up=2)
    >>> for _ in range(6):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    0.10 0.30 0.50 0.30 0.10 0.30
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Rates,
        max_lr: Rates,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Rates = 0.8,
        max_momentum: Rates = 0.9,
        last_epoch: int = -1,
    ) -> None:
        checked_optimizer(self, optimizer)
        modes = ("triangular", "triangular2", "exp_range")
        check(self, mode in modes or scale_fn is not None, f"a mode of {', '.join(modes)}", f"mode={mode!r}")
        down = step_size_up if step_size_down is None else step_size_down
        sizes = f"{step_size_up} up and {down} down"
        check(self, step_size_up > 0 and down >= 0, "a step size up above 0, and one down of 0 or more", sizes)
        self._low_lrs: list[float] = per_group(self, optimizer, "base_lr", base_lr)
        self.max_lrs: list[float] = per_group(self, optimizer, "max_lr", max_lr)
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn  # PyTorch's name for it in a state
        self.scale_mode = scale_mode
        self.cycle_momentum = cycle_momentum
        self._start_momentum(optimizer, base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, self._low_lrs, strict=True):
                group["lr"] = lr
        super().__init__(optimizer, last_epoch)
        self.base_lrs = list(self._low_lrs)

    def get_lr(self) -> list[float]:
        """The learning rates at this point of the cycle; sets the momentum too."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self._scale(cycle)
        groups = self.optimizer.param_groups[: len(self.base_lrs)]
        if self.cycle_momentum:
            for group in groups:
                top, low = group["max_momentum"], group["base_momentum"]
                _set_momentum(group, top - (top - low) * height * scale)
        return [low + (top - low) * height * scale for low, top in zip(self._low_lrs, self.max_lrs, strict=True)]

    def _adapted(self, state_dict: Mapping[str, Any]) -> Mapping[str, Any]:
        state = dict(super()._adapted(state_dict))
        if "_low_lrs" not in state and "base_lrs" in state:
            state["_low_lrs"] = state["base_lrs"]
        if "scale_fn" in state:
            state["_scale_fn_custom"] = state.pop("scale_fn")
        return state

    def _scale(self, cycle: int) -> float:
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "triangular2":
            return 0.5 ** (cycle - 1)
        return 1.0 if self.mode == "triangular" else float(self.gamma**self.last_epoch)


class _Phase(NamedTuple):
    """A phase of the cycle: its last step, and the entries of a group from which and to which it goes."""

    end: float
    lr: tuple[str, str]
    momentum: tuple[str, str]


class OneCycleLR(_Cycling):
    """One rise to ``max_lr``, from a ``div_factor``-th of it, and one fall, far below where it began.

    A step is a batch: call `step` after each. The rise takes ``pct_start`` of ``total_steps`` (or of epochs
    × steps_per_epoch). With ``three_phase`` the fall takes as long, and a last phase goes on to the least
    learning rate; else the fall itself does: a ``final_div_factor``-th of the first. ``anneal_strategy`` is
    "cos" or "linear". The momentum moves the other way, as in `CyclicLR`.

    Raises ValueError for arguments that make no sense, and when stepped past the end.

    L. Smith and N. Topin, "Super-convergence: very fast training of neural networks using large learning
    rates" (2019).

    >>> w = nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([w], lr=1.0, momentum=0.9)
    >>> scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=5, pct_start=0.4)
    >>> for _ in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    0.04 1.00 0.75 0.25
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Rates,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Rates = 0.85,
        max_momentum: Rates = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        checked_optimizer(self, optimizer)
        if total_steps is None and epochs is not None and steps_per_epoch is not None:
            total_steps = epochs * steps_per_epoch
        arguments = f"total_steps={total_steps}, epochs={epochs}, steps_per_epoch={steps_per_epoch}"
        check(self, total_steps is not None, "total_steps, or epochs and steps_per_epoch", arguments)
        assert total_steps is not None
        check(self, isinstance(total_steps, int) and total_steps > 0, "a whole number of steps, 1 or more", arguments)
        check(self, 0 <= pct_start <= 1, "a pct_start from 0 to 1", f"pct_start={pct_start}")
        strategies = ("cos", "linear")
        check(self, anneal_strategy in strategies, "an anneal_strategy of cos or linear", repr(anneal_strategy))
        self.total_steps = total_steps
        self.anneal_strategy = anneal_strategy
        self.pct_start = pct_start
        self.three_phase = three_phase
        self.cycle_momentum = cycle_momentum
        largest = per_group(self, optimizer, "max_lr", max_lr)
        self._start_momentum(optimizer, base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, largest, strict=True):
                group["initial_lr"], group["max_lr"] = lr / div_factor, lr
                group["min_lr"] = group["initial_lr"] / final_div_factor
        super().__init__(optimizer, last_epoch)

    def _adapted(self, state_dict: Mapping[str, Any]) -> Mapping[str, Any]:
        state = dict(super()._adapted(state_dict))
        phases = state.pop("_schedule_phases", None)
        if isinstance(phases, list) and phases and state.get("total_steps"):
            state["three_phase"] = len(phases) == 3
            state["pct_start"] = (phases[0]["end_step"] + 1) / state["total_steps"]
            state["anneal_strategy"] = state.pop("_anneal_func_type", self.anneal_strategy)
        return state

    def _phases(self) -> list[_Phase]:
        top, last = self.pct_start * self.total_steps - 1, self.total_steps - 1
        rise = _Phase(top, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
        fall = ("base_momentum", "max_momentum")
        if not self.three_phase:
            return [rise, _Phase(last, ("max_lr", "min_lr"), fall)]
        rest = _Phase(last, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))
        return [rise, _Phase(2 * top, ("max_lr", "initial_lr"), fall), rest]

    def get_lr(self) -> list[float]:
        """The learning rates at this point of the cycle; sets the momentum too."""
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR: the cycle of {self.total_steps} steps is over; make it with as many total_steps as there "
                "are batches in all epochs"
            )
        start, (phase, *later) = 0.0, self._phases()
        while later and self.last_epoch > phase.end:
            start, (phase, *later) = phase.end, later
        share = (self.last_epoch - start) / (phase.end - start) if phase.end != start else 1.0
        groups = self.optimizer.param_groups[: len(self.base_lrs)]
        if self.cycle_momentum:
            for group in groups:
                _set_momentum(group, self._between(group, phase.momentum, share))
        return [self._between(group, phase.lr, share) for group in groups]

    def _between(self, group: dict[str, Any], ends: tuple[str, str], share: float) -> float:
        start, end = group[ends[0]], group[ends[1]]
        if self.anneal_strategy == "linear":
            return float(start + (end - start) * share)
        return float(end + (start - end) / 2 * (1 + math.cos(math.pi * share)))
