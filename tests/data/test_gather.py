"""A batch at once is the batch that a loop over the samples gives, for datasets of every kind."""

import numpy as np
import pytest

import glassnet
from glassnet.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    Transformed,
    batched,
    default_collate,
    random_split,
)
from glassnet.data.gather import batch_function, can_gather
from tests.data.samples import DATASETS, GATHERED, LOOPED, Counting, Doubled, Named, array_dataset, same, tensors


def each(table):
    return pytest.mark.parametrize("make", table.values(), ids=table)


def some_indices(n):
    """Some in order, all backwards, one alone, some twice, the last by −1."""
    return [np.arange(n), np.arange(n)[::-1], np.array([n // 2]), np.array([0, n - 1, 0, n // 2, -1])]


@each(DATASETS)
def test_a_batch_is_what_a_loop_over_the_samples_gives(make):
    dataset = make()
    for indices in some_indices(len(dataset)):
        expected = default_collate([dataset[i] for i in indices.tolist()])
        assert same(batch_function(dataset)(indices), expected)


@each(DATASETS)
def test_the_loader_gives_the_same_with_and_without_a_loop(make):
    dataset = make()
    loader = DataLoader(dataset, batch_size=4)
    looping = DataLoader(dataset, batch_size=4, collate_fn=lambda samples: default_collate(samples))
    batches, expected = list(loader), list(looping)
    assert len(batches) == len(expected) == len(loader)
    assert all(map(same, batches, expected))


@each(GATHERED)
def test_these_are_known_to_gather(make):
    dataset = make()
    assert can_gather(dataset)
    assert can_gather(Subset(dataset, [0]))


@pytest.mark.parametrize(
    "name", ["list", "array of text", "fetching", "one by one: arrays", "subclass that changes __getitem__"]
)
def test_these_are_known_not_to(name):
    assert not can_gather(LOOPED[name]())


def arrays_of(batch):
    if isinstance(batch, glassnet.Tensor):
        return [batch.array]
    if isinstance(batch, str):
        return []
    return [array for item in (batch.values() if isinstance(batch, dict) else batch) for array in arrays_of(item)]


@each(DATASETS)
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_batch_is_a_copy(make, shuffle):
    dataset = make()
    before = list(DataLoader(dataset, batch_size=3))
    for batch in DataLoader(dataset, batch_size=3, shuffle=shuffle):
        for array in arrays_of(batch):
            array[...] = 99
    assert all(map(same, DataLoader(dataset, batch_size=3), before))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda dataset: dataset,
        lambda dataset: Subset(dataset, range(20)),
        lambda dataset: Subset(Subset(dataset, range(20)), list(range(20))),
        lambda dataset: random_split(dataset, [20])[0],
        lambda dataset: ConcatDataset([dataset]),
        lambda dataset: Transformed(dataset, batched(lambda x: x + 1)),
    ],
)
def test_one_gather_a_batch_and_no_sample(wrapped, shuffle):
    dataset = Counting(np.ones((20, 3)), np.arange(20))
    assert len(list(DataLoader(wrapped(dataset), batch_size=6, shuffle=shuffle))) == 4
    assert (dataset.batches, dataset.samples) == (4, 0)


def test_concatenated_datasets_are_gathered_once_each():
    first, second = Counting(np.arange(8.0)), Counting(np.arange(4.0))
    list(DataLoader(first + second, batch_size=6))
    assert (first.batches, second.batches) == (2, 1)
    assert first.samples == second.samples == 0


def test_a_collate_fn_gets_the_list_of_samples():
    dataset = Counting(np.ones((5, 3)), np.arange(5))
    got = list(DataLoader(dataset, batch_size=3, collate_fn=lambda samples: samples))
    assert (dataset.batches, dataset.samples) == (0, 5)
    assert [len(samples) for samples in got] == [3, 2]
    assert isinstance(got[0], list)
    assert isinstance(got[0][0], tuple)
    assert got[1][0][1].item() == 3


def test_a_transform_is_called_once_a_batch_if_it_can_be():
    calls = []

    @batched
    def whole(x):
        calls.append(x.shape)
        return x

    def alone(x):
        calls.append(x.shape)
        return x

    list(DataLoader(Transformed(array_dataset(5), whole), batch_size=5))
    assert calls == [(5, 4)]
    calls.clear()
    Transformed(array_dataset(5), whole)[0]
    assert calls == [(1, 4)]
    calls.clear()
    list(DataLoader(Transformed(array_dataset(5), alone), batch_size=5))
    assert calls == [(4,)] * 5


def test_a_class_of_transforms_declares_by_an_attribute():
    class Shift:
        batched = True

        def __call__(self, x):
            return x + len(x)

    (batch,) = DataLoader(Transformed(TensorDataset(np.zeros(3)), Shift()), batch_size=3)
    assert batch[0].tolist() == [3, 3, 3]


def test_transforms_change_inputs_and_targets():
    dataset = Transformed(TensorDataset([[1.0], [2.0]], [3, 4], [5, 6]), lambda x: x * 10, lambda y: y + 1)
    assert [part.tolist() for part in dataset[1]] == [[20], 5, 6]
    assert isinstance(dataset[1], tuple)


def test_a_subclass_that_changes_getitem_is_listened_to():
    x, y = tensors()
    (batch,) = DataLoader(Doubled(x, y), batch_size=11)
    assert np.array_equal(batch[0].array, x * 2)


def test_a_subclass_that_changes_getitem_and_batch_at_gathers():
    class Tripled(Doubled):
        def batch_at(self, indices):
            x, y = TensorDataset.batch_at(self, indices)
            return [x * 3, y]

    class Renamed(Tripled):
        pass

    class Forbidden(Tripled):
        batch_at = None

    x, y = tensors()
    assert np.array_equal(next(iter(DataLoader(Renamed(x, y), batch_size=11)))[0].array, x * 3)
    assert np.array_equal(next(iter(DataLoader(Forbidden(x, y), batch_size=11)))[0].array, x * 2)


def test_what_a_wrapper_passes_on_is_not_taken_for_its_own():
    class Wrapper:
        def __init__(self, inner):
            self.inner = inner

        def __len__(self):
            return len(self.inner)

        def __getitem__(self, index):
            return self.inner[index][0] * 2

        def __getattr__(self, name):
            return getattr(self.inner, name)

    x, y = tensors()
    (batch,) = DataLoader(Wrapper(TensorDataset(x, y)), batch_size=11)
    assert np.array_equal(batch.array, x * 2)


def test_getitems_is_called_once_a_batch():
    asked = []

    class Fetching(Dataset):
        def __len__(self):
            return 5

        def __getitems__(self, indices):
            asked.append(indices)
            return [float(i) for i in indices]

    batches = list(DataLoader(Subset(Fetching(), [4, 3, 2]), batch_size=2))
    assert [batch.tolist() for batch in batches] == [[4, 3], [2]]
    assert asked == [[4, 3], [2]]
    assert all(type(i) is int for i in asked[0])


def test_samples_are_asked_for_by_python_ints():
    class Asking(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            assert type(index) is int
            return index

    for dataset in (Asking(), Subset(Asking(), glassnet.tensor([1, 2])), ConcatDataset([Asking(), Asking()])):
        assert sum(len(batch) for batch in DataLoader(dataset, batch_size=3, shuffle=True)) == len(dataset)


def test_rows_that_are_not_side_by_side_in_memory_come_out_side_by_side():
    x = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    (batch,) = TensorDataset(x).batch_at([2, 0])
    assert batch.tolist() == [[6, 7, 8], [0, 1, 2]]
    assert batch.array.flags.c_contiguous


def test_gradients_flow_back_to_the_data():
    x = glassnet.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
    (batch,) = TensorDataset(x).batch_at([2, 2, 0])
    batch.sum().backward()
    assert x.grad.tolist() == [[1], [0], [2]]


def test_own_batches_with_text():
    (batch,) = DataLoader(ConcatDataset([Named(2), Named(1)]), batch_size=3)
    assert batch["pair"][0] == ("sample 0", "sample 1", "sample 0")


def test_fields_may_differ_in_class_where_their_kind_is_one():
    class AsTuple(Named):
        def batch_at(self, indices):
            batch = super().batch_at(indices)
            return {"x": batch["x"], "pair": tuple(batch["pair"])}

    (batch,) = DataLoader(ConcatDataset([Named(2), AsTuple(1)]), batch_size=3)
    assert batch["pair"][1].tolist() == [0, 1, 0]
