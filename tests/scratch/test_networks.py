"""Whole networks: their gradients, their weights in a dictionary, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import scratch
from glassnet.scratch import MultiLayerNet, ThreeLayerNet, TwoLayerNet
from glassnet.scratch.networks import ACTIVATIONS
from tests.ops.sample import normal

X, LABELS = normal(6, 4), np.array([0, 2, 1, 1, 0, 2])
ONE_HOT = np.eye(3)[LABELS]
NETS = {
    "two layers": lambda: TwoLayerNet(4, 5, 3, weight_init_std=0.5),
    "three layers": lambda: ThreeLayerNet(4, 5, 3, 3),
    "one layer": lambda: MultiLayerNet(4, [], 3),
    "five layers": lambda: MultiLayerNet(4, [5, 4, 4, 3], 3, activation="tanh", weight_init_std="xavier"),
    **{name: lambda name=name: TwoLayerNet(4, 5, 3, 0.7, name) for name in ACTIVATIONS},
}


@pytest.fixture(params=NETS)
def net(request):
    return NETS[request.param]()


@pytest.mark.parametrize("targets", [LABELS, ONE_HOT], ids=["labels", "one-hot"])
def test_gradient_is_the_numerical_gradient(net, targets):
    gradients, expected = net.gradient(X, targets), net.numerical_gradient(X, targets)
    assert list(gradients) == list(expected) == list(net.params)
    for key, g in gradients.items():
        assert g.shape == net.params[key].shape
        np.testing.assert_allclose(g, expected[key], rtol=1e-5, atol=1e-7, err_msg=key)


def test_gradient_and_loss_are_those_of_tensors(net):
    tensors = {k: glassnet.tensor(p, dtype=glassnet.float64, requires_grad=True) for k, p in net.params.items()}
    activation = {"identity": lambda x: x}.get(net.activation) or getattr(F, net.activation)
    h, n = glassnet.tensor(X, dtype=glassnet.float64), len(tensors) // 2
    for i in range(1, n + 1):
        h = h @ tensors[f"W{i}"] + tensors[f"b{i}"]
        h = activation(h) if i < n else h
    loss = F.cross_entropy(h, glassnet.tensor(LABELS))
    loss.backward()
    np.testing.assert_allclose(net.forward(X), h.detach().numpy(), rtol=1e-12)
    assert net.loss(X, LABELS) == pytest.approx(loss.item(), rel=1e-12)
    for key, g in net.gradient(X, LABELS).items():
        np.testing.assert_allclose(g, tensors[key].grad.numpy(), rtol=1e-10, atol=1e-15, err_msg=key)


@pytest.mark.parity
def test_gradient_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    net = TwoLayerNet(4, 5, 3, weight_init_std=0.5)
    W1, b1, W2, b2 = tensors = [torch.tensor(p, requires_grad=True) for p in net.params.values()]
    loss = torch.nn.functional.cross_entropy(torch.sigmoid(torch.tensor(X) @ W1 + b1) @ W2 + b2, torch.tensor(LABELS))
    loss.backward()
    assert net.loss(X, LABELS) == pytest.approx(loss.item(), abs=1e-10)
    for g, tensor in zip(net.gradient(X, LABELS).values(), tensors, strict=True):
        np.testing.assert_allclose(g, tensor.grad.numpy(), rtol=0, atol=1e-8)


def test_predictions(net):
    p = net.predict(X)
    np.testing.assert_allclose(p, scratch.softmax(net.forward(X)))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert net.loss(X, LABELS) == pytest.approx(scratch.cross_entropy_error(p, LABELS))
    right = p.argmax(axis=1)
    assert net.accuracy(X, right) == 1
    assert net.accuracy(X, np.eye(3)[right]) == 1
    assert net.accuracy(X, (right + 1) % 3) == 0
    assert net.accuracy(X, np.where([True, True, True, False, False, False], right, (right + 1) % 3)) == 0.5


def test_one_sample(net):
    np.testing.assert_allclose(net.forward(X[0]), net.forward(X)[0])
    np.testing.assert_allclose(net.predict(X[0].tolist()), net.predict(X)[0])
    assert net.loss(X[0], 2) == pytest.approx(net.loss(X[:1], [2]))
    assert net.accuracy(X[0], net.predict(X[0]).argmax()) == 1
    for key, g in net.gradient(X[0], 2).items():
        np.testing.assert_allclose(g, net.gradient(X[:1], [2])[key])


def test_no_rows_give_no_scores(net):
    assert net.predict(np.zeros((0, 4))).shape == (0, 3)


def test_params_may_be_replaced():
    net = ThreeLayerNet(2, 3, 2, 2)
    W = {"W1": [[1, 2, 3], [4, 5, 6]], "b1": [[0, 1, 0]], "W2": np.ones((3, 2)), "b2": np.zeros((1, 2))}
    net.params.update(W, W3=np.eye(2), b3=np.array([[1.0, 2.0]]))
    x = np.array([[0.1, 0.2]])
    h = scratch.sigmoid(scratch.sigmoid(x @ W["W1"] + W["b1"]) @ W["W2"] + W["b2"])
    np.testing.assert_allclose(net.forward(x), h + np.array([1, 2]))
    gradients, expected = net.gradient(x, [1]), net.numerical_gradient(x, [1])
    for key, g in gradients.items():
        assert g.shape == np.shape(net.params[key])
        np.testing.assert_allclose(g, expected[key], rtol=1e-5, atol=1e-7)


def test_numerical_gradient_of_weights_that_cannot_be_moved_themselves():
    net = TwoLayerNet(2, 2, 2)
    net.params["W2"] = np.array([[1, 2], [3, 4]])
    net.params["b2"] = np.broadcast_to(1.0, 2)  # read-only
    gradients = net.numerical_gradient([[1, 2]], [0])
    for key in ("W2", "b2"):
        np.testing.assert_allclose(gradients[key], net.gradient([[1, 2]], [0])[key], rtol=1e-6)
        assert gradients[key].any()


def test_gradients_are_new_arrays_each_time(net):
    first = net.gradient(X, LABELS)
    before = {k: g.copy() for k, g in first.items()}
    net.gradient(2 * X, LABELS)
    for key, g in first.items():
        np.testing.assert_array_equal(g, before[key])


# first weights ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("std", "expected"),
    [(0.01, 0.01), (0, 0), ("he", np.sqrt(2 / 400)), ("ReLU", np.sqrt(2 / 400)), ("xavier", 0.05), ("sigmoid", 0.05)],
)
def test_the_spread_of_first_weights(std, expected):
    net = TwoLayerNet(400, 100, 2, weight_init_std=std)
    W = net.params["W1"]
    assert W.std() == pytest.approx(expected, rel=0.02)
    assert abs(W.mean()) <= 0.02 * expected
    assert not net.params["b1"].any()


def test_weights_are_float64_and_follow_the_seed():
    shapes = {"W1": (4, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}
    net = TwoLayerNet(4, 5, 3)
    assert {k: p.shape for k, p in net.params.items()} == shapes
    assert {p.dtype.name for p in net.params.values()} == {"float64"}
    glassnet.manual_seed(0)
    np.testing.assert_array_equal(TwoLayerNet(4, 5, 3).params["W1"], net.params["W1"])
    mine = [TwoLayerNet(4, 5, 3, generator=glassnet.Generator(7)).params["W2"] for _ in range(2)]
    np.testing.assert_array_equal(*mine)


def test_networks_say_what_they_are():
    assert repr(TwoLayerNet(4, 5, 3)) == "TwoLayerNet(4-5-3, sigmoid)"
    assert repr(MultiLayerNet(4, [], 3)) == "MultiLayerNet(4-3, relu)"


# learning --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a != "identity"])
def test_a_network_learns_xor(activation):
    x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    net, optimizer = TwoLayerNet(2, 8, 2, "xavier", activation), scratch.Adam(0.05)
    for _ in range(400):
        optimizer.update(net.params, net.gradient(x, t))
    assert net.accuracy(x, t) == 1
    assert net.predict(x).argmax(axis=1).tolist() == scratch.XOR(x).tolist()


def test_layers_by_hand_learn():
    """Layers strung together by hand, trained by the lists they keep, digits of noise told apart."""
    x, t = normal(60, 5), (normal(60, 5).sum(axis=1) > 0).astype(int)
    layers = [
        scratch.Affine(normal(5, 8, seed=1) / 2, np.zeros(8)),
        scratch.BatchNormalization(np.ones(8), np.zeros(8)),
        scratch.Relu(),
        scratch.Dropout(0.1),
        scratch.Affine(normal(8, 2, seed=2) / 2, np.zeros(2)),
    ]
    last, optimizer = scratch.SoftmaxWithLoss(), scratch.Momentum(0.1)
    params = [p for layer in layers for p in layer.params]
    losses = []
    for _ in range(100):
        h = x
        for layer in layers:
            h = layer.forward(h)
        losses.append(last.forward(h, t))
        g = last.backward()
        for layer in reversed(layers):
            g = layer.backward(g)
        optimizer.update(params, [g for layer in layers for g in layer.grads])
    assert losses[-1] < 0.25 * losses[0]
