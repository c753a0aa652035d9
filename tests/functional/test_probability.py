"""Softmax and its kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F


def test_softmax_is_in_the_ratio_of_exp() -> None:
    x = gn.tensor([[0.0, math.log(3)], [5.0, 5.0]], dtype=gn.float64)
    np.testing.assert_allclose(F.softmax(x, 1).numpy(), [[0.25, 0.75], [0.5, 0.5]], rtol=1e-14)
    np.testing.assert_allclose(F.softmin(x, 1).numpy(), [[0.75, 0.25], [0.5, 0.5]], rtol=1e-14)
    np.testing.assert_allclose(F.log_softmax(x, 1).exp().numpy(), F.softmax(x, 1).numpy(), rtol=1e-14)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_without_dim_it_is_pytorchs_with_a_warning(name: str) -> None:
    function = getattr(F, name)
    assert function(gn.tensor([1.0, 2.0])).tolist() == function(gn.tensor([1.0, 2.0]), 0).tolist()
    for shape, dim in (((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 4, 5), 1)):
        x = gn.randn(*shape)
        with pytest.warns(UserWarning, match=rf"^{name}: without dim, probabilities add up to 1 along dim={dim} of"):
            assert function(x).tolist() == function(x, dim).tolist()


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_another_dtype(name: str) -> None:
    assert getattr(F, name)(gn.tensor([1, 2]), 0, dtype=gn.float64).dtype == gn.float64


def test_gumbel_softmax_draws_each_class_with_its_probability() -> None:
    logits = gn.tensor([0.2, 0.3, 0.5]).log().expand(20_000, 3)
    drawn = F.gumbel_softmax(logits, hard=True)
    assert set(drawn.numpy().ravel().tolist()) == {0.0, 1.0}
    np.testing.assert_array_equal(drawn.sum(1).numpy(), 1)
    np.testing.assert_allclose(drawn.mean(0).numpy(), [0.2, 0.3, 0.5], atol=0.02)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_gumbel_softmax_hard_has_the_gradient_of_the_soft_one(dim: int) -> None:
    gradients = []
    for hard in (False, True):
        gn.manual_seed(3)
        x = gn.tensor([[1.0, 2.0, 0.5], [0.0, -1.0, 1.0]], requires_grad=True)
        y = F.gumbel_softmax(x, tau=0.7, hard=hard, dim=dim)
        assert y.sum(dim).tolist() == pytest.approx([1] * y.shape[1 - dim % 2])
        (y * gn.arange(6).reshape(2, 3)).sum().backward()
        gradients.append(x.grad.tolist())
    assert gradients[0] == gradients[1]


def test_gumbel_softmax_needs_a_positive_tau() -> None:
    with pytest.raises(ValueError, match="gumbel_softmax: expected a tau above 0, got 0"):
        F.gumbel_softmax(gn.ones(3), tau=0)


@pytest.mark.parity
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_parity(name: str, dim: Any) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(3, 4, 2)) * 5
    ours, theirs = gn.tensor(x, dtype=gn.float64, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = getattr(F, name)(ours, dim), getattr(torch.nn.functional, name)(theirs, dim)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=1e-12)
    (y * y).sum().backward()
    (z * z).sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), atol=1e-10)
