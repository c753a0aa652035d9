"""FreeVariables: what a function can get hold of without being given it.

Values found under a name: in its closure, among the globals that it and the functions it calls
name, in its defaults, on the objects that it uses, and in the lists and dicts there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import methodcaller
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from glassnet.nn.module import Module
from glassnet.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from glassnet.optim.optimizer import Optimizer
from glassnet.trace.bytecode import function_behind, names_in, where_set, with_inner
from glassnet.trace.guard import Fact, comparable
from glassnet.trace.guard_sources import (
    PLAIN,
    ClassBody,
    Contents,
    Enclosed,
    Given,
    Globals,
    GuardSource,
    Namespace,
    Slots,
    Wanted,
)
from glassnet.trace.refusals import home_of, is_users_file
from glassnet.trace.snapshot import CONTAINERS, Snapshot

FEW, MOST = 100, 1000  # entries of a container that is watched (a longer one is of data), and of all together
CALLED = {"__call__", "__getitem__", "__len__", "__iter__", "__enter__", "__exit__", "__contains__", "forward"}
UNNAMED = {"vars", "asdict", "astuple", "__dict__"}  # who names these reads attributes without naming them
SCHEDULES = LRScheduler | ReduceLROnPlateau
MODULES_OWN = {"training", "_call_hooks", "_member_kinds", "_unsaved_buffers"}
RATES = {"get_last_lr", "lr"}  # who names these reads a learning rate


class FreeVariables:
    """What ``function`` names, where that stands, and what it was when last looked at.

    ``found`` are values by name that are reached anyhow. ``wanted`` are the attributes that matter to the
    code that was followed, ``reads_rates`` says whether it names learning rates.
    """

    def __init__(self, function: Callable[..., Any], found: Iterable[tuple[str, Any]] = ()) -> None:
        self.wanted = Wanted()
        self.reads_rates = False
        self._codes: list[CodeType] = []
        self._home: str | None = None  # the folder whose code is followed, though it is an installed package's
        self._found = list(found)
        self._places: list[GuardSource] = []
        self._globals: dict[int, Globals] = {}  # by the id of their dict
        self._met: dict[int, Any] = {}  # held, so that no id is used twice
        self._left = MOST
        self._enter(function)
        self._settle()

    # finding ------------------------------------------------------------------------------------------

    def meet(self, name: str, value: Any) -> None:
        """Something more is reached, under ``name``."""
        self._found.append((name, value))
        self._settle()

    def let_go(self) -> None:
        """Forget what was only looked through."""
        self._found, self._met = [], {}

    def _settle(self) -> None:
        """Follow everything that is reached, until nothing new is, and look at it for the first time."""
        known = -1
        while known != (known := len(self.wanted) + sum(len(held.names) for held in self._globals.values())):
            for name, value in self._found:
                self._meet(name, value)
            for place in self._places:  # which become more on the way
                for name, value in place.values():
                    self._meet(name, value)
        self.look_again()

    def _meet(self, name: str, value: Any) -> None:
        """Follow a value, if there is anything to be followed."""
        value = function_behind(value)
        if isinstance(value, PLAIN) or id(value) in self._met:
            return
        self._met[id(value)] = value
        if isinstance(value, FunctionType | MethodType | partial) or _is_compiled(value) or _wrapped_by(value):
            self._enter(value)
        elif isinstance(value, CONTAINERS):
            if len(value) <= FEW:
                self._watch(Contents(name, value))
        elif isinstance(value, type):
            if _is_users_class(value):
                self._watch(ClassBody(name, value, self.wanted))
        elif isinstance(value, ModuleType):
            if (file := getattr(value, "__file__", None)) and self._is_users(file):
                self._watch(Namespace(name, vars(value), self.wanted))
        elif isinstance(value, Module) or _is_users_object(value):
            self._meet_object(name, value)

    def _meet_object(self, name: str, value: Any) -> None:
        self.wanted.called |= CALLED
        for kind in type(value).__mro__:
            if _is_users_class(kind) and id(kind) not in self._met:
                self._met[id(kind)] = kind
                self._watch(ClassBody(name, kind, self.wanted))
        if isinstance(value, Module):  # tells of changes itself
            is_ours = not _is_users_class(type(value))
            for inner, held in vars(value).items():
                if inner not in MODULES_OWN and not (is_ours and inner.startswith("_")):
                    self._meet(f"{name}.{inner}", held)
            return
        if isinstance(value, Optimizer):  # what it holds is watched elsewhere
            self._met |= {id(held): held for held in (value.state, value.param_groups)}
        whole = vars(value) if hasattr(value, "__dict__") else Slots(value)
        self._watch(Namespace(name, whole, self.wanted, type(value)))

    def _watch(self, place: GuardSource) -> None:
        """Watch one more place, unless there is too much already."""
        self._left -= len(list(place.values()))
        if self._left >= 0:
            self._places.append(place)

    def _enter(self, function: Any) -> None:
        """Follow a function, a method, a partial or an object that can be called."""
        if isinstance(function, partial):
            held = enumerate((*function.args, *function.keywords.values()))
            self._places.append(Given((f"argument{i}", value) for i, value in held))
            self._enter(function.func)
        elif isinstance(function, MethodType):
            self._places.append(Given([("self", function.__self__)]))
            self._enter(function.__func__)
        elif isinstance(function, FunctionType):
            self._follow(function)
        elif _is_compiled(function):
            self._enter(function.function)
        elif not isinstance(function, type):
            self._places.append(Given([("self", function)]))
        if (wrapped := _wrapped_by(function)) is not None:
            self._enter(wrapped)

    def _follow(self, function: FunctionType) -> None:
        code = function.__code__
        if self._home is None:  # it is the function itself
            self._home = "" if is_users_file(code.co_filename) else home_of(code.co_filename)
        if not self._is_users(code.co_filename):
            return
        self._met[id(function)] = function
        if code not in self._codes:
            self._codes.append(code)
            names = names_in(code)
            self.wanted.read |= names.attributes
            self.wanted.called |= names.called
            self.wanted.everything |= bool(UNNAMED & (names.globals | names.attributes))
            self.reads_rates |= any(RATES & {*inner.co_consts, *inner.co_names} for inner in with_inner(code))
            self._globals_of(function).names |= names.globals
        self._places.append(Enclosed(function))
        if vars(function):
            self._watch(Namespace(function.__name__, vars(function), self.wanted))

    def _globals_of(self, function: FunctionType) -> Globals:
        held = function.__globals__
        if id(held) not in self._globals:
            whose = "" if not self._globals else f"{held.get('__name__')}."
            self._globals[id(held)] = Globals(whose, held)
            self._places.append(self._globals[id(held)])
        return self._globals[id(held)]

    def _is_users(self, file: str) -> bool:
        return is_users_file(file) or (bool(self._home) and file.startswith(str(self._home)))

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Every value that is reached, with its name."""
        yield from self._found
        for place in self._places:
            yield from place.values()

    # whether anything has changed ------------------------------------------------------------------------

    def look_again(self) -> None:
        """Take what every name stands for now for what it stands for."""
        for place in self._places:
            place.look()
        self._changing = [place for place in self._places if place.can_change]

    def is_unchanged(self) -> bool:
        """Whether every name stands for the very object that it stood for when last looked at."""
        return all(map(_is_same, self._changing))

    def facts(self) -> dict[Fact, Any]:
        """What each name stands for, to be compared."""
        return {
            Fact(name, number): comparable(value)
            for number, place in enumerate(self._places)
            for name, value in place.values()
            if not _is_apart(value)
        }

    def keep(self, snapshot: Snapshot) -> None:
        """Have ``snapshot`` put back what the names stand for now."""
        for place in self._places:
            place.keep(snapshot)

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
    if is_ours and not isinstance(value, SCHEDULES):
        return False
    return hasattr(value, "__dict__") or _is_users_class(type(value))


def _is_users_class(kind: type) -> bool:
    """Whether a class is written by the user."""
    if kind.__module__.partition(".")[0] in ("glassnet", "numpy", *sys.stdlib_module_names):
        return False
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file is None or is_users_file(file)


def _wrapped_by(function: Any) -> Any:
    """The function that a decorator has put ``function`` around, or None."""
    return vars(function).get("__wrapped__") if callable(function) and hasattr(function, "__dict__") else None
