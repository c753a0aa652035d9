"""Losses of labels and of rows of targets: known values, and the tensors' own."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import scratch
from glassnet.scratch import cross_entropy_error, mean_squared_error, sum_squared_error
from tests.ops.sample import normal

Y = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])
TWO = np.eye(10)[2]
SCORES, LABELS = normal(5, 3), np.array([2, 0, 1, 1, 0])
ONE_HOT = np.eye(3)[LABELS]


def test_known_values():
    assert sum_squared_error(Y, TWO) == pytest.approx(0.0975)
    assert mean_squared_error(Y, TWO) == pytest.approx(0.0195)
    assert cross_entropy_error(Y, TWO) == pytest.approx(-np.log(0.6), rel=1e-15)
    assert cross_entropy_error(Y, 0) == pytest.approx(-np.log(0.1), rel=1e-15)
    assert cross_entropy_error([Y, Y], [2, 0]) == pytest.approx(-(np.log(0.6) + np.log(0.1)) / 2)
    assert sum_squared_error([1, 2], [0, 0]) == 2.5
    assert mean_squared_error([[1, 2], [3, 4]], np.zeros((2, 2), int)) == 7.5


def test_labels_and_one_hot_rows_are_the_same():
    p = scratch.softmax(SCORES)
    expected = cross_entropy_error(p, LABELS)
    for targets in (ONE_HOT, ONE_HOT.astype(int), ONE_HOT == 1, ONE_HOT.tolist(), LABELS.tolist(), LABELS.astype("u1")):
        assert cross_entropy_error(p, targets) == expected
    assert cross_entropy_error(p[0], LABELS[0]) == cross_entropy_error(p[:1], LABELS[:1])
    assert cross_entropy_error(p[0], LABELS[:1]) == cross_entropy_error(p[0], ONE_HOT[0])


def test_as_many_classes_as_samples():
    """[3, 3] and [3]: labels; [3, 3] and [3, 3]: one-hot rows."""
    p = scratch.softmax(normal(3, 3))
    assert cross_entropy_error(p, [0, 1, 2]) == cross_entropy_error(p, np.eye(3))


def test_same_as_tensors():
    x, labels = glassnet.tensor(SCORES, dtype=glassnet.float64), glassnet.tensor(LABELS)
    expected = F.cross_entropy(x, labels).item()
    assert scratch.SoftmaxWithLoss().forward(SCORES, LABELS) == pytest.approx(expected, rel=1e-14)
    assert cross_entropy_error(scratch.softmax(SCORES), LABELS) == pytest.approx(expected, rel=1e-14)
    soft = scratch.softmax(normal(5, 3, seed=1))
    expected = F.cross_entropy(x, glassnet.tensor(soft, dtype=glassnet.float64)).item()
    assert scratch.SoftmaxWithLoss().forward(SCORES, soft) == pytest.approx(expected, rel=1e-14)
    expected = F.mse_loss(x, glassnet.tensor(soft, dtype=glassnet.float64)).item()
    assert mean_squared_error(SCORES, soft) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parity
@pytest.mark.parametrize("targets", [LABELS, scratch.softmax(normal(5, 3, seed=1))], ids=["labels", "probabilities"])
def test_same_as_pytorch(targets):
    torch = pytest.importorskip("torch")
    x = torch.tensor(SCORES, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(x, torch.tensor(targets))
    loss.backward()
    layer = scratch.SoftmaxWithLoss()
    assert layer.forward(SCORES, targets) == pytest.approx(loss.item(), abs=1e-10)
    np.testing.assert_allclose(layer.backward(), x.grad.numpy(), rtol=0, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_probability_of_0_is_a_large_loss_and_a_finite_slope(dtype):
    layer = scratch.CrossEntropyError()
    tiny = np.finfo(dtype).tiny
    assert layer.forward(np.array([0, 1], dtype), 0) == pytest.approx(-np.log(float(tiny)))
    dy = layer.backward()
    assert dy.dtype == dtype
    assert dy[0] == -1 / tiny
    assert dy[1] == 0


@pytest.mark.parametrize("p", [1e-3, 1e-20, 1e-300])
def test_small_probabilities_are_exact(p):
    assert cross_entropy_error([p, 1 - p], 0) == pytest.approx(-np.log(p), rel=1e-14)


def test_certainty_costs_nothing():
    loss = cross_entropy_error([[1, 0], [0, 1]], [0, 1])
    assert loss == 0
    assert not np.signbit(loss)


def test_an_impossible_class_counts_only_where_it_is_the_true_one():
    """Scores of −∞, as a mask makes them."""
    layer = scratch.SoftmaxWithLoss()
    assert layer.forward([[0.0, -np.inf]], [[1, 0]]) == 0
    np.testing.assert_array_equal(layer.backward(), [[0, 0]])


def test_dtypes():
    x = SCORES.astype(np.float32)
    layer = scratch.SoftmaxWithLoss()
    assert layer.forward(x, ONE_HOT).dtype == layer.backward().dtype == np.float32
    assert layer.forward([[1, 2]], [0]).dtype == np.float64
    assert mean_squared_error(x, x).dtype == np.float32


def test_losses_are_numbers():
    for loss in (mean_squared_error(Y, TWO), sum_squared_error(Y, TWO), cross_entropy_error(Y, TWO)):
        assert isinstance(loss, np.float64)
