"""Module: a network, or a part of one. Parameters, other modules, and a forward that uses them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from glassnet.errors import DtypeError, GlassnetError
from glassnet.nn.hooks import Hooked
from glassnet.nn.state import Stateful
from glassnet.notebook import repr_html
from glassnet.observer import mode
from glassnet.ops.dtypes import float16, float32, float64
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.graph import changes


class Module(Stateful, Hooked):
    """A network, or a part of one: assign parameters and modules in __init__, use them in forward.

    Every assignment of a `Parameter` or a `Module` to an attribute is noted, so that
    ``parameters()``, ``state_dict()``, ``train()`` and ``to()`` reach everything within::

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc1 = nn.Linear(784, 64)
                self.fc2 = nn.Linear(64, 10)

            def forward(self, x):
                return self.fc2(F.relu(self.fc1(x)))

    An error in a layer names it by its path from the outermost module called: "in fc1 (Linear(…))".
    """

    training: bool = True

    # calling ----------------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every module defines its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward; define def forward(self, x)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call forward, with the hooks around it; name the layer in an error that comes out of it."""
        try:
            if self._call_hooks or mode.tracer is not None:
                return self._forward_watched(args, kwargs)
            return self.forward(*args, **kwargs)
        except GlassnetError as error:
            self._say_where(error)
            raise

    def _say_where(self, error: GlassnetError) -> None:
        """Name in ``error`` the layer it happened in, by the path to it from here if there is one."""
        if error.layer is None:
            error.layer, error.where = self, self._one_line()
        for path, module in self.named_modules():
            if module is error.layer and path:
                error.where = f"{path} ({module._one_line()})"
                return

    def _one_line(self) -> str:
        return self._get_name() if "\n" in repr(self) else repr(self)

    # modes ------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Set this module and all within it to training (``training`` True), or not."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: expected True or False, got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set this module and all within it to evaluation: nothing dropped, nothing learned in passing."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Say for all parameters whether gradients are computed for them; False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with ``set_to_none=False`` set them to 0."""
        if mode.tracer is not None:
            mode.tracer.clearing(self.parameters(), set_to_none)
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.detach_().zero_()

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` on every module within this one, and on this one last."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # dtypes -----------------------------------------------------------------------------------

    def _apply(self, fn: Callable[[Tensor], Tensor]) -> Self:
        """Put ``fn`` of it in the place of every parameter, gradient and buffer."""
        for module in self.children():
            module._apply(fn)
        for parameter in self.parameters(recurse=False):
            parameter.data = fn(parameter.data)
            if parameter.grad is not None:
                parameter.grad = fn(parameter.grad.detach())
        changes.count += 1
        for name, buffer in self.named_buffers(recurse=False):
            self.__dict__[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert all floating parameters and buffers to another dtype: to(glassnet.float64), to("cpu")."""
        probe = wrap(np.empty(0, float32)).to(*args, **kwargs)
        if not probe.is_floating_point():
            raise DtypeError(f"to: the parameters of a module are floating, got {probe.dtype}")
        return self._apply(lambda t: t.to(*args, **kwargs) if t.is_floating_point() else t)

    def float(self) -> Self:
        """Convert all floating parameters and buffers to float32."""
        return self.to(float32)

    def double(self) -> Self:
        """Convert all floating parameters and buffers to float64."""
        return self.to(float64)

    def half(self) -> Self:
        """Convert all floating parameters and buffers to float16."""
        return self.to(float16)

    def cpu(self) -> Self:
        """The module itself: everything is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """Raises RuntimeError: there is no other device than the CPU."""
        return self.to("cuda")

    # copying and printing ---------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        other = type(self).__new__(type(self))
        memo[id(self)] = other
        other.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return other

    def __copy__(self) -> Self:
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._member_kinds, other._unsaved_buffers = dict(self._member_kinds), set(self._unsaved_buffers)
        return other

    def __reduce__(self) -> Any:
        raise TypeError("modules are not pickled; save state_dict(), and load it with load_state_dict()")

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses of the repr, besides the modules within."""
        return ""

    def _inner_lines(self) -> list[str]:
        return [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]

    def __repr__(self) -> str:
        extra = self.extra_repr()
        inner = self._inner_lines()
        if not inner and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        lines = [*extra.split("\n"), *inner] if extra else inner
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)"

    _repr_html_ = repr_html


def indented(text: str) -> str:
    """``text`` with every line but the first two columns further right."""
    return text.replace("\n", "\n  ")
