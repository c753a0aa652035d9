"""What becomes of the results of a step: whether they are read afterwards, and for more than their numbers.

A result of a program has no graph. That makes no difference to who reads its numbers; who derives it, or prints where
it came from, would be told something else.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection
from itertools import pairwise
from typing import Any, TypeGuard

from glassnet.pytorch.compiling.names_in_statements import dotted, last_name, read_before_set, set_in

# What is asked of a tensor that has no graph, or gives one that has none.
_PLAIN = {
    "item", "detach", "data", "tolist", "shape", "size", "dtype", "device", "argmax", "argmin", "numel", "dim", "ndim",
    "eq", "ne", "gt", "ge", "lt", "le", "isnan", "isfinite", "isinf", "any", "all",
}  # fmt: skip
_PLAIN_FUNCTIONS = {"float", "int", "len", "bool", "argmax", "argmin"}
_WITHOUT_GRAPH = {"no_grad", "inference_mode"}
_PICKING = {"max", "min", "topk", "sort", "mode", "median"}  # give values, and where they are
# What gives a new tensor, and does nothing else with what it is given.
_COMPUTING = {"round", "sigmoid", "softmax", "log_softmax", "tanh", "relu", "squeeze", "abs", "exp", "mean", "sum"}
_MOST_PLACES = 4  # that a tensor is followed to: names of what is computed of it, parameters of functions

Use = tuple[ast.AST, list[ast.AST]]  # a place where a name is read, and what that is in, the outermost first
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Uses:
    """Where names are read in a file, and where it derives: looked up once, asked for each result of each step."""

    def __init__(self, tree: ast.AST, deriving: Collection[str]) -> None:
        self._names: dict[str, list[Use]] = {}
        self._set: Counter[str] = Counter()  # how often names are given to something
        self._functions: dict[str, ast.FunctionDef] = {}
        self._derivatives: list[Use] = []
        self._around: dict[ast.AST, list[ast.AST]] = {}  # by the statements: what they are in
        self._own: dict[ast.AST, set[str]] = {}
        self._needed: dict[ast.AST, set[str]] = {}
        self._look(tree, [], deriving)

    def _look(self, node: ast.AST, parents: list[ast.AST], deriving: Collection[str]) -> None:
        target = node.target if isinstance(node, ast.AugAssign) else node
        if isinstance(target, ast.Name):
            if target is node and isinstance(target.ctx, ast.Store):
                self._set[target.id] += 1
            else:
                self._names.setdefault(target.id, []).append((target, parents))
        if isinstance(node, ast.alias):
            self._set[(node.asname or node.name).partition(".")[0]] += 1
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._set[node.name] += 1
        if isinstance(node, ast.FunctionDef) and len(parents) == 1 and not node.decorator_list:
            self._functions[node.name] = node
        if isinstance(node, ast.Call) and last_name(node) in deriving:
            self._derivatives.append((node, parents))
        if isinstance(node, ast.stmt):
            self._around[node] = parents
        within = [*parents, node]
        for child in ast.iter_child_nodes(node):
            self._look(child, within, deriving)

    def of(self, name: str, scope: ast.AST, inside: Collection[ast.AST]) -> list[Use]:
        """Where ``name`` is read in ``scope``, not ``inside`` the step, and not where it has been set anew before."""
        around = {outer for statement in inside for outer in self._around[statement]}
        uses = [use for use in self._of(name, scope, around) if not any(part in inside for part in (*use[1], use[0]))]
        return [use for use in uses if not _is_set_between(name, use, around.union(inside))]

    def _of(self, name: str, scope: ast.AST, around: Collection[ast.AST]) -> list[Use]:
        found = []
        for use, parents in self._names.get(name, []):
            if scope in parents:
                outer = parents[parents.index(scope) :]
                pairs = zip(outer, [*outer[1:], use], strict=True)
                if not any(self._is_another(name, part, inner) for part, inner in pairs if part not in around):
                    found.append((use, outer))
        return found

    def is_derived(self, inside: Collection[ast.AST]) -> bool:
        """Whether the file derives anything that is not ``inside`` the step."""
        return any(not any(part in inside for part in (*parents, use)) for use, parents in self._derivatives)

    def _is_another(self, name: str, part: Any, inner: ast.AST) -> bool:
        """Whether ``name``, read in ``inner``, a child of ``part``, is what ``part`` gives that name."""
        if isinstance(part, _COMPREHENSIONS):
            targets = [loop.target for loop in part.generators]
            return inner is not part.generators[0] and name in set_in(targets)
        if not isinstance(part, ast.For | ast.While | ast.FunctionDef) or inner not in part.body:
            return False
        if part not in self._own:
            self._own[part], self._needed[part] = _own_names(part), read_before_set(part.body)
        return name in self._own[part] or name not in self._needed[part]

    def is_plain(self, use: Use, places: int = _MOST_PLACES) -> bool:
        """Whether numbers are all that is read, as far as can be seen."""
        name, parents = use
        for outer in reversed(parents):  # from the inside out: output.mean().item() is a number at last
            if isinstance(outer, ast.Attribute) and outer.attr in _PLAIN:
                return True
            if isinstance(outer, ast.Subscript) and _picks(outer.value) and getattr(outer.slice, "value", 0) == 1:
                return True  # output.max(1)[1] is where they are
            if not isinstance(outer, ast.Attribute | ast.Call | ast.Subscript | ast.BinOp) or _is_told(outer):
                break
        parent = parents[-1]
        if isinstance(parent, ast.Compare | ast.Delete):
            return True
        if isinstance(parent, ast.FormattedValue):
            return parent.format_spec is not None  # else a tensor of several numbers tells of its graph
        if isinstance(parent, ast.Call) and name in parent.args and last_name(parent) in _PLAIN_FUNCTIONS:
            return True
        if not _is_printed(use) and any(_is_without_graph(outer) for outer in parents):
            return True
        return places > 0 and (self._is_plain_inside(use, places - 1) or self._is_plain_later(use, places - 1))

    def may_be_printed(self, use: Use) -> bool:
        """Whether it is printed with all that it tells, or given to a function of the file, which may do so."""
        calls = [outer.func for outer in use[1] if isinstance(outer, ast.Call)]
        return _is_printed(use) or any(isinstance(one, ast.Name) and one.id in self._functions for one in calls)

    def _is_plain_inside(self, use: Use, places: int) -> bool:
        """Whether it is given to a function of the file that reads numbers of it."""
        given, parents = use
        while isinstance(parents[-1], ast.Subscript) and parents[-1].value is given:  # accuracy(out[tested])
            given, parents = parents[-1], parents[:-1]
        call = parents[-1]
        if not isinstance(call, ast.Call) or given not in call.args or not isinstance(call.func, ast.Name):
            return False
        function = self._functions.get(call.func.id)
        place = call.args.index(given)
        if function is None or self._set[call.func.id] > 1 or any(isinstance(one, ast.Starred) for one in call.args):
            return False
        parameters = [*function.args.posonlyargs, *function.args.args]
        if place >= len(parameters):
            return False
        inner = self._of(parameters[place].arg, function, [function])
        return all(self.is_plain(one, places) for one in inner)

    def _is_plain_later(self, use: Use, places: int) -> bool:
        """Whether a name is given to what is computed of it, and numbers are read of that."""
        _, parents = use
        statement = next((outer for outer in reversed(parents) if isinstance(outer, ast.stmt)), None)
        if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
            return False
        target, value = statement.targets[0], statement.value
        between = parents[parents.index(statement) + 1 :]
        if isinstance(target, ast.Tuple):  # values, places = output.max(1)
            if not isinstance(value, ast.Call) or not _picks(value):
                return False
            target, between = target.elts[0], [outer for outer in between if outer not in (value, value.func)]
        methods = [outer.func for outer in between if _computes(outer)]
        is_computed = all(isinstance(outer, ast.BinOp) or _computes(outer) or outer in methods for outer in between)
        if not isinstance(target, ast.Name) or not is_computed:
            return False
        around = parents[: parents.index(statement)]
        return all(self.is_plain(one, places) for one in self._of(target.id, parents[0], around))


def _own_names(part: Any) -> set[str]:
    """The names that a loop, or a function, has set when its body begins; all that are a function's own."""
    if isinstance(part, ast.For):
        return set_in([part.target])
    if not isinstance(part, ast.FunctionDef):
        return set()
    parts = [inner for statement in part.body for inner in ast.walk(statement)]
    outer = {name for inner in parts if isinstance(inner, ast.Global | ast.Nonlocal) for name in inner.names}
    given = {inner.arg for inner in ast.walk(part.args) if isinstance(inner, ast.arg)}
    nested = [inner for inner in parts if isinstance(inner, ast.FunctionDef | ast.Lambda | ast.ClassDef)]
    return (given | set_in(part.body) - set_in(nested)) - outer


def _is_set_between(name: str, use: Use, step: Collection[ast.AST]) -> bool:
    """Whether a statement before that of the use, and after the ``step`` and what it is in, has given the name anew."""
    path = [*use[1], use[0]]
    for part, inner in reversed([*pairwise(path)]):
        is_function = isinstance(part, ast.FunctionDef | ast.Lambda | ast.GeneratorExp)
        if inner in step or (is_function and part not in step):
            return False  # a function may be called at any time
        for body in (getattr(part, field, None) for field in ("body", "orelse", "finalbody")):
            if isinstance(body, list) and inner in body:
                before = body[: body.index(inner)]
                first = max((i + 1 for i, one in enumerate(before) if one in step), default=0)
                if any(isinstance(one, ast.Assign) and name in set_in([one]) for one in before[first:]):
                    return True
    return False


def _picks(call: ast.AST) -> bool:
    """Whether it gives values, and where they are: ``output.max(1)``, not ``output.max(other)``."""
    if not isinstance(call, ast.Call) or last_name(call) not in _PICKING:
        return False
    is_along = any(keyword.arg == "dim" for keyword in call.keywords)
    given = any(isinstance(part, ast.Constant) for one in call.args for part in (one, getattr(one, "operand", None)))
    return is_along or given or last_name(call) in ("topk", "sort", "mode")


def _computes(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and last_name(node) in _COMPUTING


def _is_printed(use: Use) -> bool:
    """Whether it is printed, with all that it tells of itself."""
    return any(map(_is_told, use[1]))


def _is_told(node: ast.AST) -> bool:
    """Whether it is a call that makes text of what it is given."""
    return isinstance(node, ast.Call) and dotted(node.func) in ("print", "str", "repr")


def _is_without_graph(block: ast.AST) -> bool:
    asked = [item.context_expr for item in block.items] if isinstance(block, ast.With) else []
    return any(isinstance(call, ast.Call) and last_name(call) in _WITHOUT_GRAPH for call in asked)
