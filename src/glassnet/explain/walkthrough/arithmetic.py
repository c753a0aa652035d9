"""Arithmetic: how one number comes of others, as a formula that can be written out and worked out again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.explain.walkthrough.numbers import DIGITS, as_number, written_number
from glassnet.explain.walkthrough.values import Value
from glassnet.ops.dtypes import Array

ADD, DIVIDE, MULTIPLY, NEGATE, POWER, ATOM = range(1, 7)  # what binds tighter is greater

Write = Callable[["Leaf"], str]
Round = Callable[[float], float]


class Expr:
    """A formula. ``level``: how tightly it binds."""

    level = ATOM

    def text(self, leaf: Write, digits: int) -> str:
        """The formula, with ``leaf`` to write what it is made of, and numbers in that many digits."""
        raise NotImplementedError

    def work_out(self, rounded: Round) -> float:
        """What it comes to, with every number ``rounded`` as it is written."""
        raise NotImplementedError

    def leaves(self) -> Iterator[Leaf]:
        """The elements that it is made of and that are written out."""
        yield from ()

    def within(self, level: int, leaf: Write, digits: int) -> str:
        """The formula in a place that asks for ``level``: in parentheses if it binds less tightly."""
        text = self.text(leaf, digits)
        loose = self.level < level or (level > ADD and text.startswith("-"))
        return f"({text})" if loose else text


@dataclass(frozen=True)
class Number(Expr):
    """A number that stands in the formula itself."""

    number: float

    def text(self, leaf: Write, digits: int) -> str:
        """The number."""
        return written_number(self.number, digits)

    def work_out(self, rounded: Round) -> float:
        """The number."""
        return rounded(self.number)


@dataclass(frozen=True)
class Leaf(Expr):
    """An element of a value."""

    value: Value
    index: tuple[int, ...]

    @property
    def number(self) -> float:
        """What it is."""
        return as_number(self.value.array[self.index])

    @property
    def name(self) -> str:
        """The value's name, and which element of it."""
        return f"{self.value.name}[{','.join(map(str, self.index))}]" if self.index else self.value.name

    def text(self, leaf: Write, digits: int) -> str:
        """Its name or its number, as ``leaf`` says."""
        return leaf(self)

    def work_out(self, rounded: Round) -> float:
        """Its number."""
        return rounded(self.number)

    def leaves(self) -> Iterator[Leaf]:
        """Itself."""
        yield self


class Operator(Expr):
    """a + b, a - b, a·b, a/b, a^b, and comparisons [a > b], which are 1 where true."""

    _LEVELS: ClassVar[dict[str, tuple[int, int, int]]] = {  # its own level, those it asks of a and of b
        "+": (ADD, ADD, ADD),
        "-": (ADD, ADD, MULTIPLY),
        "·": (MULTIPLY, MULTIPLY, MULTIPLY),
        "/": (DIVIDE, MULTIPLY, NEGATE),
        "^": (POWER, ATOM, ATOM),
    }

    def __init__(self, sign: str, a: Expr, b: Expr) -> None:
        self.sign, self.a, self.b = sign, a, b
        self.level, *self._inner = self._LEVELS.get(sign, (ATOM, ADD, ADD))

    def text(self, leaf: Write, digits: int) -> str:
        """Both sides with the sign between them."""
        a = self.a.within(self._inner[0], leaf, digits)
        b = self.b.within(self._inner[1], leaf, digits)
        if self.sign == "+" and b.startswith("-"):
            return f"{a} - {b[1:]}"
        if self.sign == "-" and b.startswith("-"):
            return f"{a} - ({b})"
        if self.level == ATOM:
            return f"[{a} {self.sign} {b}]"
        return f"{a}{self.sign}{b}" if self.level > MULTIPLY or self.sign == "·" else f"{a} {self.sign} {b}"

    def work_out(self, rounded: Round) -> float:
        """As NumPy would in float64."""
        a, b = np.float64(self.a.work_out(rounded)), np.float64(self.b.work_out(rounded))
        with np.errstate(all="ignore"):
            return float(_WORKED_OUT[self.sign](a, b))

    def leaves(self) -> Iterator[Leaf]:
        """Those of both sides."""
        yield from self.a.leaves()
        yield from self.b.leaves()


_WORKED_OUT: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "·": np.multiply,
    "/": np.divide,
    "^": np.power,
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "mod": np.mod,
    "and": lambda a, b: int(a) & int(b),
    "or": lambda a, b: int(a) | int(b),
    "xor": lambda a, b: int(a) ^ int(b),
}


class Minus(Expr):
    """-a."""

    level = NEGATE

    def __init__(self, a: Expr) -> None:
        self.a = a

    def text(self, leaf: Write, digits: int) -> str:
        """The sign before what it is of."""
        return f"-{self.a.within(POWER, leaf, digits)}"

    def work_out(self, rounded: Round) -> float:
        """The opposite."""
        return -self.a.work_out(rounded)

    def leaves(self) -> Iterator[Leaf]:
        """Those of what it is of."""
        yield from self.a.leaves()


class Call(Expr):
    """f(a), f(a, b): a function of one element or a few."""

    def __init__(self, name: str, *arguments: Expr) -> None:
        self.name, self.arguments = name, arguments

    def text(self, leaf: Write, digits: int) -> str:
        """The name and what it is of."""
        return f"{self.name}({', '.join(x.text(leaf, digits) for x in self.arguments)})"

    def work_out(self, rounded: Round) -> float:
        """As NumPy would in float64."""
        with np.errstate(all="ignore"):
            return float(FUNCTIONS[self.name](*(np.float64(x.work_out(rounded)) for x in self.arguments)))

    def leaves(self) -> Iterator[Leaf]:
        """Those of its arguments."""
        for x in self.arguments:
            yield from x.leaves()


def _erf(x: Any) -> float:
    return math.erf(x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "erf": _erf,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "trunc": np.trunc,
    "not": lambda x: ~int(x),
    "max": np.maximum,
    "min": np.minimum,
}
_FOLDS: dict[str, Callable[[Array], Any]] = {"+": np.sum, "·": np.prod, "max": np.max, "min": np.min}


class Series(Expr):
    """Many numbers added, multiplied, or of which the greatest or least is taken.

    ``numbers`` are all of them; ``term`` makes the formula of one. Those that matter most, ``shown``
    of them at most, are written out, in order; the rest is given as one number, with how many they are.
    """

    def __init__(self, kind: str, numbers: Array, term: Callable[[int], Expr], shown: int) -> None:
        self.kind = kind
        self.numbers = numbers.astype(np.float64)
        self.level = {"+": ADD, "·": MULTIPLY}.get(kind, ATOM)
        count = len(numbers)
        chosen = range(count) if count <= shown + 1 else sorted(self._weightiest(shown))
        self.terms = [term(k) for k in chosen]
        self.rest = count - len(self.terms)
        with np.errstate(all="ignore"):
            left = np.delete(self.numbers, list(chosen)) if self.rest else self.numbers[:0]
            self.of_rest = float(_FOLDS[kind](left)) if self.rest else 0.0

    def _weightiest(self, shown: int) -> list[int]:
        weight = {"min": -self.numbers, "max": self.numbers}.get(self.kind, np.abs(self.numbers))
        order = np.argsort(np.where(np.isnan(weight), np.inf, weight), kind="stable")
        return [int(k) for k in order[::-1][:shown]]

    def text(self, leaf: Write, digits: int) -> str:
        """The terms that are shown, and the number of the others with what they come to."""
        sign = {"+": " + ", "·": "·"}.get(self.kind, ", ")
        level = {"+": ADD, "·": MULTIPLY}.get(self.kind, 0)
        parts = [term.within(level, leaf, digits) for term in self.terms]
        if self.rest:
            word = {"+": "terms", "·": "factors"}.get(self.kind, "numbers")
            parts.append(f"(… {self.rest} more {word}: {written_number(self.of_rest, digits)})")
        text = sign.join(parts)
        return text.replace(" + -", " - ") if self.kind == "+" else text if level else f"{self.kind}({text})"

    def work_out(self, rounded: Round) -> float:
        """What all of them come to."""
        worked_out = [term.work_out(rounded) for term in self.terms]
        with np.errstate(all="ignore"):
            return float(_FOLDS[self.kind](np.array(worked_out + [rounded(self.of_rest)] * (self.rest > 0))))

    def leaves(self) -> Iterator[Leaf]:
        """Those of the terms that are shown."""
        for term in self.terms:
            yield from term.leaves()


class Words(Expr):
    """What is no arithmetic: said in words, with what it came to."""

    def __init__(self, words: str, number: float, *about: Leaf) -> None:
        self.words, self.number, self.about = words, number, about

    def text(self, leaf: Write, digits: int) -> str:
        """The words."""
        return self.words

    def work_out(self, rounded: Round) -> float:
        """What it came to."""
        return rounded(self.number)

    def leaves(self) -> Iterator[Leaf]:
        """What it is about."""
        yield from self.about


def with_names(expr: Expr) -> str:
    """The formula in the names of what it is made of."""
    return expr.text(lambda leaf: leaf.name, 6)


def with_numbers(expr: Expr, result: float) -> str:
    """The formula in numbers, and what it came to: "0.23·0.51 + 0.3 = 0.4173".

    It has as many digits as it takes for the line to be true as it is written, to 1 in the last place
    of the result. Where no number of digits does that (the computer's own rounding shows), it says ≈.
    """
    said = written_number(result)
    for digits in range(DIGITS, 10):
        worked_out = expr.work_out(lambda x, n=digits: float(written_number(x, n)))  # type: ignore[misc]
        if is_as_written(worked_out, said):
            return f"{_in_digits(expr, digits)} = {said}"
    return f"{_in_digits(expr, 6)} ≈ {said}"


def _in_digits(expr: Expr, digits: int) -> str:
    return expr.text(lambda leaf: written_number(leaf.number, digits), digits)


def is_as_written(number: float, said: str) -> bool:
    """Whether a number is what is written, to 1 in the last place."""
    meant = float(said)
    if not math.isfinite(meant) or not math.isfinite(number):
        return meant == number or (math.isnan(meant) and math.isnan(number))
    last_place = 10.0 ** (math.floor(math.log10(abs(meant))) - DIGITS + 1) if meant else 1e-12
    return abs(number - meant) <= last_place * 1.001
