"""Feed: the data of a trainer as batches of inputs, targets and weights, whatever form it was given in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from glassnet.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    TensorDataset,
    random_split,
)
from glassnet.data.gather import batch_function, made_at_once, rows_of
from glassnet.ops.dtypes import get_default_dtype
from glassnet.random import Generator
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor
from glassnet.tensor.sampling import randint
from glassnet.training.criterion import checked_weights
from glassnet.training.errors import TrainingError, check_whole

BATCH_SIZE = 32
AT_ONCE = 1024  # samples in one forward pass where nothing is learned


class Batch(NamedTuple):
    """Inputs as the model takes them, targets as the loss takes them, and a weight for each sample or None."""

    inputs: Any
    targets: Tensor
    weights: Tensor | None


class Weighted(Dataset[Any]):
    """The samples (x, y) of ``dataset``, each with its weight as a third part."""

    def __init__(self, dataset: Any, weights: Tensor) -> None:
        self.dataset, self.weights = dataset, weights

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        return (*self.dataset[index], self.weights[index])

    def batch_at(self, indices: Any) -> list[Any]:
        """The samples at ``indices``, as a batch."""
        return [*batch_function(self.dataset)(indices), *TensorDataset(self.weights).batch_at(indices)]

    def rows_at(self, indices: Any) -> tuple[Any, Any] | None:
        """A copy of the samples at ``indices``, where the dataset has rows."""
        return None if rows_of(self.dataset, indices[:0]) is None else made_at_once(self.batch_at, indices)


class Feed:
    """The batches of ``loader``, checked."""

    def __init__(self, loader: DataLoader[Any], what: str) -> None:
        self.loader = loader
        self.what = what

    @property
    def total(self) -> int | None:
        """How many batches an epoch has, if that is known before."""
        try:
            return len(self.loader)
        except TypeError:
            return None

    @property
    def generators(self) -> list[Generator]:
        """The generators that its order is drawn from, other than the default one."""
        sampler = self.loader.sampler
        holders = [self.loader, sampler, self.loader.batch_sampler, getattr(self.loader.batch_sampler, "sampler", None)]
        generators = [getattr(holder, "generator", None) for holder in holders]
        return [generator for generator in generators if isinstance(generator, Generator)]

    @property
    def everything(self) -> Any:
        """All samples at once where they are tensors, else the loader: for a check-up of the data."""
        dataset = self.loader.dataset
        dataset = dataset.dataset if isinstance(dataset, Weighted) else dataset
        return dataset.tensors[:2] if type(dataset) is TensorDataset else self.loader

    def __iter__(self) -> Iterator[Batch]:
        for batch in self.loader:
            yield self.checked(batch)

    def checked(self, batch: Any) -> Batch:
        """A batch, if it is one; else TrainingError."""
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            parts = f"{len(batch)} parts" if isinstance(batch, tuple | list) else type(batch).__name__
            raise TrainingError(
                f"{self.what}: expected batches (inputs, targets), or (inputs, targets, weights), got {parts}"
            )
        if not isinstance(batch[1], Tensor) or batch[1].ndim == 0:
            raise TrainingError(
                f"{self.what}: expected the targets of a batch as a tensor, got {type(batch[1]).__name__}; look at the "
                "loader's collate_fn and batch_size"
            )
        weights = batch[2] if len(batch) == 3 else None
        if weights is not None and (not isinstance(weights, Tensor) or weights.shape != batch[1].shape[:1]):
            raise TrainingError(f"{self.what}: expected a weight for each sample as the third part of a batch")
        return Batch(batch[0], batch[1], weights)


def as_dataset(data: Any, what: str, sample_weight: Any = None) -> Any:
    """``data`` as a dataset of (input, target), or of (input, target, weight)."""
    if isinstance(data, tuple):
        data = _of_tensors(data, what)
    if not (hasattr(data, "__getitem__") or isinstance(data, IterableDataset)) or isinstance(
        data, Tensor | np.ndarray | list | dict | str
    ):
        raise TrainingError(
            f"{what}: expected a pair (inputs, targets), a Dataset or a DataLoader, got {type(data).__name__}"
        )
    if isinstance(data, IterableDataset):
        if sample_weight is not None:
            raise TrainingError(f"{what}: a stream has no place for sample_weight; let it give (input, target, weight)")
        return data
    if len(data) == 0:
        raise TrainingError(f"{what}: expected at least one sample, got none; look at where it was read or divided")
    if sample_weight is None:
        return data
    return Weighted(data, as_tensor(checked_weights("sample_weight", sample_weight, "sample", len(data))))


def _of_tensors(data: tuple[Any, ...], what: str) -> TensorDataset:
    if len(data) not in (2, 3):
        raise TrainingError(f"{what}: expected (inputs, targets), got a tuple of {len(data)}")
    parts = [
        converted(part, f"{what}: {name}") for part, name in zip(data, ("inputs", "targets", "weights"), strict=False)
    ]
    sizes = [len(part) if part.ndim else 0 for part in parts]
    if len(set(sizes)) > 1:
        raise TrainingError(f"{what}: expected as many targets as inputs, got {sizes[1]} for {sizes[0]}")
    return TensorDataset(*parts)


def converted(part: Any, what: str) -> Tensor:
    """``part`` as a tensor: an array or a list of real numbers in the default dtype."""
    if isinstance(part, Tensor):
        return part
    if isinstance(part, tuple | list) and any(isinstance(x, Tensor | np.ndarray) for x in part):
        raise TrainingError(
            f"{what}: expected one tensor or array, got a {type(part).__name__} of {len(part)}; for several inputs "
            "give a Dataset of ((a, b), target), or stack them: glassnet.stack(…)"
        )
    array = np.asarray(part)
    if array.dtype.kind not in "biuf":
        raise TrainingError(f"{what}: expected a tensor or an array of numbers, got {type(part).__name__}")
    return as_tensor(array.astype(get_default_dtype(), copy=False) if array.dtype.kind == "f" else array)


def training_feed(
    data: Any, batch_size: int | None, shuffle: bool, sample_weight: Any, generator: Generator | None
) -> Feed:
    """Batches to train on."""
    if isinstance(data, DataLoader):
        is_given = {"batch_size": batch_size is not None, "sample_weight": sample_weight is not None}
        if any(is_given.values()):
            names = " and ".join(name for name, given in is_given.items() if given)
            raise TrainingError(
                f"train: a DataLoader decides what is in a batch, so {names} cannot be given with it; for weights, let "
                "its batches be (inputs, targets, weights)"
            )
        return Feed(data, "train")
    size = BATCH_SIZE if batch_size is None else check_whole("batch_size", batch_size)
    dataset = as_dataset(data, "train", sample_weight)
    order = None if isinstance(dataset, IterableDataset) else shuffle
    return Feed(DataLoader(dataset, size, shuffle=order, generator=generator), "train")


def measuring_feed(data: Any, what: str) -> Feed:
    """Batches to measure on, in their order."""
    return Feed(in_order(data) if isinstance(data, DataLoader) else DataLoader(as_dataset(data, what), AT_ONCE), what)


def in_order(loader: DataLoader[Any]) -> DataLoader[Any]:
    """``loader``, or, where it shuffles, one that gives the same samples in their order, in batches as large.

    A sampler of any other kind says which samples there are, and not only their order: it is left as it is.
    """
    sampler, batches = loader.sampler, loader.batch_sampler
    if type(sampler) is not RandomSampler or type(batches) is not BatchSampler:
        return loader
    if sampler.replacement or sampler.num_samples != len(sampler.data_source):
        return loader
    size, last = batches.batch_size, batches.drop_last
    return DataLoader(loader.dataset, size, drop_last=last, collate_fn=loader.collate_fn)


def is_fraction(validation: Any) -> bool:
    """Whether ``validation`` is a number; TrainingError for one that is no share."""
    if isinstance(validation, bool) or not isinstance(validation, int | float | np.floating):
        return False
    if not (0 < validation < 1 and math.isfinite(validation)):
        raise TrainingError(f"validation: expected a share between 0 and 1, or data, got {validation!r:.80}")
    return True


def divided(data: Any, share: float, sample_weight: Any, seed: int) -> tuple[Any, Any]:
    """``data`` in two parts at random, by ``seed``: one to train on, and ``share`` of it to measure on."""
    if isinstance(data, DataLoader | IterableDataset):
        raise TrainingError(
            f"validation: a {type(data).__name__} cannot be divided; give a Dataset or (inputs, targets), or "
            "validation data of its own"
        )
    dataset = as_dataset(data, "train", sample_weight)
    size = round(share * len(dataset))
    if not 0 < size < len(dataset):
        raise TrainingError(
            f"validation: {share:g} of {len(dataset)} samples leaves one part empty; give another share, or more data"
        )
    rest, part = random_split(dataset, [len(dataset) - size, size], Generator(seed))
    return rest, part


def new_seed(generator: Generator | None) -> int:
    """A seed drawn from ``generator``."""
    return 1 + int(randint(2**31 - 1, (), generator=generator).item())
