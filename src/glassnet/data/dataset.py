"""Datasets: by number, of tensors, as streams; and subsets, concatenations and random splits of them."""

from __future__ import annotations

import math
import operator
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, Generic, TypeVar

import numpy as np

from glassnet.data.gather import (
    Indices,
    as_indices,
    batch_by_sample,
    batch_function,
    can_gather,
    checked_range,
    index_list,
    join_batches,
    made_at_once,
    out_of_range,
    rows_of,
    samples_at,
    take_rows,
)
from glassnet.errors import GlassnetWarning, ShapeError
from glassnet.ops.shapes import written
from glassnet.random import Generator
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor
from glassnet.tensor.sampling import randperm

T = TypeVar("T", covariant=True)


class Dataset(Generic[T]):
    """Samples by number: a subclass defines ``__getitem__(index)`` and ``__len__()``.

    A dataset whose samples are in arrays may also define ``batch_at(indices)``, which returns a whole batch
    at once (see `glassnet.data.gather`).

    >>> class Squares(data.Dataset):
    ...     def __len__(self):
    ...         return 4
    ...
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> list(data.DataLoader(Squares(), batch_size=2))
    [[tensor([0, 1]), tensor([0, 1])], [tensor([2, 3]), tensor([4, 9])]]
    """

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(self, index), the sample at index")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        """The samples of this dataset, then those of ``other``."""
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """Samples one after another: a subclass defines ``__iter__``, for streams without numbers.

    >>> class Countdown(data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(data.DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__(self), which gives sample after sample")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        """The samples of this dataset, then those of ``other``."""
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors that agree in their first dimension: sample i is ``(x[i], y[i], …)``.

    Arrays and lists become tensors; those of arrays share their memory. A batch of `DataLoader` is always a
    copy. Values are not checked; `check_finite` does that.

    Raises ValueError for no tensors, ShapeError for a tensor of no dimensions or of another length.

    >>> dataset = data.TensorDataset(np.eye(3), [0, 1, 2])
    >>> len(dataset)
    3
    >>> dataset[1]
    (tensor([0., 1., 0.], dtype=float64), tensor(1))
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple(as_tensor(x) for x in tensors)
        if not tensors:
            raise ValueError("TensorDataset: expected at least one tensor, got none")
        for number, x in enumerate(self.tensors):
            if not x.shape:
                raise ShapeError(
                    f"TensorDataset: expected tensors whose first dimension counts the samples, but tensor {number} "
                    "is a single number"
                )
            if len(x) != len(self.tensors[0]):
                raise ShapeError(
                    f"TensorDataset: expected tensors of one length, but tensor {number} is {written(x.shape)} and "
                    f"tensor 0 is {written(self.tensors[0].shape)}; each needs one row for each sample"
                )

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(x[index] for x in self.tensors)

    def batch_at(self, indices: Indices) -> list[Tensor]:
        """The rows of every tensor at ``indices``, as a batch: ``[x, y, …]``."""
        indices = as_indices(indices)
        return [take_rows(x, indices) for x in self.tensors]

    def rows_at(self, indices: Indices) -> tuple[Any, Indices] | None:
        """All samples, and where those at ``indices`` are."""
        return list(self.tensors), indices


class Subset(Dataset[T]):
    """The samples of ``dataset`` at ``indices``, in that order.

    ``indices`` become a list; to choose others, assign a new one. One that the dataset does not have is an
    IndexError when its sample is asked for.

    >>> data.Subset(["a", "b", "c"], [2, 0])[0]
    'c'
    """

    dataset: Any

    def __init__(self, dataset: Any, indices: Any) -> None:
        self.dataset = dataset
        self.indices = indices

    @property
    def indices(self) -> list[Any]:
        """The indices, in the order of the samples."""
        return self._indices

    @indices.setter
    def indices(self, indices: Any) -> None:
        self._indices = index_list(indices)
        # the same as an array, so that a batch of them is one gather; None if they are keys such as names
        keys = any(isinstance(index, str) for index in self._indices[:1])
        self._places = None if keys else as_indices(self._indices)

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: Any) -> T:
        several = isinstance(index, list)
        sample: T = self.dataset[[self._indices[i] for i in index] if several else self._indices[index]]
        return sample

    def __getitems__(self, indices: list[int]) -> list[T]:
        """The samples at ``indices``, as a list."""
        return samples_at(self.dataset, [self._indices[i] for i in indices])

    def batch_at(self, indices: Indices) -> Any:
        """The samples at ``indices``, as a batch: the indices are looked up at once, then gathered."""
        if self._places is None:
            return batch_by_sample(self, indices)
        indices = as_indices(indices)
        try:
            places = self._places.take(indices)
        except IndexError:
            raise out_of_range("Subset", indices, len(self)) from None
        return batch_function(self.dataset)(places)

    def rows_at(self, indices: Indices) -> tuple[Any, Indices] | None:
        """What the dataset says of the samples at its own ``indices``."""
        return None if self._places is None else rows_of(self.dataset, self._places.take(indices))


class ConcatDataset(Dataset[T]):
    """The samples of several datasets, one dataset after another; ``a + b`` makes one too.

    Raises ValueError for no datasets, TypeError for an `IterableDataset`.

    >>> both = data.ConcatDataset([["a", "b"], ["c"]])
    >>> len(both), both[2]
    (3, 'c')
    """

    datasets: list[Any]
    cumulative_sizes: list[int]

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: expected at least one dataset, got none")
        for number, dataset in enumerate(self.datasets):
            if isinstance(dataset, IterableDataset):
                raise TypeError(
                    f"ConcatDataset: expected datasets whose samples have numbers, but dataset {number} is an "
                    "IterableDataset; use ChainDataset"
                )
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: Any) -> T:
        size, place = len(self), operator.index(index)
        if not -size <= place < size:
            raise out_of_range("ConcatDataset", [place], size)
        place %= size
        which = bisect_right(self.cumulative_sizes, place)
        sample: T = self.datasets[which][place - self._start(which)]
        return sample

    def batch_at(self, indices: Indices) -> Any:
        """The samples at ``indices``, as a batch: one gather for each dataset they are in."""
        if not len(indices) or not all(map(can_gather, self.datasets)):
            return batch_by_sample(self, indices)
        places = checked_range("ConcatDataset", as_indices(indices), len(self))
        which = np.searchsorted(self.cumulative_sizes, places, side="right")
        order = np.argsort(which, kind="stable")  # dataset by dataset
        places = places[order]
        parts, start = [], 0
        for k, count in enumerate(np.bincount(which).tolist()):
            if count:
                parts.append(batch_function(self.datasets[k])(places[start : start + count] - self._start(k)))
            start += count
        if len(parts) == 1:
            return parts[0]
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return join_batches(parts, back)

    def rows_at(self, indices: Indices) -> tuple[Any, Indices] | None:
        """A copy of the samples at ``indices``, where all datasets have rows."""
        if any(rows_of(dataset, indices[:0]) is None for dataset in self.datasets):
            return None
        return made_at_once(self.batch_at, indices)

    def _start(self, which: int) -> int:
        return self.cumulative_sizes[which - 1] if which else 0


class ChainDataset(IterableDataset[T]):
    """The samples of several streams (each an `IterableDataset`), one stream after another.

    Raises TypeError for a dataset that is no stream.

    >>> class Letters(data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter("ab")
    >>> list(data.ChainDataset([Letters(), Letters()]))
    ['a', 'b', 'a', 'b']
    """

    datasets: list[Any]

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        for number, dataset in enumerate(self.datasets):
            if not isinstance(dataset, IterableDataset):
                raise TypeError(
                    f"ChainDataset: expected IterableDatasets, but dataset {number} is {type(dataset).__name__}; "
                    "use ConcatDataset"
                )

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


def random_split(dataset: Any, lengths: Sequence[float], generator: Generator | None = None) -> list[Subset[Any]]:
    """``dataset`` divided at random into parts of ``lengths``, each sample in one of them.

    ``lengths`` are numbers of samples, or fractions that add up to 1; the samples left over by rounding the
    fractions down go to the parts in turn, one each. The order is drawn from ``generator``, the default one
    if None. Raises ValueError for lengths that do not add up; warns about an empty part.

    >>> train, validation = data.random_split(range(10), [0.8, 0.2])
    >>> len(train), len(validation)
    (8, 2)
    >>> sorted([*train, *validation])
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    size = len(dataset)
    counts = _counts(lengths, size)
    if any(length < 0 for length in lengths) or sum(counts) != size:
        raise ValueError(
            f"random_split: expected lengths of 0 or more that add up to the {size} samples of the dataset, or "
            f"fractions that add up to 1, got {list(lengths)}, which add up to {sum(lengths):g}"
        )
    for number, count in enumerate(counts):
        if count == 0:
            warnings.warn(
                f"random_split: part {number}, of length {lengths[number]:g}, is empty", GlassnetWarning, stacklevel=2
            )
    order = randperm(size, generator=generator).tolist()
    ends = list(accumulate(counts))
    return [Subset(dataset, order[end - count : end]) for end, count in zip(ends, counts, strict=True)]


def _counts(lengths: Sequence[float], size: int) -> list[int]:
    if not math.isclose(sum(lengths), 1):
        if any(count != int(count) for count in lengths):
            raise ValueError(f"random_split: fractions must add up to 1, got {list(lengths)}")
        return [int(count) for count in lengths]
    counts = [math.floor(size * fraction) for fraction in lengths]
    for number in range(size - sum(counts)):
        counts[number % len(counts)] += 1
    return counts
