"""Names in statements: which are read, which are set, what is called."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator


def read_in(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that are read, ``n += 1`` among them; those that are a comprehension's own are not."""
    parts = [part for node in nodes for part in ast.walk(node)]
    changed = {
        part.target.id for part in parts if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name)
    }
    return _names(parts, (ast.Load, ast.Del)) - _own_names(parts) | changed


def set_in(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that are set, or forgotten."""
    parts = [part for node in nodes for part in ast.walk(node)]
    return _names(parts, (ast.Store, ast.Del)) - _own_names(parts)


def _names(parts: Iterable[ast.AST], contexts: tuple[type, ...]) -> set[str]:
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, contexts)}


def _own_names(parts: Iterable[ast.AST]) -> set[str]:
    loops = [part for part in parts if isinstance(part, ast.comprehension)]
    return {name.id for loop in loops for name in ast.walk(loop.target) if isinstance(name, ast.Name)}


def read_before_set(statements: Iterable[ast.stmt]) -> set[str]:
    """The names that may be read, or kept as they are, before the statements set them."""
    needed: set[str] = set()
    known: set[str] = set()
    for statement in statements:
        needed |= read_in([statement]) - known
        is_plain = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
        now_set = set_in([statement])
        if not is_plain:  # in a branch or a loop: it may not come to that
            needed |= now_set - known
        known |= now_set
    return needed


def read_by_functions(tree: ast.Module) -> set[str]:
    """The names that functions in ``tree`` read, and that are none of their own."""
    found: set[str] = set()
    tables = [symtable.symtable(ast.unparse(tree), "<names>", "exec")]
    for table in tables:
        tables += table.get_children()
        if table.get_type() == "function" and table.get_name() not in _COMPREHENSIONS:
            found |= {one.get_name() for one in table.get_symbols() if one.is_free() or one.is_global()}
    return found


_COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}


def dotted(node: ast.AST) -> str:
    """``a.b.c`` as text; "" for what is not names joined by dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """The calls in ``node``."""
    return (part for part in ast.walk(node) if isinstance(part, ast.Call))


def last_name(call: ast.Call) -> str:
    """What is called, without what it is found in: "step" of ``optimizer.step()``."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
