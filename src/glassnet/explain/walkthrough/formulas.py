"""Formulas: that of an elementwise operation, as its record states it, with elements in the places of its inputs."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from functools import cache

from glassnet.explain.walkthrough.arithmetic import Call, Expr, Leaf, Minus, Number, Operator
from glassnet.ops.record import Op

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "·",
    ast.Div: "/",
    ast.Pow: "^",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
}
_FUNCTIONS = {"Max": "max", "Min": "min", "Abs": "abs", "ceiling": "ceil"}
_OPERATORS = {"Eq": "==", "Ne": "!=", "Mod": "mod", "And": "and", "Or": "or", "Xor": "xor"}
_CONSTANTS = {"oo": math.inf, "pi": math.pi, "True": 1.0, "False": 0.0}


@cache
def _parsed(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def formula_of(op: Op, names: Mapping[str, Expr]) -> Expr:
    """The formula of ``op`` with what ``names`` say for its inputs and parameters. Of cases, the one that holds."""
    return _built(_parsed(op.formula), names)


def _built(node: ast.expr, names: Mapping[str, Expr]) -> Expr:
    match node:
        case ast.Constant(value=bool() | int() | float() as number):
            return Number(float(number))
        case ast.Name(id=name):
            return names[name] if name in names else Number(_CONSTANTS[name])
        case ast.UnaryOp(op=ast.USub(), operand=a):
            return minus(_built(a, names))
        case ast.UnaryOp(op=ast.Invert(), operand=a):
            return Call("not", _built(a, names))
        case ast.BinOp(left=a, op=sign, right=b):
            return operator(_SIGNS[type(sign)], _built(a, names), _built(b, names))
        case ast.Compare(left=a, ops=[sign], comparators=[b]):
            return Operator(_SIGNS[type(sign)], _built(a, names), _built(b, names))
        case ast.Call(func=ast.Name(id="Piecewise"), args=cases):
            return _case(cases, names)
        case ast.Call(func=ast.Name(id=name), args=[a, b]) if name in _OPERATORS:
            return Operator(_OPERATORS[name], _built(a, names), _built(b, names))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return Call(_FUNCTIONS.get(name, name), *(_built(x, names) for x in arguments))
    raise NotImplementedError(ast.unparse(node))


def _case(cases: list[ast.expr], names: Mapping[str, Expr]) -> Expr:
    """The first case that holds; the last always does."""
    pairs = (case.elts for case in cases if isinstance(case, ast.Tuple))
    return next(_built(value, names) for value, when in pairs if _built(when, names).work_out(lambda x: x))


def operator(sign: str, a: Expr, b: Expr) -> Expr:
    """``a`` and ``b`` with a sign between; a factor or divisor of 1 that is no element is left out."""
    if sign == "·" and _is_one(a):
        return b
    if sign in "·/^" and _is_one(b):
        return a
    return Operator(sign, a, b)


def minus(a: Expr) -> Expr:
    """-a; of a number, the opposite number."""
    return Number(-a.number) if isinstance(a, Number) and not isinstance(a, Leaf) else Minus(a)


def _is_one(a: Expr) -> bool:
    return isinstance(a, Number) and a.number == 1
