import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet.data import (
    BatchSampler,
    DataLoader,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    get_worker_info,
)
from tests.data.samples import OneByOne, array_dataset


def numbers(n):
    return TensorDataset(np.arange(n))


def order(loader):
    return [i for (batch,) in loader for i in batch.tolist()]


class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return (float(i) for i in range(self.n))


class SizedStream(Stream):
    def __len__(self):
        return self.n


@given(
    st.integers(1, 60),
    st.integers(1, 70),
    st.booleans(),
    st.booleans(),
    st.sampled_from([numbers, lambda n: Subset(numbers(n), range(n)), lambda n: [(i,) for i in range(n)]]),
)
def test_every_sample_comes_once_an_epoch(size, batch_size, shuffle, drop_last, make):
    loader = DataLoader(make(size), batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)
    for _epoch in range(2):
        batches = [batch.tolist() for (batch,) in loader]
        assert len(batches) == len(loader)
        assert all(len(batch) == batch_size for batch in batches[: None if drop_last else -1])
        seen = [i for batch in batches for i in batch]
        if drop_last:
            assert len(seen) == size // batch_size * batch_size
            assert len(set(seen)) == len(seen)
        else:
            assert sorted(seen) == list(range(size))
        if not shuffle:
            assert seen == list(range(len(seen)))


def test_batches_of_one_by_default():
    assert [batch.tolist() for (batch,) in DataLoader(numbers(3))] == [[0], [1], [2]]


def test_the_same_seed_gives_the_same_epochs():
    def epochs(seed):
        glassnet.manual_seed(seed)
        loader = DataLoader(numbers(50), batch_size=8, shuffle=True)
        return order(loader), order(loader)

    first, second = epochs(1)
    assert (first, second) == epochs(1)
    assert first != second
    assert first != epochs(2)[0]


def test_a_generator_of_its_own_leaves_the_default_one_alone():
    def epoch():
        return order(DataLoader(numbers(50), batch_size=8, shuffle=True, generator=glassnet.Generator(7)))

    before = glassnet.get_rng_state()
    assert epoch() == epoch()
    assert glassnet.get_rng_state() == before


def test_batches_that_gather_and_batches_that_loop_come_in_the_same_order():
    glassnet.manual_seed(1)
    gathered = order(DataLoader(numbers(50), batch_size=8, shuffle=True))
    glassnet.manual_seed(1)
    assert gathered == order(DataLoader([(i,) for i in range(50)], batch_size=8, shuffle=True))


def test_loops_at_the_same_time_do_not_disturb_each_other():
    loader = DataLoader(numbers(20), batch_size=3)
    pairs = [(a.tolist(), b.tolist()) for (a,) in loader for (b,) in loader]
    assert len(pairs) == 49
    assert pairs[:2] == [([0, 1, 2], [0, 1, 2]), ([0, 1, 2], [3, 4, 5])]
    shuffled = DataLoader(numbers(20), batch_size=3, shuffle=True)
    first, second = iter(shuffled), iter(shuffled)
    seen = [[], []]
    for (a,), (b,) in zip(first, second, strict=True):
        seen[0] += a.tolist()
        seen[1] += b.tolist()
    assert seen[0] != seen[1]
    assert sorted(seen[0]) == sorted(seen[1]) == list(range(20))


def test_a_sampler_decides_the_order():
    loader = DataLoader(numbers(9), batch_size=2, sampler=[5, 3, 3])
    assert [batch.tolist() for (batch,) in loader] == [[5, 3], [3]]
    assert len(loader) == 2
    assert sorted(order(DataLoader(numbers(9), batch_size=2, sampler=SubsetRandomSampler([1, 4, 7])))) == [1, 4, 7]
    assert isinstance(DataLoader(numbers(9)).sampler, SequentialSampler)
    assert isinstance(DataLoader(numbers(9), shuffle=True).sampler, RandomSampler)


def test_indices_may_be_tensors():
    assert order(DataLoader(numbers(9), batch_size=2, sampler=glassnet.tensor([5, 3, 4]))) == [5, 3, 4]


def test_a_batch_sampler_decides_the_batches():
    loader = DataLoader(numbers(9), batch_sampler=[[1], [2, 3, 4], glassnet.tensor([0, 0])])
    assert [batch.tolist() for (batch,) in loader] == [[1], [2, 3, 4], [0, 0]]
    assert len(loader) == 3
    assert loader.batch_size is None
    made = DataLoader(OneByOne(6, "number"), batch_sampler=BatchSampler([4, 2, 1], 2, False))
    assert [batch.tolist() for batch in made] == [[2, 1], [0.5]]


def test_a_batch_sampler_that_changes_iter_is_iterated_over():
    class Twice(BatchSampler):
        def __iter__(self):
            for batch in super().__iter__():
                yield batch * 2

    loader = DataLoader(numbers(4), batch_sampler=Twice(SequentialSampler(range(4)), 2, False))
    assert [batch.tolist() for (batch,) in loader] == [[0, 1, 0, 1], [2, 3, 2, 3]]


def test_samples_by_name():
    loader = DataLoader({"a": 1, "b": 2}, batch_size=2, sampler=["b", "a"])
    assert next(iter(loader)).tolist() == [2, 1]


def test_without_batches():
    loader = DataLoader(numbers(3), batch_size=None)
    assert [x.item() for (x,) in loader] == [0, 1, 2]
    assert len(loader) == 3
    whole = DataLoader(array_dataset(5), batch_size=None, sampler=BatchSampler(range(5), 2, False))
    assert [len(x) for x, _ in whole] == [2, 2, 1]


def test_streams():
    assert [batch.tolist() for batch in DataLoader(Stream(5), batch_size=2)] == [[0, 1], [2, 3], [4]]
    assert [batch.tolist() for batch in DataLoader(Stream(5), batch_size=2, drop_last=True)] == [[0, 1], [2, 3]]
    assert list(DataLoader(Stream(3), batch_size=None, shuffle=False)) == [0.0, 1.0, 2.0]
    assert list(DataLoader(Stream(3), batch_size=2, collate_fn=sum)) == [1.0, 2.0]


def test_the_length_of_streams():
    assert len(DataLoader(SizedStream(5), batch_size=2)) == 3
    assert len(DataLoader(SizedStream(5), batch_size=2, drop_last=True)) == 2
    assert len(DataLoader(SizedStream(5), batch_size=None)) == 5
    with pytest.raises(TypeError):
        len(DataLoader(Stream(5)))


def test_everything_pytorch_takes_is_taken():
    loader = DataLoader(
        numbers(4),
        batch_size=2,
        num_workers=2,
        pin_memory=True,
        timeout=1.5,
        worker_init_fn=print,
        multiprocessing_context="fork",
        prefetch_factor=4,
        persistent_workers=True,
        pin_memory_device="cpu",
        in_order=False,
    )
    assert order(loader) == [0, 1, 2, 3]
    assert loader.num_workers == 2
    assert get_worker_info() is None


def test_a_collate_fn_may_be_exchanged():
    loader = DataLoader(numbers(4), batch_size=2)
    loader.collate_fn = len
    assert list(loader) == [2, 2]


def test_the_names_of_pytorch():
    from glassnet.utils.data import DataLoader as Loader
    from glassnet.utils.data import dataloader, dataset, sampler

    assert Loader is DataLoader
    assert glassnet.utils.data.TensorDataset is glassnet.data.TensorDataset is TensorDataset
    assert dataset.TensorDataset is TensorDataset
    assert dataloader.DataLoader is DataLoader
    assert sampler.RandomSampler is RandomSampler
    assert set(glassnet.utils.data.__all__) == set(glassnet.data.__all__)
