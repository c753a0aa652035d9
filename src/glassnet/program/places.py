"""Places: where values stand under names, whether the same ones still stand there, and how to put them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import cached_property
from operator import is_
from types import CellType
from typing import Any, Protocol

EMPTY = object()
Pairs = Iterator[tuple[str, Any]]


class Place(Protocol):
    """Somewhere that values stand. Names are as people read them: `config.rate`, `sizes[0]`."""

    def values(self) -> Pairs:
        """What stands here now, by name."""
        ...

    def look(self) -> None:
        """Take what is here for what is to stay."""
        ...

    def is_same(self) -> bool:
        """Whether the very objects are here that were when last looked at."""
        ...

    def saved(self) -> Callable[[], None]:
        """What puts back what is here now."""
        ...


class Namespace:
    """A dict of names of which ``wanted`` matter, which may become more: globals, or the attributes of an object.

    ``kind`` is the class of that object: then it is a change, too, that an attribute comes into being, unless it
    is a property that is computed once.
    """

    def __init__(self, whose: str, held: Mapping[str, Any], wanted: set[str], kind: type | None = None) -> None:
        self.whose = whose
        self.held = held
        self._wanted = wanted
        self._kind = kind
        self.look()

    def _now(self) -> dict[str, Any]:
        names = sorted(self._wanted.intersection(self.held))
        return {n: self.held[n] for n in names if not isinstance(getattr(self._kind, n, None), cached_property)}

    def values(self) -> Pairs:
        """What stands under the wanted names."""
        return ((self.whose + name, value) for name, value in self._now().items())

    def look(self) -> None:
        """Remember it."""
        self._last = list(self._now().items())
        self._size = len(self.held)

    def is_same(self) -> bool:
        """Whether it is still there, and nothing else."""
        get = self.held.get
        for name, value in self._last:
            if get(name, EMPTY) is not value:
                return False
        return self._kind is None or len(self.held) == self._size

    def saved(self) -> Callable[[], None]:
        """What puts it back; names that joined are taken out."""
        before = self._now()

        def put_back() -> None:
            now = self._now()
            for name in now:
                if name not in before:
                    self._drop(name)
            for name, value in before.items():
                if now.get(name, EMPTY) is not value:
                    self._put(name, value)

        return put_back

    def _put(self, name: str, value: Any) -> None:
        self.held[name] = value  # type: ignore[index]

    def _drop(self, name: str) -> None:
        del self.held[name]  # type: ignore[attr-defined]


class ClassBody(Namespace):
    """The names in the body of a class."""

    def __init__(self, whose: str, body: type, wanted: set[str]) -> None:
        self.body = body
        super().__init__(whose, vars(body), wanted, body)

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


class Cells:
    """The variables that a function closes over; ``cells`` may become more."""

    def __init__(self) -> None:
        self.cells: dict[str, CellType] = {}
        self.look()

    def values(self) -> Pairs:
        """What is in them, by the name of the variable."""
        return ((name, value) for name, cell in self.cells.items() if (value := _contents(cell)) is not EMPTY)

    def look(self) -> None:
        """Remember it."""
        self._last = [(cell, _contents(cell)) for cell in self.cells.values()]

    def is_same(self) -> bool:
        """Whether it is still there."""
        try:
            for cell, value in self._last:
                if cell.cell_contents is not value:
                    return False
        except ValueError:  # one is not assigned
            return all(value is _contents(cell) for cell, value in self._last)
        return True

    def saved(self) -> Callable[[], None]:
        """What puts it back."""
        before = [(cell, value) for cell in self.cells.values() if (value := _contents(cell)) is not EMPTY]

        def put_back() -> None:
            for cell, value in before:
                cell.cell_contents = value

        return put_back


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return EMPTY


class Contents:
    """What is in a list, a tuple, a set or a dict."""

    def __init__(self, whose: str, held: Any) -> None:
        self.whose = whose
        self.held = held
        self._is_dict = isinstance(held, dict)
        self.look()

    def _items(self) -> Iterable[Any]:
        return self.held.values() if self._is_dict else self.held  # type: ignore[no-any-return]

    def values(self) -> Pairs:
        """What is in it, by key or by position."""
        items = self.held.items() if self._is_dict else enumerate(self.held)
        return ((f"{self.whose}[{key!r}]", value) for key, value in items)

    def look(self) -> None:
        """Remember it."""
        self._last = list(self._items())
        self._keys = list(self.held) if self._is_dict else []

    def is_same(self) -> bool:
        """Whether it is still there, and nothing else."""
        if len(self.held) != len(self._last) or not all(map(is_, self._items(), self._last)):
            return False
        return not self._is_dict or all(map(is_, self.held, self._keys))

    def saved(self) -> Callable[[], None]:
        """What puts it back."""
        before = dict(self.held) if self._is_dict else list(self.held)

        def put_back() -> None:
            if not isinstance(self.held, tuple | frozenset):
                self.held.clear()
                getattr(self.held, "extend" if hasattr(self.held, "extend") else "update")(before)

        return put_back
