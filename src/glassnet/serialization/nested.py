"""Tensors within dicts, lists and tuples, beside numbers and texts: flattened for a file, and built again.

A file holds tensors by name. What is around them, such as a checkpoint's ``{"epoch": 3, "model":
{…}}``, is kept as JSON, with a tensor's name where the tensor was::

    {"dict": [["epoch", 3], ["model", {"dict": [["0.weight", {"tensor": "model.0.weight"}]]}]]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.tensor import Tensor, as_array, wrap

HOLDS = "tensors, arrays, numbers, texts, True, False, None, and dicts, lists and tuples of them"
_DEEPEST = 30  # levels: far more than anyone writes; each is three of JSON, which a file may nest a hundred deep
_KEYS = str | int | float | bool | None


class NestingError(ValueError):
    """A structure that `flatten` did not make."""


def flatten(value: Any) -> tuple[Any, dict[str, Any]]:
    """The structure of ``value`` as JSON can hold it, and the tensors in it, each under a name of its own.

    Raises TypeError, which says where, for anything that is not one of `HOLDS`.
    """
    tensors: dict[str, Any] = {}
    return _flatten(value, (), tensors), tensors


def _flatten(value: Any, path: tuple[Any, ...], tensors: dict[str, Any]) -> Any:
    where = ".".join(map(str, path))
    if len(path) > _DEEPEST:
        raise TypeError(f"save: {where:.60}… is nested more than {_DEEPEST} levels deep; does something hold itself?")
    if isinstance(value, Tensor | np.ndarray):
        name = where or "tensor"
        while name in tensors or name == "__metadata__":
            name += "_"
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, _KEYS):
                raise TypeError(
                    f"save: {where or 'the dict'} has the key {key!r:.60}; expected texts or numbers as keys"
                )
        return {"dict": [[key, _flatten(inner, (*path, key), tensors)] for key, inner in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_flatten(inner, (*path, i), tensors) for i, inner in enumerate(value)]}
    advice = "state_dict() gives what such an object remembers" if hasattr(value, "state_dict") else "leave it out"
    raise TypeError(f"save: {where or 'this'} is of type {type(value).__name__}; a file holds {HOLDS}; {advice}")


def copied(value: Any) -> Any:
    """A copy of ``value`` as a file would give it back: with tensors where there were arrays.

    Raises the TypeError of `flatten`.
    """
    structure, tensors = flatten(value)
    return unflatten(structure, {name: wrap(as_array(x).copy()) for name, x in tensors.items()})


def unflatten(structure: Any, tensors: Mapping[str, Any]) -> Any:
    """The value that `flatten` was given. Raises NestingError for a structure that it did not make."""
    left = dict(tensors)
    try:
        return _unflatten(structure, left)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NestingError(f"the structure around its tensors was edited ({type(error).__name__}: {error})") from None


def _unflatten(structure: Any, tensors: dict[str, Any]) -> Any:
    if not isinstance(structure, dict):
        if isinstance(structure, list):
            raise ValueError("a list is written as {'list': …}")
        return structure
    ((kind, inner),) = structure.items()
    if kind == "tensor":
        return tensors.pop(inner)  # each stands in one place: a small file cannot become a large structure
    if kind == "dict":
        whole = {key: _unflatten(value, tensors) for key, value in inner}
        if len(whole) < len(inner) or not all(isinstance(key, _KEYS) for key in whole):
            raise ValueError("a dict has names that differ")
        return whole
    if kind not in ("list", "tuple"):
        raise ValueError(f"{kind!r:.60} is no kind of structure")
    items = [_unflatten(value, tensors) for value in inner]
    return items if kind == "list" else tuple(items)
