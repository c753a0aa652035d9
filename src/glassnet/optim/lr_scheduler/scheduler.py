"""LRScheduler: the base of all schedules of the learning rate."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import wraps
from typing import Any, ClassVar

from glassnet.errors import GlassnetWarning
from glassnet.files.schema import Kind, an_object, anything, items, named, whole, within
from glassnet.observer import mode
from glassnet.optim.optimizer import Optimizer
from glassnet.tensor import Tensor


class LRScheduler:
    """The base of all schedules of the learning rate.

    Making one sets the learning rates of ``optimizer`` for epoch 0; each `step` sets those of the next epoch
    ("epoch" is whatever is between two steps). A subclass has a `get_lr`, and, if the learning rate follows
    from the epoch alone, a ``_get_closed_form_lr``.

    To go on from a saved run, make the schedule as before and use `load_state_dict`; or load the optimizer
    first and give ``last_epoch``, the number of the last epoch done: the optimizer's learning rates are kept
    until the next step.

    Raises TypeError for what is no optimizer, KeyError for a ``last_epoch`` with an optimizer that was never
    scheduled.

    >>> class Halving(optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / 2**self.last_epoch for lr in self.base_lrs]
    >>> optimizer = optim.SGD([nn.Parameter(glassnet.zeros(1))], lr=1.0)
    >>> scheduler = Halving(optimizer)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> optimizer.param_groups[0]["lr"]
    0.5
    """

    # Of the parts of a state that a file may have wrong in a way that is seen only in a later step, or never.
    kinds: ClassVar[Mapping[str, Kind]] = {"last_epoch": whole(-1, 2**53), "_step_count": whole(0, 2**53)}
    _is_initial = False
    _takes_epoch = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            cls.__init__ = _taking_verbose(cls.__init__)  # type: ignore[method-assign]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked_optimizer(self, optimizer)
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _number(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch={last_epoch} needs an optimizer that was scheduled before, "
                    f"but group {number} has no 'initial_lr'; load its state_dict first, or leave last_epoch out"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._begin()

    def _begin(self) -> None:
        """Make the first step, which is part of making the schedule."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            del self._is_initial

    def _rewind(self) -> None:
        """Go back to before the first step, so that `_begin` can be called again."""
        self.last_epoch = -1

    def get_lr(self) -> list[float]:
        """The learning rate of each group at ``last_epoch``, given the one before in the optimizer."""
        raise NotImplementedError(
            f"{type(self).__name__} has no get_lr: define it, the next learning rate of each group"
        )

    def get_last_lr(self) -> list[float]:
        """The learning rates as this schedule last set them, one a group."""
        return self._last_lr

    def step(self, epoch: float | None = None) -> None:
        """Set the learning rates for the next epoch: after ``optimizer.step()``.

        ``epoch``, which PyTorch deprecates, goes to that epoch instead. Warns if the optimizer has
        not made a step yet: the first learning rate would never be used.
        """
        if mode.tracer is not None:
            mode.tracer.scheduling()
        is_known = type(self.optimizer).step is Optimizer.step  # a step of its own does not set ``stepped``
        if epoch is None and self._step_count == 1 and is_known and not self.optimizer.stepped:
            warnings.warn(
                f"{type(self).__name__}.step() came before the first optimizer.step(), so the first learning rate is "
                "never used; call optimizer.step() first, then the scheduler's",
                GlassnetWarning,
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None and not self._takes_epoch:
            warnings.warn(
                f"{type(self).__name__}.step(epoch) is deprecated: call step() once an epoch, without the number",
                GlassnetWarning,
                stacklevel=2,
            )
        self._update_lr(epoch)

    def _update_lr(self, epoch: float | None = None) -> None:
        """Go to ``epoch``, or the next, and set its learning rates."""
        if epoch is None:
            self.last_epoch += 1
            self._set(self.get_lr())
        else:
            self.last_epoch = int(epoch)
            self._set(getattr(self, "_get_closed_form_lr", self.get_lr)())

    def _set(self, values: Sequence[float]) -> None:
        groups = self.optimizer.param_groups
        if len(values) != len(groups):
            raise ValueError(
                f"{type(self).__name__}: the optimizer has {len(groups)} groups, the schedule was made for "
                f"{len(values)}; make the schedule after adding the last group"
            )
        for group, value in zip(groups, values, strict=True):
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(value)
            else:
                group["lr"] = value
        self._last_lr = list(values)

    @property
    def _current(self) -> list[float]:
        """The learning rates in the optimizer."""
        return [_number(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All of the schedule except the optimizer and functions (of callable objects, their attributes)."""
        return {name: _packed(value) for name, value in vars(self).items() if name in self._state_names()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned, here or in PyTorch.

        Raises ValueError, and changes nothing, where it does not fit.
        """
        state_dict = self._adapted(state_dict)
        self._check_state(state_dict)
        before = self.state_dict()
        try:
            self._load(state_dict)
        except Exception as error:
            self._load(before)
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(f"{type(self).__name__}.load_state_dict: the state cannot be loaded ({reason})") from error

    def _load(self, state_dict: Mapping[str, Any]) -> None:
        for name in self._state_names():
            setattr(self, name, _unpacked(vars(self)[name], state_dict[name]))

    def _state_names(self) -> set[str]:
        return set(vars(self)) - {"optimizer"}

    def _adapted(self, state_dict: Mapping[str, Any]) -> Mapping[str, Any]:
        """``state_dict``, of PyTorch's or an older one, in the names that are used here."""
        named(anything).check(state_dict)
        return {name: value for name, value in state_dict.items() if name != "verbose"}

    def _check_state(self, state_dict: Mapping[str, Any]) -> None:
        own = self._state_names()
        missing = sorted(own - set(state_dict))
        unknown = sorted(name for name in set(state_dict) - own if not name.startswith("_"))
        if missing or unknown:
            what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)}"
            raise ValueError(f"{type(self).__name__}.load_state_dict: the state {what}: it is of another schedule")
        for name in own:
            current, saved = vars(self)[name], state_dict[name]
            if not isinstance(current, list) or not any(isinstance(x, LRScheduler) for x in current):
                if name in self.kinds:
                    self.kinds[name].check(saved, name)
                continue
            items(an_object).check(saved, name)
            if len(current) != len(saved):
                raise ValueError(
                    f"{type(self).__name__}.load_state_dict: expected the state of {len(current)} schedules, got "
                    f"{len(saved)}"
                )
            for position, (scheduler, state) in enumerate(zip(current, saved, strict=True)):
                with within(f"{name}[{position}]"):
                    scheduler._check_state(scheduler._adapted(state))


def _taking_verbose(init: Callable[..., None]) -> Callable[..., None]:
    """An ``__init__`` that takes ``verbose``, which PyTorch's had until 2.6, and says what to do in its place."""
    if "verbose" in init.__code__.co_varnames:
        return init

    @wraps(init)
    def made(self: LRScheduler, *args: Any, **kwargs: Any) -> None:
        if kwargs.pop("verbose", False) is True:
            warnings.warn(
                f"{type(self).__name__}: verbose does nothing, as PyTorch has it no more; print the learning rate: "
                "scheduler.get_last_lr()",
                GlassnetWarning,
                stacklevel=2,
            )
        init(self, *args, **kwargs)

    return made


def _number(lr: Any) -> Any:
    return lr.item() if isinstance(lr, Tensor) else lr


def _packed(value: Any) -> Any:
    if isinstance(value, LRScheduler):
        return value.state_dict()
    if isinstance(value, list):
        return [_packed(x) for x in value]
    if callable(value):
        return deepcopy(_attributes(value)) or None
    return deepcopy(value)


def _attributes(function: Any) -> dict[str, Any]:
    """The attributes of a callable object; none for a function or a class."""
    return {} if hasattr(function, "__code__") else getattr(function, "__dict__", {})


def _unpacked(own: Any, saved: Any) -> Any:
    """``saved`` in place of ``own``; functions and schedules stay, and take on the saved attributes."""
    if isinstance(own, LRScheduler):
        own.load_state_dict(saved)
        return own
    if isinstance(own, list) and any(isinstance(x, LRScheduler) or callable(x) for x in own):
        return [_unpacked(x, y) for x, y in zip(own, saved, strict=True)]
    if callable(own):
        _attributes(own).update(deepcopy(saved or {}))
        return own
    return deepcopy(saved)


def checked_optimizer(scheduler: Any, optimizer: Any) -> Optimizer:
    """``optimizer``, if it is one; else TypeError."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{type(scheduler).__name__}: expected an optimizer, got {type(optimizer).__name__}; make one first, e.g. "
            "SGD(model.parameters())"
        )
    return optimizer


def per_group(scheduler: Any, optimizer: Optimizer, name: str, value: Any) -> list[Any]:
    """``value`` for every group, or, if it is a list, its elements; ValueError if there are not as many."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(
            f"{type(scheduler).__name__}: expected {name} for each of the {groups} groups, got {len(value)}; give one "
            "for all, or as many as there are groups"
        )
    return list(value)


def check(scheduler: Any, is_valid: bool, expected: str, actual: str) -> None:
    """Raise ValueError, saying what was expected and what was passed, unless ``is_valid``."""
    if not is_valid:
        raise ValueError(f"{type(scheduler).__name__}: expected {expected}, got {actual}")
