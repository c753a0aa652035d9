"""Places: where values stand under names, whether the same ones still stand there, and how to put them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import cached_property
from operator import is_
from types import FunctionType
from typing import Any, Protocol

import numpy as np

from glassnet.trace.snapshot import Snapshot, contents_of

PLAIN = (bool, int, float, str, bytes, complex, type(None), np.generic)
EMPTY = object()
Pairs = Iterable[tuple[str, Any]]


class GuardSource(Protocol):
    """Somewhere that values stand, and may change. Names are as people read them: `config.rate`, `sizes[0]`."""

    can_change: bool

    def values(self) -> Pairs:
        """What stands here now, by name."""
        ...

    def look(self) -> None:
        """Take what is here for what is to stay."""
        ...

    def is_same(self) -> bool:
        """Whether the very objects are here that were when last looked at."""
        ...

    def keep(self, snapshot: Snapshot) -> None:
        """Have ``snapshot`` put back what is here now."""
        ...


class Wanted:
    """The names of attributes that matter: those that code reads, and, of what can be called, those that it calls.

    ``everything``: all of them, for there is code that reads attributes without naming them.
    """

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.called: set[str] = set()
        self.everything = False

    def __len__(self) -> int:
        return len(self.read) + len(self.called) + self.everything

    def of(self, held: Mapping[str, Any], everything: bool = False) -> dict[str, Any]:
        """What of ``held`` matters, in the order of names."""
        if everything or self.everything:
            return {name: held[name] for name in sorted(held) if not name.startswith("__")}
        names = sorted((self.read | self.called).intersection(held))
        return {name: held[name] for name in names if name in self.read or not isinstance(held[name], PLAIN)}


class Changing:
    """A place where things change."""

    can_change: bool = True


class Named(Changing):
    """What stands in a dict under those names that matter; which these are is for a subclass to say.

    ``is_closed``: that a name comes into being is a change, too.
    """

    is_closed = False

    def __init__(self, whose: str, held: Mapping[str, Any]) -> None:
        self.whose = whose
        self.held = held
        self.look()

    def now(self) -> dict[str, Any]:
        """What matters of what is there now."""
        raise NotImplementedError

    def values(self) -> Pairs:
        """What stands under the names that matter."""
        return [(self.whose + name, value) for name, value in self.now().items()]

    def look(self) -> None:
        """Remember it."""
        self._last = list(self.now().items())
        self._size = len(self.held) if self.is_closed else None

    def is_same(self) -> bool:
        """Whether it is still there."""
        get = self.held.get
        if self._size is not None and len(self.held) != self._size:
            return False
        for name, value in self._last:  # noqa: SIM110 - a loop is quickest, and this is asked at every call
            if get(name, EMPTY) is not value:
                return False
        return True

    def keep(self, snapshot: Snapshot) -> None:
        """Have it put back; names that joined are taken out."""
        before = self.now()

        def put_back() -> None:
            now = self.now()
            for name in now:
                if name not in before:
                    self._drop(name)
            for name, value in before.items():
                if now.get(name, EMPTY) is not value:
                    self._put(name, value)

        snapshot.keep(put_back)

    def _put(self, name: str, value: Any) -> None:
        self.held[name] = value  # type: ignore[index]

    def _drop(self, name: str) -> None:
        del self.held[name]  # type: ignore[attr-defined]


class Globals(Named):
    """The globals that functions of one file name; ``names`` may become more."""

    def __init__(self, whose: str, held: dict[str, Any]) -> None:
        self.names: set[str] = set()
        super().__init__(whose, held)

    def now(self) -> dict[str, Any]:
        """Those that are assigned."""
        return {name: self.held[name] for name in sorted(self.names) if name in self.held}


class Namespace(Named):
    """The attributes of an object, by the name ``whose``; or the names in the body of a class, or of a module.

    A property that is computed once is none of them; ``kind`` is the class that says which are.
    """

    is_closed = True

    def __init__(self, whose: str, held: Mapping[str, Any], wanted: Wanted, kind: type | None = None) -> None:
        self._wanted = wanted
        self._kind = kind
        self._everything = any(hasattr(kind, name) for name in ("__getattr__", "__getitem__"))
        super().__init__(f"{whose}.", held)

    def now(self) -> dict[str, Any]:
        """The attributes that are wanted."""
        now = self._wanted.of(self.held, self._everything)
        return {n: x for n, x in now.items() if not isinstance(getattr(self._kind, n, None), cached_property)}


class ClassBody(Namespace):
    """The names in the body of a class."""

    def __init__(self, whose: str, body: type, wanted: Wanted) -> None:
        self.body = body
        super().__init__(whose, vars(body), wanted)

    def _put(self, name: str, value: Any) -> None:
        setattr(self.body, name, value)

    def _drop(self, name: str) -> None:
        delattr(self.body, name)


class Slots(MutableMapping[str, Any]):
    """The attributes of an object that keeps them in slots, seen as a dict."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        slots = [getattr(kind, "__slots__", ()) for kind in type(owner).__mro__]
        self.names = [name for held in slots for name in ((held,) if isinstance(held, str) else held)]

    def __getitem__(self, name: str) -> Any:
        if name not in self.names or not hasattr(self.owner, name):
            raise KeyError(name)
        return getattr(self.owner, name)

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self.owner, name, value)

    def __delitem__(self, name: str) -> None:
        delattr(self.owner, name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.names if hasattr(self.owner, name))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Enclosed:
    """What a function has of its own: the variables that it closes over, and the defaults of its parameters."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self._cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        self.can_change = bool(self._cells or function.__defaults__)
        self.look()

    def _now(self) -> dict[str, Any]:
        now = {}
        for name, cell in self._cells.items():
            try:
                now[name] = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
        return now

    def values(self) -> Pairs:
        """What is in the variables, and the defaults, by their names."""
        code, defaults = self.function.__code__, self.function.__defaults__ or ()
        named = zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True)
        return [*self._now().items(), *named, *(self.function.__kwdefaults__ or {}).items()]

    def look(self) -> None:
        """Remember it."""
        self._last = [(cell, self._now().get(name, EMPTY)) for name, cell in self._cells.items()]
        self._defaults = self.function.__defaults__

    def is_same(self) -> bool:
        """Whether it is still there."""
        try:
            for cell, value in self._last:
                if cell.cell_contents is not value:
                    return False
        except ValueError:  # one is not assigned
            now = self._now()
            return all(now.get(name, EMPTY) is value for name, (_, value) in zip(self._cells, self._last, strict=True))
        return self.function.__defaults__ is self._defaults

    def keep(self, snapshot: Snapshot) -> None:
        """Have the variables put back."""
        before = self._now()

        def put_back() -> None:
            for name, value in before.items():
                self._cells[name].cell_contents = value

        snapshot.keep(put_back)


class Given:
    """Values under names that are settled: what a partial holds, the object that a method is of."""

    can_change = False

    def __init__(self, values: Pairs) -> None:
        self._values = list(values)

    def values(self) -> Pairs:
        """They themselves."""
        return self._values

    def look(self) -> None:
        """Nothing can have changed."""

    def is_same(self) -> bool:
        """Always."""
        return True

    def keep(self, snapshot: Snapshot) -> None:
        """Nothing is to be put back."""


class Contents(Changing):
    """What is in a list, a tuple, a set, a queue or a dict."""

    def __init__(self, whose: str, held: Any) -> None:
        self.whose = whose
        self.held = held
        self.look()

    def values(self) -> Pairs:
        """What is in it, by key or by position."""
        items = dict.items(self.held) if isinstance(self.held, dict) else enumerate(self.held)
        return [(f"{self.whose}[{key!r}]", value) for key, value in items]

    def look(self) -> None:
        """Remember it."""
        self._last = contents_of(self.held)

    def is_same(self) -> bool:
        """Whether it is still there, and nothing else."""
        return len(self.held) * (2 if isinstance(self.held, dict) else 1) == len(self._last) and all(
            map(is_, contents_of(self.held), self._last)
        )

    def keep(self, snapshot: Snapshot) -> None:
        """Have it put back."""
        snapshot.keep_contents(self.held)
