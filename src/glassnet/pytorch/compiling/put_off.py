"""Reading that is put off: what a script does with the numbers of a step in its middle, and can do after it as well.

    >>> loss.backward()
    >>> total += loss.item() * len(x)   # put off: the step keeps loss, and this is done when it has ended
    >>> optimizer.step()

Only what prints, counts and collects may wait: nothing else in the step reads what it sets.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from glassnet.pytorch.compiling.names_in_statements import calls_in, dotted, last_name, read_in, set_in

KEPT = "_glassnet_kept_{}"
_READING = {"item", "tolist"}
_FUNCTIONS = {"print", "len", "round", "int", "float", "str", "min", "max"}
_METHODS = {"append", "format", "size", "dim", "numel"}


class PutOff(NamedTuple):
    """A statement that waits: ``keeping`` is what the step does in its place, ``later`` what is done afterwards."""

    keeping: list[ast.stmt]
    later: ast.stmt
    outside: set[str]  # the names it reads that the step does not set: they have to be numbers, text or lists


def put_off(statements: Sequence[ast.stmt], place: int) -> PutOff | None:
    """How the statement at ``place`` can wait for the end of the ``statements``; None where it cannot."""
    statement = statements[place]
    if not _only_tells(statement):
        return None
    reading = _Reading(place)
    later = ast.fix_missing_locations(reading.visit(ast.parse(ast.unparse(statement)).body[0]))
    _move(later, statement)
    for kept in reading.keeping:
        _move(kept, statement)
    before, after = statements[:place], statements[place + 1 :]
    has_set = set_in([later])
    names = read_in([later]) | has_set
    if names & set_in(after) or has_set & (read_in(after) | set_in(before)):
        return None
    inside = names & set_in(before)
    if any(_is_changed(name, after) for name in inside) or has_set & read_in(reading.keeping):
        return None
    outside = {name for name in names - inside - has_set if not name.startswith("_glassnet")}
    return PutOff(reading.keeping, later, outside)


def _only_tells(statement: ast.stmt) -> bool:
    """Whether a statement does no more than print, count and collect."""
    if isinstance(statement, ast.If):
        return all(_only_tells(inner) for inner in [*statement.body, *statement.orelse]) and _is_plain(statement.test)
    if isinstance(statement, ast.AugAssign | ast.Assign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return all(isinstance(target, ast.Name) for target in targets) and _is_plain(statement.value)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        is_told = dotted(statement.value.func) == "print" or last_name(statement.value) == "append"
        return is_told and _is_plain(statement.value)
    return False


def _is_plain(expression: ast.AST) -> bool:
    for call in calls_in(_Reading(0).visit(ast.parse(ast.unparse(expression)))):
        name = dotted(call.func)
        is_function = isinstance(call.func, ast.Name) and name in _FUNCTIONS
        is_method = isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS | _READING
        if not is_function and not is_method:
            return False
    return not any(
        isinstance(part, ast.Lambda | ast.NamedExpr | ast.Await | ast.Yield) for part in ast.walk(expression)
    )


def _is_changed(name: str, statements: Sequence[ast.stmt]) -> bool:
    """Whether a method in place is called on it."""
    calls = (call for statement in statements for call in calls_in(statement))
    return any(dotted(call.func).startswith(f"{name}.") and last_name(call).endswith("_") for call in calls)


class _Reading(ast.NodeTransformer):
    """Puts a kept value in the place of each one whose numbers are read."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.keeping: list[ast.stmt] = []

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _READING or node.args:
            return self.generic_visit(node)
        name = KEPT.format(f"{self.place}_{len(self.keeping)}")
        # A copy: what is read may be a parameter, which is another one after the step.
        self.keeping += ast.parse(f"{name} = ({ast.unparse(node.func.value)}).detach().clone()").body
        node.func.value = ast.Name(name, ast.Load())
        return node


def _move(node: ast.AST, to: ast.AST) -> None:
    for part in ast.walk(node):
        ast.copy_location(part, to)
