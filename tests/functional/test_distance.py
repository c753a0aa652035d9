"""Lengths and angles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F


@pytest.mark.parametrize(("p", "length"), [(2.0, 5.0), (1.0, 7.0), (math.inf, 4.0), (3.0, 91 ** (1 / 3))])
def test_normalize(p: float, length: float) -> None:
    y = F.normalize(gn.tensor([[3.0, -4.0], [0.0, 0.0]], dtype=gn.float64), p)
    np.testing.assert_allclose(y.numpy(), [[3 / length, -4 / length], [0, 0]], rtol=1e-14)


def test_cosine_similarity() -> None:
    a = gn.tensor([[1.0, 0.0], [1.0, 1.0], [2.0, 0.0], [0.0, 0.0]], dtype=gn.float64)
    b = gn.tensor([1.0, 1.0], dtype=gn.float64)
    np.testing.assert_allclose(F.cosine_similarity(a, b).numpy(), [0.5**0.5, 1, 0.5**0.5, 0], atol=1e-14)
    np.testing.assert_allclose(F.cosine_similarity(a, -a, dim=-1).numpy(), [-1, -1, -1, 0], atol=1e-14)


def test_pairwise_distance() -> None:
    a, b = gn.tensor([[1.0, 2.0], [0.0, 0.0]]), gn.tensor([[4.0, 6.0], [0.0, 1.0]])
    assert F.pairwise_distance(a, b, eps=0.0).tolist() == [5, 1]
    assert F.pairwise_distance(a, b, eps=0.0, keepdim=True).shape == (2, 1)


@pytest.mark.parametrize("name", ["cosine_similarity", "pairwise_distance"])
def test_shapes_that_do_not_fit(name: str) -> None:
    with pytest.raises(RuntimeError, match=rf"{name}: shapes \[2, 3\] and \[2, 4\] do not broadcast"):
        getattr(F, name)(gn.ones(2, 3), gn.ones(2, 4))


def test_there_is_no_negative_norm() -> None:
    with pytest.raises(ValueError, match="expected a norm of p > 0, got p=-1"):
        F.normalize(gn.ones(2, 2), -1)


@pytest.mark.parity
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("normalize", {}),
        ("normalize", {"p": 1, "dim": 0}),
        ("normalize", {"p": 3.0, "dim": -1}),
        ("normalize", {"p": math.inf}),
        ("cosine_similarity", {}),
        ("cosine_similarity", {"dim": 0}),
        ("pairwise_distance", {}),
        ("pairwise_distance", {"p": 1, "keepdim": True}),
        ("pairwise_distance", {"p": 3}),
    ],
)
def test_parity(name: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(4, 3)) for _ in range(1 if name == "normalize" else 2)]
    ours = [gn.Tensor(a, dtype=gn.float64, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = getattr(F, name)(*ours, **options), getattr(torch.nn.functional, name)(*theirs, **options)
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=1e-12)
    (y * y).sum().backward()
    (z * z).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-10)
