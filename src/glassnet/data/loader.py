"""DataLoader: the batches of a dataset, epoch after epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from typing import Any, Generic, TypeVar
from weakref import finalize

from glassnet.data.collate import default_collate, default_convert
from glassnet.data.dataset import IterableDataset
from glassnet.data.gather import batch_function, can_gather, index_list, is_up_to_date, samples_at
from glassnet.data.sampler import BatchSampler, RandomSampler, SequentialSampler, check_count, chunks, count_chunks
from glassnet.data.workers import Job, Workers
from glassnet.random import Generator
from glassnet.tensor.sampling import randint

T = TypeVar("T", covariant=True)

_FIXED = frozenset({"batch_sampler", "batch_size", "dataset", "drop_last", "sampler"})


class DataLoader(Generic[T]):
    """The batches of ``dataset``, epoch after epoch.

    A batch is what ``collate_fn`` makes of a list of samples (`default_collate` if None). Where the dataset
    gathers (see `glassnet.data.gather`) and no ``collate_fn`` is given, a batch is gathered at once
    instead, with the same result. Either way it is a copy of the data.

    ``shuffle`` draws a permutation for each epoch from ``generator``, the default one if None: the same
    after the same `manual_seed`. Or ``sampler`` gives the indices one by one, or ``batch_sampler`` in
    lists. ``drop_last`` leaves out a last batch that is not full. ``batch_size=None`` gives samples instead
    of batches. Several loops over one loader may run at the same time; each has an order of its own.

    With ``num_workers``, batches are made by as many processes, ``prefetch_factor`` (2) ahead each, while this one
    computes; by threads where processes cannot be forked. A dataset that gathers is faster without, and has none.
    Each has random numbers of its own, and calls ``worker_init_fn(id)`` first; `get_worker_info` tells which it is.
    What goes wrong in one is raised here, with its traceback. With ``persistent_workers`` they stay for the next
    epoch. ``timeout`` is how long to wait for a batch, in seconds. ``pin_memory``, ``pin_memory_device`` and
    ``in_order`` are accepted, and change nothing.

    Raises ValueError for arguments that contradict each other and for an empty dataset, TypeError for a
    dataset without a length.

    >>> x, y = glassnet.arange(6.0).reshape(3, 2), glassnet.tensor([0, 1, 0])
    >>> for inputs, labels in data.DataLoader(data.TensorDataset(x, y), batch_size=2):
    ...     print(inputs.shape, labels)
    (2, 2) tensor([0, 1])
    (1, 2) tensor([0])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        if batch_sampler is not None:
            others = {"batch_size": batch_size != 1, "shuffle": shuffle, "sampler": sampler, "drop_last": drop_last}
            _check_alone("batch_sampler decides what is in each batch", others)
            batch_size = None
        elif batch_size is None:
            _check_alone("batch_size=None turns batches off", {"drop_last": drop_last})
        else:
            check_count("DataLoader: batch_size", batch_size)
        if sampler is not None:
            _check_alone("sampler decides the order", {"shuffle": shuffle})
        if isinstance(dataset, IterableDataset):
            orders = {"shuffle": shuffle, "sampler": sampler, "batch_sampler": batch_sampler}
            _check_alone("an IterableDataset has an order of its own", orders)
        elif sampler is None and batch_sampler is None:
            _check_sized(dataset)
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if sampler is not None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler
        self.drop_last = drop_last
        self.generator = generator
        if collate_fn is None:
            collate_fn = default_convert if batch_size is None and batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self.num_workers = num_workers
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.prefetch_factor = prefetch_factor
        self.persistent_workers = persistent_workers
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.in_order = in_order
        self._workers: Workers | None = None  # those that stay

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and name in vars(self):
            raise ValueError(f"DataLoader: {name} cannot be changed; make a new DataLoader")
        super().__setattr__(name, value)

    def __len__(self) -> int:
        """The number of batches of an epoch; TypeError where it is not known."""
        if self._is_stream:
            count = len(self.dataset)
            return count if self.batch_size is None else count_chunks(count, self.batch_size, self.drop_last)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if self.num_workers and not self._gathers:
            return self._by_workers()
        if self._is_stream:
            return self._of_stream()
        if self.batch_sampler is None:
            return self._of_samples()
        return self._of_batches()

    @property
    def _is_stream(self) -> bool:
        return isinstance(self.dataset, IterableDataset)

    @property
    def _gathers(self) -> bool:
        """Whether the dataset makes a whole batch at once, which is no work for others."""
        return not self._is_stream and self.collate_fn is default_collate and can_gather(self.dataset)

    def _by_workers(self) -> Iterator[Any]:
        """What workers make of the dataset."""
        workers, self._workers = self._workers, None
        if workers is None:
            # by another loader, for workers keep what they work for: that they stay must not keep this one alive
            job = Job(self.dataset, copy(self)._make, self._is_stream, self.worker_init_fn, self._seed())
            workers = Workers(
                job, self.num_workers, self.prefetch_factor or 2, self.timeout, self.multiprocessing_context
            )
            if self.persistent_workers:
                finalize(self, workers.end)
        try:
            if self._is_stream:
                tasks: Any = ()
            else:
                tasks = self.sampler if self.batch_sampler is None else map(index_list, self.batch_sampler)
            yield from workers.batches(tasks)
        finally:
            if self.persistent_workers and workers.is_idle and self._workers is None:
                self._workers = workers
            else:
                workers.end()

    def _make(self, indices: Any) -> Any:
        """In a worker: the batch, or the sample, of these indices; of a stream, an iterator."""
        if self._is_stream:
            return self._of_stream()
        if self.batch_sampler is None:
            return self.collate_fn(self.dataset[indices])
        return (batch_function(self.dataset) if self.collate_fn is default_collate else self._custom)(indices)

    def _seed(self) -> int:
        return int(randint(0, 2**31, (), generator=self.generator))

    def _of_batches(self) -> Iterator[Any]:
        """Every batch that the batch sampler names."""
        batch_at = batch_function(self.dataset) if self.collate_fn is default_collate else self._custom
        batches: Any = self.batch_sampler
        if isinstance(batches, BatchSampler) and is_up_to_date(batches, "batches", "__iter__"):
            batches = batches.batches()
        for indices in batches:
            yield batch_at(indices)

    def _custom(self, indices: Any) -> Any:
        return self.collate_fn(samples_at(self.dataset, index_list(indices)))

    def _of_samples(self) -> Iterator[Any]:
        """Every sample that the sampler names, not in batches."""
        for index in self.sampler:
            yield self.collate_fn(self.dataset[index])

    def _of_stream(self) -> Iterator[Any]:
        """The samples of a stream, in batches or one by one."""
        if self.batch_size is None:
            yield from map(self.collate_fn, self.dataset)
        else:
            yield from map(self.collate_fn, chunks(self.dataset, self.batch_size, self.drop_last))


def _check_alone(why: str, others: dict[str, Any]) -> None:
    names = [name for name, value in others.items() if value is not None and value is not False]
    if names:
        raise ValueError(f"DataLoader: {why}, so it cannot be given together with {', '.join(names)}; leave one out")


def _check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool) -> None:
    if num_workers < 0:
        raise ValueError(f"DataLoader: num_workers must be 0 or more, got {num_workers}")
    if timeout < 0:
        raise ValueError(f"DataLoader: timeout must be 0 or more seconds, got {timeout}")
    if prefetch_factor is not None and (num_workers == 0 or prefetch_factor < 0):
        raise ValueError(
            f"DataLoader: prefetch_factor must be 0 or more and needs num_workers > 0, got {prefetch_factor}, "
            f"with num_workers={num_workers}"
        )
    if persistent_workers and num_workers == 0:
        raise ValueError("DataLoader: persistent_workers needs num_workers > 0")


def _check_sized(dataset: Any) -> None:
    try:
        size = len(dataset)
    except TypeError:
        raise TypeError(
            f"DataLoader: expected a dataset with a length, but {type(dataset).__name__} has none; define __len__, "
            "give a sampler, or, for a stream of samples, derive it from IterableDataset"
        ) from None
    if size == 0:
        raise ValueError(
            "DataLoader: expected at least one sample, got an empty dataset; look at where it was read or split"
        )
