"""Containers: modules and parameters in a list or under names, registered with the module they are in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, MutableMapping, ValuesView
from itertools import count
from typing import Any, Self

from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.nn.registry import Kind, Registered


class Numbered(Module):
    """Parts under the names "0", "1", …, with the methods of a Python list."""

    _part_kind: Kind = "module"

    @property
    def _parts(self) -> Registered:
        return Registered(self, self._part_kind)

    def _made_of(self, parts: Iterable[tuple[str, Any]]) -> Self:
        """Another container of this class, of these parts."""
        make: Any = type(self)
        made: Self = make([part for _, part in parts])
        return made

    def _as_part(self, value: Any) -> Any:
        return value

    def _name_at(self, index: int) -> str:
        n = len(self)
        if not -n <= index < n:
            span = f"an index from {-n} to {n - 1}" if n else "no index, as it is empty"
            raise IndexError(f"{self._get_name()}: expected {span}, got {index}")
        return list(self._parts)[index]

    def _renumber(self, values: list[Any]) -> None:
        self._parts.clear()
        self.extend(values)

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._members(self._part_kind))

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._made_of(list(self._parts.items())[index])
        return self._parts[self._name_at(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        self._parts[self._name_at(index)] = self._as_part(value)

    def __delitem__(self, index: int | slice) -> None:
        values = list(self)
        if not isinstance(index, slice):
            self._name_at(index)
        del values[index]
        self._renumber(values)

    def __add__(self, other: Iterable[Any]) -> Self:
        return self._made_of((str(i), part) for i, part in enumerate([*self, *other]))

    def __iadd__(self, other: Iterable[Any]) -> Self:
        return self.extend(other)

    def append(self, value: Any) -> Self:
        """Add one at the end."""
        return self.extend([value])

    def extend(self, values: Iterable[Any]) -> Self:
        """Add several at the end."""
        if not isinstance(values, Iterable):
            raise TypeError(f"{self._get_name()}: expected a list, got {type(values).__name__}; append() adds one")
        parts, names = self._parts, map(str, count(len(self)))
        for value in list(values):
            parts[next(name for name in names if name not in parts)] = self._as_part(value)
        return self

    def insert(self, index: int, value: Any) -> Self:
        """Add one before position ``index``; the others are renumbered."""
        if not -len(self) <= index <= len(self):
            raise IndexError(
                f"{self._get_name()}: expected a position to insert at from {-len(self)} to {len(self)}, got {index}"
            )
        place = index if index >= 0 else index + len(self)
        values = list(self.append(value))  # raises for what is no part, before anything has moved
        values.insert(place, values.pop())
        self._renumber(values)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take out the one at ``index``, and return it; the others are renumbered."""
        value = self[index]
        del self[index]
        return value


class Sequential(Numbered):
    """Modules one after another: the output of each is the input of the next.

    It takes modules, or a dict of them for names of your own: Sequential({"fc": …, "act": …}). Raises
    TypeError for what is no module.

    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    >>> net(glassnet.zeros(5, 4)).shape
    (5, 3)
    >>> net[1]
    ReLU()
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self._register_member("module", name, module)
        else:
            self.extend(modules)

    def _made_of(self, parts: Iterable[tuple[str, Any]]) -> Self:
        return type(self)(OrderedDict(parts))

    def _register_member(self, kind: Kind, name: str, value: Any) -> None:
        if isinstance(value, list | tuple):
            raise TypeError(
                f"Sequential: expected modules, got a {type(value).__name__}; unpack it: Sequential(*layers)"
            )
        if kind == "module" and value is None:
            raise TypeError(
                f"Sequential: expected a module at {name!r:.80}, got None; nn.Identity() passes its input on"
            )
        super()._register_member(kind, name, value)

    def forward(self, input: Any) -> Any:
        """Pass the input through every module in turn."""
        for module in self._members("module"):
            input = module(input)
        return input


class ModuleList(Numbered):
    """Modules in a list. It has no forward: the module that has the list uses them in its own.

    >>> layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
    >>> layers
    ModuleList(
      (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
    )
    >>> len(list(layers.parameters()))
    6
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(() if modules is None else modules)

    def _inner_lines(self) -> list[str]:
        """Neighbours that look alike in one line: (0-2): 3 x Linear(…)."""
        runs: list[tuple[int, int, str]] = []
        for i, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        lines = [f"({a}): {text}" if a == b else f"({a}-{b}): {b - a + 1} x {text}" for a, b, text in runs]
        return [line.replace("\n", "\n  ") for line in lines]


class ParameterList(Numbered):
    """Parameters in a list; tensors put into it become parameters.

    >>> scales = nn.ParameterList([glassnet.ones(2), glassnet.zeros(3)])
    >>> [p.requires_grad for p in scales]
    [True, True]
    """

    _part_kind: Kind = "parameter"

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(() if values is None else values)

    def _as_part(self, value: Any) -> Any:
        return _as_parameter(value)

    def extra_repr(self) -> str:
        """One line for each parameter."""
        return _parameter_lines({name: (p.dtype, p) for name, p in self._parts.items() if p is not None})


class Named(Module, MutableMapping[str, Any]):
    """Parts under names of your own, with the methods of a Python dict."""

    _part_kind: Kind = "module"
    __eq__ = object.__eq__  # a module is equal to itself alone
    __hash__ = object.__hash__

    def __init__(self, parts: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__()
        if parts is not None:  # a subclass may have an update of its own, which is not ready yet
            self.update(parts)

    @property
    def _parts(self) -> Registered:
        return Registered(self, self._part_kind)

    def __getitem__(self, key: str) -> Any:
        return self._parts[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._check_free(self._part_kind, key)
        self._parts[key] = value

    def __delitem__(self, key: str) -> None:
        del self._parts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._parts))

    def __len__(self) -> int:
        return len(self._parts)

    def keys(self) -> KeysView[str]:
        """The names, as a dict gives them."""
        return self._parts.keys()

    def values(self) -> ValuesView[Any]:
        """The parts, as a dict gives them."""
        return self._parts.values()

    def items(self) -> ItemsView[str, Any]:
        """The names and the parts, as a dict gives them."""
        return self._parts.items()


class ModuleDict(Named):
    """Modules under names. It has no forward: the module that has the dict uses them in its own.

    >>> heads = nn.ModuleDict({"digit": nn.Linear(8, 10), "parity": nn.Linear(8, 2)})
    >>> heads["parity"](glassnet.zeros(1, 8)).shape
    (1, 2)
    """


class ParameterDict(Named):
    """Parameters under names; tensors put into it become parameters.

    >>> scales = nn.ParameterDict({"low": glassnet.ones(2), "high": glassnet.zeros(3)})
    >>> sorted(name for name, p in scales.named_parameters())
    ['high', 'low']
    """

    _part_kind: Kind = "parameter"

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, _as_parameter(value))

    def extra_repr(self) -> str:
        """One line for each parameter."""
        return _parameter_lines({name: (p.type(), p) for name, p in self._parts.items() if p is not None})


def _as_parameter(value: Any) -> Any:
    return value if value is None or isinstance(value, Parameter) else Parameter(value)


def _parameter_lines(parts: Mapping[str, tuple[Any, Any]]) -> str:
    return "\n".join(
        f"  ({name}): Parameter containing: [{kind} of size {'x'.join(map(str, p.shape))}]"
        for name, (kind, p) in parts.items()
    )
