"""One argument written in several ways: dim or axis; (2, 3) or 2, 3 or size=(2, 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


def takes_axis(function: Function) -> Function:
    """``function``, with ``axis`` as another name of its argument ``dim``."""

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        if "axis" in named:
            named["dim"] = named.pop("axis")
        return function(*args, **named)

    return cast(Function, called)


def scale_last(scale: Any, *operands: Any) -> tuple[Any, ...]:
    """The arguments of x.add(2, y), as PyTorch wrote it once, in the order of x.add(y, alpha=2)."""
    if hasattr(scale, "shape"):
        raise TypeError("expected a number before the operands, or after them by its name: x.add(y, alpha=2)")
    return (*operands, scale)


def sizes(args: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """The sizes in f(2, 3), in f((2, 3)) and in f(name=(2, 3)) alike, as ints."""
    if named is not None:
        args = (*args, named)
    if len(args) == 1 and isinstance(args[0], Sequence):
        args = tuple(args[0])
    try:
        return tuple(n.__index__() for n in args)
    except AttributeError:
        raise TypeError(f"expected sizes or dimensions as whole numbers, got {args!r:.80}") from None
