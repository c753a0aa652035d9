"""The data of a check-up as a few batches, and as one batch of all samples where they are at hand.

The inputs of a batch are a tensor, or a tuple of them for a network that is called with several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from glassnet.data import DataLoader, RandomSampler, SequentialSampler, TensorDataset, default_collate
from glassnet.data.gather import batch_function, can_gather
from glassnet.errors import GlassnetError
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor

BATCHES, BATCH = 8, 32  # how much is trained on
LONGEST = 128  # samples of a batch; of a larger one the first
NUMBERS = 1e8  # of all inputs, that are looked at; where there are more, samples at even distances

Inputs = Tensor | tuple[Tensor, ...]
Batch = tuple[Inputs, Tensor]


class CheckupError(GlassnetError, ValueError):
    """A check-up that cannot be made of what it is given.

    >>> glassnet.checkup(nn.Linear(4, 3), 3, F.cross_entropy)
    Traceback (most recent call last):
    glassnet.explain.checkup.batches.CheckupError: checkup: expected (x, y), a DataLoader, a dataset or ...
    """


def parts_of(x: Inputs) -> tuple[Tensor, ...]:
    """The tensors that a network is called with."""
    return x if isinstance(x, tuple) else (x,)


def rows(x: Inputs, chosen: Any) -> Inputs:
    """The ``chosen`` samples of inputs."""
    return tuple(part[chosen] for part in x) if isinstance(x, tuple) else x[chosen]


def head(batch: Batch, count: int) -> Batch:
    """The first samples of a batch."""
    x, y = batch
    return rows(x, slice(count)), y[:count]


def size_of(batch: Batch) -> int:
    """How many samples a batch has."""
    return len(parts_of(batch[0])[0])


def joined(batches: list[Batch]) -> tuple[tuple[Array, ...], Array]:
    """The parts of the inputs of all batches, and their targets, as arrays."""
    columns = zip(*(parts_of(x) for x, _ in batches), strict=True)
    return tuple(map(_one_after_another, columns)), _one_after_another(y for _, y in batches)


def _one_after_another(tensors: Iterable[Tensor]) -> Array:
    arrays = [t.array for t in tensors]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def batches_of(data: Any) -> tuple[list[Batch], Batch | None]:
    """A few batches of ``data``, and one of all of it where it is at hand.

    ``data`` is a pair (x, y) of tensors or arrays, where x may be a tuple of several, a DataLoader or another
    iterable of such batches, or a dataset of samples. Raises CheckupError for anything else.
    """
    if isinstance(data, tuple) and len(data) == 2 and all(isinstance(t, list) for t in data):
        data = tuple(map(as_tensor, data))
    if isinstance(data, tuple | list) and len(data) == 2 and _are_tensors(data[0]) and _is_tensor(data[1]):
        return _of_pair(_pair(data))
    if iter_is_spent(data):
        raise CheckupError(
            "checkup: expected data that can be gone through again, got an iterator, whose batches would be lost to "
            "the training; give the DataLoader or the list itself"
        )
    if not isinstance(data, DataLoader) and hasattr(data, "__getitem__") and not isinstance(data, Sequence):
        data = DataLoader(data, batch_size=BATCH)
    try:
        batches = list(islice(iter(data), BATCHES))
    except TypeError:
        raise CheckupError(
            f"checkup: expected (x, y), a DataLoader, a dataset or a list of batches, got {type(data).__name__}"
        ) from None
    if not all(isinstance(b, tuple | list) and len(b) == 2 for b in batches):
        raise CheckupError("checkup: expected data of two parts, inputs and targets: (x, y), or batches of such pairs")
    return _checked(list(map(_short, batches))), _whole(data)


def iter_is_spent(data: Any) -> bool:
    """Whether ``data`` can be gone through only once."""
    return hasattr(data, "__next__") and hasattr(data, "__iter__")


def _is_tensor(t: Any) -> bool:
    return hasattr(t, "shape") and bool(t.ndim)


def _are_tensors(x: Any) -> bool:
    return all(map(_is_tensor, x)) and bool(x) if isinstance(x, tuple) else _is_tensor(x)


def _pair(batch: Any) -> Batch:
    x, y = batch
    inputs = tuple(as_tensor(t).detach() for t in x) if isinstance(x, tuple) else as_tensor(x).detach()
    return inputs, as_tensor(y).detach()


def _short(batch: Any) -> Batch:
    pair = _pair(batch)
    return head(pair, LONGEST) if parts_of(pair[0])[0].ndim and size_of(pair) > LONGEST else pair


def _looked_at(pair: Batch) -> Batch:
    """Of more numbers than can be looked at, samples at even distances."""
    numbers = sum(part.numel() for part in parts_of(pair[0]))
    if numbers <= NUMBERS or not size_of(pair):
        return pair
    step = int(-(-numbers // NUMBERS))
    return rows(pair[0], slice(None, None, step)), pair[1][::step]


def _of_pair(pair: Batch) -> tuple[list[Batch], Batch]:
    x, y = pair
    for part in parts_of(x):
        if len(part) != len(y):
            raise CheckupError(f"checkup: expected as many targets as samples, got {len(y)} for {len(part)}")
    size = BATCH if len(y) >= 2 * BATCH else max(1, len(y))
    places = [slice(i, i + size) for i in range(0, min(len(y), BATCHES * size), size) if i == 0 or len(y) - i > 1]
    return _checked([(rows(x, place), y[place]) for place in places]), _looked_at(pair)


def _whole(data: Any) -> Batch | None:
    """All samples of a loader over a whole dataset; None where batches are made in another way."""
    if not isinstance(data, DataLoader) or type(data.sampler) not in (RandomSampler, SequentialSampler):
        return None
    if data.collate_fn is not default_collate or not can_gather(data.dataset):
        return None
    if type(data.dataset) is TensorDataset:  # no copy
        return _looked_at(_pair(data.dataset.tensors))
    numbers = sum(part.numel() for part in parts_of(_pair(batch_function(data.dataset)(np.arange(1)))[0]))
    step = int(max(1, -(-len(data.dataset) * numbers // NUMBERS)))
    return _pair(batch_function(data.dataset)(np.arange(0, len(data.dataset), step)))


def last_size(data: Any) -> int:
    """How many samples the last batch of an epoch has; as many as usual where that is not known."""
    if type(data) is not DataLoader or data.drop_last or not data.batch_size or not hasattr(data.dataset, "__len__"):
        return BATCH
    return len(data.dataset) % data.batch_size or data.batch_size


def _checked(batches: list[Batch]) -> list[Batch]:
    if not batches or not size_of(batches[0]):
        raise CheckupError("checkup: expected at least one sample to look at, got none")
    return batches
