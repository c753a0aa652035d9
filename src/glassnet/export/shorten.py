"""Shorten: functions as one writes them where no memory is handed in.

An operation's forward takes ``out=``, calls np.multiply by its name and says the type of everything,
because it is also the fast path of training. Read on its own it wants less::

    def elu(x: Array, alpha: float = 1.0, out: Array | None = None) -> Array:
        below = np.multiply(np.expm1(np.minimum(x, 0)), alpha)
        return np.add(np.maximum(x, 0), below, out=out)

becomes::

    def elu(x, alpha=1.0):
        below = np.expm1(np.minimum(x, 0)) * alpha
        return np.maximum(x, 0) + below

What is left as it was keeps its layout, and what is changed keeps its comments.
"""

from __future__ import annotations

import ast
import copy
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from typing import Any

_OUT = "out"
_BINARY: dict[str, Any] = {
    "add": ast.Add,
    "subtract": ast.Sub,
    "multiply": ast.Mult,
    "divide": ast.Div,
    "matmul": ast.MatMult,
    "power": ast.Pow,
}
_COMPARED: dict[str, Any] = {
    "equal": ast.Eq,
    "not_equal": ast.NotEq,
    "less": ast.Lt,
    "less_equal": ast.LtE,
    "greater": ast.Gt,
    "greater_equal": ast.GtE,
}


def shortened(text: str, inlined: Mapping[str, ast.FunctionDef]) -> str:
    """The function ``text`` is the source of, shortened, with calls of ``inlined`` functions written out."""
    return _Shortener(text, inlined).text()


def without_types(text: str) -> str:
    """``text``, with everything as it is but the types in the heads of its functions."""
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.FunctionDef):
            lines[node.lineno - 1 : node.body[0].lineno - 1] = [_head(node)]
    return "\n".join(lines)


def expression(text: str, inlined: Mapping[str, ast.FunctionDef]) -> str:
    """An expression, shortened."""
    node = _Simpler(inlined).visit(ast.parse(text, mode="eval").body)
    return _unparsed(node)


def one_line(text: str) -> ast.FunctionDef | None:
    """The function ``text`` is the source of, if all it does is return an expression."""
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.FunctionDef):
        return None
    body = [s for s in node.body if not _is_docstring(s)]
    return node if len(body) == 1 and isinstance(body[0], ast.Return) else None


class _Simpler(ast.NodeTransformer):
    """Expressions without ``out``, with operators, and with short functions written out."""

    def __init__(self, inlined: Mapping[str, ast.FunctionDef], function: ast.AST | None = None) -> None:
        nodes = list(ast.walk(function)) if function else []
        self.inlined = inlined
        self.out_is_local = any(isinstance(n, ast.Name) and _is_out(n) and isinstance(n.ctx, ast.Store) for n in nodes)
        # where a local array is written to within an expression, it has to be an array
        kept = [n.value for n in nodes if isinstance(n, ast.Expr | ast.Return)]
        self.scalars_do = all(_into(n) is None or n in kept for n in nodes)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        known = _truth(node.test)
        if known is None:
            return self.generic_visit(node)
        return self.visit(node.body if known else node.orelse)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        return node  # a message: what stands in its braces is short already

    def visit_Call(self, node: ast.Call) -> Any:
        if not self.out_is_local:
            node.keywords = [k for k in node.keywords if not (k.arg == _OUT and _is_out(k.value))]
            node.args = [a for a in node.args if not _is_out(a)]
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in self.inlined:
            return self._written_out(node, self.inlined[name])
        if name or node.keywords:
            return node
        if isinstance(node.func, ast.Attribute) and node.func.attr == "reshape" and isinstance(node.args[0], ast.Tuple):
            return ast.Call(node.func, node.args[0].elts, [])
        ufunc = _of_numpy(node.func)
        if ufunc in _BINARY and len(node.args) == 2:
            return ast.BinOp(node.args[0], _BINARY[ufunc](), node.args[1])
        if ufunc in _COMPARED and len(node.args) == 2:
            return ast.Compare(node.args[0], [_COMPARED[ufunc]()], [node.args[1]])
        if ufunc == "negative" and len(node.args) == 1:
            return ast.UnaryOp(ast.USub(), node.args[0])
        if ufunc == "asarray" and isinstance(node.args[0], ast.BinOp | ast.Call) and self.scalars_do:
            return node.args[0]
        return node

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


class _Shortener:
    def __init__(self, text: str, inlined: Mapping[str, ast.FunctionDef]) -> None:
        self.lines = text.splitlines()
        self.function = ast.parse(text).body[0]
        self.simpler = _Simpler(inlined, self.function)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = {t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT}
        self.comments = {n: kept for n, c in comments.items() if (kept := re.sub(r"#\s*type: ignore.*", "", c).strip())}

    def text(self) -> str:
        assert isinstance(self.function, ast.FunctionDef)
        return "\n".join([_head(self.function), *self._body(self.function.body, self.function.lineno)])

    def _body(self, body: list[ast.stmt], after: int) -> Iterator[str]:
        """The lines of a block that comes after the line ``after``."""
        for statement in body:
            yield from self._own_comments(after, statement)
            after = statement.end_lineno or after
            known = _truth(statement.test) if isinstance(statement, ast.If) else None
            if known is not None:
                assert isinstance(statement, ast.If)
                taken = statement.body if known else statement.orelse
                yield from self._moved(taken, statement)
                if taken and isinstance(taken[-1], ast.Return):
                    return
            elif isinstance(statement, ast.If | ast.For | ast.While | ast.With):
                yield from self._compound(statement)
            else:
                yield from self._simple(statement)

    def _moved(self, body: list[ast.stmt], outer: ast.stmt) -> Iterator[str]:
        """The lines of ``body``, as far left as ``outer``."""
        shift = body[0].col_offset - outer.col_offset if body else 0
        for line in self._body(body, body[0].lineno - 1 if body else 0):
            yield line[shift:]

    def _own_comments(self, after: int, statement: ast.stmt) -> Iterator[str]:
        gap = range(after + 1, statement.lineno)
        if after > self.function.lineno and any(not self.lines[n - 1].strip() for n in gap):
            yield ""
        for n in gap:
            if n in self.comments:
                yield f"{' ' * statement.col_offset}{self.comments[n]}"

    def _compound(self, statement: Any) -> Iterator[str]:
        indent = " " * statement.col_offset
        head = copy.copy(statement)
        head.body, head.orelse = [ast.Pass()], []
        plain = copy.deepcopy(head)
        for name, value in ast.iter_fields(head):
            if isinstance(value, ast.AST):
                setattr(head, name, self.simpler.visit(copy.deepcopy(value)))
        if ast.dump(head) == ast.dump(plain):
            first = statement.body[0].lineno
            yield from (line for line in self.lines[statement.lineno - 1 : first - 1] if line.strip())
        else:
            yield indent + _unparsed(head).splitlines()[0] + self._comment_of(statement.lineno)
        yield from self._body(statement.body, statement.body[0].lineno - 1)
        otherwise = getattr(statement, "orelse", [])
        while len(otherwise) == 1 and isinstance(otherwise[0], ast.If) and _truth(otherwise[0].test) is not None:
            otherwise = otherwise[0].body if _truth(otherwise[0].test) else otherwise[0].orelse
        if otherwise and otherwise[0].col_offset == statement.col_offset:  # an elif
            first, *rest = self._compound(otherwise[0])
            yield re.sub(r"^( *)if ", r"\1elif ", first)
            yield from rest
        elif otherwise:
            yield f"{indent}else:"
            yield from self._body(otherwise, otherwise[0].lineno - 1)

    def _simple(self, statement: ast.stmt) -> Iterator[str]:
        short = self._short(copy.deepcopy(statement))
        if ast.dump(short) == ast.dump(statement):
            for line in self.lines[statement.lineno - 1 : statement.end_lineno]:
                yield re.sub(r"\s*# type: ignore.*", "", line)
            return
        indent = " " * statement.col_offset
        yield indent + _unparsed(short) + self._comment_of(statement.end_lineno or statement.lineno)

    def _short(self, statement: ast.stmt) -> ast.stmt:
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            statement = ast.Assign([statement.target], statement.value)
        result = getattr(statement, "value", None)
        into = _into(result)
        if isinstance(result, ast.Call) and into is not None:
            if isinstance(statement, ast.Expr):  # np.exp(y, out=y) is y = np.exp(y)
                statement = ast.Assign([ast.Name(into.id, ast.Store())], _without_out(result))
            elif isinstance(statement, ast.Return):
                statement = ast.Return(_without_out(result))
        short: ast.stmt = self.simpler.visit(statement)
        return short

    def _comment_of(self, line: int) -> str:
        return f"  {self.comments[line]}" if line in self.comments else ""


def _head(function: ast.FunctionDef) -> str:
    """The line that defines a function, without types and without ``out``."""
    bare = copy.deepcopy(function.args)
    for each in (*bare.posonlyargs, *bare.args, *bare.kwonlyargs, bare.vararg, bare.kwarg):
        if each is not None:
            each.annotation = None
    if bare.args and bare.args[-1].arg == _OUT:
        bare.args.pop()
        bare.defaults = bare.defaults[:-1]
    if bare.kwonlyargs and bare.kwonlyargs[-1].arg == _OUT:
        bare.kwonlyargs.pop()
        bare.kw_defaults.pop()
    return f"def {function.name}({_unparsed(bare)}):"


def _truth(test: ast.expr) -> bool | None:
    """What a condition comes to where there is no ``out``; None if it is about something else."""
    if isinstance(test, ast.Compare) and _is_out(test.left) and isinstance(test.ops[0], ast.Is | ast.IsNot):
        with_none = isinstance(test.comparators[0], ast.Constant)
        return with_none == isinstance(test.ops[0], ast.Is)
    return None


def _is_out(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast":
        node = node.args[-1]  # cast(Any, out), for the type checker
    return isinstance(node, ast.Name) and node.id == _OUT


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _of_numpy(function: ast.expr) -> str:
    """The name of a function of NumPy's, "" for any other."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "np":
        return function.attr
    return ""


def _into(call: Any) -> ast.Name | None:
    """The local name that a call writes its result into."""
    if not isinstance(call, ast.Call) or not _of_numpy(call.func):
        return None
    names = (k.value for k in call.keywords if k.arg == _OUT)
    return next((n for n in names if isinstance(n, ast.Name) and n.id != _OUT), None)


def _without_out(call: ast.Call) -> ast.Call:
    call.keywords = [k for k in call.keywords if k.arg != _OUT]
    return call


def _unparsed(node: ast.AST) -> str:
    """The source of ``node``, with strings in double quotes where that is as good."""
    text = ast.unparse(ast.fix_missing_locations(node))
    return re.sub(r"'([^'\"\\\n]*)'", r'"\1"', text) if '"' not in text else text
