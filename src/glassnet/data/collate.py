"""Collating: a list of samples becomes one batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import float64
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import as_tensor, tensor
from glassnet.tensor.joining import stack

Names = Callable[[int], str]

_NUMBERS = Tensor | np.ndarray | np.generic | int | float


def default_collate(batch: Sequence[Any]) -> Any:
    """The samples of ``batch`` as one: what `DataLoader` makes of them by default.

    ========================  =====================================================================
    samples                   batch
    ========================  =====================================================================
    tensors, NumPy arrays     a tensor with a new first dimension, the samples'
    ints, bools               an int64 or bool tensor [n]
    floats                    a float64 tensor [n], as in PyTorch; call .float() on it for float32
    strings, bytes            the list of them (of parts of tuples and lists the tuple, as in PyTorch)
    dicts                     a dict, with each key's values collated
    named tuples              a named tuple, with each field collated
    tuples, lists             a list, with each part collated
    ========================  =====================================================================

    Raises ShapeError, which names the sample and both shapes, where samples differ in shape or in
    number of parts; TypeError for anything else, such as None.

    >>> data.default_collate([(glassnet.ones(2), 3), (glassnet.zeros(2), 4)])
    [tensor([[1., 1.],
            [0., 0.]]), tensor([3, 4])]
    """
    if not len(batch):
        raise ValueError("default_collate: expected at least one sample, got an empty batch")
    return _collated(batch, "", lambda position: f"sample {position}")


def collated(samples: Sequence[Any], indices: Sequence[Any]) -> Any:
    """`default_collate` of the samples at ``indices`` of a dataset, which its errors name too."""
    if not len(samples):
        raise ValueError("expected at least one sample in a batch, got none")
    return _collated(samples, "", lambda position: f"sample {position} (dataset[{indices[position]!r:.80}])")


def default_convert(data: Any) -> Any:
    """``data`` with NumPy arrays made tensors, at any depth inside it: what batch_size=None uses.

    >>> data.default_convert({"x": np.zeros(2), "name": "first"})
    {'x': tensor([0., 0.], dtype=float64), 'name': 'first'}
    """
    if isinstance(data, str | bytes | Tensor):
        return data
    if isinstance(data, np.ndarray | np.generic):
        return as_tensor(data) if data.dtype.kind in "biuf" else data
    if isinstance(data, Mapping):
        return mapping_like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence):
        return sequence_like(data, map(default_convert, data))
    return data


def mapping_like(first: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    """``items`` in the class of ``first`` if that class takes them, else as the dict they are."""
    try:
        if isinstance(first, MutableMapping):
            clone = copy.copy(first)
            clone.update(items)
            return clone
        make: Any = type(first)
        return make(items)
    except TypeError:
        return items


def sequence_like(first: Sequence[Any], values: Iterable[Any]) -> Any:
    """``values`` as a named tuple if ``first`` is one, else as a list."""
    return type(first)(*values) if isinstance(first, tuple) and hasattr(first, "_fields") else list(values)


def _collated(batch: Sequence[Any], part: str, name: Names) -> Any:
    """The batch of samples, or of what they hold at ``part`` (``[0]``, ``['image']``)."""
    first = batch[0]
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Tensor | np.ndarray | np.generic):
        return _stacked(batch, part, name)
    if isinstance(first, int | float):
        dtype = float64 if isinstance(first, float) else None
        if all(isinstance(x, int | float) for x in batch):
            return tensor(batch, dtype=dtype)
        _check_alike(batch, _NUMBERS, part, name)
        return _stacked([tensor(first, dtype=dtype), *batch[1:]], part, name)
    if isinstance(first, Mapping):
        _check_alike(batch, Mapping, part, name)
        keys = {key: _values(batch, key, part, name) for key in first}
        return mapping_like(first, {key: _collated(values, f"{part}[{key!r}]", name) for key, values in keys.items()})
    if isinstance(first, Sequence):
        _check_alike(batch, Sequence, part, name)
        _check_lengths(batch, part, name)
        columns = enumerate(zip(*batch, strict=True))
        return sequence_like(first, [_collated(column, f"{part}[{i}]", name) for i, column in columns])
    raise TypeError(
        f"default_collate: expected tensors, arrays, numbers, strings, dicts, tuples or lists, got "
        f"{type(first).__name__} in {name(0)}{_at(part)}; give the DataLoader a collate_fn that knows what to do"
    )


def _stacked(batch: Sequence[Any], part: str, name: Names) -> Tensor:
    """Tensors or arrays of one shape, side by side."""
    first = batch[0]
    if first.dtype.kind not in "biuf":
        raise TypeError(
            f"default_collate: expected numbers, got an array of {first.dtype} in {name(0)}{_at(part)}; encode text "
            "and objects as numbers, or give the DataLoader a collate_fn"
        )
    _check_alike(batch, _NUMBERS, part, name)
    tensors = [as_tensor(x) for x in batch]
    shape, dtype = first.shape, first.dtype
    for position, x in enumerate(tensors):
        if x.shape != shape:
            raise ShapeError(
                f"default_collate: the samples of a batch must have one shape, but {name(position)}{_at(part)} has "
                f"{written(x.shape)} and {name(0)} has {written(shape)}; pad or crop them in the dataset, or give the "
                "DataLoader a collate_fn"
            )
    if any(x.dtype != dtype or x.requires_grad for x in tensors):
        return stack(tensors)
    return wrap(np.array([x.array for x in tensors]))  # half the time of np.stack


def _check_alike(batch: Sequence[Any], kind: Any, part: str, name: Names) -> None:
    for position, x in enumerate(batch):
        if not isinstance(x, kind) or isinstance(x, str | bytes):
            raise TypeError(
                f"default_collate: the samples of a batch must be of one kind, but {name(position)}{_at(part)} is "
                f"{type(x).__name__} and {name(0)} is {type(batch[0]).__name__}"
            )


def _values(batch: Sequence[Any], key: Any, part: str, name: Names) -> list[Any]:
    for position, sample in enumerate(batch):
        if key not in sample:
            raise KeyError(
                f"default_collate: {name(position)}{_at(part)} has no key {key!r:.80}, which {name(0)} has; "
                f"its keys are {list(sample)}"
            )
    return [sample[key] for sample in batch]


def _check_lengths(batch: Sequence[Any], part: str, name: Names) -> None:
    length = len(batch[0])
    for position, sample in enumerate(batch):
        if len(sample) != length:
            raise ShapeError(
                f"default_collate: the samples of a batch must have as many parts each, but {name(position)}"
                f"{_at(part)} has {len(sample)} and {name(0)} has {length}; pad them in the dataset, or give the "
                "DataLoader a collate_fn"
            )


def _at(part: str) -> str:
    return f", at {part}," if part else ""
