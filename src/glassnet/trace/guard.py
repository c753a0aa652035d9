"""Facts: what has to be as it was for a recording to serve again, each with a name for people."""

from __future__ import annotations

from math import copysign
from typing import Any, NamedTuple

import numpy as np

from glassnet.trace.guard_sources import PLAIN


class Same:
    """A value that is equal to itself alone, and is held, so that no other can take its place in memory."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)

    def __repr__(self) -> str:
        return f"another {type(self.value).__name__}"


class Number:
    """A number that is equal to those of its own type alone: 2 is not 2.0, 0.0 is not -0.0, and nan is nan."""

    __slots__ = ("_key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        is_float = isinstance(value, float)
        self._key = (type(value), "nan" if value != value else value, copysign(1, value) if is_float else 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return repr(self.value)


def comparable(value: Any) -> Any:
    """``value`` as it is compared: numbers and text, and tuples of them, by what they are, all else by identity."""
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    if isinstance(value, int | float | complex | np.number):
        return Number(value)
    return value if isinstance(value, PLAIN) else Same(value)


class Fact(NamedTuple):
    """What is to be compared: its name for people, and the number of its place."""

    name: str
    place: int

    def __str__(self) -> str:
        return self.name
