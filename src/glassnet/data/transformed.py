"""Transformed: a dataset with transforms of its samples, applied to a whole batch at once if possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from glassnet.data.collate import default_collate, sequence_like
from glassnet.data.dataset import Dataset
from glassnet.data.gather import (
    Indices,
    batch_by_sample,
    batch_function,
    can_gather,
    is_up_to_date,
    made_at_once,
    rows_of,
)
from glassnet.errors import ShapeError
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor

Transform = Callable[[Any], Any]
F = TypeVar("F", bound=Transform)


def batched(transform: F) -> F:
    """Declare, as ``@batched``, that ``transform`` takes a tensor [n, …] of n samples and returns [n, …].

    It must treat each sample as it would alone, and by nothing that changes as a network learns. It is then called
    once for a batch, or for several of them, not once for a sample; a single sample is passed to it as a batch of
    one. A class of transforms declares the same by an attribute
    ``batched = True``; if it also has a method ``batch``, that one is called with batches, and the transform
    itself with single samples.

    >>> @data.batched
    ... def halve(x):
    ...     return x / 2
    >>> data.Transformed(data.TensorDataset(np.ones((3, 2))), halve)[0]
    (tensor([0.5000, 0.5000], dtype=float64),)
    """
    attributes: Any = transform
    attributes.batched = True
    return transform


class Transformed(Dataset[Any]):
    """``dataset`` with ``transform`` applied to its inputs and ``target_transform`` to its targets.

    Of samples that are tuples or lists, ``transform`` gets the first part and ``target_transform`` the
    second; of others, ``transform`` gets the sample. Where all transforms are `batched` and the dataset
    gathers, a batch is one gather and one call of each. Raises TypeError for samples without a second part if
    there is a ``target_transform``.

    >>> pairs = data.TensorDataset([[1.0], [2.0]], [0, 1])
    >>> data.Transformed(pairs, transform=lambda x: x * 10, target_transform=str)[1]
    (tensor([20.]), 'tensor(1)')
    """

    def __init__(
        self, dataset: Any, transform: Transform | None = None, target_transform: Transform | None = None
    ) -> None:
        self.dataset = dataset
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        sample = self.dataset[index]
        changed = self._changed(sample, apply_to_sample)
        return tuple(changed) if type(sample) is tuple else changed

    def batch_at(self, indices: Indices) -> Any:
        """The samples at ``indices``, as a batch."""
        if all(map(takes_batches, (self.transform, self.target_transform))) and can_gather(self.dataset):
            return self._changed(batch_function(self.dataset)(indices), apply_to_batch)
        return batch_by_sample(self, indices)

    def rows_at(self, indices: Indices) -> tuple[Any, Indices] | None:
        """The samples at ``indices``, changed, where the transforms take batches and draw no random numbers."""
        if not all(map(takes_batches, (self.transform, self.target_transform))):
            return None
        return None if rows_of(self.dataset, indices[:0]) is None else made_at_once(self.batch_at, indices)

    def _changed(self, sample: Any, call: Callable[[Transform, Any], Any]) -> Any:
        """A sample, or a batch, after the transforms, each applied by ``call``."""
        transforms = (self.transform, self.target_transform)
        in_parts = isinstance(sample, Sequence) and not isinstance(sample, str | bytes)
        parts = list(sample) if in_parts else [sample]
        for number, transform in enumerate(transforms):
            if transform is None:
                continue
            if number >= len(parts):
                raise TypeError(
                    "Transformed: target_transform is for samples of two parts (input, target), got "
                    f"{f'{len(parts)} part' if in_parts else type(sample).__name__}"
                )
            parts[number] = call(transform, parts[number])
        return sequence_like(sample, parts) if in_parts else parts[0]


def takes_batches(transform: Transform | None) -> bool:
    """Whether ``transform`` can be given a batch; None can, as it does nothing."""
    if transform is None or not getattr(transform, "batched", False):
        return transform is None
    return not hasattr(transform, "batch") or is_up_to_date(transform, "batch", "__call__", "forward")


def apply_to_sample(transform: Transform, x: Any) -> Any:
    """What ``transform`` makes of the single sample ``x``."""
    if takes_batches(transform) and not hasattr(transform, "batch"):
        return apply_to_batch(transform, default_collate([x]))[0]
    return transform(x)


def apply_to_batch(transform: Transform, x: Any) -> Any:
    """What ``transform``, which takes batches, makes of the batch ``x``, checked."""
    y = getattr(transform, "batch", transform)(x)
    name = getattr(transform, "__name__", type(transform).__name__)
    if not isinstance(y, Tensor):
        raise TypeError(f"Transformed: a batched transform must give a tensor, but {name} gave {type(y).__name__}")
    if y.shape[:1] != x.shape[:1]:
        raise ShapeError(
            f"Transformed: a batched transform must give as many samples as it gets, but {name} made "
            f"{written(y.shape)} of {written(x.shape)}"
        )
    return y
