"""Free variables: what a function uses without being given it, found by reading its code before it runs.

    >>> def step(x):
    ...     return model(x) * config.scale

``model``, ``config`` and ``config.scale`` are used and are no arguments. They are found under a name: in the function's
closure, among the globals that it and the functions it calls name, in its defaults, on the objects that it uses, and
in the lists and dicts there. Only names in the user's own code are followed.
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
from glassnet.trace.bytecode import function_behind, line_that_sets, names_in, with_inner
from glassnet.trace.guard import PLAIN, Guard, Guarded, comparable
from glassnet.trace.guard_sources import (
    AttributeNames,
    Attributes,
    ClassBody,
    Closure,
    Entries,
    Fixed,
    Globals,
    GuardSource,
    Slots,
)
from glassnet.trace.refusals import Line, home_of, is_users_file
from glassnet.trace.snapshot import CONTAINERS, Snapshot

FEW, MOST = 100, 1000  # entries of a container that is watched (a longer one is of data), and of all together
CALLED = {"__call__", "__getitem__", "__len__", "__iter__", "__enter__", "__exit__", "__contains__", "forward"}
UNNAMED = {"vars", "asdict", "astuple", "__dict__"}  # who names these reads attributes without naming them
SCHEDULES = LRScheduler | ReduceLROnPlateau
MODULES_OWN = {"training", "_call_hooks", "_member_kinds", "_state_hooks", "_unsaved_buffers"}
RATES = {"get_last_lr", "lr"}  # who names these reads a learning rate


class FreeVariables:
    """The values that ``function`` names, in the sources where they are found.

    ``reached`` are further values by name, whose attributes and entries are found too. ``attributes`` are the names of
    attributes that the code reads, ``reads_rates`` says whether it names learning rates.
    """

    def __init__(self, function: Callable[..., Any], reached: Iterable[tuple[str, Any]] = ()) -> None:
        self.attributes = AttributeNames()
        self.reads_rates = False
        self._codes: list[CodeType] = []
        self._home: str | None = None  # the folder whose code is followed, though it is an installed package's
        self._reached = list(reached)
        self._sources: list[GuardSource] = []
        self._globals: dict[int, Globals] = {}  # by the id of their dict
        self._followed: dict[int, Any] = {}  # by id: held, so that no id is used twice
        self._left = MOST
        self._enter(function)
        self._settle()

    # finding ------------------------------------------------------------------------------------------

    def add(self, name: str, value: Any) -> None:
        """Something more is reached, under ``name``."""
        self._reached.append((name, value))
        self._settle()

    def let_go(self) -> None:
        """Forget what was only looked through."""
        self._reached, self._followed = [], {}

    def _settle(self) -> None:
        """Follow everything that is reached, until nothing new is, and remember which objects are there."""
        known = -1
        while known != (known := len(self.attributes) + sum(len(one.names) for one in self._globals.values())):
            for name, value in self._reached:
                self._follow(name, value)
            for source in self._sources:  # which become more on the way
                for guard, value in source.values():
                    if not isinstance(value, PLAIN):
                        self._follow(guard.path, value)
        self.look_again()

    def _follow(self, name: str, value: Any) -> None:
        """Find what is in a value, or, if it is a function, what it names."""
        value = function_behind(value)
        if isinstance(value, PLAIN) or id(value) in self._followed:
            return
        self._followed[id(value)] = value
        if isinstance(value, FunctionType | MethodType | partial) or _is_compiled(value) or _wrapped_by(value):
            self._enter(value)
        elif isinstance(value, CONTAINERS):
            if len(value) <= FEW:
                self._watch(Entries(name, value))
        elif isinstance(value, type):
            if _is_users_class(value):
                self._watch(ClassBody(name, value, self.attributes))
        elif isinstance(value, ModuleType):
            if (file := getattr(value, "__file__", None)) and self._is_users(file):
                self._watch(Attributes(name, vars(value), self.attributes))
        elif isinstance(value, Module) or _is_users_object(value):
            self._follow_object(name, value)

    def _follow_object(self, name: str, value: Any) -> None:
        self.attributes.called |= CALLED
        for kind in type(value).__mro__:
            if _is_users_class(kind) and id(kind) not in self._followed:
                self._followed[id(kind)] = kind
                self._watch(ClassBody(name, kind, self.attributes))
        if isinstance(value, Module):  # tells of changes itself
            is_ours = not _is_users_class(type(value))
            for attribute, inner in vars(value).items():
                if attribute not in MODULES_OWN and not (is_ours and attribute.startswith("_")):
                    self._follow(f"{name}.{attribute}", inner)
            return
        if isinstance(value, Optimizer):  # options and state have guards of their own
            self._followed |= {id(x): x for x in (value.state, value.param_groups)}
        namespace = vars(value) if hasattr(value, "__dict__") else Slots(value)
        self._watch(Attributes(name, namespace, self.attributes, type(value)))

    def _watch(self, source: GuardSource) -> None:
        """Watch one more source, unless there are too many values already."""
        self._left -= len(list(source.values()))
        if self._left >= 0:
            self._sources.append(source)

    def _enter(self, function: Any) -> None:
        """Follow a function, a method, a partial or an object that can be called."""
        if isinstance(function, partial):
            arguments = enumerate((*function.args, *function.keywords.values()))
            self._sources.append(Fixed((f"argument{i}", value) for i, value in arguments))
            self._enter(function.func)
        elif isinstance(function, MethodType):
            self._sources.append(Fixed([("self", function.__self__)]))
            self._enter(function.__func__)
        elif isinstance(function, FunctionType):
            self._read(function)
        elif _is_compiled(function):
            self._enter(function.function)
        elif not isinstance(function, type):
            self._sources.append(Fixed([("self", function)]))
        if (wrapped := _wrapped_by(function)) is not None:
            self._enter(wrapped)

    def _read(self, function: FunctionType) -> None:
        """Find what a function names."""
        code = function.__code__
        if self._home is None:  # it is the function itself
            self._home = "" if is_users_file(code.co_filename) else home_of(code.co_filename)
        if not self._is_users(code.co_filename):
            return
        self._followed[id(function)] = function
        if code not in self._codes:
            self._codes.append(code)
            names = names_in(code)
            self.attributes.read |= names.attributes
            self.attributes.called |= names.called
            self.attributes.everything |= bool(UNNAMED & (names.globals | names.attributes))
            self.reads_rates |= any(RATES & {*inner.co_consts, *inner.co_names} for inner in with_inner(code))
            self._globals_of(function).names |= names.globals
        self._sources.append(Closure(function))
        if vars(function):
            self._watch(Attributes(function.__name__, vars(function), self.attributes))

    def _globals_of(self, function: FunctionType) -> Globals:
        namespace = function.__globals__
        if id(namespace) not in self._globals:
            module = str(namespace.get("__name__")) if self._globals else ""  # of the function itself: needs no name
            self._globals[id(namespace)] = Globals(module, namespace)
            self._sources.append(self._globals[id(namespace)])
        return self._globals[id(namespace)]

    def _is_users(self, file: str) -> bool:
        return is_users_file(file) or (bool(self._home) and file.startswith(str(self._home)))

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Every value that is reached, with its name."""
        yield from ((guard.path, value) for guard, value in self.values())

    def values(self) -> Iterator[tuple[Guard, Any]]:
        """Every value that is reached, with its guard."""
        yield from ((Guard("variable", name=name), value) for name, value in self._reached)
        for source in self._sources:
            yield from source.values()

    # whether anything has changed ------------------------------------------------------------------------

    def look_again(self) -> None:
        """Remember which object every name stands for now."""
        for source in self._sources:
            source.look()
        self._changing = [source for source in self._sources if source.can_change]

    def is_unchanged(self) -> bool:
        """Whether every name stands for the very object that it stood for when last looked at."""
        return all(map(_is_same, self._changing))

    def guards(self) -> Guarded:
        """What each name stands for, to be compared."""
        return {
            guard._replace(place=number): comparable(value)
            for number, source in enumerate(self._sources)
            for guard, value in source.values()
            if not _is_apart(value)
        }

    def keep(self, snapshot: Snapshot) -> None:
        """Have ``snapshot`` put back what the names stand for now."""
        for source in self._sources:
            source.keep(snapshot)

    def line_that_sets(self, guard: Guard) -> Line | None:
        """The line on which the code that was read sets what is guarded, or changes an entry of it."""
        container = guard.owner.partition("[")[0].rpartition(".")[2]
        return line_that_sets(self._codes, container if guard.kind == "entry" else guard.name)


_is_same = methodcaller("is_same")


def _is_apart(value: Any) -> bool:
    """Whether it is no matter which one it is: Python's modules, and compiled functions."""
    return _is_compiled(value) or isinstance(value, ModuleType)


def _is_compiled(value: Any) -> bool:
    return getattr(type(value), "is_compiled", False)


_OWN = ("glassnet", "torch", "numpy")  # a tensor's class may go by PyTorch's name: glassnet.pytorch


def _is_users_object(value: Any) -> bool:
    """Whether ``value`` is an object of the user's, or one that carries attributes for the user."""
    is_ours = type(value).__module__.partition(".")[0] in _OWN
    if is_ours and not isinstance(value, SCHEDULES):
        return False
    return hasattr(value, "__dict__") or _is_users_class(type(value))


def _is_users_class(kind: type) -> bool:
    """Whether a class is written by the user."""
    if kind.__module__.partition(".")[0] in (*_OWN, *sys.stdlib_module_names):
        return False
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file is None or is_users_file(file)


def _wrapped_by(function: Any) -> Any:
    """The function that a decorator has put ``function`` around, or None."""
    return vars(function).get("__wrapped__") if callable(function) and hasattr(function, "__dict__") else None
