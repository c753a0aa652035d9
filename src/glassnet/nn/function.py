"""Modules that are little more than a function: they hold its options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from glassnet.nn.module import Module
from glassnet.tensor import Tensor

Names = tuple[str, ...]


class FunctionModule(Module):
    """A function of `glassnet.functional`, with options that are set once.

    ``function`` is the function, ``options`` the names of those of its arguments that are
    attributes of the module, read anew at each call, and ``shown`` those that its repr tells.
    """

    function: ClassVar[Callable[..., Tensor]]
    options: ClassVar[Names] = ()
    shown: ClassVar[Names] = ()

    def _call(self, *inputs: Any) -> Tensor:
        return self.function(*inputs, **{name: getattr(self, name) for name in self.options})

    def extra_repr(self) -> str:
        """The options, as they were given; ``inplace`` only if it is on."""
        shown = [(name, getattr(self, name)) for name in self.shown]
        return ", ".join(f"{name}={value!r}" for name, value in shown if name != "inplace" or value)
