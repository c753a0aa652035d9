from itertools import chain, islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

RANDOM = {
    "RandomSampler": lambda g: RandomSampler(range(40), generator=g),
    "RandomSampler, replacement": lambda g: RandomSampler(range(40), replacement=True, generator=g),
    "RandomSampler, more": lambda g: RandomSampler(range(40), num_samples=90, generator=g),
    "SubsetRandomSampler": lambda g: SubsetRandomSampler(range(100, 140), generator=g),
    "WeightedRandomSampler": lambda g: WeightedRandomSampler(np.arange(40), 30, generator=g),
    "WeightedRandomSampler, no replacement": lambda g: WeightedRandomSampler(np.arange(40), 30, False, generator=g),
}
each = pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)


@each
def test_the_same_seed_gives_the_same_order(make):
    assert list(make(glassnet.Generator(5))) == list(make(glassnet.Generator(5)))
    assert list(make(glassnet.Generator(5))) != list(make(glassnet.Generator(6)))
    glassnet.manual_seed(5)
    assert list(make(None)) == list(make(glassnet.Generator(5)))


@each
def test_every_epoch_has_an_order_of_its_own(make):
    sampler = make(None)
    assert list(sampler) != list(sampler)


@each
def test_indices_are_python_ints_and_as_many_as_said(make):
    sampler = make(None)
    indices = list(sampler)
    assert {type(i) for i in indices} == {int}
    assert len(indices) == len(sampler)


@each
def test_nothing_is_drawn_before_it_is_asked_for(make):
    generator = glassnet.Generator(5)
    before = generator.get_state()
    indices = iter(make(generator))
    assert generator.get_state() == before
    next(indices)
    assert generator.get_state() != before


def test_sequential():
    assert list(SequentialSampler("abc")) == [0, 1, 2]
    assert len(SequentialSampler("abc")) == 3


@given(st.integers(1, 30), st.integers(1, 100))
def test_without_replacement_every_round_has_each_sample_once(size, count):
    indices = list(RandomSampler(range(size), num_samples=count))
    assert len(indices) == count
    for start in range(0, count, size):
        part = indices[start : start + size]
        assert len(set(part)) == len(part)
    assert set(indices) <= set(range(size))


def test_an_epoch_without_end_begins_at_once():
    endless = RandomSampler(range(5), replacement=True, num_samples=10**10)
    assert len(DataLoader(range(5), 4, sampler=endless)) == 25 * 10**8
    assert all(len(batch) == 4 for batch in islice(BatchSampler(endless, 4, False), 3))
    assert set(islice(endless, 200)) == set(range(5))


@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_go_on_from_one_portion_to_the_next(drop_last):
    sampler = RandomSampler(range(5), num_samples=13, generator=glassnet.Generator(1))
    batches = list(BatchSampler(sampler, 4, drop_last))
    assert list(map(len, batches)) == [4, 4, 4] + [1] * (not drop_last)
    sampler.generator = glassnet.Generator(1)
    assert list(chain(*batches)) == sampler.order().tolist()[: 12 if drop_last else 13]


def test_with_replacement_samples_come_again():
    indices = list(RandomSampler(range(3), replacement=True, num_samples=3000))
    assert np.bincount(indices).tolist() == pytest.approx([1000, 1000, 1000], abs=150)


def test_weights_decide_how_often():
    indices = list(WeightedRandomSampler([1, 0, 3], 4000))
    assert np.bincount(indices, minlength=3).tolist() == pytest.approx([1000, 0, 3000], abs=150)
    assert sorted(WeightedRandomSampler([1, 0, 3, 2], 3, replacement=False)) == [0, 2, 3]


def test_a_subset_in_random_order():
    assert sorted(SubsetRandomSampler([8, 3, 5])) == [3, 5, 8]
    assert list(SubsetRandomSampler([])) == []


@given(st.integers(0, 40), st.integers(1, 12), st.booleans(), st.booleans())
def test_batches_divide_the_order(size, batch_size, drop_last, known):
    sampler = SequentialSampler(range(size)) if known else list(range(size))
    batches = BatchSampler(sampler, batch_size, drop_last)
    got = list(batches)
    assert len(got) == len(batches)
    assert all(isinstance(batch, list) and 1 <= len(batch) <= batch_size for batch in got)
    kept = size // batch_size * batch_size if drop_last else size
    assert [i for batch in got for i in batch] == list(range(kept))


def test_known_batches():
    assert list(BatchSampler(SequentialSampler(range(10)), 3, False)) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert list(BatchSampler(SequentialSampler(range(10)), 3, True)) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert list(BatchSampler("abcde", np.int64(2), True)) == [["a", "b"], ["c", "d"]]


def test_a_sampler_that_changes_iter_is_iterated_over():
    class Backwards(SequentialSampler):
        def __iter__(self):
            return reversed(range(len(self)))

    assert list(BatchSampler(Backwards(range(5)), 2, False)) == [[4, 3], [2, 1], [0]]


def test_a_sampler_of_ones_own():
    class Evens(Sampler[int]):
        def __init__(self, data):
            super().__init__(data)
            self.data = data

        def __iter__(self):
            return iter(range(0, len(self.data), 2))

    assert list(Evens("abcde")) == [0, 2, 4]
    with pytest.raises(TypeError):
        len(Evens("abc"))
