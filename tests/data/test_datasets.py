import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)


class Stream(IterableDataset):
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


class Sized(Stream):
    def __len__(self):
        return len(self.items)


def test_a_tensor_dataset_shares_the_memory_of_arrays():
    x = np.zeros((3, 2))
    dataset = TensorDataset(x, glassnet.tensor([4, 5, 6]))
    x[1] = 7
    assert len(dataset) == 3
    assert dataset[1][0].tolist() == [7, 7]
    assert dataset[-1][1].item() == 6
    assert dataset.tensors[0].array is x


def test_a_tensor_dataset_takes_lists_and_slices():
    dataset = TensorDataset([[1.0], [2.0], [3.0]])
    assert dataset[1:][0].tolist() == [[2], [3]]
    assert dataset[[2, 0]][0].tolist() == [[3], [1]]
    assert [x.item() for (x,) in dataset] == [1, 2, 3]


def test_a_subset_has_the_samples_of_its_indices():
    dataset = Subset("abcdef", [4, 0, -1])
    assert list(dataset) == ["e", "a", "f"]
    assert dataset.indices == [4, 0, -1]
    assert len(dataset) == 3


def test_a_subset_of_new_indices_gives_new_batches():
    dataset = Subset(TensorDataset(np.arange(5)), [0, 1])
    dataset.indices = range(3, 5)
    assert next(iter(DataLoader(dataset, batch_size=2)))[0].tolist() == [3, 4]
    assert dataset[0][0].item() == 3


def test_a_subset_gives_several_samples_for_a_list():
    assert Subset(TensorDataset(np.arange(5)), [4, 3, 2])[[0, 2]][0].tolist() == [4, 2]


def test_a_subset_of_names():
    dataset = Subset({"a": 1, "b": 2, "c": 3}, ["c", "a"])
    assert [dataset[i] for i in range(2)] == [3, 1]
    assert next(iter(DataLoader(dataset, batch_size=2))).tolist() == [3, 1]


def test_a_subset_of_nothing_is_empty():
    assert len(Subset([1, 2], [])) == 0


def test_concatenated_datasets_count_on():
    dataset = ConcatDataset(["ab", "", "cde"])
    assert list(dataset) == list("abcde")
    assert dataset.cumulative_sizes == [2, 2, 5]
    assert dataset[-1] == "e"
    assert dataset[-5] == "a"
    assert dataset[np.int64(2)] == "c"


def test_datasets_add_up():
    first, second = TensorDataset(np.arange(2)), TensorDataset(np.arange(3))
    both = first + second
    assert isinstance(both, ConcatDataset)
    assert [x.item() for (x,) in both] == [0, 1, 0, 1, 2]
    chained = Stream([1, 2]) + Stream([3])
    assert isinstance(chained, ChainDataset)
    assert list(chained) == [1, 2, 3]
    assert list(chained) == [1, 2, 3]
    assert len(Sized([1, 2]) + Sized([3])) == 3


@given(st.integers(1, 50), st.lists(st.integers(0, 20), min_size=1, max_size=5))
@pytest.mark.filterwarnings("ignore:random_split")
def test_random_split_by_counts_gives_each_sample_once(extra, counts):
    counts = [*counts, extra + 1]
    parts = random_split(range(sum(counts)), counts)
    assert [len(part) for part in parts] == counts
    assert sorted(i for part in parts for i in part) == list(range(sum(counts)))


@given(st.integers(0, 200), st.lists(st.integers(1, 9), min_size=1, max_size=6))
@pytest.mark.filterwarnings("ignore:random_split")
def test_random_split_by_fractions_gives_each_sample_once(size, ratios):
    fractions = [ratio / sum(ratios) for ratio in ratios]
    parts = random_split(range(size), fractions)
    assert sorted(i for part in parts for i in part) == list(range(size))
    # rounded down, and at most one more from what is left over; 1e-9 for the division's last digit
    assert all(-1e-9 <= len(part) - int(size * f) <= 1 for part, f in zip(parts, fractions, strict=True))


def test_what_fractions_leave_over_goes_to_the_first_parts():
    assert [len(part) for part in random_split(range(10), [0.33, 0.33, 0.34])] == [4, 3, 3]


def test_random_split_is_the_same_for_the_same_seed():
    def indices(seed):
        return [part.indices for part in random_split(range(20), [5, 15], glassnet.Generator(seed))]

    assert indices(3) == indices(3)
    assert indices(3) != indices(4)
    glassnet.manual_seed(3)
    assert [part.indices for part in random_split(range(20), [5, 15])] == indices(3)


def test_random_split_warns_of_empty_parts():
    with pytest.warns(UserWarning, match="part 1, of length 0.01, is empty"):
        parts = random_split(range(10), [0.99, 0.01])
    assert [len(part) for part in parts] == [10, 0]
    with pytest.warns(UserWarning, match="part 0, of length 0, is empty"):
        random_split(range(4), [0, 4])


def test_indices_of_a_split_index_arrays():
    labels = np.arange(10) * 10
    first, second = random_split(range(10), [4, 6])
    assert sorted([*labels[first.indices], *labels[second.indices]]) == labels.tolist()
    assert sorted(first.indices + second.indices) == list(range(10))


def test_classes_of_datasets_can_be_annotated():
    class Typed(Dataset[int]):
        pass

    assert issubclass(Typed, Dataset)
