"""grad: gradients as results, of any tensors, computing no more than is asked for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import glassnet
from glassnet import GradientError, tensor
from glassnet.autograd import grad
from glassnet.ops import Op
from glassnet.ops.shapes import elementwise
from glassnet.tensor import Tensor, apply


def leaf(*values: float) -> Tensor:
    return tensor(values, requires_grad=True)


def test_gradients_are_returned_and_grad_is_left_alone():
    x, y = leaf(2.0), leaf(3.0)
    gx, gy = grad((x * x * y).sum(), [x, y])
    assert (gx.tolist(), gy.tolist()) == ([12], [4])
    assert x.grad is None
    assert y.grad is None
    assert not gx.requires_grad


def test_one_input_gives_a_tuple_of_one():
    x = leaf(2.0)
    assert [g.tolist() for g in grad((x * 5).sum(), x)] == [[5]]


def test_of_a_tensor_that_is_no_leaf():
    x = leaf(2.0)
    h = x * 3
    y = h * h
    gh, gx = grad(y.sum(), (h, x))
    assert (gh.tolist(), gx.tolist()) == ([12], [36])


def test_of_the_output_itself():
    x = leaf(2.0)
    y = (x * 3).sum()
    assert grad(y, y)[0].item() == 1


def test_of_several_outputs_adds_up():
    x = leaf(2.0)
    (g,) = grad([x * x, x * 3], x, [tensor([1.0]), tensor([10.0])])
    assert g.tolist() == [34]


def test_weights_are_cast_to_the_output_s_dtype():
    x = leaf(2.0)
    (g,) = grad(x * 3, x, [np.array([2.0])])
    assert g.dtype == glassnet.float32
    assert g.tolist() == [6]


def test_an_input_that_is_not_used_is_named():
    x, y = leaf(2.0), tensor([[3.0, 4.0]], requires_grad=True)
    with pytest.raises(GradientError, match=r"do not depend on input 1, of shape \[1, 2\].*allow_unused=True"):
        grad((x * 2).sum(), [x, y])


def test_an_unused_input_is_none_if_allowed():
    x, y = leaf(2.0), leaf(3.0)
    gx, gy = grad((x * 2).sum(), [x, y], allow_unused=True)
    assert gx.tolist() == [2]
    assert gy is None


def test_an_input_without_requires_grad_is_named():
    x = leaf(2.0)
    with pytest.raises(GradientError, match="input 1 does not require a gradient"):
        grad((x * 2).sum(), [x, tensor([1.0])])


def test_gradients_are_freed_unless_retained():
    x = leaf(2.0)
    y = (x * x).sum()
    grad(y, x, retain_graph=True)
    grad(y, x)
    with pytest.raises(GradientError, match="a second time"):
        grad(y, x)


def test_create_graph_keeps_the_graph():
    x = leaf(2.0)
    y = (x * x).sum()
    grad(y, x, create_graph=True)
    assert grad(y, x)[0].tolist() == [4]


def counted() -> tuple[Op, Counter[int]]:
    """A product that counts the calls of each of its rules."""
    calls: Counter[int] = Counter()

    def rule(which: int):
        def gradient(g, _y, a, b):
            calls[which] += 1
            return g * (b if which == 0 else a)

        return gradient

    op = Op("counted", np.multiply, (rule(0), rule(1)), elementwise("counted"), "a * b", elementwise=True)
    return op, calls


def test_nothing_is_computed_that_nobody_asked_for():
    op, calls = counted()
    x, w, v = leaf(2.0), leaf(3.0), leaf(4.0)
    h = apply(op, x, w)
    y = apply(op, h, v)
    (g,) = grad(y.sum(), w, retain_graph=True)
    assert g.tolist() == [8]
    assert calls == {0: 1, 1: 1}  # y → h, h → w; not y → v, not h → x
    calls.clear()
    grad(y.sum(), v, retain_graph=True)
    assert calls == {1: 1}
    calls.clear()
    grad(y.sum(), h)
    assert calls == {0: 1}


def test_backward_computes_nothing_for_what_requires_no_gradient():
    op, calls = counted()
    x, w = tensor([2.0]), leaf(3.0)
    apply(op, x, w).sum().backward()
    assert calls == {1: 1}


def test_branches_that_do_not_lead_to_an_input_are_not_followed():
    op, calls = counted()
    x, other = leaf(2.0), leaf(1.0)
    aside = other
    for _ in range(10):
        aside = apply(op, aside, aside)
    (x * 2 + aside).sum().backward(inputs=x)
    assert x.grad.tolist() == [2]
    assert not calls


def test_inputs_may_be_whatever_can_be_gone_through_once():
    weights = {"a": leaf(2.0), "b": leaf(3.0)}
    y = (weights["a"] * weights["b"]).sum()
    for inputs in (weights.values(), iter(weights.values()), [*weights.values()]):
        assert [g.tolist() for g in grad(y, inputs, retain_graph=True)] == [[3], [2]]
