"""Several batches at a time, as rows of arrays: the batches that the loader gives, in its order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet import data
from glassnet.data.many_batches import Rows, blocks_of

SAMPLES = data.TensorDataset(gn.arange(30.0).reshape(10, 3), gn.arange(10))
DATASETS: dict[str, Any] = {
    "tensors": SAMPLES,
    "a tensor": gn.arange(10.0),
    "an array": np.arange(10),
    "a subset of a subset": data.Subset(data.Subset(SAMPLES, range(9, -1, -1)), [1, 3, 5, -1]),
    "joined": data.Subset(SAMPLES, [0, 1]) + SAMPLES,
    "transformed": data.Transformed(SAMPLES, data.batched(lambda x: x + 1)),
    "columns": data.TensorDataset(gn.arange(30.0).reshape(3, 10).t()),
}
SAMPLERS: dict[str, Any] = {
    "in order": lambda size: data.SequentialSampler(range(size)),
    "shuffled": lambda size: data.RandomSampler(range(size)),
    "many permutations": lambda size: data.RandomSampler(range(size), num_samples=3 * size + 1),
    "drawn": lambda size: data.RandomSampler(range(size), replacement=True, num_samples=2 * size),
    "from the end": lambda size: data.SubsetRandomSampler([-i for i in range(1, size)]),
}


def parts(batch: Any) -> list[Any]:
    return [x.tolist() for x in (batch if isinstance(batch, list) else [batch])]


def batch_of(rows: Rows, place: Any) -> Any:
    """One batch, as its rows say."""
    several = isinstance(rows.samples, list)
    tensors = [x[gn.from_numpy(place)] for x in (rows.samples if several else [rows.samples])]
    return tensors if several else tensors[0]


@given(
    st.sampled_from(list(DATASETS)),
    st.sampled_from(list(SAMPLERS)),
    st.integers(1, 7),
    st.booleans(),
    st.integers(1, 4),
)
def test_the_batches_are_those_of_the_loader(dataset: str, sampler: str, size: int, drop: bool, most: int) -> None:
    samples = DATASETS[dataset]
    loader = data.DataLoader(samples, size, sampler=SAMPLERS[sampler](len(samples)), drop_last=drop)
    gn.manual_seed(3)
    expected = [parts(batch) for batch in loader]
    gn.manual_seed(3)
    blocks = blocks_of(loader)
    assert blocks is not None
    found = []
    while (indices := blocks.take(most)) is not None:
        assert 1 <= len(indices) <= most
        rows = blocks.rows(indices)
        assert rows is not None
        assert [parts(blocks.batch(one)) for one in indices] == [parts(batch_of(rows, one)) for one in rows.places]
        found += [parts(batch_of(rows, one)) for one in rows.places]
    assert found == expected


def test_a_dataset_that_draws_random_numbers_makes_its_batches_one_by_one() -> None:
    shaken = data.Transformed(SAMPLES, data.batched(lambda x: x + gn.rand(1)))
    blocks = blocks_of(data.DataLoader(shaken, 2))
    assert blocks is not None
    state = gn.get_rng_state()
    assert blocks.rows(np.zeros((2, 2), np.int64)) is None
    assert gn.get_rng_state() == state


def test_an_index_that_there_is_not_is_left_to_the_batch_that_has_it() -> None:
    blocks = blocks_of(data.DataLoader(SAMPLES, 2))
    assert blocks is not None
    assert blocks.rows(np.array([[0, 10]])) is None
    with pytest.raises(IndexError, match="got 10"):
        blocks.batch(np.array([0, 10]))


class Doubled(data.TensorDataset):
    """One that changes its samples, and says nothing of batches."""

    def __getitem__(self, index: Any) -> Any:
        return tuple(2 * x for x in super().__getitem__(index))


class Backwards(data.BatchSampler):
    """One that changes the order of the batches."""

    def __iter__(self) -> Any:
        return iter([*super().__iter__()][::-1])


class Other(data.DataLoader[Any]):
    """One that iterates in its own way."""

    def __iter__(self) -> Any:
        return iter([1, 2])


@pytest.mark.parametrize(
    "loader",
    [
        data.DataLoader(Doubled(gn.ones(4)), 2),
        data.DataLoader([1, 2, 3], 2),
        data.DataLoader(SAMPLES, batch_sampler=Backwards(data.SequentialSampler(SAMPLES), 2, False)),
        data.DataLoader(SAMPLES, batch_sampler=[[1, 2], [3]]),
        data.DataLoader(SAMPLES, 2, sampler=[3, 1, 2]),
        data.DataLoader(SAMPLES, 2, collate_fn=len),
        data.DataLoader(SAMPLES, batch_size=None),
        Other(SAMPLES, 2),
        [(1, 2)],
    ],
)
def test_others_give_their_batches_one_by_one(loader: Any) -> None:
    assert blocks_of(loader) is None
