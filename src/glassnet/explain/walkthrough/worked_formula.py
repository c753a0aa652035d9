"""Arithmetic: how one number comes of others, as a formula that is printed in names and in numbers, and worked out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.explain.walkthrough.decimals import DIGITS, as_number, written_number
from glassnet.explain.walkthrough.values import Value
from glassnet.ops.dtypes import Array
from glassnet.ops.formula import Binary, Call, Cases, Formula, Name, Number, TextbookText, Unary
from glassnet.ops.formula.text import ADD, ATOM, CASES, DIVIDE, MULTIPLY, NEGATE
from glassnet.ops.formula.tree import BITWISE, COMPARISONS, CONSTANTS, LOGICAL

# what a formula of elements is made of, besides what any formula is ----------------------------------


@dataclass(frozen=True)
class Leaf(Formula):
    """An element of a value."""

    value: Value
    index: tuple[int, ...]

    @property
    def number(self) -> Any:
        """What it is: a float, or a complex number."""
        return as_number(self.value.array[self.index])

    @property
    def name(self) -> str:
        """The value's name, and which element of it."""
        return f"{self.value.name}[{','.join(map(str, self.index))}]" if self.index else self.value.name


class Series(Formula):
    """Many numbers added (+), multiplied (*), or of which the greatest (max) or least (min) is taken.

    ``numbers`` are all of them; ``term`` makes the formula of one. Those that matter most, ``shown``
    of them at most, are written out, in order; the rest is given as one number, with how many they are.
    """

    def __init__(self, kind: str, numbers: Array, term: Callable[[int], Formula], shown: int) -> None:
        self.kind = kind
        self.numbers = numbers.astype(np.float64)
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


@dataclass(frozen=True)
class Words(Formula):
    """What is no arithmetic: said in words, with the number that came of it."""

    words: str
    number: Any


def leaves(formula: Formula) -> Iterator[Leaf]:
    """The elements that are written out in a formula, in order."""
    match formula:
        case Leaf():
            yield formula
        case Unary(_, operand):
            yield from leaves(operand)
        case Binary(_, left, right):
            yield from leaves(left)
            yield from leaves(right)
        case Call(_, parts):
            yield from (leaf for part in parts for leaf in leaves(part))
        case Series():
            yield from (leaf for term in formula.terms for leaf in leaves(term))


# formulas with elements in the places of their names -------------------------------------------------


def bound(formula: Formula, names: Mapping[str, Formula]) -> Formula:
    """A formula with what ``names`` say for its inputs and parameters. Of cases, the one that holds."""
    match formula:
        case Name(name):
            return names[name] if name in names else Number(CONSTANTS[name])
        case Unary(sign, a):
            return negative(bound(a, names)) if sign == "-" else Unary(sign, bound(a, names))
        case Binary(sign, a, b):
            return binary(sign, bound(a, names), bound(b, names))
        case Call(function, arguments):
            return Call(function, tuple(bound(x, names) for x in arguments))
        case Cases(cases, otherwise):
            holds = (value for value, when in cases if worked_out(bound(when, names)))
            return bound(next(holds, otherwise), names)
    return formula


def binary(sign: str, a: Formula, b: Formula) -> Formula:
    """``a`` and ``b`` with a sign between; a factor or divisor of 1 that is no element is left out."""
    if sign == "*" and a == Number(1):
        return b
    if sign in ("*", "/", "**") and b == Number(1):
        return a
    return Binary(sign, a, b)


def negative(a: Formula) -> Formula:
    """-a; of a number, the opposite number."""
    return Number(-a.value) if isinstance(a, Number) else Unary("-", a)


# worked out ------------------------------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "erf": lambda x: math.erf(x),
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "trunc": np.trunc,
    "max": np.maximum,
    "min": np.minimum,
}
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "%": np.mod,
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
    **dict.fromkeys(("&", "and"), lambda a, b: int(a) & int(b)),
    **dict.fromkeys(("|", "or"), lambda a, b: int(a) | int(b)),
    **dict.fromkeys(("^", "xor"), lambda a, b: int(a) ^ int(b)),
}
_FOLDS: dict[str, Callable[[Array], Any]] = {"+": np.sum, "*": np.prod, "max": np.max, "min": np.min}


def worked_out(formula: Formula, rounded: Callable[[float], float] = float) -> float:
    """What a formula comes to, as NumPy computes it in float64, with every number ``rounded`` as it is written."""
    with np.errstate(all="ignore"):
        return float(_worked_out(formula, rounded))


def _worked_out(formula: Formula, rounded: Callable[[float], float]) -> Any:
    match formula:
        case Number(value):
            return np.float64(rounded(value))
        case Leaf() | Words():
            return np.float64(rounded(formula.number))
        case Unary(sign, operand):
            a = _worked_out(operand, rounded)
            return -a if sign == "-" else ~int(a)
        case Binary(sign, left, right):
            return np.float64(_OPERATORS[sign](_worked_out(left, rounded), _worked_out(right, rounded)))
        case Call(function, arguments):
            return np.float64(FUNCTIONS[function](*(_worked_out(x, rounded) for x in arguments)))
        case Series():
            terms = [_worked_out(term, rounded) for term in formula.terms]
            return _FOLDS[formula.kind](np.array(terms + [rounded(formula.of_rest)] * (formula.rest > 0)))
    raise NotImplementedError(type(formula).__name__)


# printed ---------------------------------------------------------------------------------------------


class ArithmeticText(TextbookText):
    """Formulas of elements, in their names or, with ``digits``, in numbers. [a > b] is 1 where it is true, else 0."""

    SIGNS: ClassVar[Mapping[str, str]] = {**TextbookText.SIGNS, "&": "and", "|": "or", "^": "xor"}
    BRACKETED: ClassVar[frozenset[str]] = COMPARISONS | LOGICAL | BITWISE | {"%"}
    LEVELS: ClassVar[Mapping[str, tuple[int, int, int]]] = {
        **TextbookText.LEVELS,
        "-": (ADD, ADD, MULTIPLY),
        "*": (MULTIPLY, MULTIPLY, MULTIPLY),
        "/": (DIVIDE, MULTIPLY, NEGATE),
        **dict.fromkeys(BRACKETED, (ATOM, ADD, ADD)),
    }
    _SERIES: ClassVar[Mapping[str, tuple[int, str, str]]] = {  # how tightly it binds, the sign between, what they are
        "+": (ADD, " + ", "terms"),
        "*": (MULTIPLY, "·", "factors"),
    }

    def __init__(self, digits: int | None = None) -> None:
        super().__init__()
        self.digits = digits

    def text(self, formula: Formula, spaced: bool = True) -> str:
        """The formula."""
        match formula:
            case Leaf():
                return formula.name if self.digits is None else self.number(formula.number)
            case Words(words):
                return words
            case Series():
                return self._series(formula)
            case Unary("~", operand):
                return f"not({self.text(operand)})"
            case Call("abs", (x,)):  # bars that stand within others are hard to tell apart
                return f"abs({self.text(x)})"
        return super().text(formula, spaced)

    def number(self, value: float) -> str:
        """A number in as many digits."""
        return written_number(value, self.digits or 6)

    def within(self, formula: Formula, level: int) -> str:
        """A part of a formula; what begins with a minus is in parentheses, but for a term of a sum."""
        text = self.text(formula, False)
        loose = self.level(formula) < level or (level > ADD and text[:1] == "-")
        return f"({text})" if loose else text

    def level(self, formula: Formula) -> int:
        """How tightly a formula binds."""
        if isinstance(formula, Series):
            return self._SERIES[formula.kind][0] if formula.kind in self._SERIES else ATOM
        return super().level(formula)

    def joined(self, sign: str, left: str, right: str, spaced: bool) -> str:
        """Two sides with a sign between them."""
        if sign in self.BRACKETED:
            return f"[{left} {self.SIGNS.get(sign, sign)} {right}]"
        if sign in "+-" and right[:1] == "-":
            return f"{left} - {right[1:]}" if sign == "+" else f"{left} - ({right})"
        return super().joined(sign, left, right, True)

    def _series(self, series: Series) -> str:
        """The terms that are shown, and the number of the others with what they come to."""
        level, sign, kind = self._SERIES.get(series.kind, (CASES, ", ", "numbers"))
        parts = [self.within(term, level) for term in series.terms]
        if series.rest:
            parts.append(f"(… {series.rest} more {kind}: {self.number(series.of_rest)})")
        text = parts[0]
        for part in parts[1:]:
            text = self.joined("+", text, part, True) if series.kind == "+" else f"{text}{sign}{part}"
        return text if series.kind in self._SERIES else f"{series.kind}({text})"


def with_names(formula: Formula) -> str:
    """The formula in the names of what it is made of."""
    return ArithmeticText().text(formula)


def with_numbers(formula: Formula, result: float) -> str:
    """The formula in numbers, and what it came to: "0.23·0.51 + 0.3 = 0.4173".

    It has as many digits as it takes for the line to be true as it is written, to 1 in the last place
    of the result. Where no number of digits does that (the computer's own rounding shows), it says ≈.
    """
    shown = written_number(result)
    for digits in range(DIGITS, 10):
        if is_as_written(worked_out(formula, _rounded_to(digits)), shown):
            return f"{ArithmeticText(digits).text(formula)} = {shown}"
    return f"{ArithmeticText(6).text(formula)} ≈ {shown}"


def _rounded_to(digits: int) -> Callable[[float], float]:
    return lambda x: float(written_number(x, digits))


def is_as_written(number: float, text: str) -> bool:
    """Whether a number is the one that is written, to 1 in the last place."""
    written = float(text)
    if not math.isfinite(written) or not math.isfinite(number):
        return written == number or (math.isnan(written) and math.isnan(number))
    last_place = 10.0 ** (math.floor(math.log10(abs(written))) - DIGITS + 1) if written else 1e-12
    return abs(number - written) <= last_place * 1.001
