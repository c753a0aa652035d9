"""Structure: tensors within tuples, lists and dicts, taken out in order and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.tensor import Tensor, wrap


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


def taken_apart(value: Any, what: str) -> tuple[list[Any], Callable[[Any], Any]]:
    """The arrays and constants within ``value``, and what puts others in their places.

    Raises StructureError for anything but tensors, numbers, None, and containers of them.
    """
    flat: list[Any] = []

    def collect(inner: Any) -> Callable[[list[Any]], Any]:
        if isinstance(inner, Tensor):
            flat.append(inner.array)
            place = len(flat) - 1
            return lambda results: wrap(np.asarray(results[place]))
        if isinstance(inner, Mapping):
            parts = {key: collect(x) for key, x in inner.items()}
            return lambda results: {key: part(results) for key, part in parts.items()}
        if isinstance(inner, tuple) and hasattr(inner, "_fields"):
            parts_ = [collect(x) for x in inner]
            return lambda results: type(inner)(*(part(results) for part in parts_))
        if isinstance(inner, list | tuple):
            kind, items = type(inner), [collect(x) for x in inner]
            return lambda results: kind(item(results) for item in items)
        if inner is None or isinstance(inner, int | float | str | bool):
            return lambda _results: inner
        raise StructureError(
            f"{what} a {type(inner).__name__}; a compiled function gives back tensors, numbers, None, and tuples, "
            "lists and dicts of them"
        )

    build = collect(value)
    if isinstance(value, Tensor):  # the usual case, without a list
        return flat, lambda result: wrap(np.asarray(result))
    if len(flat) == 1:
        return flat, lambda result: build([result])
    return flat, build
