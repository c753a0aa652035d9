"""Guard sources: where a function finds values without being given them.

The globals that it names, the variables that it closes over, the attributes of objects, the entries of lists and dicts
are each a source. A source knows three things: the values in it now, each with its `Guard`; whether they are still the
very same objects, which is quick to ask and is asked at every call of a compiled function; and how to put them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import cached_property
from operator import is_
from types import FunctionType
from typing import Any, Literal, Protocol, cast

from glassnet.trace.guard import PLAIN, Guard
from glassnet.trace.snapshot import Snapshot, contents_of

EMPTY = object()
Values = Iterable[tuple[Guard, Any]]


class GuardSource(Protocol):
    """Somewhere that values are found."""

    can_change: bool

    def values(self) -> Values:
        """The values that are here now."""
        ...

    def look(self) -> None:
        """Remember which objects are here."""
        ...

    def is_same(self) -> bool:
        """Whether the very objects are here that were when last looked at."""
        ...

    def keep(self, snapshot: Snapshot) -> None:
        """Have ``snapshot`` put back what is here now."""
        ...


class AttributeNames:
    """The names of attributes that matter: those that code reads, and, of what can be called, those that it calls.

    In ``x * config.scale`` only ``scale`` matters; another attribute of ``config`` may change as it likes.
    ``everything``: all matter, for there is code that reads attributes without naming them, such as ``vars(config)``.
    """

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.called: set[str] = set()
        self.everything = False

    def __len__(self) -> int:
        return len(self.read) + len(self.called) + self.everything

    def among(self, namespace: Mapping[str, Any], everything: bool = False) -> dict[str, Any]:
        """The attributes in ``namespace`` that matter, in the order of names."""
        if everything or self.everything:
            return {name: namespace[name] for name in sorted(namespace) if not name.startswith("__")}
        names = sorted((self.read | self.called).intersection(namespace))
        return {name: namespace[name] for name in names if name in self.read or not isinstance(namespace[name], PLAIN)}


class _Names:
    """Values under those names of a namespace that matter; which these are is for a subclass to say.

    ``kind`` is that of the guards. ``is_closed``: that a name is added is a change, too.
    """

    can_change = True
    is_closed = False
    kind: Literal["variable", "attribute"] = "attribute"

    def __init__(self, owner: str, namespace: MutableMapping[str, Any]) -> None:
        self.owner = owner
        self.namespace = namespace
        self.look()

    def now(self) -> dict[str, Any]:
        """The values that matter, by name."""
        raise NotImplementedError

    def values(self) -> Values:
        """The values that matter."""
        return [(Guard(self.kind, self.owner, name), value) for name, value in self.now().items()]

    def look(self) -> None:
        """Remember them."""
        self._last = list(self.now().items())
        self._size = len(self.namespace) if self.is_closed else None

    def is_same(self) -> bool:
        """Whether they are the same."""
        get = self.namespace.get
        if self._size is not None and len(self.namespace) != self._size:
            return False
        for name, value in self._last:  # noqa: SIM110 - a loop is quickest, and this is asked at every call
            if get(name, EMPTY) is not value:
                return False
        return True

    def keep(self, snapshot: Snapshot) -> None:
        """Have them put back; names that were added are taken out."""
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
        self.namespace[name] = value

    def _drop(self, name: str) -> None:
        del self.namespace[name]


class Globals(_Names):
    """The globals of one file that functions in it name; ``names`` may become more."""

    kind = "variable"

    def __init__(self, owner: str, namespace: dict[str, Any]) -> None:
        self.names: set[str] = set()
        super().__init__(owner, namespace)

    def now(self) -> dict[str, Any]:
        """Those that are assigned."""
        return {name: self.namespace[name] for name in sorted(self.names) if name in self.namespace}


class Attributes(_Names):
    """The attributes of an object, or the names in a Python module.

    A `cached_property` of ``owner_class`` is none of them: it is computed once, from the others.
    """

    is_closed = True

    def __init__(
        self, owner: str, namespace: MutableMapping[str, Any], names: AttributeNames, owner_class: type | None = None
    ) -> None:
        self._names = names
        self._owner_class = owner_class
        self._everything = any(hasattr(owner_class, name) for name in ("__getattr__", "__getitem__"))
        super().__init__(owner, namespace)

    def now(self) -> dict[str, Any]:
        """The attributes that matter."""
        now = self._names.among(self.namespace, self._everything)
        return {n: x for n, x in now.items() if not isinstance(getattr(self._owner_class, n, None), cached_property)}


class ClassBody(Attributes):
    """The names in the body of a class."""

    def __init__(self, owner: str, body: type, names: AttributeNames) -> None:
        self.body = body
        read_only = cast(MutableMapping[str, Any], vars(body))  # put and drop go through the class
        super().__init__(owner, read_only, names)

    def _put(self, name: str, value: Any) -> None:
        setattr(self.body, name, value)

    def _drop(self, name: str) -> None:
        delattr(self.body, name)


class Slots(MutableMapping[str, Any]):
    """The attributes of an object that keeps them in slots, seen as a dict."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        slots = [getattr(kind, "__slots__", ()) for kind in type(owner).__mro__]
        self.names = [name for names in slots for name in ((names,) if isinstance(names, str) else names)]

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


class Closure:
    """The variables that a function closes over, and the defaults of its parameters."""

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

    def values(self) -> Values:
        """What is in the variables, and the defaults."""
        code, defaults = self.function.__code__, self.function.__defaults__ or ()
        named = zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True)
        both = (*self._now().items(), *named, *(self.function.__kwdefaults__ or {}).items())
        return [(Guard("variable", name=name), value) for name, value in both]

    def look(self) -> None:
        """Remember what is in them."""
        self._last = [(cell, self._now().get(name, EMPTY)) for name, cell in self._cells.items()]
        self._defaults = self.function.__defaults__

    def is_same(self) -> bool:
        """Whether it is the same."""
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


class Fixed:
    """Values that cannot change: the arguments of a `partial`, the object that a method is of."""

    can_change = False

    def __init__(self, values: Iterable[tuple[str, Any]]) -> None:
        self._values = [(Guard("variable", name=name), value) for name, value in values]

    def values(self) -> Values:
        """They themselves."""
        return self._values

    def look(self) -> None:
        """Nothing can have changed."""

    def is_same(self) -> bool:
        """Always."""
        return True

    def keep(self, snapshot: Snapshot) -> None:
        """Nothing is to be put back."""


class Entries:
    """What is in a list, a tuple, a set, a queue or a dict."""

    can_change = True

    def __init__(self, owner: str, container: Any) -> None:
        self.owner = owner
        self.container = container
        self.look()

    def values(self) -> Values:
        """The entries, by key or by position."""
        items = dict.items(self.container) if isinstance(self.container, dict) else enumerate(self.container)
        return [(Guard("entry", self.owner, repr(key)), value) for key, value in items]

    def look(self) -> None:
        """Remember them."""
        self._last = contents_of(self.container)

    def is_same(self) -> bool:
        """Whether they are the same, and no others."""
        return len(self.container) * (2 if isinstance(self.container, dict) else 1) == len(self._last) and all(
            map(is_, contents_of(self.container), self._last)
        )

    def keep(self, snapshot: Snapshot) -> None:
        """Have them put back."""
        snapshot.keep_contents(self.container)
