"""From the text of a record's formula to its tree."""

from __future__ import annotations

import ast
import inspect
import math
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from glassnet.ops.formula.tree import (
    Binary,
    Call,
    Cases,
    Formula,
    Mention,
    Name,
    Number,
    Operation,
    Statement,
    Unary,
    words,
)

LETTERS: Mapping[str, Mapping[str, str]] = {
    "linear": {"W": "weight", "b": "bias"},
    "convolution": {"W": "weight", "b": "bias"},
    "conv_transpose": {"W": "weight", "b": "bias"},
    "bilinear": {"Wₖ": "weight", "bₖ": "bias"},  # an input is called b, too
}
"""What textbooks, and so the formulas, call some operations' inputs."""


@cache
def formula_of(op: Operation) -> Formula:
    """The formula of ``op``: an expression if it is elementwise, else a `Statement`."""
    if op.elementwise:
        return parse(op.formula)
    letters = LETTERS.get(op.name, {})
    names = () if op.writes else ("y", *input_names(op), *parameters(op))
    return parse_statement(op.formula, {name: name for name in names} | dict(letters))


@cache
def input_names(op: Operation) -> tuple[str, ...]:
    """The names of the inputs of ``op``, as its formula uses them."""
    if isinstance(op.forward, np.ufunc):
        return ("x",) if op.forward.nin == 1 else ("a", "b")
    arguments = inspect.signature(op.forward).parameters.values()
    return tuple(p.name for p in arguments if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))[: len(op.vjp)]


@cache
def parameters(op: Operation) -> MappingProxyType[str, Any]:
    """The parameters of ``op`` and their defaults, as forward has them."""
    if isinstance(op.forward, np.ufunc):
        return MappingProxyType({})
    arguments = inspect.signature(op.forward).parameters
    inputs = () if op.variadic else tuple(arguments)[: len(op.vjp)]
    return MappingProxyType(
        {
            name: p.default
            for name, p in arguments.items()
            if name not in (*inputs, "out") and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        }
    )


# expressions ---------------------------------------------------------------------------------------

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.USub: "-",
    ast.Invert: "~",
}
# SymPy's names, which the records use, for what has a sign or another name elsewhere
_OPERATORS = {"Eq": "==", "Ne": "!=", "Mod": "%", "And": "and", "Or": "or", "Xor": "xor"}
_FUNCTIONS = {"Max": "max", "Min": "min", "Abs": "abs", "ceiling": "ceil"}


def parse(text: str) -> Formula:
    """The tree of an expression in Python's grammar and SymPy's names: "Piecewise((x, x > 0), (0, True))".

    Raises ValueError for what is none.
    """
    try:
        return _tree(ast.parse(text, mode="eval").body)
    except SyntaxError as error:
        raise ValueError(f"the formula {text!r:.80} cannot be read: {error.msg} at character {error.offset}") from None
    except (RecursionError, MemoryError):  # what Python's own parser says of too many brackets
        raise ValueError(f"the formula {text!r:.80} is nested too deep to be read") from None


def _tree(node: ast.expr) -> Formula:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Number(number)
        case ast.Name(id="oo"):
            return Number(math.inf)
        case ast.Name(id=name):
            return Name(name)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return Number(-number)
        case ast.UnaryOp(op=sign, operand=a) if type(sign) in _SIGNS:
            return Unary(_SIGNS[type(sign)], _tree(a))
        case ast.BinOp(left=a, op=sign, right=b) if type(sign) in _SIGNS:
            return Binary(_SIGNS[type(sign)], _tree(a), _tree(b))
        case ast.Compare(left=a, ops=[sign], comparators=[b]) if type(sign) in _SIGNS:
            return Binary(_SIGNS[type(sign)], _tree(a), _tree(b))
        case ast.Call(func=ast.Name(id="Piecewise"), args=[*cases, ast.Tuple(elts=[otherwise, _])]):
            pairs = (pair.elts for pair in cases if isinstance(pair, ast.Tuple))
            return Cases(tuple((_tree(value), _tree(when)) for value, when in pairs), _tree(otherwise))
        case ast.Call(func=ast.Name(id=name), args=[a, b]) if name in _OPERATORS:
            return Binary(_OPERATORS[name], _tree(a), _tree(b))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return Call(_FUNCTIONS.get(name, name), tuple(map(_tree, arguments)))
    raise ValueError(f"expected an expression of numbers, names, signs and calls, got {ast.unparse(node):.200}")


# statements ----------------------------------------------------------------------------------------


def parse_statement(text: str, names: Mapping[str, str]) -> Statement:
    """A formula in words; ``names`` are those it may mention, with the argument that each stands for."""
    end = min((text.index(c) for c in ";:" if c in text), default=len(text))
    parts: list[str | Mention] = []
    for word in words(text[:end]):
        letter = word.rstrip("".join(filter(is_script, word)))
        name = names.get(word) or names.get(letter)
        if name is not None:
            parts.append(Mention(name, letter, word[len(letter) :]))
        elif parts and isinstance(parts[-1], str):
            parts[-1] += word
        else:
            parts.append(word)
    return Statement(tuple(parts), text[end:])


def is_script(letter: str) -> bool:
    """Whether a letter is a raised or a lowered one."""
    return unicodedata.decomposition(letter).startswith(("<super>", "<sub>"))
