"""Training steps in a script: the straight runs of statements that compute a loss, derive it, and update.

    >>> for x, y in loader:
    ...     optimizer.zero_grad()          # a step begins
    ...     loss = criterion(model(x), y)
    ...     loss.backward()
    ...     optimizer.step()               # and ends
    ...     total += loss.item()

They are found by how they look, in loops and in functions. Where the model is first used cannot be seen: that is tried
when the script runs, and ``starts`` are the places to try.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from glassnet.pytorch.compiling.graph_uses import Uses
from glassnet.pytorch.compiling.names_in_statements import (
    calls_in,
    dotted,
    last_name,
    read_before_set,
    read_by_functions,
    read_in,
    set_in,
)
from glassnet.pytorch.compiling.put_off import PutOff, put_off

MOST_STARTS = 8
_LOOPS = (ast.For, ast.While)
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Pass)
_BLOCKS = (ast.With, ast.For, ast.If)
# What takes its meaning from where it stands, or what a program would not do again.
_NOT_WITHIN = (
    ast.Return, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom, ast.Await, ast.Lambda, ast.FunctionDef,
    ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Try, ast.Raise,
    ast.While, ast.NamedExpr, ast.Delete,
)  # fmt: skip
_NOT_CALLED = {"print", "input", "open", "exec", "eval", "locals", "globals", "vars", "super", "next", "exit", "quit"}
_NOT_ASKED = {"item", "tolist", "numpy", "save", "manual_seed"}
_DERIVING = {"backward", "grad"}


@dataclass
class TrainingStep:
    """The statements of a step, as they are written; ``waiting`` are those that are put off, by their place."""

    statements: list[ast.stmt]
    waiting: dict[int, PutOff]
    starts: list[int]
    in_function: bool
    varying: set[str]  # names that are set in the loops around it
    read_later: set[str] = field(default_factory=set)
    needs_graph: set[str] = field(default_factory=set)  # names of what may be derived afterwards, or printed with it
    shared: set[str] = field(default_factory=set)  # names that functions read that are not given them

    def results(self, start: int) -> list[str]:
        """The names that the statements from ``start`` set, and that are read afterwards."""
        waiting = [one for place, one in self.waiting.items() if place >= start]
        done = [one for place, one in enumerate(self.statements) if place >= start and place not in self.waiting]
        later = read_in([one.later for one in waiting])
        needed = self.read_later | later | read_before_set(self.statements)
        return sorted(set_in([*done, *(kept for one in waiting for kept in one.keeping)]) & needed)

    def traced(self, start: int) -> list[ast.stmt]:
        """What the step does from ``start`` on."""
        leading = self.leading(start)
        return [
            kept
            for place, statement in enumerate(self.statements)
            if place >= start and statement not in leading
            for kept in (self.waiting[place].keeping if place in self.waiting else [statement])
        ]

    def leading(self, start: int) -> list[ast.stmt]:
        """Of these, the statements that draw Python's random numbers, and can do so before all others.

        >>> hidden = encoder(x)
        >>> teacher = y if random.random() < 0.5 else None   # leads
        >>> loss = criterion(decoder(hidden, teacher), y)
        """
        found: list[ast.stmt] = []
        for place, statement in enumerate(self.statements):
            before = [one for one in self.statements[start:place] if one not in found]
            if place >= start and _draws(statement) and not _depends(statement, before):
                found.append(statement)
        return found

    def outside(self, start: int) -> set[str]:
        """The names that what is put off reads and the step does not set."""
        return {name for place, one in self.waiting.items() if place >= start for name in one.outside}


def _draws(statement: ast.stmt) -> bool:
    calls = [dotted(call.func) for call in calls_in(statement)]
    return isinstance(statement, ast.Assign) and bool(calls) and all(call.startswith("random.") for call in calls)


def _depends(statement: ast.stmt, before: list[ast.stmt]) -> bool:
    its_names = set_in([statement])
    return bool(set_in(before) & (read_in([statement]) | its_names) or read_in(before) & its_names)


def steps_in(tree: ast.Module, whole: ast.Module) -> Iterator[tuple[list[ast.stmt], int, TrainingStep]]:
    """The steps in ``tree``, part of the ``whole``: each with the list of statements it is in, and its place there."""
    bodies = [found for found in _bodies(tree, [], None) if any(map(_derives, found[0]))]
    if not bodies:
        return
    parts = list(ast.walk(whole))
    functions = {part.name for part in parts if isinstance(part, ast.FunctionDef)}
    for body, _, _ in bodies:
        _pull_out(body, functions)
    schedules, shared, uses = _schedules(parts), read_by_functions(whole), Uses(whole, _DERIVING)
    for body, around, function in bodies:
        for first, last in _runs(body, schedules):
            step = _step(body[first : last + 1], function is not None, around, schedules)
            if step is not None:
                scope = function or whole
                if any(isinstance(part, ast.Global | ast.Nonlocal) for part in ast.walk(scope)):
                    scope = whole
                _look_around(step, scope, uses)
                step.shared = shared
                yield body, first, step


def _bodies(
    node: ast.AST, around: list[ast.AST], function: ast.AST | None
) -> Iterator[tuple[list[ast.stmt], list[ast.AST], ast.AST | None]]:
    """The lists of statements that are carried out again and again: in loops, and in functions."""
    if isinstance(node, ast.ClassDef):
        around = []
    if isinstance(node, ast.FunctionDef):
        function, around = function or node, [node]
    if isinstance(node, _LOOPS):
        around = [*around, node]
    for name in ("body", "orelse", "handlers", "finalbody"):
        inner = getattr(node, name, None)
        if isinstance(inner, list):
            if around and not isinstance(node, ast.ClassDef) and name != "handlers":
                yield inner, around, function
            for child in inner:
                yield from _bodies(child, around, function)


def _runs(body: Sequence[ast.stmt], schedules: set[str]) -> Iterator[tuple[int, int]]:
    """From where to where statements may be a step; what cannot be in one ends a run."""
    first = 0
    for i in range(len(body) + 1):
        if i == len(body) or not (_may_be_within(body[i], schedules) or _may_wait(body[i])):
            last = max((k for k in range(first, i) if _ends(body[k], body[first:k])), default=None)
            if last is not None:
                yield first, last
            first = i + 1


def _may_be_within(statement: ast.stmt, schedules: set[str]) -> bool:
    if not isinstance(statement, (*_SIMPLE, *_BLOCKS)):
        return False
    is_block = isinstance(statement, ast.If | ast.For)
    for part in ast.walk(statement):
        if isinstance(part, _NOT_WITHIN):
            return False
        if isinstance(part, ast.Attribute | ast.Name) and _is_private(getattr(part, "attr", getattr(part, "id", ""))):
            return False  # which is another name within a class
        if isinstance(part, ast.Call):
            name = last_name(part)
            if dotted(part.func) in _NOT_CALLED or (isinstance(part.func, ast.Attribute) and name in _NOT_ASKED):
                return False
            if name in ("step", "backward") and (is_block or dotted(part.func).rpartition(".")[0] in schedules):
                return False
            if any(keyword.arg in ("retain_graph", "create_graph") and name == "backward" for keyword in part.keywords):
                return False
    return True


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def _may_wait(statement: ast.stmt) -> bool:
    return put_off([statement], 0) is not None


def _ends(statement: ast.stmt, before: Sequence[ast.stmt]) -> bool:
    """Whether a step may end with ``statement``: it derives, or updates or clears after a derivative."""
    if _derives(statement):
        return True
    if not any(map(_derives, before)):
        return False
    names = {last_name(call) for call in calls_in(statement)}
    clears = isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Attribute) and target.attr == "grad" for target in statement.targets
    )
    return bool(names & {"step", "zero_grad", "zero_"}) or clears or _is_update(statement)


def _derives(statement: ast.stmt) -> bool:
    return any(last_name(call) == "backward" for call in calls_in(statement))


def _is_update(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.With):
        return False
    names = {last_name(call) for item in statement.items for call in calls_in(item)}
    changes = any(isinstance(part, ast.AugAssign) or _is_in_place(part) for part in ast.walk(statement))
    return "no_grad" in names and changes


def _is_in_place(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node).endswith("_")


def _step(
    statements: list[ast.stmt], in_function: bool, around: list[ast.AST], schedules: set[str]
) -> TrainingStep | None:
    derived = next(i for i, one in enumerate(statements) if _derives(one))
    waiting = {}
    for i, statement in enumerate(statements):
        may_be_within = _may_be_within(statement, schedules)
        if not may_be_within or isinstance(statement, ast.AugAssign):
            one = put_off(statements, i)
            if one is None and may_be_within:
                continue
            if one is None:  # it can only be left out where the step begins after it
                return None if i >= derived else _step(statements[i + 1 :], in_function, around, schedules)
            waiting[i] = one
    starts = [
        i
        for i in range(derived)
        if i not in waiting
        and (i == 0 or not _only_clears(statements[i - 1]))
        and not isinstance(statements[i], ast.If)
    ]
    if not starts:
        return None
    varying = set_in([*statements, *(node for node in around if isinstance(node, _LOOPS))])
    return TrainingStep(statements, waiting, starts[-MOST_STARTS:], in_function, varying)


def _only_clears(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and (last_name(statement.value) == "zero_grad")
    )


def _look_around(step: TrainingStep, scope: ast.AST, uses: Uses) -> None:
    """Find what becomes of the results."""
    inside = frozenset(step.statements)
    traced = frozenset(statement for i, statement in enumerate(step.statements) if i not in step.waiting)
    derives = uses.is_derived(inside)
    for name in set_in(step.statements):
        if uses.of(name, scope, inside):
            step.read_later.add(name)
        later = uses.of(name, scope, traced)
        if not all(map(uses.is_plain, later)) and (derives or any(map(uses.may_be_printed, later))):
            step.needs_graph.add(name)


def _pull_out(body: list[ast.stmt], functions: set[str]) -> None:
    """Give what the script's own functions give a name: ``loss = model(*batch())`` may begin after ``batch()``."""
    for i in reversed(range(len(body))):
        statement = body[i]
        call = statement.value if isinstance(statement, ast.Assign) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name | ast.Attribute) or not call.args:
            continue
        first = call.args[0]
        inner = first.value if isinstance(first, ast.Starred) else first
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in functions:
            name = f"_glassnet_batch_{inner.lineno}"
            given = ast.copy_location(ast.Name(name, ast.Load()), inner)
            call.args[0] = ast.copy_location(ast.Starred(given, ast.Load()), first) if inner is not first else given
            named = ast.Assign([ast.copy_location(ast.Name(name, ast.Store()), inner)], inner)
            body.insert(i, ast.copy_location(named, statement))


def _schedules(parts: Sequence[ast.AST]) -> set[str]:
    """The names of what steps a schedule, not an optimizer."""
    found = set()
    for part in parts:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
            made = dotted(part.value.func)
            if made.endswith(("LR", "Plateau")) or "sched" in made.lower():
                found |= {dotted(target) for target in part.targets}
        if isinstance(part, ast.Name | ast.Attribute) and "sched" in dotted(part).lower():
            found.add(dotted(part))
    return found
