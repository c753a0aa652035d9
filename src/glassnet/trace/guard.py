"""Guard: one thing that a trace depends on, as a record.

    >>> config.scale = 2.0
    >>> trace(lambda x: x * config.scale, x).program   # ... = mul(x, 2.0)

The program has 2.0 in it, so it stands for the function only while ``config.scale`` is 2.0: that is the guard
``Guard("attribute", "config", "scale")``, and 2.0, made `comparable`, its value. A dict of guards and their values
says all that a trace depends on; what a guard is called in a message is made last, by `str`.
"""

from __future__ import annotations

from math import copysign
from typing import Any, Literal, NamedTuple

import numpy as np

from glassnet.ops.dtypes import Dtype
from glassnet.ops.shapes import written

PLAIN = (bool, int, float, str, bytes, complex, type(None), np.generic)
"""What is compared by what it is; all else by which one it is."""

Kind = Literal[
    "argument", "variable", "attribute", "entry", "mode", "hooks", "tensor", "option", "parameters", "slots", "slot",
    "grad_mode", "default_dtype",
]  # fmt: skip


class Guard(NamedTuple):
    """What is guarded: the ``name`` of something of ``owner``, which is a path as people write it: "model.fc1".

    An "entry" is one of a container, its name the key. "slots" are the tensors of an optimizer's state, a "slot" is
    a number in it. ``place`` tells apart what has the same name: the number of the group of an optimizer, of the
    slot, or of the source that a variable was found in.
    """

    kind: Kind
    owner: str = ""
    name: str = ""
    place: int = 0

    @property
    def path(self) -> str:
        """What is guarded, or whose it is, as the code names it."""
        if self.kind == "entry":
            return f"{self.owner}[{self.name}]"
        return f"{self.owner}.{self.name}" if self.owner and self.name else self.owner or self.name

    @property
    def last(self) -> str:
        """The path without what it is reached through: "scale" of "config.scale", "sizes[0]" of "config.sizes[0]"."""
        return f"{self.owner.rpartition('.')[2]}[{self.name}]" if self.kind == "entry" else self.name

    def __str__(self) -> str:
        sentence = _SENTENCES.get(self.kind)
        if sentence is None:
            return self.path
        group = f", group {self.place}" if self.place and self.kind in ("option", "parameters") else ""
        return sentence.format(owner=self.owner, name=self.name, place=self.place) + group

    def text(self, value: Any) -> str:
        """``value``, one of this guard's, as a message says it."""
        if isinstance(value, TensorKind) and self.kind == "tensor" and not value.requires_grad:
            return f"{value}, not followed by gradients"
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return " ".join(map(self.text, value)) if any(isinstance(x, str) for x in value) else str(value)
        return str(value)


_SENTENCES: dict[Kind, str] = {
    "mode": "the mode of {owner}",
    "hooks": "the hooks of {owner}",
    "tensor": "the kind of {owner}",
    "option": "{name} of {owner}",
    "parameters": "the parameters of {owner}",
    "slots": "the state of {owner}",
    "slot": "{name}, which {owner} keeps (number {place})",
    "grad_mode": "whether gradients are followed",
    "default_dtype": "the default dtype",
}

Guarded = dict[Guard, Any]
"""Guards, and what each has to be equal to."""


class TensorKind(NamedTuple):
    """What a program depends on of a tensor whose numbers it reads anew each time."""

    dtype: Dtype
    shape: tuple[int, ...]
    requires_grad: bool

    def __str__(self) -> str:
        return f"{self.dtype}{written(self.shape)}{', followed by gradients' if self.requires_grad else ''}"


class Same:
    """A value that is equal to itself alone. It is held, so that no other can take its place in memory."""

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
    """A number that is equal to those of its own type alone: 2 is not 2.0, 0.0 is not -0.0, and nan is nan.

    ``x * 2`` of a whole tensor is whole, ``x * 2.0`` is not, though 2 == 2.0 in Python.
    """

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
