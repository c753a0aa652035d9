import numpy as np
import pytest

import glassnet
from glassnet.data import Subset, TensorDataset, Transformed, batched, check_finite
from tests.data.samples import OneByOne


class Broken(OneByOne):
    def __getitem__(self, index):
        return {"x": [1.0, np.nan]}


def with_a(value, *, at, shape=(3000, 4)):
    x = np.zeros(shape, np.float32)
    x[at] = value
    return x


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (with_a(np.nan, at=(2, 3)), "tensor 0 holds nan at row 2, column 3"),
        (with_a(-np.inf, at=(2999, 0)), "tensor 0 holds -inf at row 2999, column 0"),
        (glassnet.tensor([0.0, np.inf]), "tensor 0 holds inf at row 1,"),
        (glassnet.tensor(np.nan), "tensor 0 holds nan at row 0,"),
        (with_a(np.nan, at=(1, 2, 3), shape=(2, 3, 4)), r"tensor 0 holds nan at row 1, position \[2, 3\]"),
        (TensorDataset(np.zeros((3, 1)), with_a(np.nan, at=1, shape=3)), "tensor 1 holds nan at row 1,"),
        ((np.zeros(2), [1], np.array([np.nan])), "tensor 2 holds nan at row 0,"),
        (Subset(TensorDataset(with_a(np.nan, at=(7, 1))), [0, 7]), "tensor 0 holds nan at row 1, column 1"),
        (Transformed(np.ones((2000, 2)), batched(lambda x: x / 0)), "tensor 0 holds inf at row 0, column 0"),
        (Broken(3, "dict"), r"tensor x\[1\] holds nan at row 0,"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_the_first_number_that_is_not_finite_is_named(data, place):
    with pytest.raises(ValueError, match=place):
        check_finite(data)


def test_the_first_is_the_first():
    x = np.zeros((5000, 2))
    x[[4000, 1500, 1501], [0, 1, 0]] = np.nan
    with pytest.raises(ValueError, match="row 1500, column 1"):
        check_finite(x)


@pytest.mark.parametrize(
    "data",
    [np.zeros((0, 3)), np.arange(3), (np.ones(2), np.ones(5)), OneByOne(2000, "dict"), TensorDataset([1.0], [True])],
)
def test_finite_data_passes(data):
    check_finite(data)
