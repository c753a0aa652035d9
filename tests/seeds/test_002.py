"""Seed 002: layers that know their way back, and softmax with loss taken apart node by node; in the seed's order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet
import glassnet.nn.functional as F
from glassnet.scratch import (
    Add,
    Affine,
    CrossEntropyError,
    Div,
    Exp,
    Log,
    Mul,
    Repeat,
    Sigmoid,
    Softmax,
    SoftmaxWithLoss,
    Sum,
    numerical_gradient,
    softmax,
)

A = np.array([0.3, 2.9, 4.0])  # what enters the softmax
T = np.array([0.0, 1.0, 0.0])  # the right answer, one-hot


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


# Sigmoid ---------------------------------------------------------------------------------------------


def test_sigmoid(rng: np.random.Generator) -> None:
    layer, x, g = Sigmoid(), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    assert (layer.params, layer.grads) == ([], [])
    y = layer.forward(x)
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(layer.backward(g), g * y * (1 - y))
    numerical = numerical_gradient(lambda x: np.sum(g * Sigmoid().forward(x)), x)
    np.testing.assert_allclose(layer.backward(g), numerical, rtol=1e-6)


# Affine ----------------------------------------------------------------------------------------------


def test_affine(rng: np.random.Generator) -> None:
    w, b = rng.normal(size=(3, 2)), rng.normal(size=2)
    x, g = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    layer = Affine(w, b)
    assert layer.params[0] is w
    assert layer.params[1] is b
    assert [grad.tolist() for grad in layer.grads] == [np.zeros((3, 2)).tolist(), [0, 0]]
    np.testing.assert_allclose(layer.forward(x), x @ w + b)
    arrays = list(layer.grads)
    dx = layer.backward(g)
    np.testing.assert_allclose(dx, g @ w.T)  # a product hands each factor the other one
    np.testing.assert_allclose(layer.grads[0], x.T @ g)
    np.testing.assert_allclose(layer.grads[1], g.sum(axis=0))  # b went to every row, so it hears from every row
    assert all(now is then for now, then in zip(layer.grads, arrays, strict=True))  # filled, not replaced

    def loss(_: Any) -> Any:
        return np.sum(g * layer.forward(x))

    for analytic, value in zip([dx, *layer.grads], [x, w, b], strict=True):
        np.testing.assert_allclose(analytic, numerical_gradient(loss, value), rtol=1e-6)


def test_affine_of_a_single_sample(rng: np.random.Generator) -> None:
    """[in] instead of [n, in]. By hand, xᵀ·dout is then one number, which fills all of dW without a word."""
    w, b, x, g = rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=2), rng.normal(size=2)
    by_hand = np.zeros_like(w)
    by_hand[...] = np.matmul(x.T, g)
    assert np.ptp(by_hand) == 0
    layer = Affine(w, b)
    assert layer.forward(x).shape == (2,)
    np.testing.assert_allclose(layer.backward(g), w @ g)
    np.testing.assert_allclose(layer.grads[0], np.outer(x, g))
    np.testing.assert_allclose(layer.grads[1], g)


def test_the_bias_is_a_repeat_node(rng: np.random.Generator) -> None:
    node, g = Repeat(5, axis=0), rng.normal(size=(5, 2))
    y = node.forward(np.array([[1.0, 2.0]]))
    assert y.tolist() == [[1, 2]] * 5
    np.testing.assert_allclose(node.backward(g), g.sum(axis=0, keepdims=True))
    np.testing.assert_allclose(Sum(axis=0, keepdims=True).forward(g), node.backward(g))  # sum undoes repeat


# softmax with loss: what flows forward, and (y − t) back ----------------------------------------------------


def test_forward() -> None:
    y = Softmax().forward(A)
    assert y.sum() == pytest.approx(1)
    loss = CrossEntropyError().forward(y, T)
    assert loss == pytest.approx(-np.log(y[1]))
    assert SoftmaxWithLoss().forward(A, T) == pytest.approx(loss)


@pytest.mark.parametrize("targets", ["one-hot", "labels"])
def test_backward_is_probability_minus_target(rng: np.random.Generator, targets: str) -> None:
    """For a batch, divided by its size n: the seed's y − t is that of one sample."""
    x, labels = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    t = np.eye(3)[labels]
    layer = SoftmaxWithLoss()
    layer.forward(x, t if targets == "one-hot" else labels)
    dx = layer.backward()
    np.testing.assert_allclose(dx, (softmax(x) - t) / 4, rtol=1e-6)
    np.testing.assert_allclose(
        dx, numerical_gradient(lambda x: SoftmaxWithLoss().forward(x, t), x), rtol=1e-6, atol=1e-9
    )


def test_the_two_layers_one_after_the_other_give_the_same() -> None:
    first, second, both = Softmax(), CrossEntropyError(), SoftmaxWithLoss()
    second.forward(first.forward(A), T)
    both.forward(A, T)
    np.testing.assert_allclose(first.backward(second.backward()), both.backward(), rtol=1e-6)
    np.testing.assert_allclose(both.backward(), softmax(A) - T, rtol=1e-12)
    # y − t belongs to the two together. Softmax alone hands on y(g − Σ g·y).
    y, g = first.forward(A), np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(first.backward(g), y * (g - np.sum(g * y)))


def test_autograd_finds_the_same(rng: np.random.Generator) -> None:
    """Sigmoid between two Affine layers, then softmax with loss: every gradient, by hand and by itself."""
    x, t = rng.normal(size=(6, 4)), np.array([0, 2, 1, 1, 0, 2])
    w1, b1, w2, b2 = (rng.normal(size=shape) for shape in ((4, 5), (5,), (5, 3), (3,)))
    affine1, sigmoid, affine2, last = Affine(w1, b1), Sigmoid(), Affine(w2, b2), SoftmaxWithLoss()
    loss = last.forward(affine2.forward(sigmoid.forward(affine1.forward(x))), t)
    dx = affine1.backward(sigmoid.backward(affine2.backward(last.backward())))

    tensors = [glassnet.tensor(value, requires_grad=True) for value in (x, w1, b1, w2, b2)]
    scores = ((tensors[0] @ tensors[1] + tensors[2]).sigmoid() @ tensors[3]) + tensors[4]
    theirs = F.cross_entropy(scores, glassnet.tensor(t))
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-14)
    for ours, tensor in zip([dx, *affine1.grads, *affine2.grads], tensors, strict=True):
        np.testing.assert_allclose(ours, tensor.grad.numpy(), rtol=1e-10, atol=1e-15)


# node by node -----------------------------------------------------------------------------------------------


def test_the_derivation_node_by_node() -> None:
    """Forward through every node of the graph and back again, in the seed's steps, for three classes."""
    # forward: e = exp(a), S = Σ e, 1/S, y = e · 1/S, log y, t · log y, Σ, · −1
    exp, total, inverse, logs = Exp(), Sum(), Div(), Log()
    times, with_target, negated, added = Mul(), Mul(), Mul(), Sum()
    e = exp.forward(A)
    s = total.forward(e)
    one_over_s = inverse.forward(1.0, s)
    y = times.forward(e, one_over_s)
    loss = negated.forward(added.forward(with_target.forward(T, logs.forward(y))), -1.0)
    np.testing.assert_allclose(y, softmax(A))
    assert loss == pytest.approx(-np.log(y[1]))

    # 1. cross entropy: −t/y
    d_sum, _ = negated.backward(1.0)
    _, d_log = with_target.backward(added.backward(d_sum))
    np.testing.assert_allclose(d_log, -T)
    d_y = logs.backward(d_log)
    np.testing.assert_allclose(d_y, -T / y)
    # 2. the product hands each factor the other one: −t·S to 1/S, −t/exp(a) to exp(a)
    d_e, d_inverse = times.backward(d_y)
    np.testing.assert_allclose(d_e, -T / e)
    # 1/S went three ways, so what comes back is added: −S·(t1 + t2 + t3) = −S, as the t of a one-hot row add up to 1
    assert np.sum(d_inverse) == pytest.approx(-s)
    # 3. the division: −1/S² · (−S) = 1/S
    _, d_s = inverse.backward(np.sum(d_inverse))
    assert d_s == pytest.approx(1 / s)
    # 4. the sum hands it to all three
    np.testing.assert_allclose(total.backward(d_s), np.full(3, 1 / s))
    # 5. exp, reached by two paths: (1/S − t/exp(a)) · exp(a) = y − t
    np.testing.assert_allclose(exp.backward(total.backward(d_s) + d_e), y - T)


def test_division() -> None:
    """y = 1/x has the slope −1/x², which is −y²."""
    node = Div()
    y = node.forward(1.0, 4.0)
    assert node.backward(1.0)[1] == pytest.approx(-(y**2)) == pytest.approx(-1 / 16)


def test_addition_hands_on_what_comes() -> None:
    node = Add()
    assert node.forward(2.0, 3.0) == 5
    assert [float(g) for g in node.backward(1.5)] == [1.5, 1.5]


def test_a_target_that_does_not_add_up_to_1() -> None:
    """Then the step −S·Σt ≠ −S, and the gradient is y·Σt − t: y − t is true of targets that are distributions."""
    t = np.array([1.0, 1.0, 0.0])
    y = softmax(A)
    gradient = numerical_gradient(lambda a: -np.sum(t * np.log(softmax(a))), A.copy())
    np.testing.assert_allclose(gradient, y * t.sum() - t, rtol=1e-6)
    assert np.abs(gradient - (y - t)).max() > 0.1


def test_the_derivative_of_exp_2x() -> None:
    """Asked at the end of the seed. The exp node multiplies by exp of its own input; the 2 is the product's doing."""
    double, exp, x = Mul(), Exp(), 0.7
    y = exp.forward(double.forward(2.0, x))
    at_exp = exp.backward(1.0)
    assert at_exp == pytest.approx(y)  # no 2 yet
    assert double.backward(at_exp)[1] == pytest.approx(2 * np.exp(2 * x))


def test_the_gradient_trains(rng: np.random.Generator) -> None:
    """Forward, backward, update: the layers in a row learn what a line can tell apart."""
    x = rng.normal(size=(60, 2))
    labels = (x[:, 0] > x[:, 1]).astype(int)
    affine, loss = Affine(np.zeros((2, 2)), np.zeros(2)), SoftmaxWithLoss()
    losses = []
    for _ in range(100):
        losses.append(float(loss.forward(affine.forward(x), labels)))
        affine.backward(loss.backward())
        for p, grad in zip(affine.params, affine.grads, strict=True):
            p -= 1.0 * grad
    assert losses[0] == pytest.approx(np.log(2), rel=1e-12)
    assert losses[-1] < 0.2
    assert ((affine.forward(x).argmax(axis=1)) == labels).mean() > 0.95
