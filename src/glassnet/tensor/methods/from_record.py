"""Methods made from an operation's record: x.exp(), x.maximum(y), x.exp_().

The docstring is the operation's formula and an example. The example is given once, with the method that makes a
new tensor; the method that works in place shows the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from glassnet.observer import mode
from glassnet.ops import movement
from glassnet.ops.record import Op
from glassnet.tensor.dispatch import State, apply, write

T = TypeVar("T", bound=State)
Method = TypeVar("Method", bound=Callable[..., Any])

_examples: dict[str, tuple[str, ...]] = {}  # by the operation's name: the texts inside tensor(...)


def unary(op: Op, x: str, result: str) -> Callable[[T], T]:
    """The method that applies ``op`` to a tensor; ``x`` and ``result`` are its example."""

    def method(self: T) -> T:
        return apply(op, self)

    _examples[op.name] = (x, result)
    return _described(method, op, op.name, x, "", result)


def binary(op: Op, x: str, other: str, result: str) -> Callable[[T, Any], T]:
    """The method that applies ``op`` to a tensor and another tensor or number."""

    def method(self: T, other: Any) -> T:
        return apply(op, self, other)

    _examples[op.name] = (x, other, result)
    return _described(method, op, op.name, x, _argument(other), result)


def function(op: Op, x: str, result: str, name: str = "") -> Callable[[T], T]:
    """As `unary`, for a function loaded when first used, which is the method too."""

    def called(input: T) -> T:
        return apply(op, input)

    return _described(called, op, name or op.name, x, "", result)


def function_of_two(op: Op, x: str, other: str, result: str, name: str = "") -> Callable[[T, Any], T]:
    """As `binary`, for a function loaded when first used, which is the method too."""

    def called(input: T, other: Any) -> T:
        return apply(op, input, other)

    return _described(called, op, name or op.name, x, _argument(other), result)


def unary_(op: Op, *example: str) -> Callable[[T], T]:
    """The method that applies ``op`` to a tensor in place.

    ``example`` is given where the method that makes a new tensor is not made from the record.
    """

    def method(self: T) -> T:
        return replace(self, op)

    x, result = example or _examples[op.name]
    return _described(method, op, f"{op.name}_", x, "", result)


def binary_(op: Op, *example: str) -> Callable[[T, Any], T]:
    """The method that applies ``op`` to a tensor, in place, and another tensor or number; ``example`` as above."""

    def method(self: T, other: Any) -> T:
        return replace(self, op, other)

    x, other, result = example or _examples[op.name]
    return _described(method, op, f"{op.name}_", x, _argument(other), result)


def replace(x: T, op: Op, *others: Any, **params: Any) -> T:
    """Write ``op`` of ``x`` and ``others`` into ``x``; returns ``x``.

    Where a derivative reads the old values of ``x``, the operation is given a copy of them.
    """
    source = x
    if mode.grad and any(
        isinstance(y, State) and y._requires_grad and op.reads(which, 1) for which, y in enumerate((x, *others))
    ):
        source = apply(movement.copy, x)
    return write(x, op, source, *others, **params)


def _argument(other: str) -> str:
    return f"glassnet.tensor({other})" if other.startswith("[") else other


def _described(method: Method, op: Op, name: str, x: str, argument: str, result: str) -> Method:
    what = f"{op.name}, in place: {op.formula}" if name.endswith("_") else f"{op.name}: {op.formula}"
    each = ", for each element" if op.elementwise and not name.endswith("_") else ""
    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{what}{each}.\n\n>>> glassnet.tensor({x}).{name}({argument})\ntensor({result})\n"
    return method
