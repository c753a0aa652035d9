"""Formulas as text: as Python writes them, in the comments of generated source, and as a textbook does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from glassnet.ops.formula.tree import Binary, Call, Cases, Formula, Name, Number, Statement, Unary

CASES, JOIN, COMPARE, ADD, DIVIDE, MULTIPLY, NEGATE, POWER, ATOM = range(9)  # what binds tighter is greater

_BITS = (JOIN, ADD, ADD)
_LOGICAL = (JOIN, COMPARE, COMPARE)
_COMPARISON = (COMPARE, ADD, ADD)


class PythonText:
    """Formulas in Python's signs, but for \\|x\\|: ``x**2/2 if |x| < b else 0``.

    The outermost product or quotient has spaces around its sign. ``names`` are texts to take the places of names.
    """

    SIGNS: ClassVar[Mapping[str, str]] = {}
    """What a sign is written as, where that is not Python's."""
    TIGHT: ClassVar[frozenset[str]] = frozenset({"**"})
    """Signs that never have spaces around them."""
    LEVELS: ClassVar[Mapping[str, tuple[int, int, int]]] = {  # of the whole, and those asked of its left and its right
        "+": (ADD, ADD, ADD),
        "-": (ADD, ADD, DIVIDE),
        "*": (MULTIPLY, DIVIDE, MULTIPLY),
        "/": (DIVIDE, DIVIDE, NEGATE),
        "%": (DIVIDE, DIVIDE, NEGATE),
        "**": (POWER, ATOM, ATOM),
        **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _COMPARISON),
        **dict.fromkeys(("and", "or", "xor"), _LOGICAL),
        **dict.fromkeys(("&", "|", "^"), _BITS),
    }

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.names = names or {}

    def text(self, formula: Formula, spaced: bool = True) -> str:
        """The formula. ``spaced``: whether it is the outermost, which has spaces around its sign."""
        match formula:
            case Number(value):
                return self.number(value)
            case Name(name):
                return self.names.get(name, name)
            case Unary(sign, operand):
                return f"{sign}{self.within(operand, POWER)}"
            case Binary(sign, left, right):
                _, of_left, of_right = self.LEVELS[sign]
                return self.joined(sign, self.within(left, of_left), self.within(right, of_right), spaced)
            case Call("abs", (x,)):
                return f"|{self.text(x, False)}|"
            case Call(function, arguments):
                return f"{function}({', '.join(self.text(x, False) for x in arguments)})"
            case Cases(cases, otherwise):
                pairs = (f"{self.within(v, JOIN)} if {self.within(when, JOIN)} else " for v, when in cases)
                return "".join(pairs) + self.within(otherwise, JOIN)
            case Statement():
                return self.statement(formula)
        raise NotImplementedError(type(formula).__name__)

    def within(self, formula: Formula, level: int) -> str:
        """A part of a formula in a place that asks for ``level``: in parentheses if it binds less tightly."""
        text = self.text(formula, False)
        return f"({text})" if self.level(formula) < level else text

    def level(self, formula: Formula) -> int:
        """How tightly a formula binds."""
        match formula:
            case Binary(sign):
                return self.LEVELS[sign][0]
            case Unary():
                return NEGATE
            case Cases():
                return CASES
        return ATOM

    def joined(self, sign: str, left: str, right: str, spaced: bool) -> str:
        """Two sides with a sign between them."""
        tight = sign in self.TIGHT or (sign in "*/" and not spaced)
        sign = self.SIGNS.get(sign, sign)
        return f"{left}{sign}{right}" if tight else f"{left} {sign} {right}"

    def number(self, value: float) -> str:
        """A number."""
        return str(value)

    def statement(self, statement: Statement) -> str:
        """The parts one after another. Only words are replaced by names: Wᵀ and b stay as they are."""
        return "".join(
            part
            if isinstance(part, str)
            else f"{part.letter}{part.marks}"
            if part.marks or part.letter != part.name
            else self.names.get(part.name, part.name)
            for part in statement.parts
        )


class TextbookText(PythonText):
    """Formulas as a textbook writes them: ``x^2/2``, ``a·b``, and Wᵀ with the name that stands for W."""

    SIGNS: ClassVar[Mapping[str, str]] = {"*": "·", "**": "^", "%": "mod"}
    TIGHT: ClassVar[frozenset[str]] = frozenset({"**", "*"})

    def statement(self, statement: Statement) -> str:
        """The parts one after another, with names for all that is mentioned."""
        return "".join(
            part if isinstance(part, str) else f"{self.names.get(part.name, part.letter)}{part.marks}"
            for part in statement.parts
        )
