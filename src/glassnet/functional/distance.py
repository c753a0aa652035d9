"""Lengths and angles of vectors that lie along one dimension."""

from __future__ import annotations

import math

from glassnet.errors import RangeError
from glassnet.ops.shapes import broadcast_shapes
from glassnet.tensor import Tensor

__all__ = ["cosine_similarity", "normalize", "pairwise_distance"]


def _length(x: Tensor, p: float, dim: int, keepdim: bool) -> Tensor:
    """The p-norm (Σ |x|ᵖ)^(1/p) along ``dim``."""
    if p == 2:
        return x.norm(dim=dim, keepdim=keepdim)
    size = x.abs()
    if p == math.inf:
        return size.amax(dim, keepdim)
    if p == 1:
        return size.sum(dim, keepdim)
    if p <= 0:
        raise RangeError(f"expected a norm of p > 0, got p={p}")
    return (size**p).sum(dim, keepdim) ** (1 / p)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x / max(‖x‖ₚ, eps): every vector along ``dim`` made of length 1.

    >>> F.normalize(glassnet.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    return input / _length(input, p, dim, True).clamp(min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x₁·x₂ / (max(‖x₁‖, eps) · max(‖x₂‖, eps)) along ``dim``: 1 for one direction, −1 for opposite ones.

    >>> x = glassnet.tensor([[1.0, 0.0], [1.0, 0.0]])
    >>> F.cosine_similarity(x, glassnet.tensor([[5.0, 0.0], [0.0, 2.0]]))
    tensor([1., 0.])
    """
    shape = broadcast_shapes("cosine_similarity", x1.shape, x2.shape)
    x1, x2 = x1.expand(*shape), x2.expand(*shape)
    return (normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps)).sum(dim)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """‖x₁ − x₂ + eps‖ₚ along the last dimension.

    >>> F.pairwise_distance(glassnet.tensor([[3.0, 0.0]]), glassnet.tensor([[0.0, 4.0]]))
    tensor([5.])
    """
    broadcast_shapes("pairwise_distance", x1.shape, x2.shape)
    return _length(x1 - x2 + eps, p, -1, keepdim)
