"""Margin losses: which is larger, which are alike. Targets are 1 or −1."""

from __future__ import annotations

from glassnet.errors import ShapeError
from glassnet.functional.distance import cosine_similarity, pairwise_distance
from glassnet.functional.loss_checks import check_alike, check_reduction, reduced
from glassnet.ops.activation import logsigmoid
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply, where

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
]


def soft_margin_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """log(1 + exp(−t·x)): x should have the sign of t.

    >>> F.soft_margin_loss(glassnet.tensor([0.0, 1.0]), glassnet.tensor([1.0, 1.0]), reduction="none")
    tensor([0.6931, 0.3133])
    """
    check_reduction("soft_margin_loss", reduction)
    check_alike("soft_margin_loss", input, target)
    return reduced(-apply(logsigmoid, input * target), reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """The mean over classes, the last dimension, of −t·log σ(x) − (1 − t)·log σ(−x); targets are 0 or 1.

    >>> F.multilabel_soft_margin_loss(glassnet.tensor([[0.0, 0.0]]), glassnet.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """
    check_reduction("multilabel_soft_margin_loss", reduction)
    check_alike("multilabel_soft_margin_loss", input, target)
    losses = -(target * apply(logsigmoid, input) + (1 - target) * apply(logsigmoid, -input))
    return reduced((losses if weight is None else losses * weight).mean(-1), reduction)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """x where t is 1, max(0, margin − x) where it is −1: distances, small where alike and large where not.

    >>> F.hinge_embedding_loss(glassnet.tensor([0.2, 0.2]), glassnet.tensor([1, -1]), reduction="none")
    tensor([0.2000, 0.8000])
    """
    check_reduction("hinge_embedding_loss", reduction)
    check_alike("hinge_embedding_loss", input, target)
    return reduced(where(target == 1, input, (margin - input).clamp(min=0)), reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """max(0, margin − t·(x₁ − x₂)): x₁ should be larger where t is 1, x₂ where it is −1.

    >>> x1, x2 = glassnet.tensor([5.0, 5.0]), glassnet.tensor([3.0, 3.0])
    >>> F.margin_ranking_loss(x1, x2, glassnet.tensor([1, -1]), reduction="none")
    tensor([0., 2.])
    """
    check_reduction("margin_ranking_loss", reduction)
    if not input1.ndim == input2.ndim == target.ndim:
        shapes = ", ".join(written(x.shape) for x in (input1, input2, target))
        raise ShapeError(f"margin_ranking_loss: expected inputs and target of one number of dimensions, got {shapes}")
    return reduced((margin - target * (input1 - input2)).clamp(min=0), reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """1 − cos(x₁, x₂) where t is 1, max(0, cos(x₁, x₂) − margin) where it is −1; vectors lie in the last dimension.

    >>> x1, x2 = glassnet.tensor([[1.0, 0.0]]), glassnet.tensor([[0.0, 1.0]])
    >>> F.cosine_embedding_loss(x1, x2, glassnet.tensor([1]))
    tensor(1.)
    """
    check_reduction("cosine_embedding_loss", reduction)
    cos = cosine_similarity(input1, input2, dim=-1)
    return reduced(where(target == 1, 1 - cos, (cos - margin).clamp(min=0)), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin + ‖a − p‖ − ‖a − n‖): the anchor should be nearer to the positive, by a margin.

    ``swap``: the smaller of ‖a − n‖ and ‖p − n‖ counts. V. Balntas et al., Learning Shallow
    Convolutional Feature Descriptors with Triplet Losses, 2016.

    >>> anchor, far = glassnet.tensor([[0.0, 0.0]]), glassnet.tensor([[3.0, 4.0]])
    >>> F.triplet_margin_loss(anchor, anchor, far), F.triplet_margin_loss(anchor, far, anchor)
    (tensor(0.), tensor(6.0000))
    """
    check_reduction("triplet_margin_loss", reduction)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = far.minimum(pairwise_distance(positive, negative, p, eps))
    return reduced((margin + pairwise_distance(anchor, positive, p, eps) - far).clamp(min=0), reduction)
