"""Constructors that several layers share: each layer has its own name in Python's errors about the arguments."""

from __future__ import annotations

from types import FunctionType
from typing import Any


def name_constructor(kind: Any) -> None:
    """Let a public layer that has the constructor of a private class have it under its own name.

    Else "_Convolution.__init__() missing 1 required positional argument: 'kernel_size'" would be said of a Conv2d.
    """
    shared = kind.__init__
    private = isinstance(shared, FunctionType) and shared.__qualname__.startswith("_")
    if not private or kind.__name__.startswith("_") or not kind.__module__.startswith("glassnet."):
        return
    own = FunctionType(shared.__code__, shared.__globals__, "__init__", shared.__defaults__, shared.__closure__)
    own.__kwdefaults__, own.__annotations__ = shared.__kwdefaults__, shared.__annotations__
    own.__module__, own.__doc__ = shared.__module__, shared.__doc__
    own.__dict__.update(shared.__dict__)
    own.__qualname__ = f"{kind.__qualname__}.__init__"
    kind.__init__ = own
