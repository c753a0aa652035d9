"""Reach: what a function can get hold of without being given it.

Values found under a name: in its closure, among the globals that it and the functions it calls
name, in its defaults, on the objects that it uses, and in the lists and dicts there.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from functools import partial
from math import copysign
from operator import methodcaller
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from glassnet.nn.module import Module
from glassnet.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from glassnet.optim.optimizer import Optimizer
from glassnet.program.code import function_behind, names_in, where_set, with_inner
from glassnet.program.places import Cells, ClassBody, Contents, Namespace, Pairs, Place, Slots
from glassnet.program.refusal import is_users_file

PLAIN = (bool, int, float, str, bytes, complex, type(None), np.generic)
FEW = 100  # a list that is longer is of data, and is not watched
CALLED = ("__call__", "__getitem__", "__len__", "__iter__", "__enter__", "__exit__", "__contains__", "forward")
SCHEDULES = LRScheduler | ReduceLROnPlateau
RATES = {"get_last_lr", "lr"}  # who names these reads a learning rate


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


class Number:
    """A number that is equal to those of its own type alone: 2 is not 2.0, 0.0 is not -0.0, and nan is nan."""

    __slots__ = ("_key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        is_float = isinstance(value, float)
        self._key = (type(value), "nan" if value != value else value, copysign(1, value) if is_float else 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return repr(self.value)


def comparable(value: Any) -> Any:
    """``value`` as it is compared: numbers and text, and tuples of them, by what they are, all else by identity."""
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    if isinstance(value, int | float | complex | np.number):
        return Number(value)
    return value if isinstance(value, PLAIN) else Same(value)


class Reach:
    """What ``function`` names, where that stands, and what it was when last looked at.

    ``found`` are values by name that are reached anyhow. ``attributes`` are the names of attributes in
    the code that was followed, ``reads_rates`` says whether it names learning rates.
    """

    def __init__(self, function: Callable[..., Any], found: Iterable[tuple[str, Any]] = ()) -> None:
        self.attributes: set[str] = set()
        self.reads_rates = False
        self._codes: list[CodeType] = []
        self._found = dict(found)
        self._extra: dict[str, Any] = {}  # defaults, what a partial holds, the object that a method is of
        self._cells = Cells()
        self._places: list[Place] = [self._cells]
        self._globals: dict[int, set[str]] = {}  # the names in each, by id
        self._met: dict[int, Any] = {}  # held, so that no id is used twice
        self._enter(function)
        self._settle()

    # finding ------------------------------------------------------------------------------------------

    def meet(self, name: str, value: Any) -> None:
        """Something more is reached, under ``name``."""
        self._found.setdefault(name, value)
        self._settle()

    def _settle(self) -> None:
        """Follow everything that is reached, until nothing new is, and look at it for the first time."""
        known = -1
        while len(self._met) + len(self.attributes) > known:
            known = len(self._met) + len(self.attributes)
            for name, value in list(self):
                self._meet(name, value)
        self.look_again()

    def _meet(self, name: str, value: Any) -> None:
        """Follow a value, if there is anything to be followed."""
        value = function_behind(value)
        if isinstance(value, PLAIN) or id(value) in self._met:
            return
        self._met[id(value)] = value
        if isinstance(value, FunctionType | MethodType | partial) or _is_compiled(value):
            self._enter(value)
        elif isinstance(value, list | tuple | set | frozenset | dict):
            if len(value) <= FEW:
                self._places.append(Contents(name, value))
        elif isinstance(value, type):
            if _is_users_class(value):
                self._places.append(ClassBody(f"{name}.", value, self.attributes))
        elif isinstance(value, ModuleType):
            if (file := getattr(value, "__file__", None)) and is_users_file(file):
                self._places.append(Namespace(f"{name}.", vars(value), self.attributes))
        elif isinstance(value, Module) or _is_users_object(value):
            self._meet_object(name, value)

    def _meet_object(self, name: str, value: Any) -> None:
        self.attributes.update(CALLED)
        for kind in reversed(type(value).__mro__):  # what is nearer hides what is further
            if _is_users_class(kind):
                self._places.append(ClassBody(f"{name}.", kind, self.attributes))
                self._met[id(kind)] = kind
        if isinstance(value, Module):  # tells of changes itself
            for inner, held in vars(value).items():
                if not inner.startswith("_"):
                    self._meet(f"{name}.{inner}", held)
            return
        if isinstance(value, Optimizer):  # what it holds is watched elsewhere
            self._met |= {id(held): held for held in (value.state, value.param_groups)}
        whole = Slots(value) if not hasattr(value, "__dict__") else vars(value)
        self._places.append(Namespace(f"{name}.", whole, self.attributes, type(value)))

    def _enter(self, function: Any) -> None:
        """Follow a function, a method, a partial or an object that can be called."""
        if isinstance(function, partial):
            for i, value in enumerate((*function.args, *function.keywords.values())):
                self._extra.setdefault(f"argument{i}", value)
            self._enter(function.func)
        elif isinstance(function, MethodType):
            self._extra.setdefault("self", function.__self__)
            self._enter(function.__func__)
        elif isinstance(function, FunctionType):
            self._follow(function)
        elif _is_compiled(function):
            self._enter(function.function)
        elif not isinstance(function, type):
            self._extra.setdefault("self", function)
        if hasattr(function, "__wrapped__"):
            self._enter(function.__wrapped__)

    def _follow(self, function: FunctionType) -> None:
        code = function.__code__
        if code in self._codes or not is_users_file(code.co_filename):
            return
        self._codes.append(code)
        names, attributes = names_in(code)
        self.attributes |= attributes
        self.reads_rates |= any(RATES & {*inner.co_consts, *inner.co_names} for inner in with_inner(code))
        held = function.__globals__
        if id(held) not in self._globals:
            whose = "" if not self._globals else f"{held.get('__name__')}."
            self._places.append(Namespace(whose, held, self._globals.setdefault(id(held), set())))
        self._globals[id(held)] |= names
        if vars(function):
            self._places.append(Namespace(f"{function.__name__}.", vars(function), self.attributes))
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            self._cells.cells.setdefault(name, cell)
        for parameter in inspect.signature(function, follow_wrapped=False).parameters.values():
            if parameter.default is not inspect.Parameter.empty:
                self._extra.setdefault(parameter.name, parameter.default)

    def __iter__(self) -> Pairs:
        """Every value that is reached, with its name."""
        yield from self._found.items()
        yield from self._named()

    def _named(self) -> Pairs:
        yield from self._extra.items()
        for place in self._places:
            yield from place.values()

    # whether anything has changed ------------------------------------------------------------------------

    def look_again(self) -> None:
        """Take what every name stands for now for what it stands for."""
        for place in self._places:
            place.look()

    def is_unchanged(self) -> bool:
        """Whether every name stands for the very object that it stood for when last looked at."""
        return all(map(_is_same, self._places))

    def facts(self) -> dict[str, Any]:
        """What each name stands for, to be compared."""
        return {name: comparable(value) for name, value in self._named() if not _is_apart(value)}

    def saved(self) -> Callable[[], None]:
        """What puts back what the names stand for now."""
        steps = [place.saved() for place in self._places]

        def put_back() -> None:
            for step in steps:
                step()

        return put_back

    def where_set(self, name: str) -> str:
        """The line on which the code that was followed sets what is called ``name``; "" if none does."""
        return where_set(self._codes, name.partition("[")[0].rpartition(".")[2])


_is_same = methodcaller("is_same")


def _is_apart(value: Any) -> bool:
    """Whether it is no matter which one it is: Python's modules, and compiled functions."""
    return _is_compiled(value) or isinstance(value, ModuleType)


def _is_compiled(value: Any) -> bool:
    return getattr(type(value), "is_compiled", False)


def _is_users_object(value: Any) -> bool:
    """Whether ``value`` is an object of the user's, or one that carries attributes for the user."""
    is_ours = type(value).__module__.partition(".")[0] in ("glassnet", "numpy")
    is_apart = is_ours and not isinstance(value, SCHEDULES)
    return not is_apart and (hasattr(value, "__dict__") or _is_users_class(type(value)))


def _is_users_class(kind: type) -> bool:
    """Whether a class is written by the user."""
    if kind.__module__.partition(".")[0] in ("glassnet", "numpy", *sys.stdlib_module_names):
        return False
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file is None or is_users_file(file)
