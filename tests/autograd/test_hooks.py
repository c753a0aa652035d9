"""Hooks on tensors, and gradients kept of tensors that are no leaves."""

from __future__ import annotations

import gc
import weakref

import pytest

import glassnet
from glassnet import GradientError, tensor
from glassnet.tensor import Tensor
from glassnet.tensor.graph import RetainGrad


@pytest.fixture
def x() -> Tensor:
    return tensor([1.0, 2.0], requires_grad=True)


def test_a_hook_sees_the_gradient_once_it_is_whole(x):
    seen = []
    h = x * 2
    h.register_hook(lambda g: seen.append(g.tolist()))
    (h * h + 3 * h).sum().backward()
    assert seen == [[7, 11]]


def test_a_hook_on_a_leaf_sees_the_sum_of_all_paths(x):
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * 2 + x * x).sum().backward()
    assert seen == [[4, 6]]


def test_what_a_hook_returns_replaces_the_gradient(x):
    h = x * 2
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    h.sum().backward()
    assert x.grad.tolist() == [21, 21]


def test_hooks_run_in_the_order_in_which_they_came(x):
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 2)
    x.sum().backward()
    assert x.grad.tolist() == [4, 4]


def test_a_hook_on_a_leaf_sees_each_backward_apart(x):
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.sum().backward()
    (x * 3).sum().backward()
    assert seen == [[1, 1], [3, 3]]
    assert x.grad.tolist() == [4, 4]


def test_what_hooks_hold_on_to_is_left_alone(x):
    seen, given = [], tensor([10.0, 20.0])
    x.register_hook(seen.append)
    for _ in range(2):
        x.sum().backward()
    assert [g.tolist() for g in seen] == [[1, 1], [1, 1]]
    x.register_hook(lambda g: given)
    x.grad = None
    for _ in range(2):
        x.sum().backward()
    assert x.grad.tolist() == [20, 40]
    assert given.tolist() == [10, 20]


def test_a_hook_is_removed(x):
    handle = x.register_hook(lambda g: g * 10)
    h = x * 1
    with h.register_hook(lambda g: g * 100):
        h.sum().backward(retain_graph=True)
    handle.remove()
    handle.remove()  # no harm
    h.sum().backward()
    assert x.grad.tolist() == [1001, 1001]


def test_hooks_run_for_grad_too(x):
    h = x * 2
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g * 100)
    gradients = glassnet.autograd.grad(h.sum(), [x, h])
    assert [g.tolist() for g in gradients] == [[2000, 2000], [10, 10]]
    assert x.grad is None


def test_a_hook_under_create_graph_is_part_of_the_graph(x):
    x.register_hook(lambda g: g * g)
    (g,) = glassnet.autograd.grad((x * x).sum(), x, create_graph=True)  # (2x)², whose derivative is 8x
    (gg,) = glassnet.autograd.grad(g.sum(), x)
    assert g.tolist() == [4, 16]
    assert gg.tolist() == [8**2, 16**2]  # the hook squares this gradient too


def test_hooks_of_what_requires_no_gradient_are_refused():
    with pytest.raises(GradientError, match="its hook would never be called"):
        tensor([1.0]).register_hook(print)
    with pytest.raises(GradientError, match="requires no gradient"):
        tensor([1.0]).retain_grad()


def test_retain_grad_keeps_the_gradient_of_a_tensor_that_is_no_leaf(x):
    h = x * 2
    h.retain_grad()
    (h * h).sum().backward(retain_graph=True)
    assert h.grad.tolist() == [4, 8]
    (h * h).sum().backward()
    assert h.grad.tolist() == [8, 16]
    assert x.grad.tolist() == [16, 32]


def test_without_retain_grad_only_leaves_have_gradients(x):
    h = x * 2
    h.sum().backward()
    assert h.grad is None


def test_retain_grad_of_a_leaf_changes_nothing(x):
    x.retain_grad()
    x.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_retain_grad_under_create_graph(x):
    h = x * x
    h.retain_grad()
    (h * h).sum().backward(create_graph=True)
    assert h.grad.requires_grad
    assert h.grad.tolist() == [2, 8]


def test_retain_grad_twice_counts_once(x):
    h = x * 2
    h.retain_grad()
    h.retain_grad()
    h.sum().backward()
    assert h.grad.tolist() == [1, 1]


def test_retain_grad_sees_what_later_hooks_made_of_it(x):
    h = x * 2
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    h.sum().backward()
    assert h.grad.tolist() == [10, 10]


def test_a_kept_gradient_is_its_own(x):
    h = x * 2
    h.retain_grad()
    (h + 0).sum().backward()
    h.grad.add_(5)
    assert x.grad.tolist() == [2, 2]


def test_retain_grad_makes_no_circle(x):
    gc.disable()
    try:
        h = x * 2
        h.retain_grad()
        h.sum().backward()
        gone = weakref.ref(h)
        del h
        assert gone() is None
    finally:
        gc.enable()


def test_a_keeper_whose_tensor_is_gone_keeps_nothing(x):
    RetainGrad(tensor([1.0]), pytest.fail)(x)


def test_retain_grad_follows_the_tensor_through_changes_in_place(x):
    h = x * 2
    h.register_hook(lambda g: g * 1)  # stays with the value that it was registered on
    h.retain_grad()
    h.mul_(3)
    h[0] = 1.0
    (h * 5).sum().backward()
    assert h.grad.tolist() == [5, 5]
    assert x.grad.tolist() == [0, 30]
