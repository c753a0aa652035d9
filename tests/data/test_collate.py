from collections import OrderedDict, defaultdict, namedtuple
from types import MappingProxyType

import numpy as np
import pytest

import glassnet
from glassnet.data import DataLoader, default_collate, default_convert
from tests.data.samples import same

Point = namedtuple("Point", ["x", "y"])


@pytest.mark.parametrize(
    ("samples", "dtype", "values"),
    [
        ([1, 2], "int64", [1, 2]),
        ([True, False], "bool", [True, False]),
        ([1.5, 2], "float64", [1.5, 2]),
        ([1, 2.5], "float32", [1, 2.5]),
        ([1, np.float32(2), glassnet.tensor(3)], "float32", [1, 2, 3]),
        ([1.0, glassnet.tensor(3.0)], "float64", [1, 3]),
        ([np.float32(1), np.float32(2)], "float32", [1, 2]),
        ([np.float64(1), np.float64(2)], "float64", [1, 2]),
        ([np.int8(1), np.int8(2)], "int8", [1, 2]),
        ([np.arange(2), np.arange(2)], "int64", [[0, 1], [0, 1]]),
        ([np.zeros((0, 2), np.float32)] * 3, "float32", [[], [], []]),
        ([np.array(1.0), np.array(2.0)], "float64", [1, 2]),
        ([glassnet.tensor([1.0]), glassnet.tensor([2.0])], "float32", [[1], [2]]),
        ([glassnet.tensor(3), glassnet.tensor(4)], "int64", [3, 4]),
        ([glassnet.tensor([1]), glassnet.tensor([2.0])], "float32", [[1], [2]]),
        ([glassnet.tensor([1.0]), np.array([2.0], np.float32)], "float32", [[1], [2]]),
    ],
)
def test_numbers_become_one_tensor(samples, dtype, values):
    batch = default_collate(samples)
    assert isinstance(batch, glassnet.Tensor)
    assert batch.dtype == np.dtype(dtype)
    assert batch.tolist() == values


@pytest.mark.parametrize(
    ("samples", "batch"),
    [
        (["a", "b"], ["a", "b"]),
        ([b"a", b"b"], [b"a", b"b"]),
        ([np.str_("a"), np.str_("b")], [np.str_("a"), np.str_("b")]),
        ([(1, "a"), (2, "b")], [glassnet.tensor([1, 2]), ("a", "b")]),
        ([[1, "a"], [2, "b"]], [glassnet.tensor([1, 2]), ("a", "b")]),
        ([{"a": "x"}, {"a": "y"}], {"a": ["x", "y"]}),
        ([(), ()], []),
        ([range(2), range(2)], [glassnet.tensor([0, 0]), glassnet.tensor([1, 1])]),
        ([Point(1, 2), Point(3, 4)], Point(glassnet.tensor([1, 3]), glassnet.tensor([2, 4]))),
        ([{"a": 1, "b": (2,)}, {"b": (3,), "a": 4}], {"a": glassnet.tensor([1, 4]), "b": [glassnet.tensor([2, 3])]}),
    ],
)
def test_containers_keep_their_form(samples, batch):
    assert same(default_collate(samples), batch)


def test_mappings_keep_their_class_where_they_can():
    ordered = default_collate([OrderedDict(b=1, a=2), OrderedDict(b=3, a=4)])
    assert type(ordered) is OrderedDict
    assert list(ordered) == ["b", "a"]
    counted = default_collate([defaultdict(list, a=1), defaultdict(list, a=2)])
    assert counted.default_factory is list
    frozen = default_collate([MappingProxyType({"a": 1})] * 2)
    assert type(frozen) is MappingProxyType
    assert frozen["a"].tolist() == [1, 1]


def test_mappings_whose_class_takes_no_dict_become_dicts():
    from collections.abc import Mapping

    class Record(Mapping):
        def __init__(self, a, b):
            self.items_by_key = {"a": a, "b": b}

        def __getitem__(self, key):
            return self.items_by_key[key]

        def __iter__(self):
            return iter(self.items_by_key)

        def __len__(self):
            return len(self.items_by_key)

    batch = default_collate([Record(1, 2), Record(3, 4)])
    assert type(batch) is dict
    assert batch["b"].tolist() == [2, 4]


def test_samples_are_not_changed():
    sample = {"a": 1}
    default_collate([sample, {"a": 2}])
    assert sample == {"a": 1}


def test_gradients_flow_back_to_the_samples():
    x = glassnet.tensor([1.0, 2.0], requires_grad=True)
    default_collate([x, x * 3]).sum().backward()
    assert x.grad.tolist() == [4, 4]


def test_samples_without_batches_are_converted():
    sample = {"x": np.arange(2), "deep": [np.float32(1), ("text", 3)], "point": Point(np.ones(1), None)}
    (got,) = DataLoader([sample], batch_size=None)
    assert got["x"].tolist() == [0, 1]
    assert got["x"].array is sample["x"]
    assert got["deep"][0].dtype == np.float32
    assert got["deep"][1] == ["text", 3]
    assert isinstance(got["point"], Point)
    words = np.array(["a"])
    assert default_convert(words) is words
