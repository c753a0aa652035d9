"""Seed 000: the forward pass of a network of three layers, and softmax; in the order of the seed.

``sigmoid`` and ``identity_func`` are imported from `glassnet.scratch`: the one line that differs.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from glassnet.scratch import ThreeLayerNet, cross_entropy_error, identity_func, sigmoid, softmax

SCORES = [1.3, 2.4, 1.07, 1.96]
SHARES = [0.14851135, 0.44615276, 0.11799726, 0.28733863]


def random_network(draw: Any) -> dict[str, Any]:
    """Weights and biases of 2-3-2-2 by their names, from ``draw(rows, columns)``."""
    sizes = [2, 3, 2, 2]
    network = {}
    for i, (n, m) in enumerate(pairwise(sizes), 1):
        network[f"W{i}"], network[f"b{i}"] = draw(n, m), draw(1, m)
    return network


def forward(network: dict[str, Any], x: Any) -> Any:
    """The output of the network for ``x`` [n, 2], a line a layer."""
    z1 = sigmoid(np.dot(x, network["W1"]) + network["b1"])
    z2 = sigmoid(np.dot(z1, network["W2"]) + network["b2"])
    return identity_func(np.dot(z2, network["W3"]) + network["b3"])


# three layers forward -----------------------------------------------------------------------------------


def test_the_forward_pass() -> None:
    rng = np.random.default_rng(0)
    network, x = random_network(lambda *shape: rng.normal(size=shape)), rng.random((1, 2))
    y = forward(network, x)
    assert y.shape == (1, 2)
    signals = x[0].tolist()  # once more with nothing but arithmetic, node by node
    for i in (1, 2, 3):
        w, b = network[f"W{i}"], network[f"b{i}"]
        sums = [sum(s * w[j, k] for j, s in enumerate(signals)) + b[0, k] for k in range(w.shape[1])]
        signals = sums if i == 3 else [1 / (1 + np.exp(-a)) for a in sums]
    np.testing.assert_allclose(y[0], signals, rtol=1e-13)


def test_identity_hands_on_what_it_gets() -> None:
    np.testing.assert_array_equal(identity_func(SCORES), SCORES)


def test_weights_from_rand_cannot_say_no() -> None:
    """All lie from 0 to 1, so every output does between 0 and 3, whatever the input: the seed's 1.97 and 0.91 too."""
    rng = np.random.default_rng(0)
    outputs = [forward(random_network(lambda *shape: rng.random(shape)), rng.normal(size=(1, 2))) for _ in range(200)]
    assert min(y.min() for y in outputs) > 0
    assert max(y.max() for y in outputs) < 3


# softmax --------------------------------------------------------------------------------------------------


def test_softmax_of_a_list() -> None:
    y = softmax(SCORES)
    assert isinstance(y, np.ndarray)
    np.testing.assert_allclose(y, SHARES, rtol=0, atol=5e-9)
    assert repr(y) == f"array({SHARES})"


def test_shares_add_up_to_1_but_for_the_last_digit() -> None:
    """The seed gets 1.0000000000000002: a sum of rounded numbers. Compare with a tolerance, never with ``==``."""
    assert abs(np.sum(softmax(SCORES)) - 1) <= 2 * np.finfo(float).eps
    assert 0.1 + 0.2 != 0.3


def test_softmax_keeps_the_order_and_ignores_what_is_added_to_all() -> None:
    y = softmax(SCORES)
    assert np.argsort(y).tolist() == np.argsort(SCORES).tolist()
    np.testing.assert_allclose(softmax(np.add(SCORES, 5)), y, rtol=1e-14)


def test_subtracting_the_maximum_keeps_exp_from_overflowing() -> None:
    x = np.array([1010.0, 1000.0, 990.0])
    with np.errstate(over="ignore", invalid="ignore"):
        without = np.exp(x) / np.sum(np.exp(x))
    assert np.isnan(without).all()
    np.testing.assert_allclose(softmax(x), np.exp([0, -10, -20]) / np.exp([0, -10, -20]).sum(), rtol=1e-13)


# the same softmax, given a batch -------------------------------------------------------------------------------


def over_everything(x: Any) -> Any:
    """Softmax with no axis: right for one sample."""
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def test_without_an_axis_a_batch_is_taken_for_one_sample() -> None:
    np.testing.assert_allclose(over_everything(np.array(SCORES)), softmax(SCORES))
    batch = np.array([SCORES, SCORES])
    assert over_everything(batch).sum() == pytest.approx(1)
    np.testing.assert_allclose(over_everything(batch).sum(axis=1), [0.5, 0.5])  # each row should add up to 1
    np.testing.assert_allclose(softmax(batch), [SHARES, SHARES], atol=5e-9)
    # Nothing breaks: the largest is where it was. The loss is too high, here by log 2, and stays so.
    labels = np.array([1, 1])
    too_high = cross_entropy_error(over_everything(batch), labels) - cross_entropy_error(softmax(batch), labels)
    assert too_high == pytest.approx(np.log(2), rel=1e-5)


def test_one_maximum_for_a_batch_is_not_enough() -> None:
    """With an axis in the sum, but not in the maximum, a row far below the largest becomes 0/0."""
    batch = np.array([[1.0, 2.0], [1001.0, 1002.0]])
    e = np.exp(batch - np.max(batch))
    with np.errstate(invalid="ignore"):
        assert np.isnan((e / e.sum(axis=1, keepdims=True))[0]).all()
    np.testing.assert_allclose(softmax(batch)[0], softmax(batch)[1])


# the same network, ready-made -------------------------------------------------------------------------------------


def test_three_layer_net_is_this_network() -> None:
    net, x = ThreeLayerNet(2, 3, 2, 2), np.random.default_rng(0).random((4, 2))
    assert sorted(net.params) == ["W1", "W2", "W3", "b1", "b2", "b3"]
    np.testing.assert_allclose(net.forward(x), forward(net.params, x), rtol=1e-13)
    np.testing.assert_allclose(net.predict(x), softmax(forward(net.params, x)), rtol=1e-13)
    # a network of one's own, with biases [1, n] as the seed has them, put in the place of its parameters
    net.params = random_network(lambda *shape: np.random.default_rng(1).normal(size=shape))
    np.testing.assert_allclose(net.forward(x), forward(net.params, x), rtol=1e-13)
