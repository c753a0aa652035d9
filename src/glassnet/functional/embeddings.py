"""Rows of a table: for each index, or for each bag of indices together."""

from __future__ import annotations

import math
from typing import Any

from glassnet.autograd import no_grad
from glassnet.errors import EmbeddingError, ShapeError
from glassnet.functional.tensor_checks import check_tensor
from glassnet.ops.layers import embeddings as ops
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply, where

__all__ = ["embedding", "embedding_bag"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The row of ``weight`` [n, dim] for each index: [...] of ints gives [..., dim].

    The row ``padding_idx`` gets no gradient. ``max_norm``: rows that are asked for and longer, by the norm of
    p = ``norm_type``, are first shortened to it, in ``weight`` itself. ``scale_grad_by_freq`` divides the gradient of
    each row by how often it is asked for. ``sparse`` is accepted: the gradient is dense all the same.

    Raises IndexError for an index that is no row, ShapeError unless ``weight`` is a matrix.

    >>> F.embedding(glassnet.tensor([2, 0]), glassnet.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]))
    tensor([[3., 3.],
            [1., 1.]])
    """
    check_tensor("embedding", input)
    check_tensor("embedding", weight, "weight")
    ops.embedding.shape(input, weight)  # whether they fit together, before a row is shortened
    options = {"padding_idx": row_of("embedding", padding_idx, len(weight)), "scale_grad_by_freq": scale_grad_by_freq}
    if max_norm is not None:
        shorten(input, weight, max_norm, norm_type)
    return apply(ops.embedding, input, weight, **options)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, the mean or, element by element, the largest of the rows of each bag of indices: [bags, dim].

    ``input`` [bags, n] has a bag in each row; or it is the indices of all bags one after another, and ``offsets``
    [bags] says where each begins (with ``include_last_offset``, [bags + 1], also where the last ends). A bag of nothing
    gives 0. ``mode`` is "sum", "mean" or "max"; of several largest the first has the gradient, and in a sum each row is
    multiplied by its ``per_sample_weights``, which are of the shape of ``input``. Indices that are ``padding_idx`` do
    not count. The other options are those of `embedding`.

    Raises ValueError for what does not fit together, IndexError for an index that is no row, NotImplementedError for
    ``per_sample_weights`` of anything but a sum.

    >>> weight = glassnet.tensor([[1.0, 0.0], [2.0, 0.0], [6.0, 3.0]])
    >>> F.embedding_bag(glassnet.tensor([0, 1, 2]), weight, glassnet.tensor([0, 2]))  # bags of 0 and 1, and of 2
    tensor([[1.5000, 0.0000],
            [6.0000, 3.0000]])
    """
    check_tensor("embedding_bag", input)
    check_mode("embedding_bag", mode, scale_grad_by_freq, sparse)
    if per_sample_weights is not None:
        _check_per_sample(input, per_sample_weights, mode)
    options: dict[str, Any] = {
        "padding_idx": row_of("embedding_bag", padding_idx, len(weight)),
        "scale_grad_by_freq": scale_grad_by_freq,
    }
    if input.ndim == 2 and offsets is None:
        ops.embedding.shape(input, weight)
        if max_norm is not None:
            shorten(input, weight, max_norm, norm_type)
        return _of_rows(input, weight, mode, per_sample_weights, **options)
    if input.ndim != 1 or offsets is None:
        got = "none" if offsets is None else f"offsets of shape {written(offsets.shape)}"
        raise ShapeError(
            "embedding_bag: expected indices [bags, n] without offsets, or indices [n] and offsets [bags], got "
            f"{written(input.shape)} and {got}"
        )
    inputs = (input, offsets[:-1] if include_last_offset else offsets, weight)
    ops.embedding_bag.shape(*inputs)
    if max_norm is not None:
        ops.check_bags(input.array, inputs[1].array)
        shorten(input, weight, max_norm, norm_type)
    more = () if per_sample_weights is None else (per_sample_weights,)
    return apply(ops.embedding_bag, *inputs, *more, mode=mode, **options)


def _of_rows(
    input: Tensor,
    weight: Tensor,
    mode: str,
    per_sample_weights: Tensor | None,
    padding_idx: int | None,
    scale_grad_by_freq: bool,
) -> Tensor:
    """`embedding_bag` of a bag in each row of the indices: all their rows [bags, n, dim], and what these come to."""
    rows = apply(ops.embedding, input, weight, scale_grad_by_freq=scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(-1)
    n = input.shape[1]
    if padding_idx is None:
        return rows.max(1).values if mode == "max" and n else rows.sum(1) / (max(n, 1) if mode == "mean" else 1)
    counted = (input != padding_idx).unsqueeze(-1)
    if mode == "max" and n:
        largest = where(counted, rows, -math.inf).max(1).values
        return where(largest == -math.inf, 0.0, largest)
    total = where(counted, rows, 0.0).sum(1)
    return total / counted.sum(1).clamp(min=1) if mode == "mean" else total


def row_of(name: str, padding_idx: int | None, n: int) -> int | None:
    """``padding_idx`` counted from the front of ``n`` rows; EmbeddingError for one that is none of them."""
    if padding_idx is None:
        return None
    if not -n <= padding_idx < n:
        raise EmbeddingError(f"{name}: expected padding_idx from {-n} to {n - 1}, got {padding_idx}")
    return padding_idx % n


def shorten(input: Tensor, weight: Tensor, max_norm: float, norm_type: float) -> None:
    """Make the rows of ``weight`` at ``input`` that are longer than ``max_norm`` that long."""
    with no_grad():
        rows = apply(ops.embedding, input, weight)
        lengths = rows.norm(norm_type, -1, keepdim=True)
        weight[input] = where(lengths > max_norm, rows * (max_norm / (lengths + 1e-7)), rows)


def check_mode(name: str, mode: str, scale_grad_by_freq: bool, sparse: bool) -> None:
    """Raise ValueError for an unknown mode, and for what the mode "max" cannot do."""
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f'{name}: mode must be one of "sum", "mean", "max", got {mode!r:.80}')
    for option, wanted in (("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
        if mode == "max" and wanted:
            raise ValueError(f'{name}: expected {option}=False with mode="max", got True; use "sum" or "mean"')


def _check_per_sample(input: Tensor, per_sample_weights: Tensor, mode: str) -> None:
    if mode != "sum":
        raise NotImplementedError(f'embedding_bag: expected mode="sum" with per_sample_weights, got {mode!r}')
    if per_sample_weights.shape != input.shape:
        raise ShapeError(
            f"embedding_bag: expected per_sample_weights of the shape of the indices, {written(input.shape)}, got "
            f"{written(per_sample_weights.shape)}"
        )
