"""Tensors within dicts, lists and tuples, beside numbers and texts: taken apart for a file, and put together again.

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
_DEEPEST = 100  # levels: far more than anyone writes, far fewer than Python can follow
_KEYS = str | int | float | bool | None


class NestingError(ValueError):
    """A structure that is not one that `take_apart` made."""


def take_apart(value: Any) -> tuple[Any, dict[str, Any]]:
    """The structure of ``value`` as JSON can hold it, and the tensors within, each under a name of its own.

    Raises TypeError, which says where, for what is neither of `HOLDS`.
    """
    tensors: dict[str, Any] = {}
    return _apart(value, (), tensors), tensors


def _apart(value: Any, path: tuple[Any, ...], tensors: dict[str, Any]) -> Any:
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
        return {"dict": [[key, _apart(inner, (*path, key), tensors)] for key, inner in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_apart(inner, (*path, i), tensors) for i, inner in enumerate(value)]}
    advice = "state_dict() gives what such an object remembers" if hasattr(value, "state_dict") else "leave it out"
    raise TypeError(f"save: {where or 'this'} is of type {type(value).__name__}; a file holds {HOLDS}; {advice}")


def copied(value: Any) -> Any:
    """What a file with ``value`` in it would give back: a copy, with tensors where there were arrays.

    Raises the TypeError of `take_apart`.
    """
    structure, tensors = take_apart(value)
    return put_together(structure, {name: wrap(as_array(x).copy()) for name, x in tensors.items()})


def put_together(structure: Any, tensors: Mapping[str, Any]) -> Any:
    """What `take_apart` took apart. Raises NestingError for a structure that it did not make."""
    try:
        return _together(structure, tensors)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NestingError(f"the structure around its tensors was edited ({type(error).__name__}: {error})") from None


def _together(structure: Any, tensors: Mapping[str, Any]) -> Any:
    if not isinstance(structure, dict):
        return structure
    ((kind, inner),) = structure.items()
    if kind == "tensor":
        return tensors[inner]
    if kind == "dict":
        return {key: _together(value, tensors) for key, value in inner}
    if kind not in ("list", "tuple"):
        raise ValueError(f"{kind!r:.60} is no kind of structure")
    items = [_together(value, tensors) for value in inner]
    return items if kind == "list" else tuple(items)
