"""The memory of a step is freed by reference counting alone: with gc off, a training loop stays flat."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import glassnet
from glassnet.tensor import Tensor
from glassnet.tensor.graph import Node, VersionCounter


@pytest.fixture(autouse=True)
def _without_gc() -> Iterator[None]:
    """What there was before is set aside: it need not be gone through again and again."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


def alive() -> Counter[str]:
    kinds = (type(x) for x in gc.get_objects())
    found = (kind for kind in kinds if issubclass(kind, Node | Tensor | VersionCounter))
    return Counter("Node" if issubclass(kind, Node) else kind.__name__ for kind in found)


def traced() -> int:
    """The bytes held, without Python's free lists, which a collection empties, but with garbage in circles.

    What there is now is set aside too: `alive` does not see it any more.
    """
    gc.freeze()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def network() -> tuple[list[Tensor], Callable[[], Tensor]]:
    """The weights of an MLP 4-8-8-3, and a function that gives its loss on some data."""
    x, target = glassnet.randn(16, 4), glassnet.randn(16, 3)
    sizes = [(4, 8), (8,), (8, 8), (8,), (8, 3), (3,)]
    weights = [(0.3 * glassnet.randn(*size)).requires_grad_() for size in sizes]
    w1, b1, w2, b2, w3, b3 = weights

    def loss() -> Tensor:
        h = (x @ w1 + b1).relu()
        h = (h @ w2 + b2).tanh()
        return ((h @ w3 + b3 - target) ** 2).mean()

    return weights, loss


def plain(weights: list[Tensor], loss: Callable[[], Tensor]) -> float:
    value = loss()
    value.backward()
    with glassnet.no_grad():
        for w in weights:
            w -= 0.05 * w.grad
            w.grad = None
    return value.item()


def with_everything(weights: list[Tensor], loss: Callable[[], Tensor]) -> float:
    """In place, views written through, hooks, kept gradients, second order, a graph used twice."""
    value = loss()
    h = weights[0] * 1
    h.register_hook(lambda g: g * 1)
    h.retain_grad()
    h.mul_(2)
    h[0] = 0.0
    h.T[1:].mul_(0.5)
    (value + 0.01 * (h * h).sum()).backward(retain_graph=True)
    value.backward()
    norms = sum((g * g).sum() for g in glassnet.autograd.grad(loss(), weights, create_graph=True))
    (0.01 * norms).backward()
    with glassnet.no_grad():
        for w in weights:
            w -= 0.01 * w.grad
            w.grad.zero_()
    return value.item()


@pytest.mark.parametrize(("step", "steps"), [(plain, 200), (with_everything, 60)])
def test_training_stays_flat(step, steps):
    weights, loss = network()
    losses = [step(weights, loss) for _ in range(20)]
    objects = alive()
    losses += [step(weights, loss) for _ in range(steps)]
    assert alive() == objects
    tracemalloc.start()
    try:
        losses += [step(weights, loss) for _ in range(20)]
        before = traced()
        losses += [step(weights, loss) for _ in range(steps)]
        after = traced()
    finally:
        tracemalloc.stop()
    assert after - before < 10_000  # of which the list of losses has most
    assert losses[-1] < 0.9 * losses[0]


def recurrent(weights: list[Tensor], _loss: Callable[[], Tensor]) -> Tensor:
    """A state that is written from itself, over and over."""
    state = glassnet.zeros(5, 8)
    for t in range(4):
        state[t + 1] = (state[t] @ weights[2] + weights[1]).tanh()
    return state.sum()


def written_from_itself(weights: list[Tensor], _loss: Callable[[], Tensor]) -> Tensor:
    h = weights[0] * 1
    h.copy_(h.exp() + h)
    h.T[0] = h[:, 1] * 2
    return h.sum()


@pytest.mark.parametrize("forward", [lambda _weights, loss: loss(), recurrent, written_from_itself])
def test_a_forward_that_is_never_followed_by_a_backward_is_freed(forward):
    weights, loss = network()
    forward(weights, loss)
    before = alive()
    value = forward(weights, loss)
    assert alive()["Node"] >= before["Node"] + 6
    del value
    assert alive() == before


def test_backward_frees_what_only_it_needed():
    _, loss = network()
    value = loss()
    node = value.grad_fn
    value.backward()
    [before] = node.parents  # of the mean, which needs no value: that of the square, which did
    assert before.parents is None
    assert before.values == []
    assert alive()["Node"] == 2


def test_evaluation_leaves_nothing():
    _, loss = network()
    loss()
    before = alive()
    with glassnet.no_grad():
        for _ in range(10):
            loss()
    assert alive() == before


def test_a_failed_backward_leaves_nothing():
    _, loss = network()
    loss()
    before = alive()
    for _ in range(5):
        h = loss()
        y = h * h
        h.add_(1)
        with pytest.raises(glassnet.GradientError):
            y.backward()
        del h, y
    gc.collect()  # pytest's record of the error goes in a circle
    assert alive() == before


def test_results_that_no_rule_reads_are_let_go():
    x = glassnet.randn(100, 100, requires_grad=True)
    product = x * 2.0
    total = product + 1.0  # neither the sum's rule nor that of relu, which looks at its result, reads these
    arrays = [weakref.ref(product.array), weakref.ref(total.array)]
    y = total.relu()
    del product, total
    assert [array() for array in arrays] == [None, None]
    y.backward(glassnet.ones(100, 100))
    np.testing.assert_array_equal(x.grad.numpy(), 2 * (x.detach().numpy() > -0.5))


def test_results_that_a_rule_reads_are_kept():
    x = glassnet.randn(100, 100, requires_grad=True)
    root = x.exp()
    square = root * root
    y = square.sum()  # of which only the shape counts
    arrays = [weakref.ref(root.array), weakref.ref(square.array)]
    del root, square
    assert arrays[0]() is not None
    assert arrays[1]() is None
    (slope,) = glassnet.autograd.grad(y, x, create_graph=True)
    (curvature,) = glassnet.autograd.grad(slope.sum(), x)
    np.testing.assert_allclose(curvature.numpy(), 4 * np.exp(2 * x.detach().numpy()), rtol=1e-5)


def test_the_graph_says_the_shapes_of_what_was_let_go():
    x = glassnet.randn(100, 100, requires_grad=True)
    assert "[100, 100]" in str(glassnet.draw((x * 2.0 + 1.0).relu().sum()).svg)
