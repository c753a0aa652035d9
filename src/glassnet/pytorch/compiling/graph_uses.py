"""What becomes of the results of a step: whether they are read afterwards, and for more than their numbers.

A result of a program has no graph. That makes no difference to who reads its numbers; who derives it, or prints where
it came from, would be told something else.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

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


def uses_of(name: str, scope: ast.AST, inside: Collection[ast.AST]) -> list[Use]:
    """Where ``name`` is read in ``scope``, not ``inside`` the step, and not where it has been set anew before."""
    return list(_uses(name, scope, [], set(map(id, inside))))


def _uses(name: str, node: ast.AST, parents: list[ast.AST], inside: set[int]) -> Iterator[Use]:
    if id(node) in inside:
        return
    target = node.target if isinstance(node, ast.AugAssign) else node
    if (
        isinstance(target, ast.Name)
        and target.id == name
        and not (target is node and isinstance(target.ctx, ast.Store))
    ):
        yield target, parents
    is_apart = isinstance(node, ast.For | ast.While | ast.FunctionDef) and not _holds(node, inside)
    if is_apart and name not in read_before_set(getattr(node, "body", ())):
        return
    for child in ast.iter_child_nodes(node):
        yield from _uses(name, child, [*parents, node], inside)


def _holds(node: ast.AST, inside: set[int]) -> bool:
    return any(id(part) in inside for part in ast.walk(node))


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
