"""Values of Python's own library in a PyTorch file, such as a date, a path or a Counter: what each is made of again."""

from __future__ import annotations

import datetime
import pathlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from glassnet.serialization.pt.opcodes import Refused, checked_key

BUILT_IN: dict[str, type] = {kind.__name__: kind for kind in (int, float, bool, str, bytes, list, tuple, dict, set)}


class PythonValue(NamedTuple):
    """A class of values: the arguments of which a file says that one is made, and the function that checks and does."""

    module: str
    arguments: Callable[[Any], tuple[Any, ...]]
    make: Callable[..., Any]


def _times(kind: Any, length: int) -> PythonValue:
    def make(state: Any) -> Any:
        if not isinstance(state, bytes) or len(state) != length:
            raise Refused(f"a {kind.__name__} has not {length} bytes")
        return kind(state)

    return PythonValue("datetime", lambda value: tuple(value.__reduce__()[1]), make)


def _numbers(kind: type, module: str, *names: str) -> PythonValue:
    def make(*values: Any) -> Any:
        if len(values) != len(names) or not all(type(x) is int or x is None for x in values):
            raise Refused(f"a {kind.__name__} is not of {len(names)} whole numbers")
        return kind(*values)

    return PythonValue(module, lambda value: tuple(getattr(value, name) for name in names), make)


def _path(kind: type) -> PythonValue:
    def make(*parts: Any) -> Any:
        if not all(type(part) is str for part in parts):
            raise Refused("a path is not of texts")
        return pathlib.PurePath(*parts) if kind.__name__.startswith("Pure") else pathlib.Path(*parts)

    return PythonValue("pathlib", lambda value: value.parts, make)


def _decimal(text: Any) -> Decimal:
    if not isinstance(text, str) or len(text) > 1000:
        raise Refused("a Decimal is not of a short text")
    return Decimal(text)


def _counter(items: Any = None) -> Counter[Any]:
    return Counter(_dict(items or {}))


def _defaultdict(factory: Any = None, items: Any = None) -> defaultdict[Any, Any]:
    kind = None if factory is None else BUILT_IN.get(getattr(factory, "name", "").removeprefix("builtins."))
    if kind is None and factory is not None:
        raise Refused("a defaultdict makes its values by a function of its own")
    return defaultdict(kind, _dict(items or {}))


def _deque(items: Any = (), longest: Any = None) -> deque[Any]:
    if not isinstance(items, list | tuple) or not (longest is None or type(longest) is int):
        raise Refused("a deque is not of a list and a length")
    return deque(items, longest)


def _dict(items: Any) -> dict[Any, Any]:
    if not isinstance(items, dict):
        raise Refused("items that are no dict")
    return {checked_key(key): value for key, value in items.items()}


VALUES: dict[type, PythonValue] = {
    Counter: PythonValue("collections", lambda value: (dict(value),), _counter),
    defaultdict: PythonValue("collections", lambda value: (value.default_factory, dict(value)), _defaultdict),
    deque: PythonValue("collections", lambda value: (list(value), value.maxlen), _deque),
    datetime.datetime: _times(datetime.datetime, 10),
    datetime.date: _times(datetime.date, 4),
    datetime.timedelta: _numbers(datetime.timedelta, "datetime", "days", "seconds", "microseconds"),
    range: _numbers(range, "builtins", "start", "stop", "step"),
    slice: _numbers(slice, "builtins", "start", "stop", "step"),
    Decimal: PythonValue("decimal", lambda value: (str(value),), _decimal),
    **{
        kind: _path(kind)
        for kind in (pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath)
    },
}
