"""The two-layer network on MNIST: 784-50-10, batch 100, learning rate 0.1."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from glassnet.scratch import SGD, TwoLayerNet
from tests.seeds.places import data


def images(name):
    with gzip.open(data("mnist") / f"{name}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    with gzip.open(data("mnist") / f"{name}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return pixels.reshape(-1, 784), labels


@pytest.fixture(scope="module")
def mnist():
    return (*images("train"), *images("t10k"))


@pytest.mark.slow("learns 10,000 steps: a promise of accuracy")
def test_it_reaches_94_percent_in_10_000_steps(mnist):
    x_train, t_train, x_test, t_test = mnist
    rng, net, optimizer = np.random.default_rng(0), TwoLayerNet(784, 50, 10), SGD(0.1)
    assert net.accuracy(x_test / 255, t_test) < 0.2
    for _ in range(10_000):
        batch = rng.integers(0, len(x_train), 100)
        optimizer.update(net.params, net.gradient(x_train[batch] / 255, t_train[batch]))
    assert net.accuracy(x_test / 255, t_test) >= 0.94


def test_gradients_of_pictures(mnist):
    """Backpropagation against differences on real pictures, few of them and few nodes."""
    x, t = mnist[0][:3, 300:340] / 255, mnist[1][:3]
    net = TwoLayerNet(40, 5, 10, weight_init_std=0.1)
    gradients, expected = net.gradient(x, t), net.numerical_gradient(x, t)
    for key, g in gradients.items():
        assert np.abs(g - expected[key]).mean() < 1e-9, key
