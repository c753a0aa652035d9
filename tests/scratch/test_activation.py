"""Functions on numbers, lists and arrays: known values, the tensors' own, and PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import glassnet
import glassnet.functional as F
from glassnet import scratch
from tests.ops.sample import normal

X = np.concatenate([normal(3, 4) * 3, [[0.0, -1.0, 1e3, -1e3]]])
SAME = {
    "step": lambda x: F.threshold(x, 0.0, 0.0) > 0,
    "sigmoid": F.sigmoid,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "tanh": F.tanh,
    "identity": lambda x: x,
    "softmax": lambda x: F.softmax(x, dim=-1),
}


@pytest.mark.parametrize("name", SAME)
def test_same_as_tensors(name):
    expected = SAME[name](glassnet.tensor(X, dtype=glassnet.float64))
    np.testing.assert_array_equal(getattr(scratch, name)(X), expected.numpy())


@pytest.mark.parity
@pytest.mark.parametrize("name", SAME)
def test_same_as_pytorch(name):
    torch = pytest.importorskip("torch")
    x = torch.tensor(X)
    expected = {
        "step": lambda: torch.heaviside(x, torch.zeros((), dtype=x.dtype)),
        "identity": lambda: x,
        "softmax": lambda: torch.softmax(x, dim=-1),
        "leaky_relu": lambda: torch.nn.functional.leaky_relu(x),
    }.get(name, lambda: getattr(torch, name)(x))()
    np.testing.assert_allclose(getattr(scratch, name)(X), expected.numpy(), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (scratch.step([-1, 0, 2]), [0, 0, 1]),
        (scratch.step([-0.1, 0.1]), [0, 1]),
        (scratch.sigmoid([-1, 1, 2]), [0.26894142, 0.73105858, 0.88079708]),
        (scratch.relu([-1.5, 0.0, 2.5]), [0, 0, 2.5]),
        (scratch.leaky_relu([-2, 3]), [-0.02, 3]),
        (scratch.leaky_relu([-2, 3], 0.1), [-0.2, 3]),
        (scratch.tanh([0, 1]), [0, 0.76159416]),
        (scratch.identity([1, 2.5]), [1, 2.5]),
        (scratch.softmax([1.3, 2.4, 1.07, 1.96]), [0.14851135, 0.44615276, 0.11799726, 0.28733863]),
        (scratch.softmax([[1000, 1000], [0, 0]]), [[0.5, 0.5], [0.5, 0.5]]),
        (scratch.softmax([[0, 0, 0], [0, 0, 0]], axis=0), [[0.5] * 3] * 2),
        (scratch.sigmoid([-1e4, 1e4]), [0, 1]),
        (scratch.sigmoid([]), []),
        (scratch.softmax(np.zeros((0, 3))), np.zeros((0, 3))),
    ],
)
def test_known_values(result, expected):
    assert isinstance(result, np.ndarray)
    np.testing.assert_allclose(result, expected, rtol=0, atol=5e-9)


@pytest.mark.parametrize("name", SAME)
def test_a_number_gives_a_number(name):
    result = getattr(scratch, name)(0.5)
    assert isinstance(result, np.generic)
    assert result == getattr(scratch, name)([0.5])[0]


DTYPES = {
    "step": ("int64", "int64", "int64"),
    "relu": ("int32", "float32", "float64"),
    "identity": ("int32", "float32", "float64"),
}


@pytest.mark.parametrize("name", SAME)
def test_dtypes(name):
    expected = DTYPES.get(name, ("float64", "float32", "float64"))
    dtypes = [getattr(scratch, name)(np.ones(3, dtype)).dtype.name for dtype in ("int32", "float32", "float64")]
    assert tuple(dtypes) == expected


def test_bool_counts_as_0_and_1():
    assert scratch.relu([True, False]).tolist() == [1, 0]
    assert scratch.sigmoid(np.array([True])).tolist() == scratch.sigmoid([1]).tolist()


def test_results_are_in_memory_of_their_own():
    x = np.array([1.0, 2.0])
    for name in SAME:
        y = getattr(scratch, name)(x)
        y += 1
    assert x.tolist() == [1, 2]
    assert scratch.identity_func is scratch.identity


def test_a_tensor_is_taken_for_its_array():
    x = glassnet.tensor([1.0, 2.0])
    np.testing.assert_array_equal(scratch.softmax(x), scratch.softmax(x.numpy()))


numbers = st.floats(-1e6, 1e6)


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=numbers), st.floats(-1e3, 1e3))
def test_softmax_is_a_probability_and_knows_differences_alone(x, shift):
    y = scratch.softmax(x)
    assert y.shape == x.shape
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(axis=-1), 1)
    np.testing.assert_allclose(scratch.softmax(x + shift), y, rtol=1e-6, atol=1e-9)


@given(hnp.arrays(np.float64, hnp.array_shapes(), elements=numbers))
def test_what_the_functions_have_in_common(x):
    np.testing.assert_allclose(scratch.sigmoid(x) + scratch.sigmoid(-x), 1)
    np.testing.assert_array_equal(scratch.relu(x), x * scratch.step(x))
    np.testing.assert_allclose(scratch.tanh(x / 2), 2 * scratch.sigmoid(x) - 1, atol=1e-12)
