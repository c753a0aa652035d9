"""torch.utils.data.distributed: the samples of one process of several."""

from __future__ import annotations

from typing import Any

from glassnet.pytorch.names import distributed
from glassnet.random import Generator
from glassnet.tensor.sampling import randperm

__all__ = ["DistributedSampler"]


class DistributedSampler:
    """The samples of one process of several: every ``num_replicas``-th, from the one of its ``rank`` on.

    An order is drawn by ``seed`` and the epoch that `set_epoch` says, the same in every process; the last samples are
    repeated, or with ``drop_last`` left out, so that all have as many. How many processes there are, and which this is,
    is taken from `distributed` where it is not said.

    >>> from glassnet.pytorch.names.distributed_samples import DistributedSampler
    >>> list(DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False))
    [1, 3, 0]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        self.dataset, self.shuffle, self.seed, self.drop_last = dataset, shuffle, seed, drop_last
        is_one_of_several = distributed.is_initialized()
        if num_replicas is None:
            num_replicas = distributed.get_world_size() if is_one_of_several else 1
        if rank is None:
            rank = distributed.get_rank() if is_one_of_several else 0
        self.num_replicas, self.rank = num_replicas, rank
        if not 0 <= self.rank < self.num_replicas:
            raise ValueError(f"DistributedSampler: expected a rank from 0 to {self.num_replicas - 1}, got {rank}")
        self.epoch = 0
        whole, rest = divmod(len(dataset), self.num_replicas)
        self.num_samples = whole + (rest > 0 and not drop_last)
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self) -> Any:
        n = len(self.dataset)
        order = range(n)
        if self.shuffle:
            order = randperm(n, generator=Generator(self.seed + self.epoch)).tolist()
        return iter([order[i % n] for i in range(self.rank, self.total_size, self.num_replicas)])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Draw the order of this epoch."""
        self.epoch = epoch
