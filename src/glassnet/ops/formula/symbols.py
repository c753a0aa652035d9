"""Formulas by SymPy: that of an elementwise operation as an expression, to simplify, differentiate or typeset.

SymPy is an extra (``pip install "glassnet[symbols]"``), imported here, where it is used. Within, every
symbol is a real number, so that SymPy finds the derivatives of \\|x\\| and max(x, 0); outside they are
plain symbols, which ``sympy.Symbol("x")`` and ``expression.diff("x")`` mean.
"""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.extras import needed_to
from glassnet.ops.formula.parse import formula_of, input_names, parameters
from glassnet.ops.formula.tree import BITWISE, Binary, Call, Cases, Formula, Name, Number, Operation, Unary


class SymbolError(GlassnetError, ValueError):
    """An operation that no SymPy expression stands for."""


def symbolic(op: Operation, *inputs: Any, derivative: str | None = None, **params: Any) -> Any:
    """The SymPy expression of ``op``, or its ``derivative`` with respect to the input of that name.

    ``inputs`` are expressions or numbers to take the places of its inputs, which else are symbols of their
    names. Parameters have their defaults unless given; without either they stay symbols.

    Raises SymbolError for what acts on whole tensors or on bits, TypeError for unknown names.
    """
    _check(op, inputs, derivative, params)
    expression = in_real_numbers(op, **params)
    if derivative is not None:
        expression = differentiated(expression, derivative)
    return in_plain_symbols(expression, dict(zip(input_names(op), inputs, strict=False)), op.differentiable)


def in_real_numbers(op: Operation, **params: Any) -> Any:
    """The formula of ``op`` with its parameters put in, in symbols for real numbers."""
    check_elementwise(op)
    expression = expression_of(op)
    known = {name: value for name, value in parameters(op).items() if value is not inspect.Parameter.empty}
    for name, value in (known | params).items():
        expression = expression.subs(real_number(name), _value(name, value))
    return expression


def differentiated(expression: Any, name: str) -> Any:
    """The derivative of an expression in symbols for real numbers. Raises SymbolError for one that is true or false."""
    if is_truth(expression):
        raise SymbolError(f"{expression} is true or false, not a number, and has no derivative")
    return expression.diff(real_number(name))


def is_truth(expression: Any) -> bool:
    """Whether an expression is true or false, as a comparison is, and not a number."""
    return isinstance(expression, loaded_sympy().logic.boolalg.Boolean) and not expression.is_Symbol


def in_plain_symbols(expression: Any, values: dict[str, Any], evaluate: bool = True) -> Any:
    """``expression`` with ``values`` in the places of its symbols, and plain symbols for the rest."""
    sympy = loaded_sympy()
    plain = {
        s: sympy.sympify(values[s.name]) if s.name in values else sympy.Symbol(s.name)
        for s in expression.free_symbols
        if s == real_number(s.name)
    }
    with sympy.evaluate(evaluate):  # else x ≠ x would be False, and it is a test for NaN
        for flat, meant in _flat().values():
            expression = expression.replace(flat, meant)
        return expression.xreplace(plain)


@cache
def expression_of(op: Operation) -> Any:
    """The formula of ``op`` as an expression, in symbols for real numbers."""
    with loaded_sympy().evaluate(op.differentiable):  # else x ≠ x would be False
        return _expression(formula_of(op))


def _expression(formula: Formula) -> Any:
    sympy = loaded_sympy()
    match formula:
        case Number(value):
            if value == math.inf:
                return sympy.oo
            return sympy.Float(repr(value)) if isinstance(value, float) else sympy.Integer(value)
        case Name(name):
            return sympy.pi if name == "pi" else real_number(name)
        case Unary("-", operand):
            return -_expression(operand)
        case Binary(sign, left, right):
            return _operators()[sign](_expression(left), _expression(right))
        case Call(function, arguments):
            return _functions()[function](*map(_expression, arguments))
        case Cases(cases, otherwise):
            pairs = [(_expression(value), _expression(when)) for value, when in cases]
            return sympy.Piecewise(*pairs, (_expression(otherwise), True))
    raise NotImplementedError(type(formula).__name__)


def _check(op: Operation, inputs: tuple[Any, ...], derivative: str | None, params: dict[str, Any]) -> None:
    check_elementwise(op)
    names = input_names(op)
    if len(inputs) > len(names):
        raise TypeError(f"{op.name}: expected at most {len(names)} inputs ({', '.join(names)}), got {len(inputs)}")
    if derivative is not None and derivative not in names:
        raise TypeError(f"{op.name}: expected the name of an input, {' or '.join(names)}, got {derivative!r:.80}")
    for name in params:
        if name not in parameters(op):
            takes = ", ".join(parameters(op)) or "it has none"
            raise TypeError(f"{op.name}: expected values for its parameters ({takes}), got one for {name!r:.80}")


def check_elementwise(op: Operation) -> None:
    """Raise SymbolError for what acts on whole tensors or on bits."""
    if not op.elementwise or _is_of_bits(op):
        why = "acts on bits" if op.elementwise else "acts on whole tensors, not on each element by itself"
        raise SymbolError(f"{op.name} {why}, so no SymPy expression stands for it; in words: {op.formula}")


def _is_of_bits(op: Operation) -> bool:
    match formula_of(op):
        case Binary(sign) | Unary(sign):
            return sign in BITWISE
    return False


@cache
def real_number(name: str) -> Any:
    """The symbol of that name, for a real number."""
    return loaded_sympy().Symbol(name, extended_real=True)


def _value(name: str, value: Any) -> Any:
    """The value of a parameter; None is no bound."""
    if value is None:
        return -loaded_sympy().oo if name == "min" else loaded_sympy().oo
    return plain_number(value)


def plain_number(value: Any) -> Any:
    """1 for 1.0, which would be spelled out; as SymPy has it."""
    return loaded_sympy().sympify(int(value) if isinstance(value, float) and value.is_integer() else value)


@cache
def _operators() -> dict[str, Callable[[Any, Any], Any]]:
    sympy = loaded_sympy()
    floor, _ = _flat()["floor"]
    return {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "**": operator.pow,
        "%": lambda a, b: a - b * floor(a / b),  # SymPy would differentiate its own in another way
        "==": sympy.Eq,
        "!=": sympy.Ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "and": sympy.And,
        "or": sympy.Or,
        "xor": sympy.Xor,
    }


@cache
def _functions() -> dict[str, Any]:
    sympy = loaded_sympy()
    same = ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "erf", "asin", "acos", "atan", "atan2")
    flat = {name: function for name, (function, _) in _flat().items()}
    return {name: getattr(sympy, name) for name in same} | flat | {"abs": sympy.Abs, "max": sympy.Max, "min": sympy.Min}


@cache
def _flat() -> dict[str, tuple[Any, Any]]:
    """Functions that are flat but for jumps, so that their derivative is 0 where there is one, and what they mean."""
    sympy = loaded_sympy()
    meant = {
        "floor": sympy.floor,
        "ceil": sympy.ceiling,
        "round": sympy.Function("round"),
        "sign": sympy.sign,
    }

    def fdiff(self: Any, argindex: int = 1) -> Any:
        return sympy.Integer(0)

    return {name: (type(name, (sympy.Function,), {"nargs": 1, "fdiff": fdiff}), f) for name, f in meant.items()}


def loaded_sympy() -> Any:
    """SymPy. Raises MissingExtra, which says how to install it, where it is not there."""
    with needed_to("work with expressions"):
        import sympy
    return sympy
