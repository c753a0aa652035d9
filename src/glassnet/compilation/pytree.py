"""PyTree: tensors within tuples, lists and dicts, taken out in order and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.graph import Node

Build = Callable[[Any], Any]


class StructureError(GlassnetError, TypeError):
    """Something that a compiled function cannot take or give."""


def leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every tensor, array and constant within ``value``, with a name that says where it was."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(f"{name}_{key}", inner)
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from leaves(f"{name}_{i}", inner)
    else:
        yield name, value


class PyTree:
    """What a function gave back: ``flat``, the arrays within it in order, and how to put others in their places.

    ``held`` are tensors that are given back themselves, because they outlive the function. ``node`` is
    what tensors that required a gradient were made by, as far as anyone can tell from outside.

    Raises StructureError for anything but tensors, numbers, text, None, and containers of them.
    """

    def __init__(self, value: Any, held: Mapping[int, Any], node: Node) -> None:
        self.flat: list[Any] = []
        self._held = held
        self._node = node
        self._build = self._collect(value)
        self._is_one = len(self.flat) == 1

    def let_go(self) -> None:
        """Forget the arrays."""
        self.flat = []

    def put_back(self, results: Any) -> Any:
        """The same structure around ``results``: a tuple of arrays, or one array where there is one."""
        return self._build((results,) if self._is_one else results)

    def _collect(self, value: Any) -> Build:
        if isinstance(value, Tensor):
            return self._collect_tensor(value)
        if isinstance(value, Mapping):
            parts = {key: self._collect(x) for key, x in value.items()}
            kind = type(value) if type(value).__init__ is dict.__init__ else dict
            return lambda results: kind({key: part(results) for key, part in parts.items()})  # type: ignore[call-arg]
        if isinstance(value, list | tuple):
            kind_, items = type(value), [self._collect(x) for x in value]
            if hasattr(value, "_fields"):
                return lambda results: kind_(*(item(results) for item in items))
            return lambda results: kind_(item(results) for item in items)
        if value is None or isinstance(value, int | float | str):
            return lambda _results: value
        raise StructureError(
            f"expected a function that gives back tensors, numbers, text, None, or tuples, lists and dicts of them, "
            f"got {type(value).__name__}"
        )

    def _collect_tensor(self, tensor: Tensor) -> Build:
        if id(tensor) in self._held:
            return lambda _results: tensor
        self.flat.append(tensor.array)
        place, dtype = len(self.flat) - 1, tensor.dtype
        node = self._node if tensor._requires_grad else None

        def made(results: Any) -> Tensor:
            array = results[place]
            result = wrap(array if type(array) is np.ndarray else np.asarray(array, dtype))
            if node is not None:
                result.node, result._requires_grad = node, True
            return result

        return made
