"""A formula as a tree. What an operation's record states as text is parsed once, and printed in several notations.

The formula of an elementwise operation is an expression: numbers and names joined by signs, calls and cases.
Other operations state theirs in words and symbols, "y = x·Wᵀ + b": a `Statement`, in which the names of the
operation's arguments are known and all else is text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol


class Operation(Hashable, Protocol):
    """What is asked of an operation's record, `glassnet.ops.Op`, to read its formula."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def formula(self) -> str:
        """Its formula as text."""

    @property
    def forward(self) -> Callable[..., Any]:
        """What computes it, whose arguments the formula names."""

    @property
    def vjp(self) -> tuple[Any, ...]:
        """Its derivatives, one for each input."""

    @property
    def elementwise(self) -> bool:
        """Whether its formula is an expression."""

    @property
    def variadic(self) -> bool:
        """Whether it takes any number of inputs."""

    @property
    def writes(self) -> tuple[int, ...]:
        """The inputs that it overwrites."""

    @property
    def differentiable(self) -> bool:
        """Whether it has a derivative."""


class Formula:
    """A node of a tree."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Number(Formula):
    """A number that stands in the formula itself."""

    value: float


@dataclass(frozen=True, slots=True)
class Name(Formula):
    """An argument of the operation, or one of `CONSTANTS`."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(Formula):
    """``-a``, or ``~a`` of bits."""

    sign: str
    operand: Formula


@dataclass(frozen=True, slots=True)
class Binary(Formula):
    """``left sign right``, where the sign is one of `ARITHMETIC`, `COMPARISONS`, `LOGICAL` or `BITWISE`."""

    sign: str
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Call(Formula):
    """A function, by NumPy's name of it (``exp``, ``abs``, ``max``), of some arguments."""

    function: str
    arguments: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Cases(Formula):
    """Pairs of a value and the condition under which it is the result, and the value under none of them."""

    cases: tuple[tuple[Formula, Formula], ...]
    otherwise: Formula


@dataclass(frozen=True, slots=True)
class Mention:
    """The name of an argument in a statement, with the ``marks`` behind it: ᵢ, ², ᵀ.

    ``letter`` is what the argument is called there: W for weight.
    """

    name: str
    letter: str
    marks: str


@dataclass(frozen=True, slots=True)
class Statement(Formula):
    """A formula in words and symbols: text, and mentions of arguments. ``remark`` is what follows a ; or a :."""

    parts: tuple[str | Mention, ...]
    remark: str = ""

    @property
    def is_prose(self) -> bool:
        """Whether there are words in it besides arguments, functions, and what joins a dimension to the rest."""
        return any(
            len(word) > 1 and word.isalpha() and word.islower() and word not in FUNCTIONS | JOINING
            for part in self.parts
            if isinstance(part, str)
            for word in words(part)
        )

    def without(self, absent: Container[str]) -> Statement:
        """The statement without arguments that are not there, and without the word or sign before: + b, over dim."""
        parts: list[str | Mention] = []
        for part in self.parts:
            if not isinstance(part, Mention) or part.name not in absent:
                parts.append(part)
            elif parts and isinstance(before := parts[-1], str):
                parts[-1] = before.rstrip().rpartition(" ")[0]
        return Statement(tuple(parts), self.remark)


def words(text: str) -> Iterator[str]:
    """The text in pieces: words, with the raised and lowered letters at their end, and what stands between words."""
    for _, letters in groupby(text, lambda letter: letter.isalnum() or letter == "_"):
        yield "".join(letters)


FUNCTIONS = frozenset({"exp", "log", "mean", "softmax"})
"""Functions that statements are written with."""
JOINING = frozenset({"over", "along"})
"""Words before the dimension of a sum and the like."""
CONSTANTS: Mapping[str, float] = {"pi": math.pi}
ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "**"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGICAL = frozenset({"and", "or", "xor"})
BITWISE = frozenset({"&", "|", "^", "~"})
