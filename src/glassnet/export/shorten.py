"""Shorten: functions without their types, and short ones written out where they are called.

``h1 = relu(fc1)`` becomes ``h1 = np.maximum(fc1, 0)``, for that is all that relu does.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping
from typing import Any


def without_types(text: str) -> str:
    """``text``, with everything as it is but the types in the heads of its functions."""
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.FunctionDef):
            lines[node.lineno - 1 : node.body[0].lineno - 1] = [_head(node)]
    return "\n".join(lines)


def expression(text: str, inlined: Mapping[str, ast.FunctionDef]) -> str:
    """An expression, with calls of ``inlined`` functions written out."""
    return _unparsed(_Inliner(inlined).visit(ast.parse(text, mode="eval").body))


def one_line(text: str) -> ast.FunctionDef | None:
    """The function ``text`` is the source of, if all it does is return an expression."""
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.FunctionDef):
        return None
    body = [s for s in node.body if not _is_docstring(s)]
    return node if len(body) == 1 and isinstance(body[0], ast.Return) else None


class _Inliner(ast.NodeTransformer):
    """Expressions with short functions written out."""

    def __init__(self, inlined: Mapping[str, ast.FunctionDef]) -> None:
        self.inlined = inlined

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        return node  # a message: what stands in its braces is short already

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return self._written_out(node, self.inlined[name]) if name in self.inlined else node

    def _written_out(self, call: ast.Call, function: ast.FunctionDef) -> ast.expr:
        """What ``function`` returns, with the call's arguments in place of its parameters; the call, if one
        of them would be computed twice."""
        parameters = function.args.posonlyargs + function.args.args
        defaults = dict(zip(reversed([p.arg for p in parameters]), reversed(function.args.defaults), strict=False))
        named = {p.arg: d for p, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d}
        given = dict(zip((p.arg for p in parameters), call.args, strict=False))
        given |= {k.arg: k.value for k in call.keywords if k.arg}
        if function.args.vararg:
            given[function.args.vararg.arg] = ast.Tuple(call.args[len(parameters) :], ast.Load())
        values = defaults | named | given
        body = copy.deepcopy(function.body[-1])
        assert isinstance(body, ast.Return)
        assert body.value is not None
        result: ast.expr = self.visit(body.value)
        uses = [n.id for n in ast.walk(result) if isinstance(n, ast.Name)]
        if any(uses.count(n) > 1 and not isinstance(v, ast.Name | ast.Constant) for n, v in values.items()):
            return call
        return _Put(values).visit(result)  # type: ignore[no-any-return]


class _Put(ast.NodeTransformer):
    """Expressions in the place of names."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> Any:
        return copy.deepcopy(self.values.get(node.id, node))


def _head(function: ast.FunctionDef) -> str:
    """The line that defines a function, without types."""
    bare = copy.deepcopy(function.args)
    for each in (*bare.posonlyargs, *bare.args, *bare.kwonlyargs, bare.vararg, bare.kwarg):
        if each is not None:
            each.annotation = None
    return f"def {function.name}({_unparsed(bare)}):"


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _unparsed(node: ast.AST) -> str:
    """The source of ``node``, with strings in double quotes where that is as good."""
    text = ast.unparse(ast.fix_missing_locations(node))
    return re.sub(r"'([^'\"\\\n]*)'", r'"\1"', text) if '"' not in text else text
