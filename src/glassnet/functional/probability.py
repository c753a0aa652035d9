"""Probabilities along one dimension: softmax and its variants."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from glassnet.errors import GlassnetWarning, RangeError
from glassnet.ops import sampling
from glassnet.ops.indexing import one_hot
from glassnet.ops.shapes import normalize_dim, written
from glassnet.ops.softmax import log_softmax as log_softmax_op
from glassnet.ops.softmax import softmax as softmax_op
from glassnet.random import chosen
from glassnet.tensor import Tensor, apply

__all__ = ["gumbel_softmax", "log_softmax", "softmax", "softmin"]


def _dim(name: str, input: Tensor, dim: int | None) -> int:
    """``dim``, or for None the one that PyTorch takes, with a warning: 1 of 2 dimensions, 0 of 3."""
    if dim is not None:
        return dim
    chosen_dim = 0 if input.ndim in (0, 1, 3) else 1
    if input.ndim > 1:
        warnings.warn(
            f"{name}: without dim, probabilities add up to 1 along dim={chosen_dim} of {written(input.shape)}; say "
            "which dimension is meant, such as dim=1 where rows are samples",
            GlassnetWarning,
            stacklevel=3,
        )
    return chosen_dim


def softmax(input: Tensor, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """exp(xᵢ) / Σⱼ exp(xⱼ): positive numbers that add up to 1 along ``dim``.

    Without ``dim``, it is 0 for a vector, and for others the one that PyTorch takes (1, of 3 dimensions 0), with a
    warning.

    >>> F.softmax(glassnet.tensor([[0.0, 0.0, 0.6931]]), dim=1)
    tensor([[0.2500, 0.2500, 0.5000]])
    """
    return apply(softmax_op, input if dtype is None else input.to(dtype), dim=_dim("softmax", input, dim))


def log_softmax(input: Tensor, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """xᵢ − log Σⱼ exp(xⱼ): the logarithm of `softmax`, accurate where softmax is close to 0.

    >>> F.log_softmax(glassnet.tensor([[0.0, 0.0]]), dim=1)
    tensor([[-0.6931, -0.6931]])
    """
    return apply(log_softmax_op, input if dtype is None else input.to(dtype), dim=_dim("log_softmax", input, dim))


def softmin(input: Tensor, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """softmax(−x): the smallest element gets the largest probability.

    >>> F.softmin(glassnet.tensor([[0.0, 0.0, -0.6931]]), dim=1)
    tensor([[0.2500, 0.2500, 0.5000]])
    """
    return softmax(-input, _dim("softmin", input, dim), dtype=dtype)


def gumbel_softmax(logits: Tensor, tau: float = 1.0, hard: bool = False, *, dim: int = -1) -> Tensor:
    """A differentiable sample of one class along ``dim``, drawn with the probabilities softmax(logits).

    The smaller ``tau``, the closer it is to one-hot, and the larger its gradients. ``hard``: one-hot forward,
    with the gradient of the soft one. E. Jang et al., Categorical Reparameterization with
    Gumbel-Softmax, 2016.

    >>> F.gumbel_softmax(glassnet.tensor([[0.0, 1000.0]]), hard=True)
    tensor([[0., 1.]])
    """
    if tau <= 0:
        raise RangeError(f"gumbel_softmax: expected a tau above 0, got {tau}")
    d = normalize_dim("gumbel_softmax", dim, logits.ndim)
    smallest = float(np.finfo(logits.dtype).tiny)  # not 0, of which there is no logarithm
    drawn = apply(
        sampling.uniform, shape=logits.shape, dtype=logits.dtype, generator=chosen(None), low=smallest, high=1.0
    )
    soft = softmax((logits - (-drawn.log()).log()) / tau, d)
    if not hard:
        return soft
    position = apply(one_hot, soft.argmax(d), classes=logits.shape[d], dtype=logits.dtype).movedim(-1, d)
    return position + (soft - soft.detach())
