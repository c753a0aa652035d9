"""Gathering: a whole batch at once, instead of sample by sample.

A dataset may define ``batch_at(indices)``: the samples at ``indices``, an int64 array [n], as one
collated batch. It is exactly what `default_collate` makes of ``[dataset[i] for i in indices]``, in
memory of its own, so that changing a batch in place never changes the dataset. `TensorDataset` has
it, and `Subset`, `ConcatDataset` and `Transformed` pass it on. To add it to a dataset of your own,
index its arrays with ``indices``.

PyTorch's ``__getitems__(indices)`` is different: it returns a list of samples, which are then collated.
It is called where a dataset has one. For a subclass that changes ``__getitem__`` and not ``batch_at``,
``__getitem__`` is called (see `is_up_to_date`).

A dataset whose batches are rows of arrays may say so by ``rows_at(indices)``: a batch of many samples, and which rows
of its tensors those at ``indices`` are. Then several batches are gathered at once (see `glassnet.data.many_batches`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from glassnet.data.collate import collated, mapping_like, sequence_like
from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import as_tensor
from glassnet.tensor.joining import cat

Indices = npt.NDArray[np.int64]


def is_up_to_date(thing: Any, fast: str, *plain: str) -> bool:
    """Whether ``thing`` has the method ``fast``, defined no further from its class than any of ``plain``.

    A subclass that changes ``__getitem__`` alone inherits a ``batch_at`` that does not know of the
    change, and using it would silently undo it. So the method defined nearest to the class is the one to
    use. Methods are looked up on classes, not on instances: a wrapper that forwards unknown attributes
    to what it wraps does not have its methods.
    """
    for cls in type(thing).__mro__:
        names = vars(cls)
        if fast in names:
            return names[fast] is not None
        if any(name in names for name in plain):
            return False
    return False


def can_gather(dataset: Any) -> bool:
    """Whether batches of ``dataset`` can be gathered: it has a ``batch_at``, or is a tensor or an array."""
    if isinstance(dataset, np.ndarray):
        return dataset.dtype.kind in "biuf" and dataset.ndim > 0
    return isinstance(dataset, Tensor) or is_up_to_date(dataset, "batch_at", "__getitem__", "__getitems__")


def batch_function(dataset: Any) -> Callable[[Any], Any]:
    """The function from indices to the collated batch: one gather where possible, else a loop over samples."""
    if not can_gather(dataset):
        return lambda indices: batch_by_sample(dataset, indices)
    if isinstance(dataset, Tensor | np.ndarray):
        x = as_tensor(dataset)
        return lambda indices: take_rows(x, as_indices(indices))
    return lambda indices: dataset.batch_at(as_indices(indices))


def rows_of(dataset: Any, indices: Indices) -> tuple[Any, Indices] | None:
    """What ``dataset.rows_at(indices)`` gives: a batch, and in which of its rows the samples are.

    None for a dataset that has no such method, or whose subclass changed what a batch is.
    """
    if isinstance(dataset, Tensor | np.ndarray):
        return (as_tensor(dataset), indices) if can_gather(dataset) else None
    if not is_up_to_date(dataset, "rows_at", "batch_at", "__getitem__", "__getitems__"):
        return None
    found: tuple[Any, Indices] | None = dataset.rows_at(indices)
    return found


def made_at_once(batch_at: Callable[[Indices], Any], indices: Indices) -> tuple[Any, Indices] | None:
    """What ``batch_at`` makes of ``indices`` that are several batches, as `rows_of` gives it.

    None where it draws random numbers, which come in another order batch by batch: then nothing was drawn.
    """
    before, is_drawn = get_rng_state(), True
    try:
        batch = batch_at(indices)
        is_drawn = get_rng_state() != before
    finally:
        if is_drawn:
            set_rng_state(before)
    return None if is_drawn else (batch, np.arange(len(indices)))


def batch_by_sample(dataset: Any, indices: Any) -> Any:
    """The collated batch at ``indices``, by a loop over the samples."""
    indices = index_list(indices)
    return collated(samples_at(dataset, indices), indices)


def samples_at(dataset: Any, indices: list[Any]) -> list[Any]:
    """The samples at ``indices``, one by one; ``indices`` are Python ints, or the keys that the dataset has."""
    if is_up_to_date(dataset, "__getitems__", "__getitem__"):
        return list(dataset.__getitems__(indices))
    return [dataset[i] for i in indices]


def index_list(indices: Any) -> list[Any]:
    """``indices`` as a list, of Python ints if they are an array or a tensor."""
    return indices.tolist() if isinstance(indices, np.ndarray | Tensor) else list(indices)


def as_indices(indices: Any) -> Indices:
    """``indices`` as an int64 array [n]; TypeError for masks and for what is not whole numbers."""
    array = indices if type(indices) is np.ndarray else np.asarray(indices)
    if array.dtype.kind not in "iu" and array.size:
        hint = "; of a mask, take mask.nonzero()" if array.dtype.kind == "b" else ""
        raise TypeError(f"expected the indices of samples as whole numbers, got {array.dtype}{hint}")
    if array.ndim != 1:
        raise ShapeError(f"expected the indices of samples in one dimension, got shape {written(array.shape)}")
    return array.astype(np.int64, copy=False)


def out_of_range(name: str, indices: Any, size: int) -> IndexError:
    """The error that names the first of ``indices`` that ``size`` samples do not have."""
    wrong = next((i for i in indices if not -size <= i < size), None)
    return IndexError(f"{name}: expected indices from {-size} to {size - 1}, for {size} samples, got {wrong}")


def checked_range(name: str, indices: Indices, size: int) -> Indices:
    """``indices`` counted from 0, where −1 is the last sample; IndexError if one is out of range."""
    if indices.size and not (-size <= indices.min() and indices.max() < size):
        raise out_of_range(name, indices, size)
    return np.where(indices < 0, indices + size, indices)


def take_rows(x: Tensor, indices: Indices) -> Tensor:
    """The rows of ``x`` at ``indices``, always as a copy, so that the batch may be changed in place.

    Slicing where the indices are consecutive would gain little: for 64 rows of 784 float32, a copied
    slice takes 6 µs and this 8 µs, and a slice that is not copied would let a change of the batch
    through to the data.
    """
    array = x.array
    try:
        if x.requires_grad:
            return x[indices]
        return wrap(_rows(array, indices))
    except IndexError:
        raise out_of_range("dataset", indices, len(array)) from None


def _rows(array: Array, indices: Indices) -> Array:
    flags = array.flags
    if flags.c_contiguous and flags.aligned:
        return array.take(indices, 0)
    return np.ascontiguousarray(array[indices])  # take would first copy all of the array


def join_batches(parts: Sequence[Any], back: Indices) -> Any:
    """Batches of several datasets as one: sample i is sample ``back[i]`` of all of them in a row."""
    first = parts[0]
    kind = next((kind for kind in (Tensor, Mapping, Sequence) if isinstance(first, kind)), type(first))
    if not all(isinstance(part, kind) for part in parts):
        names = ", ".join(type(part).__name__ for part in parts)
        raise TypeError(f"ConcatDataset: the samples of all datasets must be of one kind, got batches of {names}")
    if isinstance(first, Tensor):
        if len({part.shape[1:] for part in parts}) > 1:
            shapes = ", ".join(written(part.shape[1:]) for part in parts)
            raise ShapeError(
                f"ConcatDataset: the samples of all datasets must have one shape, got {shapes}; pad or crop them, or "
                "give the DataLoader a collate_fn"
            )
        return take_rows(cat(parts), back)
    if isinstance(first, Mapping):
        return mapping_like(first, {key: join_batches([part[key] for part in parts], back) for key in first})
    if first and isinstance(first[0], str | bytes):
        texts = [text for part in parts for text in part]
        return type(first)(texts[i] for i in back)
    if len({len(part) for part in parts}) > 1:
        lengths = ", ".join(str(len(part)) for part in parts)
        raise ShapeError(f"ConcatDataset: the samples of all datasets must have as many parts each, got {lengths}")
    return sequence_like(first, [join_batches(column, back) for column in zip(*parts, strict=True)])
