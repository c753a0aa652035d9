"""Inlining: calls of short functions, replaced by what the functions return.

``relu(fc1)`` becomes ``np.maximum(fc1, 0)``, because that is all that relu does.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import Any


def inlined(text: str, functions: Mapping[str, ast.FunctionDef]) -> ast.expr:
    """The expression in ``text``, with calls of the ``functions`` replaced by what these return."""
    expression: ast.expr = _Inliner(functions).visit(ast.parse(text, mode="eval").body)
    return ast.fix_missing_locations(expression)


def one_line(text: str) -> ast.FunctionDef | None:
    """The function ``text`` is the source of, if all it does is return an expression."""
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.FunctionDef):
        return None
    body = [s for s in node.body if not _is_docstring(s)]
    return node if len(body) == 1 and isinstance(body[0], ast.Return) else None


class _Inliner(ast.NodeTransformer):
    """Replaces calls of the ``functions``."""

    def __init__(self, functions: Mapping[str, ast.FunctionDef]) -> None:
        self.functions = functions

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        return node  # a message: its braces hold names

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return self._body_of(self.functions[name], node) if name in self.functions else node

    def _body_of(self, function: ast.FunctionDef, call: ast.Call) -> ast.expr:
        """What ``function`` returns, with the arguments of the ``call`` in place of its parameters.

        The call itself, if an argument would be computed twice.
        """
        parameters = function.args.posonlyargs + function.args.args
        defaults = dict(zip(reversed([p.arg for p in parameters]), reversed(function.args.defaults), strict=False))
        named = {p.arg: d for p, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d}
        arguments = dict(zip((p.arg for p in parameters), call.args, strict=False))
        arguments |= {k.arg: k.value for k in call.keywords if k.arg}
        if function.args.vararg:
            arguments[function.args.vararg.arg] = ast.Tuple(call.args[len(parameters) :], ast.Load())
        values = defaults | named | arguments
        body = copy.deepcopy(function.body[-1])
        assert isinstance(body, ast.Return)
        assert body.value is not None
        result: ast.expr = self.visit(body.value)
        uses = [n.id for n in ast.walk(result) if isinstance(n, ast.Name)]
        if any(uses.count(n) > 1 and not isinstance(v, ast.Name | ast.Constant) for n, v in values.items()):
            return call
        substituted: ast.expr = _Substitution(values).visit(result)
        return substituted


class _Substitution(ast.NodeTransformer):
    """Replaces names by the ``values``."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> Any:
        return copy.deepcopy(self.values.get(node.id, node))


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
