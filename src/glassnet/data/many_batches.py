"""Blocks: several batches of a loader at a time, as rows of arrays, for what runs on many of them in one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.data.collate import default_collate
from glassnet.data.gather import Indices, batch_function, can_gather, is_up_to_date, rows_of
from glassnet.data.loader import DataLoader
from glassnet.data.sampler import BatchSampler
from glassnet.pytree import flatten
from glassnet.tensor import Tensor


@dataclass(frozen=True)
class Rows:
    """Some batches: batch i has the rows ``places[i]`` of the tensors of ``samples``, which is like a batch itself."""

    samples: Any
    places: Indices  # [batches, size]


@dataclass
class Blocks:
    """The batches of one epoch of ``loader``, in its order: `take` some, then the next ones."""

    loader: DataLoader[Any]
    _blocks: Iterator[Indices] = field(init=False)
    _left: Indices = field(init=False)

    def __post_init__(self) -> None:
        self._blocks = self.loader.batch_sampler.blocks()
        self._left = np.empty((0, 0), np.int64)

    def take(self, most: int) -> Indices | None:
        """The samples of the next batches, ``most`` of them, of one size: [batches, size]; None at the end."""
        while not len(self._left):
            block = next(self._blocks, None)
            if block is None:
                return None
            self._left = block
        return self.more(most)

    def more(self, most: int) -> Indices:
        """The same, of the size of those before and drawn with them: there may be none."""
        taken, self._left = self._left[:most], self._left[most:]
        return taken

    def __iter__(self) -> Iterator[Indices]:
        """The samples of each batch that is left, one batch after another."""
        while (taken := self.take(1)) is not None:
            yield taken[0]

    def batch(self, indices: Indices) -> Any:
        """A batch, as the loader gives it."""
        return batch_function(self.loader.dataset)(indices)

    def rows(self, indices: Indices) -> Rows | None:
        """Several batches as rows; None where they have to be made one by one, or cannot be made."""
        try:
            found = rows_of(self.loader.dataset, indices.ravel())
            if found is not None and not _are_plain(*found):
                found = self.batch(indices.ravel()), np.arange(indices.size)  # a copy
        except Exception:  # it is raised where the batch is made that it belongs to
            return None
        return None if found is None else Rows(found[0], found[1].reshape(indices.shape))


def _are_plain(samples: Any, places: Indices) -> bool:
    """Whether rows at ``places`` can be copied from the tensors of ``samples`` as they lie."""
    tensors = [x for x in flatten(samples)[0] if isinstance(x, Tensor)]
    size = min((len(x) if x.shape else 0 for x in tensors), default=0)
    is_inside = not places.size or (places.min() >= 0 and places.max() < size)
    return bool(is_inside) and all(x.array.flags.c_contiguous and not x.requires_grad for x in tensors)


def blocks_of(loader: Any) -> Blocks | None:
    """The blocks of an epoch; None for a loader whose batches come one by one."""
    if not isinstance(loader, DataLoader) or type(loader).__iter__ is not DataLoader.__iter__:
        return None
    batches = loader.batch_sampler
    if not isinstance(batches, BatchSampler) or loader.collate_fn is not default_collate or not batches.is_in_blocks:
        return None
    is_known = is_up_to_date(batches, "blocks", "batches", "__iter__") and can_gather(loader.dataset)
    return Blocks(loader) if is_known else None
