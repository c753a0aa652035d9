"""Optimizer: the groups of parameters, the state kept for each, and the loop over them.

To add an optimizer, write the record of its update (see `glassnet.ops.update.common.update`), whose
signature states the state, the options and their defaults, and a class of a few lines::

    def _signed(param, grad, lr, momentum_buffer, *, momentum=0.9):
        momentum_buffer *= momentum
        momentum_buffer += (1 - momentum) * grad
        param -= float(lr) * np.sign(momentum_buffer)
        return param

    def _signed_expand(options, param, grad, lr, momentum_buffer):
        b = options.momentum * momentum_buffer + (1 - options.momentum) * grad
        return param - lr * sign(b), b

    signed_update = update("signed_update", _signed, _signed_expand, "b ← μ·b + (1 − μ)·g, W ← W − lr·sign(b)")

    class Signed(Optimizer):
        update = signed_update
        slots = (Slot("momentum_buffer"),)

        def __init__(self, params: Params, lr: float = 1e-3, momentum: float = 0.9) -> None:
            super().__init__(params, options(locals()))

It then trains, is compiled, saved and loaded like the others. An option that the record has and
``__init__`` does not take keeps the record's default. `glassnet.optim.checks` holds what each option
may be.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ClassVar, NamedTuple

import numpy as np

from glassnet.autograd import enable_grad
from glassnet.errors import GlassnetError
from glassnet.observer import mode
from glassnet.ops.dtypes import Array
from glassnet.ops.record import Op
from glassnet.optim import saved
from glassnet.optim.checks import LATER, OPTIONS, Allowed, check_options, checked_parameters, group_list
from glassnet.optim.hooks import Hooked, hooked
from glassnet.tensor import Tensor, apply, wrap
from glassnet.tensor.graph import changes

Group = dict[str, Any]
Params = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[Group]
Rate = float | Tensor
Shape = tuple[int, ...]


class Slot(NamedTuple):
    """One entry of the state of a parameter, and its value before the first step.

    It has the parameter's shape and dtype, or, if ``scalar``, is one float64 number. ``start`` is
    the number it is filled with, or a function of the parameter and its group that returns that
    number or an array. With ``only_if`` it is kept only where that option of the group is set; with
    ``shape``, it has the shape that this function gives for the parameter's, and is not kept for None.
    """

    name: str
    start: float | Callable[[Tensor, Group], Any] = 0.0
    scalar: bool = False
    only_if: str | None = None
    shape: Callable[[Shape], Shape | None] | None = None

    def shape_for(self, param: Tensor) -> Shape | None:
        """Its shape for ``param``; None where it is not kept."""
        if self.scalar:
            return ()
        return param.shape if self.shape is None else self.shape(param.shape)

    def new(self, param: Tensor, group: Group) -> Tensor:
        """The tensor that holds it for ``param``."""
        value = self.start(param, group) if callable(self.start) else self.start
        is_alike = not self.scalar and self.shape is None
        shape, dtype = self.shape_for(param), np.float64 if self.scalar else param.dtype
        array: Array = np.zeros_like(param.array) if is_alike else np.zeros(shape or (), dtype)
        if np.ndim(value) or value != 0:
            is_number = np.ndim(value) == 0 and array.dtype.kind == "c"  # complex numbers are two real ones
            array[...] = value * (1 + 1j) if is_number else value
        return wrap(array)


COUNT = Slot("step", scalar=True)
"""The number of steps made."""


class Optimizer(Hooked):
    """The base of all optimizers.

    ``params`` are tensors, pairs of name and tensor, or dicts of ``params`` and the options for
    those alone. ``defaults`` are the options of the groups that do not set their own.

    A subclass names ``update``, the operation that changes one parameter, and ``slots``, the state
    that this operation takes, in its order; or it defines a `step` of its own.

    Options are kept in ``param_groups`` and may be changed there at any time; ``lr`` may be a tensor of
    one number, which is read at each step. ``foreach``, ``fused`` and ``capturable`` choose how PyTorch
    computes, and change nothing here; ``differentiable=True`` is refused. ``state`` holds the state of
    each parameter, from its first step on.

    Raises TypeError or ValueError for parameters and for options that make no sense; warns of a parameter
    that stands twice in a group, and so makes every step twice.

    >>> w, b = nn.Parameter(glassnet.ones(2)), nn.Parameter(glassnet.zeros(1))
    >>> optimizer = optim.SGD([{"params": [w]}, {"params": [b], "lr": 0.01}], lr=0.1)
    >>> [group["lr"] for group in optimizer.param_groups]
    [0.1, 0.01]
    """

    update: ClassVar[Op]
    slots: ClassVar[tuple[Slot, ...]] = ()
    allowed: ClassVar[Mapping[str, Allowed]] = OPTIONS
    _options: ClassVar[Group] = {}  # the options of ``update``, with their defaults

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = hooked(_traced(cls.step))  # type: ignore[method-assign]
        if "update" in cls.__dict__:
            parameters = inspect.signature(cls.update.forward).parameters.values()
            cls._options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    def __init__(self, params: Params, defaults: Group) -> None:
        self.defaults = {**defaults, **{k: v for k, v in self._options.items() if k not in defaults}}
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self.stepped = False  # schedulers warn if they step before the optimizer has
        self._rates: list[Tensor] = []
        self._momenta: dict[int, Tensor] = {}
        check_options(type(self).__name__, self.defaults, self.allowed)
        for group in group_list(type(self).__name__, params):
            self.add_param_group(group)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines += [""] * (number > 0)
            lines.append(f"Parameter Group {number}")
            lines += [f"    {option}: {group[option]}" for option in sorted(group) if option != "params"]
        return "\n".join([*lines, ")"])

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters: a dict of ``params`` and the options for those alone."""
        group = checked_parameters(type(self).__name__, param_group, self.param_groups)
        group |= {option: value for option, value in self.defaults.items() if option not in group}
        self.check_group(group)
        self.param_groups.append(group)
        self._rates.append(wrap(np.zeros(())))
        changes.tell()

    def check_group(self, group: Group) -> None:
        """Raise ValueError or TypeError for options of ``group`` that make no sense."""
        check_options(type(self).__name__, group, self.allowed)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Remove the gradients of all parameters; with set_to_none=False, set them to 0."""
        if mode.tracer is not None:
            for group in self.param_groups:
                mode.tracer.clearing(group["params"], set_to_none)
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    param.grad = param.grad.detach().zero_()

    def rates(self) -> list[Tensor]:
        """The learning rates now, one a group, in the tensors that the updates read them from.

        A compiled step reads these tensors and those of `momenta`. Calling this before it runs brings
        them up to date with schedules.
        """
        for number, group in enumerate(self.param_groups):
            lr = group["lr"]
            self._rates[number].array[()] = lr.array.item() if isinstance(lr, Tensor) else lr
            if "base_momentum" in group:  # a schedule moves it
                momentum = self._momenta.setdefault(number, wrap(np.zeros(())))
                momentum.array[()] = group["betas"][0] if "betas" in group else group["momentum"]
        return self._rates

    def momenta(self) -> list[Tensor | None]:
        """The momentum (of Adam: β₁) of each group where a schedule moves it, as `rates` last read it."""
        return [self._momenta.get(number) for number in range(len(self.param_groups))]

    @hooked
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; one whose ``grad`` is None stays as it is.

        ``closure`` computes the loss and its gradients first; its result is returned. Raises
        ShapeError or DtypeError where a gradient set by hand does not fit its parameter.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if not hasattr(self, "update"):
            raise NotImplementedError(f"{type(self).__name__} has no step: write one, or name the update it makes")
        if mode.tracer is None:
            self._step()
        else:
            with mode.tracer.stepping(self):
                self._step()
        return loss

    def _step(self) -> None:
        self.stepped = True
        gradients = [self._gradients(group) for group in self.param_groups]  # before anything is written
        groups = zip(self.param_groups, self.rates(), self.momenta(), gradients, strict=True)
        for group, rate, momentum, pairs in groups:
            update_options = {option: group[option] for option in self._options}
            names = self._slots_in_use(group)
            if momentum is not None:
                names += [None] * (len(self.slots) - len(names))
            for param, grad in pairs:
                state = self._state_of(param, group, names) if names else []
                if momentum is not None:
                    state = [*state, momentum]
                apply(self.update, param, grad, rate, *state, **update_options)

    def _gradients(self, group: Group) -> list[tuple[Tensor, Tensor]]:
        """The parameters of ``group`` that have a gradient, each with its gradient, which must fit."""
        pairs = []
        for param in group["params"]:
            grad = param.grad
            if grad is not None:
                if not isinstance(grad, Tensor) or not _alike(grad.array, param.array):
                    self._refuse(param, grad)
                pairs.append((param, grad))
        return pairs

    def _refuse(self, param: Tensor, grad: Any) -> None:
        if not isinstance(grad, Tensor):
            raise TypeError(f"{self._label(param)}: expected .grad to be a tensor or None, got {type(grad).__name__}")
        try:
            self.update.shape(param, grad, 0.0)
        except GlassnetError as error:
            error.where = self._label(param)
            raise

    def _slots_in_use(self, group: Group) -> list[str | None]:
        """The state that ``group`` needs: a name for each slot up to the last, None for unused ones."""
        names = [slot.name if slot.only_if is None or group[slot.only_if] else None for slot in self.slots]
        while names and names[-1] is None:
            names.pop()
        return names

    def _state_of(self, param: Tensor, group: Group, names: list[str | None]) -> list[Any]:
        state = self.state[param]
        try:
            return [None if name is None else state[name] for name in names]
        except KeyError:  # the first step, or an option was turned on since
            for slot in self.slots:
                if slot.name in names and slot.name not in state:
                    state[slot.name] = slot.new(param, group)
            return self._state_of(param, group, names)

    def _label(self, param: Any) -> str:
        """A parameter as an error names it: by its position, and its name if it has one."""
        for number, group in enumerate(self.param_groups):
            for position, other in enumerate(group["params"]):
                if other is param:
                    name = f" ({group['param_names'][position]})" if "param_names" in group else ""
                    return f"{type(self).__name__}, parameter {position}{name} of group {number}"
        raise AssertionError("a parameter is in a group")

    def state_dict(self) -> dict[str, Any]:
        """Options by group, and state by the number of the parameter: what `load_state_dict` takes.

        Tensors are the optimizer's own, not copies, but for the count of steps: the next step changes them.
        `load_state_dict` copies.
        """
        for function in self._functions("state_dict"):
            function(self)
        packed: dict[str, Any] = self._replaced("state_dict made", saved.packed(self.param_groups, self.state))
        return packed

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned, options included. Parameters match by their order.

        Raises ValueError, and changes nothing, where groups, options or state do not match.
        """
        if isinstance(state_dict, Mapping):
            state_dict = self._replaced("load_state_dict", dict(state_dict))
        later = {option: value for option, value in self.defaults.items() if option in LATER}
        options = {option: value for option, value in self.defaults.items() if option not in LATER}
        groups, state = saved.unpacked(type(self).__name__, state_dict, self.param_groups, options, self.slots)
        groups = [group | {k: v for k, v in later.items() if k not in group} for group in groups]
        for group in groups:
            self.check_group(group)
        self.param_groups, self.state = groups, state
        changes.tell()
        for function in self._functions("loaded"):
            function(self)


def options(arguments: Group, *first: str) -> Group:
    """The options among the arguments of an optimizer's ``__init__``, given its ``locals()``.

    Those named ``first`` come first: that is how PyTorch's groups have them, and print them.
    """
    given = {name: value for name, value in arguments.items() if name not in ("self", "params", "__class__")}
    return {name: given[name] for name in dict.fromkeys([*first, *given])}


def _traced(step: Callable[..., Any]) -> Callable[..., Any]:
    """A subclass's own `step`, which tells a tracer, if there is one, when it begins and ends."""

    @wraps(step)
    def traced(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if mode.tracer is None:
            return step(self, *args, **kwargs)
        with mode.tracer.stepping(self):
            return step(self, *args, **kwargs)

    return traced


def _alike(a: Array, b: Array) -> bool:
    return a.shape == b.shape and (a.dtype is b.dtype or a.dtype == b.dtype)
