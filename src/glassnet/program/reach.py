"""Reach: what a function can get hold of without being given it.

Values found under a name: in its closure, among the globals that it and the functions it calls
name, in its defaults, and on the objects that it uses.
"""

from __future__ import annotations

import dis
import inspect
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from glassnet.program.refusal import HOUSE, line_at

PLAIN = (bool, int, float, str, bytes, complex, type(None), np.generic)
_EMPTY = object()
_OTHERS = tuple({HOUSE, *(sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib"))})


class Same:
    """A value that is equal to itself alone, and is held, so that no other can take its place in memory."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)

    def __repr__(self) -> str:
        return f"another {type(self.value).__name__}"


def comparable(value: Any) -> Any:
    """``value`` as it is compared: numbers and text, and tuples of them, by what they are, all else by identity."""
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    return value if isinstance(value, PLAIN) else Same(value)


class Reach:
    """What ``function`` names, where that stands, and what it was when last looked at.

    ``found`` are values by name that are reached anyhow. ``attributes`` are the names of attributes
    in the code that was followed, ``objects`` the objects of the user's that may have them.
    """

    def __init__(self, function: Callable[..., Any], found: Iterable[tuple[str, Any]] = ()) -> None:
        self.attributes: set[str] = set()
        self.objects: dict[str, Any] = {}
        self._codes: list[CodeType] = []
        self._found = dict(found)
        self._extra: dict[str, Any] = {}  # defaults, what a partial holds, the object that a method is of
        self._cells: dict[str, CellType] = {}
        self._spaces: dict[int, tuple[str, dict[str, Any], list[str]]] = {}  # by id: whose, itself, names in it
        self._enter(function)
        self._settle()

    # finding ------------------------------------------------------------------------------------------

    def follow_class(self, kind: type) -> None:
        """Follow the methods of a class of the user's."""
        known = len(self._codes)
        for function in methods(kind).values():
            self._follow(function)
        if len(self._codes) > known:
            self._settle()

    def _enter(self, function: Any) -> None:
        """Follow a function, a method, a partial or an object that can be called."""
        function = inspect.unwrap(function)
        if isinstance(function, partial):
            for i, value in enumerate((*function.args, *function.keywords.values())):
                self._extra.setdefault(f"argument{i}", value)
            self._enter(function.func)
        elif isinstance(function, MethodType):
            self._extra.setdefault("self", function.__self__)
            self._enter(function.__func__)
        elif isinstance(function, FunctionType):
            self._follow(function)
        elif not isinstance(function, type):
            self._extra.setdefault("self", function)
            call = getattr(type(function), "__call__", None)  # noqa: B004  the method itself, to be read
            if isinstance(call, FunctionType):
                self._follow(call)

    def _follow(self, function: FunctionType) -> None:
        code = function.__code__
        if code in self._codes or not _is_users_file(code.co_filename):
            return
        self._codes.append(code)
        names, attributes = names_in(code)
        self.attributes |= attributes
        held = function.__globals__
        whose = "" if len(self._codes) == 1 or id(held) in self._spaces else f"{held.get('__name__')}."
        _, _, there = self._spaces.setdefault(id(held), (whose, held, []))
        there += sorted(n for n in names if n in held and n not in there)
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            self._cells.setdefault(name, cell)
        for parameter in inspect.signature(function).parameters.values():
            if parameter.default is not inspect.Parameter.empty:
                self._extra.setdefault(parameter.name, parameter.default)
        named = [contents for cell in self._cells.values() if (contents := _contents(cell)) is not _EMPTY]
        for value in (*named, *(held[name] for name in names if name in held)):
            if callable(value) and isinstance(inspect.unwrap(value), FunctionType | MethodType | partial):
                self._enter(value)

    def _settle(self) -> None:
        """Find the objects whose attributes are used, and look at everything for the first time."""
        known = -1
        while len(self._codes) > known:
            known = len(self._codes)
            for name, value in list(self):
                if _is_users_object(value) and all(value is not other for other in self.objects.values()):
                    self.objects[name] = value
            for name, owner in self.objects.items():
                named = sorted(self.attributes & set(vars(owner)))
                self._spaces[id(vars(owner))] = (f"{name}.", vars(owner), named)
                kinds = () if isinstance(owner, ModuleType) else type(owner).__mro__
                found = [vars(owner)] if not kinds else [methods(kind) for kind in kinds]
                for function in (space[name] for space in found for name in sorted(self.attributes) if name in space):
                    if isinstance(function, FunctionType):
                        self._follow(function)
        self.look_again()

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Every value that is reached, with its name."""
        yield from self._found.items()
        yield from self._named()

    def _named(self) -> Iterator[tuple[str, Any]]:
        yield from self._extra.items()
        for name, cell in self._cells.items():
            if (value := _contents(cell)) is not _EMPTY:
                yield name, value
        for whose, held, names in self._spaces.values():
            yield from ((whose + name, held[name]) for name in names if name in held)

    # whether anything has changed ------------------------------------------------------------------------

    def look_again(self) -> None:
        """Take what every name stands for now for what it stands for."""
        spaces = self._spaces.values()
        self._last = [(held, name, held.get(name, _EMPTY)) for _, held, names in spaces for name in names]
        self._last_contents = [(cell, _contents(cell)) for cell in self._cells.values()]

    def is_unchanged(self) -> bool:
        """Whether every name stands for the very object that it stood for when last looked at."""
        for held, name, value in self._last:
            if held.get(name, _EMPTY) is not value:
                return False
        try:
            for cell, value in self._last_contents:
                if cell.cell_contents is not value:
                    return False
        except ValueError:  # one is not assigned
            return all(value is _contents(cell) for cell, value in self._last_contents)
        return True

    def facts(self) -> dict[str, Any]:
        """What each name stands for, to be compared."""
        return {name: comparable(value) for name, value in self._named() if not _is_apart(value)}

    def saved(self) -> Callable[[], None]:
        """What puts back what the names stand for now."""
        spaces = [(held, {n: held[n] for n in names if n in held}) for _, held, names in self._spaces.values()]
        cells = [(cell, contents) for cell in self._cells.values() if (contents := _contents(cell)) is not _EMPTY]

        def put_back() -> None:
            for held, before in spaces:
                held.update(before)
            for cell, contents in cells:
                cell.cell_contents = contents

        return put_back

    def where_set(self, name: str) -> str:
        """The line on which the code that was followed sets a name or an attribute; "" if none does."""
        for code in self._codes:
            for inner in _with_inner(code):
                number = _line_that_sets(inner, name)
                if number:
                    return line_at(inner.co_filename, number)
        return ""


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return _EMPTY


def _is_apart(value: Any) -> bool:
    """Whether it is no matter which one it is: Python's modules, and compiled functions."""
    return getattr(type(value), "is_compiled", False) or isinstance(value, ModuleType)


@cache
def _is_users_file(name: str) -> bool:
    return not name.startswith(_OTHERS)


def _is_users_object(value: Any) -> bool:
    """Whether ``value`` is an object or a module of the user's, other than a network, which tells of changes itself."""
    if isinstance(value, ModuleType):
        return getattr(value, "__file__", None) is not None and _is_users_file(str(value.__file__))
    if isinstance(value, type | FunctionType | MethodType) or not hasattr(value, "__dict__"):
        return False
    return type(value).__module__.split(".")[0] not in ("glassnet", "numpy") and not hasattr(value, "_member_kinds")


def methods(kind: type) -> dict[str, FunctionType]:
    """The functions in the body of a class, those behind properties and decorators included."""
    found = {}
    for name, member in vars(kind).items():
        member = member.fget if isinstance(member, property) else inspect.unwrap(member)
        member = getattr(member, "__func__", member)
        if isinstance(member, FunctionType):
            found[name] = member
    return found


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_inner(constant)


@cache
def names_in(code: CodeType) -> tuple[frozenset[str], frozenset[str]]:
    """The global names and the attributes that a function and those within it name."""
    names, attributes = set(), set()
    for inner in _with_inner(code):
        for instruction in dis.get_instructions(inner):
            if instruction.opname.endswith(("_GLOBAL", "_NAME")):
                names.add(instruction.argval)
            elif instruction.opname.endswith(("_ATTR", "_METHOD")):
                attributes.add(instruction.argval)
    return frozenset(names), frozenset(attributes)


def _line_that_sets(code: CodeType, name: str) -> int:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("STORE_ATTR", "STORE_GLOBAL", "STORE_DEREF") and instruction.argval == name:
            lines = (line for start, end, line in code.co_lines() if start <= instruction.offset < end)
            return next(lines, 0) or 0
    return 0
