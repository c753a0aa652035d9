"""Constructors that several layers share: each layer has its own name in the errors about the arguments."""

from __future__ import annotations

from inspect import Parameter, Signature
from types import CellType, FunctionType
from typing import Any


def name_constructor(kind: Any) -> None:
    """Let a layer of glassnet that has the constructor of another class have it under its own name.

    Else "_Convolution.__init__() missing 1 required positional argument: 'kernel_size'" would be said of a Conv2d.
    """
    shared = kind.__init__
    is_shared = isinstance(shared, FunctionType) and "__init__" not in vars(kind) and shared is not without_arguments
    if not is_shared or kind.__name__.startswith("_") or not kind.__module__.startswith("glassnet."):
        return
    kind.__init__ = _copied(shared, f"{kind.__qualname__}.__init__")


def _copied(function: FunctionType, qualname: str) -> FunctionType:
    """``function`` under another name; if it is wrapped around another, that too."""
    attributes, cells = dict(function.__dict__), function.__closure__
    inner = attributes.get("__wrapped__")
    if cells is not None and inner is not None:
        attributes["__wrapped__"] = named = _copied(inner, qualname)
        cells = tuple(CellType(named) if cell.cell_contents is inner else cell for cell in cells)
    own = FunctionType(function.__code__, function.__globals__, "__init__", function.__defaults__, cells)
    own.__kwdefaults__, own.__annotations__ = function.__kwdefaults__, function.__annotations__
    own.__module__, own.__doc__ = function.__module__, function.__doc__
    own.__dict__.update(attributes)
    own.__qualname__ = qualname
    return own


def without_arguments(self: Any, *args: Any, **kwargs: Any) -> None:
    """The constructor of a module that has none of its own."""
    if args or kwargs:
        kind = type(self)
        given = ", ".join([type(x).__name__ for x in args] + [f"{name}=" for name in kwargs])
        if kind.__init__ is not without_arguments:
            advice = "call super().__init__() without any"
        elif kind.__module__.startswith("glassnet."):
            advice = f"make it, then call it: {kind.__name__}()(x)"
        else:
            advice = "it has no __init__ of its own that takes them"
        raise TypeError(f"{kind.__name__}: expected no arguments, got {given}; {advice}")
    self._member_kinds = {}
    self._unsaved_buffers = set()


without_arguments.__signature__ = Signature(  # type: ignore[attr-defined]
    [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)], return_annotation=None
)
