"""Derivatives found from expansions, against those written by hand; and what several rules share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import glassnet
from glassnet.autograd import gradcheck
from glassnet.ops import Op, registry
from glassnet.ops.pullback import pullback, rules_of
from glassnet.ops.reduction import unbroadcast
from glassnet.tensor import apply
from tests.ops import checks
from tests.ops.samples import samples_of

NAMED = [op for op in registry.values() if op.expand is not None and op.differentiable and not op.writes]


@pytest.mark.parametrize("op", NAMED, ids=lambda op: op.name)
def test_an_expansion_has_the_derivative_of_its_operation(op: Op) -> None:
    for sample in samples_of(op):
        if sample.order < 1 or "generator" in sample.params:
            continue
        arrays = checks.cast(op, sample.arrays())
        y = np.asarray(op(*arrays, **sample.kwargs()))
        g = np.cos(np.arange(y.size, dtype=y.dtype)).reshape(y.shape)
        for which in checks.differentiated(op, sample):
            upstream = op.upstream(g, y, *arrays, **sample.kwargs())
            rule = op.rule(which)
            assert rule is not None
            by_hand = rule(upstream, y, *arrays, **sample.kwargs())
            found = pullback(op.expand, g, tuple(arrays), which, sample.kwargs())
            expected = unbroadcast(by_hand, arrays[which])
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=f"{sample.label}, input {which}")


def test_it_is_differentiated_again() -> None:
    softmax = replace(registry["softmax"], vjp=rules_of(registry["softmax"].expand, 1))
    x = glassnet.tensor([[0.3, -1.0, 2.0]], dtype=glassnet.float64, requires_grad=True)
    assert gradcheck(lambda x: apply(softmax, x, dim=1), (x,))
    y = apply(softmax, x, dim=1)
    (first,) = glassnet.autograd.grad(y[0, 0], x, create_graph=True)
    (expected,) = glassnet.autograd.grad(glassnet.softmax(x, 1)[0, 0], x, create_graph=True)
    for mine, theirs in ((first, expected), *zip(_second(first, x), _second(expected, x), strict=True)):
        np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=1e-12)


def _second(first, x):
    return glassnet.autograd.grad((first * first).sum(), x)


def test_what_the_result_does_not_depend_on_has_a_gradient_of_zeros() -> None:
    assert pullback(lambda a, b: b + 1.0, np.ones(2), (np.ones(2), np.ones(2)), 0, {}).tolist() == [0.0, 0.0]


def test_what_rules_share_is_computed_once_a_backward_pass() -> None:
    mul, times = registry["mul"], []

    def doubled(g, _y, _a, _b):
        times.append(1)
        return (g * 2.0,)

    op = replace(
        mul,
        shared=doubled,
        vjp=(lambda shared, _y, _a, b: shared[0] * b, lambda shared, _y, a, _b: shared[0] * a),
    )
    a, b = glassnet.tensor([3.0], requires_grad=True), glassnet.tensor([5.0], requires_grad=True)
    apply(op, a, b).sum().backward()
    assert (a.grad.item(), b.grad.item(), len(times)) == (10.0, 6.0, 1)
    apply(op, a.detach(), b.detach().requires_grad_())
    assert len(times) == 1
    assert op.reads(0, 2)
    assert not op.reads(0, 1)


def test_gradients_that_share_an_array_are_the_own_of_each_leaf() -> None:
    op = replace(
        registry["add"],
        shared=lambda g, _y, _a, _b: (g * 1.0,),
        vjp=(lambda shared, _y, _a, _b: shared[0], lambda shared, _y, _a, _b: shared[0]),
    )
    a, b = (glassnet.ones(2, requires_grad=True) for _ in range(2))
    apply(op, a, b).sum().backward()
    a.grad.mul_(10.0)
    assert b.grad.tolist() == [1.0, 1.0]
