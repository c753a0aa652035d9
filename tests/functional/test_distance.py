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


def test_norms_of_other_kinds() -> None:
    x = gn.tensor([[2.0, -2.0, 0.0]], dtype=gn.float64)
    assert F.normalize(x, 0.0).tolist() == [[1, -1, 0]]  # divided by how many are not 0
    assert F.pairwise_distance(x, -x, -math.inf, eps=0.0).tolist() == [0]


# between all of them ------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 1.0, 2.0, 3.0, math.inf])
@pytest.mark.parametrize("rows", [4, 30])  # of more than 25, Euclidean distances come from a product
def test_cdist_is_the_distance_of_each_pair(p: float, rows: int) -> None:
    a, b = gn.randn(2, rows, 3, dtype=gn.float64), gn.randn(5, 3, dtype=gn.float64)
    y = F.cdist(a, b, p)
    assert y.shape == (2, rows, 5)
    each = F.pairwise_distance(a.unsqueeze(2), b.unsqueeze(0).unsqueeze(0), p, eps=0.0)
    np.testing.assert_allclose(y.numpy(), each.numpy(), atol=1e-10)


def test_pdist_is_above_the_diagonal_of_cdist() -> None:
    x = gn.randn(5, 3, dtype=gn.float64)
    expected = F.cdist(x, x).numpy()[np.triu_indices(5, 1)]
    np.testing.assert_allclose(F.pdist(x).numpy(), expected, atol=1e-12)
    assert F.pdist(x[:1]).shape == (0,)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, math.inf])
def test_where_two_are_the_same_there_is_no_slope(p: float) -> None:
    x = gn.ones(3, 2, dtype=gn.float64, requires_grad=True)
    for mode in ("use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"):
        x.grad = None
        F.cdist(x, x.detach(), p, mode).sum().backward()
        assert x.grad is not None
        assert x.grad.tolist() == [[0, 0]] * 3


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.cdist(gn.ones(2), gn.ones(2, 3)), RuntimeError, "cdist: expected [..., n, d] and [..., m, d]"),
        (lambda: F.cdist(gn.ones(2, 4), gn.ones(2, 3)), RuntimeError, "in the rows of both, got [2, 4] and [2, 3]"),
        (lambda: F.cdist(gn.ones(2, 3), gn.ones(2, 3), -1), RuntimeError, "from 0 to infinity, got p=-1"),
        (lambda: F.cdist(gn.ones(2, 3), gn.ones(2, 3), 2, "mm"), ValueError, "compute_mode must be one of"),
        (lambda: F.cdist(gn.ones(2, 2, 3), gn.ones(3, 2, 3)), RuntimeError, "cdist: shapes [2] and [3] do not broad"),
        (lambda: F.pdist(gn.ones(3)), RuntimeError, "pdist: expected a matrix"),
        (lambda: F.pdist(gn.ones(2, 3), -2), RuntimeError, "from 0 to infinity, got p=-2"),
    ],
)
def test_errors(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


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
        ("normalize", {"p": -1.0}),
        ("normalize", {"p": 0.5, "dim": -1}),
        ("cdist", {}),
        ("cdist", {"p": 1.0}),
        ("cdist", {"p": 2.5}),
        ("cdist", {"p": math.inf}),
        ("cdist", {"compute_mode": "use_mm_for_euclid_dist"}),
    ],
)
def test_parity(name: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(4, 3)) for _ in range(1 if name == "normalize" else 2)]
    ours = [gn.tensor(a, dtype=gn.float64, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = (
        getattr(F, name)(*ours, **options),
        getattr(torch if name == "cdist" else torch.nn.functional, name)(*theirs, **options),
    )
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=1e-12)
    (y * y).sum().backward()
    (z * z).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-10)
