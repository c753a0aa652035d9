"""Formulas, names and words as LaTeX. It needs amsmath; names in other letters than Latin need XeLaTeX or LuaLaTeX."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from itertools import groupby
from typing import ClassVar

from glassnet.ops.formula.parse import is_script
from glassnet.ops.formula.text import ATOM, CASES, POWER, PythonText
from glassnet.ops.formula.tree import FUNCTIONS, JOINING, Call, Cases, Formula, Name, Statement, Unary, words

SYMBOLS = {
    "·": r"\cdot ",
    "∗": r"\ast ",
    "π": r"\pi ",
    "σ": r"\sigma ",
    "θ": r"\theta ",
    "×": r"\times ",
    "−": "-",
    "Σ": r"\sum ",
    "Π": r"\prod ",
    "∂": r"\partial ",
    "←": r"\leftarrow ",
    "√": r"\surd ",
    "‖": r"\| ",
    "…": r"\dots ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "∞": r"\infty ",
    "α": r"\alpha ",
    "β": r"\beta ",
    "ε": r"\varepsilon ",
    "η": r"\eta ",
    "λ": r"\lambda ",
    "μ": r"\mu ",
    "ρ": r"\rho ",
    "φ": r"\varphi ",
    "Δ": r"\Delta ",
    "ᵀ": r"^{\top}",
    "≈": r"\approx ",
    "*": r"\cdot ",
    "~": r"\sim ",
    "<": "<",  # these need math in text
    ">": ">",
    "|": "|",
}
CONSTANTS = {"pi": r"\pi ", "inf": r"\infty "}
LATEX_FUNCTIONS = frozenset({"exp", "log", "max", "min", "sin", "cos", "tan", "tanh"})  # it has a command for each
SPECIAL = {c: f"\\{c}" for c in "_%&#${}"} | {"\\": r"\textbackslash ", "^": r"\textasciicircum{}"}

_AROUND = {
    "abs": (r"\left|", r"\right|"),
    "floor": (r"\left\lfloor ", r"\right\rfloor "),
    "ceil": (r"\left\lceil ", r"\right\rceil "),
    "sqrt": (r"\sqrt{", "}"),
}


class LatexMath(PythonText):
    """Formulas as LaTeX's math. ``names`` are texts to take the places of names, in the letters of our text."""

    SIGNS: ClassVar[Mapping[str, str]] = {
        "*": r"\cdot",
        "==": "=",
        "!=": r"\ne",
        "<=": r"\le",
        ">=": r"\ge",
        "%": r"\bmod",
        "and": r"\land",
        "or": r"\lor",
        "xor": r"\oplus",
        "&": r"\mathbin{\&}",
        "|": r"\mathbin{|}",
        "^": r"\oplus",
    }
    LEVELS: ClassVar[Mapping[str, tuple[int, int, int]]] = {
        **PythonText.LEVELS,
        "/": (ATOM, CASES, CASES),  # a fraction needs no parentheses, nor does an exponent
        "**": (POWER, ATOM, CASES),
    }

    def text(self, formula: Formula, spaced: bool = True) -> str:
        """The formula."""
        match formula:
            case Name(name):
                return math_of(self.names[name]) if name in self.names else CONSTANTS.get(name) or math_of(name)
            case Unary("~", operand):
                return rf"\lnot {self.within(operand, POWER)}"
            case Call(function, (x,)) if function in _AROUND:
                before, after = _AROUND[function]
                return f"{before}{self.text(x)}{after}"
            case Call(function, arguments):
                return rf"{_function(function)}\left({', '.join(map(self.text, arguments))}\right)"
            case Cases(cases, otherwise):
                rows = [rf"{self.text(value)} & \text{{if }} {self.text(when)}" for value, when in cases]
                rows.append(rf"{self.text(otherwise)} & \text{{otherwise}}")
                return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
        return super().text(formula, spaced)

    def within(self, formula: Formula, level: int) -> str:
        """A part of a formula in a place that asks for ``level``."""
        text = self.text(formula)
        return rf"\left({text}\right)" if self.level(formula) < level else text

    def joined(self, sign: str, left: str, right: str, spaced: bool) -> str:
        """Two sides with a sign between them, or one above the other."""
        if sign == "/":
            return rf"\frac{{{left}}}{{{right}}}"
        return f"{left}^{{{right}}}" if sign == "**" else super().joined(sign, left, right, True)

    def number(self, value: float) -> str:
        """A number."""
        return CONSTANTS["inf"] if value == math.inf else str(value)

    def statement(self, statement: Statement) -> str:
        """The parts one after another, with names for all that is mentioned."""
        return "".join(
            math_of(part)
            if isinstance(part, str)
            else f"{_value(self.names.get(part.name, part.letter))}{_signs(part.marks)}"
            for part in statement.parts
        ).strip()


def _value(text: str) -> str:
    """What stands for an argument: a name or a number, or, as "dim 1", words."""
    return rf"\text{{{text_of(text)}}}" if " " in text else math_of(text)


def _function(name: str) -> str:
    return rf"\{name}" if name in LATEX_FUNCTIONS else rf"\operatorname{{{name}}}"


# text in our own letters ---------------------------------------------------------------------------


def math_of(text: str) -> str:
    """Text in our own letters in math: a name in one piece, or words and symbols, with functions upright."""
    if all(letter.isalnum() or letter in "._" for letter in text) and not text[:1].isdigit():
        return name_in_math(text)
    return _joined("".join(_word(part) if part[0].isalnum() else _signs(part) for part in words(text)))


def _joined(text: str) -> str:
    """``text`` with indices that follow one another as one, t₋₁ for t and ₋₁: LaTeX takes no two."""
    while (joined := re.sub(r"([_^])\{([^{}]*)\}\1\{", r"\1{\2", text)) != text:
        text = joined
    return text


def _word(word: str) -> str:
    letters = word.rstrip("".join(c for c in word if is_script(c)))
    marks = _signs(word[len(letters) :])
    if letters in LATEX_FUNCTIONS or letters in FUNCTIONS:
        return f"{_function(letters)} {marks}"
    if letters in JOINING:
        return rf"\text{{ {letters} }}"
    if letters[:1].isdigit() or all(letter in SYMBOLS for letter in letters):
        return _signs(letters) + marks
    return name_in_math(letters) + marks


def name_in_math(name: str) -> str:
    """The name of a value; one of several letters is set as a word, not as a product."""
    return name if len(name) == 1 and name.isascii() else rf"\mathit{{{''.join(SPECIAL.get(c, c) for c in name)}}}"


def _signs(text: str) -> str:
    """Symbols, and raised and lowered letters; of each kind, those that follow one another are one index."""
    return "".join(
        rf"{kind}{{{''.join(map(_base, letters))}}}" if kind else "".join(map(_sign, letters))
        for kind, letters in groupby(text, _script)
    )


def _script(letter: str) -> str:
    """^ for a raised letter, _ for a lowered one, "" for any other."""
    if letter in SYMBOLS or not is_script(letter):
        return ""
    return "^" if unicodedata.decomposition(letter).partition(" ")[0] == "<super>" else "_"


def _base(letter: str) -> str:
    return chr(int(unicodedata.decomposition(letter).partition(" ")[2], 16)).replace("−", "-")


def _sign(letter: str) -> str:
    return SYMBOLS.get(letter) or ("" if unicodedata.combining(letter) else SPECIAL.get(letter, letter))


def text_of(text: str) -> str:
    """A sentence as LaTeX's text, with its symbols in math."""
    parts = []
    for letter in text:
        symbol = f"{_script(letter)}{{{_base(letter)}}}" if _script(letter) else SYMBOLS.get(letter)
        parts.append(f"${symbol.strip()}$" if symbol and letter != "*" else _sign(letter) if letter != "*" else letter)
    return "".join(parts)
