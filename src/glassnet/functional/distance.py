"""Lengths, angles and distances of vectors."""

from __future__ import annotations

import numpy as np

from glassnet.errors import RangeError, ShapeError
from glassnet.functional.tensor_checks import check_tensor
from glassnet.ops.shapes import broadcast_shapes, written
from glassnet.tensor import Tensor, where
from glassnet.tensor.graph import labelled

__all__ = ["cdist", "cosine_similarity", "normalize", "pairwise_distance", "pdist"]


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x / max(‖x‖ₚ, eps): every vector along ``dim`` made of length 1.

    >>> F.normalize(glassnet.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x₁·x₂ / (max(‖x₁‖, eps) · max(‖x₂‖, eps)) along ``dim``: 1 for one direction, −1 for opposite ones.

    >>> x = glassnet.tensor([[1.0, 0.0], [1.0, 0.0]])
    >>> F.cosine_similarity(x, glassnet.tensor([[5.0, 0.0], [0.0, 2.0]]))
    tensor([1., 0.])
    """
    check_tensor("cosine_similarity", x1, "x1")
    check_tensor("cosine_similarity", x2, "x2")
    shape = broadcast_shapes("cosine_similarity", x1.shape, x2.shape)
    x1, x2 = x1.expand(*shape), x2.expand(*shape)
    return (normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps)).sum(dim)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """‖x₁ − x₂ + eps‖ₚ along the last dimension.

    >>> F.pairwise_distance(glassnet.tensor([[3.0, 0.0]]), glassnet.tensor([[0.0, 4.0]]))
    tensor([5.])
    """
    broadcast_shapes("pairwise_distance", x1.shape, x2.shape)
    return (x1 - x2 + eps).norm(p, -1, keepdim)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """‖a − b‖ₚ from every row a of x₁ [..., n, d] to every row b of x₂ [..., m, d]: [..., n, m].

    The Euclidean distances of more than 25 rows come from a matrix product, ‖a‖² + ‖b‖² − 2·a·b, without the n·m
    differences; a distance far below the lengths then has few correct digits. ``compute_mode``
    "use_mm_for_euclid_dist" always does so, "donot_use_mm_for_euclid_dist" never. The gradient of a distance of 0 is 0.

    Raises ShapeError for rows of different lengths, RangeError for p < 0, ValueError for another ``compute_mode``.

    >>> points = glassnet.tensor([[0.0, 0.0], [3.0, 4.0]])
    >>> F.cdist(points, points)
    tensor([[0., 5.],
            [5., 0.]])
    """
    _check_rows("cdist", x1, x2)
    _check_norm("cdist", p)
    modes = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    if compute_mode not in modes:
        raise ValueError(f"cdist: compute_mode must be one of {', '.join(modes)}, got {compute_mode!r:.80}")
    many = max(x1.shape[-2], x2.shape[-2]) > 25
    if p == 2 and (many if compute_mode == modes[0] else compute_mode == modes[1]):
        lengths = x1.square().sum(-1, keepdim=True) + x2.square().sum(-1).unsqueeze(-2)
        squares = (lengths - 2 * (x1 @ x2.transpose(-2, -1))).clamp(min=0)
        nothing = squares == 0  # where the root is infinitely steep
        return where(nothing, 0.0, where(nothing, 1.0, squares).sqrt())
    return labelled((x1.unsqueeze(-2) - x2.unsqueeze(-3)).norm(p, -1), "cdist")


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """‖a − b‖ₚ of every pair of rows of [n, d], each pair once: [n·(n − 1)/2], as above the diagonal of `cdist`.

    Raises ShapeError unless the input is a matrix, RangeError for p < 0.

    >>> F.pdist(glassnet.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 4.0]]))  # 0 to 1, 0 to 2, 1 to 2
    tensor([5., 4., 3.])
    """
    if input.ndim != 2:
        raise ShapeError(f"pdist: expected a matrix with a vector in each row, got shape {written(input.shape)}")
    _check_norm("pdist", p)
    first, second = np.triu_indices(len(input), 1)
    return (input[first] - input[second]).norm(p, -1)


def _check_rows(name: str, x1: Tensor, x2: Tensor) -> None:
    if min(x1.ndim, x2.ndim) < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(
            f"{name}: expected [..., n, d] and [..., m, d], vectors of one length in the rows of both, got "
            f"{written(x1.shape)} and {written(x2.shape)}"
        )
    broadcast_shapes(name, x1.shape[:-2], x2.shape[:-2])


def _check_norm(name: str, p: float) -> None:
    if p < 0:
        raise RangeError(f"{name}: expected a norm of p from 0 to infinity, got p={p}")
