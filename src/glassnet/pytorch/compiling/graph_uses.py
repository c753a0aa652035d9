"""What becomes of the results of a step: whether they are read afterwards, and for more than their numbers.

A result of a program has no graph. That makes no difference to who reads its numbers; who derives it, or prints where
it came from, would be told something else.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from glassnet.pytorch.compiling.names_in_statements import dotted, last_name, read_before_set

# What is asked of a tensor that has no graph, or gives one that has none.
_PLAIN = {
    "item", "detach", "data", "tolist", "shape", "size", "dtype", "device", "argmax", "argmin", "numel", "dim", "ndim",
    "eq", "ne", "gt", "ge", "lt", "le", "isnan", "isfinite", "isinf", "any", "all",
}  # fmt: skip
_PLAIN_FUNCTIONS = {"float", "int", "len", "bool", "argmax", "argmin"}
_WITHOUT_GRAPH = {"no_grad", "inference_mode"}
_PICKING = {"max", "min", "topk", "sort", "mode", "median"}  # give values, and where they are

Use = tuple[ast.AST, list[ast.AST]]  # a place where a name is read, and what that is in, the outermost first
_APART = (ast.For, ast.While, ast.FunctionDef)  # what may be carried out by itself


class Uses:
    """Where names are read in a file, and where it derives: looked up once, asked for each result of each step."""

    def __init__(self, tree: ast.AST, deriving: Collection[str]) -> None:
        self._names: dict[str, list[Use]] = {}
        self._derivatives: list[Use] = []
        self._around: dict[ast.AST, list[ast.AST]] = {}  # by the statements: what they are in
        self._needed: dict[ast.AST, set[str]] = {}  # by the loops and functions: what they read before they set it
        self._look(tree, [], deriving)

    def _look(self, node: ast.AST, parents: list[ast.AST], deriving: Collection[str]) -> None:
        target = node.target if isinstance(node, ast.AugAssign) else node
        if isinstance(target, ast.Name) and not (target is node and isinstance(target.ctx, ast.Store)):
            self._names.setdefault(target.id, []).append((target, parents))
        if isinstance(node, ast.Call) and last_name(node) in deriving:
            self._derivatives.append((node, parents))
        if isinstance(node, ast.stmt):
            self._around[node] = parents
        within = [*parents, node]
        for child in ast.iter_child_nodes(node):
            self._look(child, within, deriving)

    def of(self, name: str, scope: ast.AST, inside: Collection[ast.AST]) -> list[Use]:
        """Where ``name`` is read in ``scope``, not ``inside`` the step, and not where it has been set anew before."""
        found = []
        around = {outer for statement in inside for outer in self._around[statement]}
        for use, parents in self._names.get(name, []):
            if scope not in parents or any(part in inside for part in (*parents, use)):
                continue
            outer = parents[parents.index(scope) :]
            if all(name in self._needed_in(part) for part in outer if isinstance(part, _APART) and part not in around):
                found.append((use, outer))
        return found

    def is_derived(self, inside: Collection[ast.AST]) -> bool:
        """Whether the file derives anything that is not ``inside`` the step."""
        return any(not any(part in inside for part in (*parents, use)) for use, parents in self._derivatives)

    def _needed_in(self, part: Any) -> set[str]:
        if part not in self._needed:
            self._needed[part] = read_before_set(part.body)
        return self._needed[part]


def is_plain(use: Use) -> bool:
    """Whether numbers are all that is read, as far as can be seen."""
    name, parents = use
    for outer in reversed(parents):  # from the inside out: output.mean().item() is a number at last
        if isinstance(outer, ast.Attribute) and outer.attr in _PLAIN:
            return True
        if not isinstance(outer, ast.Attribute | ast.Call | ast.Subscript | ast.BinOp) or _is_told(outer):
            break
    parent = parents[-1]
    if isinstance(parent, ast.Compare | ast.Delete):
        return True
    if isinstance(parent, ast.FormattedValue):
        return parent.format_spec is not None  # else a tensor of several numbers tells of its graph
    if isinstance(parent, ast.Call) and name in parent.args and last_name(parent) in _PLAIN_FUNCTIONS:
        return True
    if _picks_places(parents):
        return True
    return not is_printed(use) and any(_is_without_graph(outer) for outer in parents)


def is_printed(use: Use) -> bool:
    """Whether it is printed, with all that it tells of itself."""
    return any(map(_is_told, use[1]))


def _is_told(node: ast.AST) -> bool:
    """Whether it is a call that makes text of what it is given."""
    return isinstance(node, ast.Call) and dotted(node.func) in ("print", "str", "repr")


def _is_without_graph(block: ast.AST) -> bool:
    asked = [item.context_expr for item in block.items] if isinstance(block, ast.With) else []
    return any(isinstance(call, ast.Call) and last_name(call) in _WITHOUT_GRAPH for call in asked)


def _picks_places(parents: list[ast.AST]) -> bool:
    """Whether it is in ``_, places = output.max(1)``."""
    statement = next((outer for outer in reversed(parents) if isinstance(outer, ast.stmt)), None)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Tuple):
        return False
    first = statement.targets[0].elts[0]
    is_picked = isinstance(statement.value, ast.Call) and last_name(statement.value) in _PICKING
    return is_picked and isinstance(first, ast.Name) and first.id == "_"
