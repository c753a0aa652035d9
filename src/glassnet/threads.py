"""Threads, and processes that are forked: what Python has once for all, had by each for itself."""

from __future__ import annotations

import functools
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, Self, TypeVar, overload
from weakref import WeakSet

T = TypeVar("T")
OWN = "glassnet "  # how the names of threads begin that run nothing but glassnet's own code


def are_others() -> bool:
    """Whether there are threads besides this one that a person has begun, or a library."""
    others = (thread for thread in threading.enumerate() if thread is not threading.current_thread())
    return any(not thread.name.startswith(OWN) for thread in others)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# processes -----------------------------------------------------------------------------------------------------------


class Forkable(Protocol):
    """What holds a lock while it works, in whichever thread."""

    def in_child(self) -> None:
        """Be usable in a process that was forked, perhaps while another thread, which is not there, held the lock."""
        ...


_forkable: WeakSet[Any] = WeakSet()


def usable_after_fork(owner: Forkable) -> None:
    """Have ``owner.in_child()`` called in every process that is forked while ``owner`` is there.

    Of all threads only the one that forks is in the new process. A lock that another one held is held there for ever,
    and what it was about to change is half changed.
    """
    _forkable.add(owner)


def _in_child() -> None:
    for owner in list(_forkable):
        owner.in_child()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_in_child)


def is_left_locked(lock: Any) -> bool:
    """Whether a thread other than this one holds ``lock``, an RLock."""
    if not lock.acquire(blocking=False):
        return True
    lock.release()
    return False


# modules -------------------------------------------------------------------------------------------------------------


class _Loading:
    """One thread at a time loads modules. Two that load a package and a module of it, in turn, are given half of it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        usable_after_fork(self)

    def in_child(self) -> None:
        self.lock = threading.RLock()


_loading = _Loading()


def loaded(name: str) -> ModuleType:
    """The module called ``name``, all of it, whichever threads ask for it first."""
    with _loading.lock:
        return import_module(name)


# warnings ------------------------------------------------------------------------------------------------------------


class _Here(threading.local):
    quiet = 0  # blocks of `quietly` that this thread is in


_here = _Here()


class _Anything:
    """In the place of a filter's pattern: it matches every message of a thread that is to be quiet, and no other."""

    def match(self, _message: str) -> bool:
        return _here.quiet > 0


@contextmanager
def quietly() -> Iterator[None]:
    """Within, warnings of this thread are not shown; those of others are.

    `warnings.catch_warnings` is for all threads, and where two are in it at once the filters of one stay for ever.
    """
    filters: Any = warnings.filters
    filters.insert(0, _FILTER)
    _here.quiet += 1
    try:
        yield
    finally:
        _here.quiet -= 1
        with suppress(ValueError):  # another thread has put back filters from before
            filters.remove(_FILTER)


_FILTER = ("ignore", _Anything(), Warning, None, 0)


# attributes ----------------------------------------------------------------------------------------------------------


class computed_once(functools.cached_property[T]):
    """`functools.cached_property` without its lock, which Python 3.11 has once for the objects of all threads."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        super().__init__(function)

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        return vars(instance).setdefault(self.attrname, self.func(instance))  # one, whichever thread is first
