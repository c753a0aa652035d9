"""Samplers: the order of a dataset's samples, and how they are divided into batches.

A sampler is anything that iterates over indices. One that knows the indices of a whole epoch also
returns them as an array, from ``order()``, out of which `BatchSampler` slices batches. A subclass that
changes ``__iter__`` alone is iterated over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Generic, TypeVar

import numpy as np

from glassnet.data.gather import Indices, as_indices, is_up_to_date
from glassnet.errors import ShapeError
from glassnet.ops.dtypes import float64
from glassnet.ops.shapes import written
from glassnet.random import Generator
from glassnet.tensor.creation import tensor
from glassnet.tensor.sampling import multinomial, randint, randperm

T = TypeVar("T", covariant=True)

_PORTION = 2**16  # indices that are drawn at a time where an epoch may have any number of them


class Sampler(Generic[T]):
    """An order of samples: a subclass defines ``__iter__``, and ``__len__`` if it can.

    >>> class Backwards(data.Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> list(data.DataLoader(["a", "b", "c"], batch_size=2, sampler=Backwards()))
    [['c', 'b'], ['a']]
    """

    def __init__(self, data_source: Any = None) -> None:
        """``data_source`` is accepted for older code, and ignored."""

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__(self), which gives index after index")


class _Ordered(Sampler[int]):
    """A sampler that knows the order of a whole epoch."""

    def order(self) -> Indices:
        """The indices of one epoch, drawn again by each call where they are random."""
        raise NotImplementedError

    def portions(self) -> Iterator[Indices]:
        """The same indices, some at a time: each portion is drawn when it is asked for."""
        yield self.order()

    def __iter__(self) -> Iterator[int]:
        # a generator, so that nothing is drawn before the first index is asked for
        for portion in portions_of(self):
            yield from portion.tolist()


def portions_of(sampler: Any) -> Iterator[Indices]:
    """The indices of a sampler that has an ``order()``, in portions, unless a subclass changed ``order()`` alone."""
    if is_up_to_date(sampler, "portions", "order"):
        found: Iterator[Indices] = sampler.portions()
        return found
    return iter([sampler.order()])


class SequentialSampler(_Ordered):
    """0, 1, 2, …: the order of the dataset.

    >>> list(data.SequentialSampler(["a", "b", "c"]))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def order(self) -> Indices:
        """0 … n − 1."""
        return np.arange(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(_Ordered):
    """Samples at random: each once, or, with ``replacement``, any sample each time.

    ``num_samples`` are drawn, as many as the dataset has if None; without replacement, more than that is one
    permutation after another. They are drawn from ``generator``, the default one if None. Raises ValueError
    for an empty dataset.

    >>> sorted(data.RandomSampler(["a", "b", "c"]))
    [0, 1, 2]
    >>> len(data.RandomSampler(["a", "b", "c"], replacement=True, num_samples=100))
    100
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self.generator = generator
        self._num_samples = num_samples
        _check_flag("RandomSampler: replacement", replacement, TypeError)
        if self.num_samples == 0 and num_samples is None:
            raise ValueError("RandomSampler: expected at least one sample to draw from, got an empty dataset")
        check_count("RandomSampler: num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many samples an epoch has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def order(self) -> Indices:
        """The indices of one epoch."""
        portions = list(self.portions())
        return np.concatenate(portions) if len(portions) > 1 else portions[0]

    def portions(self) -> Iterator[Indices]:
        """The same, permutation after permutation; with replacement so many that an endless epoch begins at once."""
        size, left = len(self.data_source), self.num_samples
        while left:
            if self.replacement:
                portion = randint(size, (min(left, _PORTION),), generator=self.generator).array
            else:
                portion = randperm(size, generator=self.generator).array[:left]
            left -= len(portion)
            yield portion

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(_Ordered):
    """The given indices in random order, each once.

    >>> sorted(data.SubsetRandomSampler([4, 2, 7]))
    [2, 4, 7]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def order(self) -> Indices:
        """The indices of one epoch."""
        return as_indices(self.indices)[randperm(len(self.indices), generator=self.generator).array]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(_Ordered):
    """``num_samples`` indices, each drawn with a probability in proportion to its weight.

    The weights need not add up to 1. Without ``replacement`` no index is drawn twice, so ``num_samples``
    weights must be above 0. Raises ValueError for weights that are negative, not finite or all 0.

    >>> set(data.WeightedRandomSampler([0.0, 1.0, 3.0], num_samples=100))
    {1, 2}
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        check_count("WeightedRandomSampler: num_samples", num_samples)
        _check_flag("WeightedRandomSampler: replacement", replacement)
        self.weights = tensor(weights, dtype=float64)
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator
        if self.weights.ndim != 1:
            raise ShapeError(
                "WeightedRandomSampler: expected one weight for each sample, in one dimension, got shape "
                f"{written(self.weights.shape)}"
            )
        array = self.weights.array
        if not np.isfinite(array).all() or (array < 0).any() or not array.any():
            raise ValueError("WeightedRandomSampler: expected weights that are finite, 0 or more, and not all 0")
        drawable = int(np.count_nonzero(array))
        if not replacement and num_samples > drawable:
            raise ValueError(
                f"WeightedRandomSampler: num_samples={num_samples} without replacement, but only {drawable} weights "
                "are above 0; draw fewer, or with replacement=True"
            )

    def order(self) -> Indices:
        """The indices of one epoch."""
        return multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).array

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[Any]]):
    """The indices of ``sampler`` in lists of ``batch_size``.

    The last list is shorter if there are fewer left, or left out with ``drop_last``. Raises ValueError for a
    batch_size that is not a whole number of 1 or more.

    >>> list(data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        check_count("BatchSampler: batch_size", batch_size)
        _check_flag("BatchSampler: drop_last", drop_last)
        self.sampler: Any = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        for batch in self.batches():
            yield batch.tolist() if isinstance(batch, np.ndarray) else batch

    def batches(self) -> Iterator[Indices | list[Any]]:
        """The same batches, as arrays where the sampler has an ``order()``."""
        if not self.is_in_blocks:
            return chunks(self.sampler, self.batch_size, self.drop_last)
        blocks = self.blocks()
        return chain(next(blocks, ()), chain.from_iterable(blocks))  # the first is drawn now

    @property
    def is_in_blocks(self) -> bool:
        """Whether the order is known many batches at a time: the sampler has an ``order()``."""
        return is_up_to_date(self.sampler, "order", "__iter__")

    def blocks(self) -> Iterator[Indices]:
        """The same batches, some at a time, those of one size in an array [batches, size]; drawn as they are taken."""
        size = self.batch_size
        rest = np.empty(0, np.int64)
        for portion in portions_of(self.sampler):
            portion = np.concatenate([rest, portion]) if len(rest) else portion
            end = len(portion) // size * size
            yield portion[:end].reshape(-1, size)
            rest = portion[end:]
        if len(rest) and not self.drop_last:
            yield rest[None]

    def __len__(self) -> int:
        return count_chunks(len(self.sampler), self.batch_size, self.drop_last)


def chunks(items: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    """``items`` in lists of ``size``; the last one shorter, or left out."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        if len(batch) == size or not drop_last:
            yield batch


def count_chunks(count: int, size: int, drop_last: bool) -> int:
    """How many lists `chunks` makes of ``count`` items."""
    return count // size if drop_last else -(-count // size)


def check_count(what: str, count: Any) -> None:
    """ValueError unless ``count`` is a whole number of 1 or more; ``what`` names it."""
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"{what} must be a whole number of 1 or more, got {count!r:.80}")


def _check_flag(what: str, flag: Any, error: type[Exception] = ValueError) -> None:
    if not isinstance(flag, bool):
        raise error(f"{what} must be True or False, got {flag!r}")
