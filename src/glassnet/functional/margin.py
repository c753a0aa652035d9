"""Margin losses: which is larger, which are alike. The loss is 0 where the difference is as large as the margin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.functional.distance import pairwise_distance
from glassnet.functional.loss_checks import check_alike, check_reduction, reduced
from glassnet.functional.size_average import takes_size_average
from glassnet.ops.activation import logsigmoid
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply, where
from glassnet.tensor.creation import arange

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

# of signs: targets are 1 or −1 -------------------------------------------------------------------


@takes_size_average
def soft_margin_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """log(1 + exp(−t·x)): x should have the sign of t.

    >>> F.soft_margin_loss(glassnet.tensor([0.0, 1.0]), glassnet.tensor([1.0, 1.0]), reduction="none")
    tensor([0.6931, 0.3133])
    """
    check_reduction("soft_margin_loss", reduction)
    check_alike("soft_margin_loss", input, target)
    return reduced(-apply(logsigmoid, input * target), reduction)


@takes_size_average
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """x where t is 1, max(0, margin − x) where it is −1: distances, small where alike and large where not.

    >>> F.hinge_embedding_loss(glassnet.tensor([0.2, 0.2]), glassnet.tensor([1, -1]), reduction="none")
    tensor([0.2000, 0.8000])
    """
    check_reduction("hinge_embedding_loss", reduction)
    check_alike("hinge_embedding_loss", input, target)
    alike = where(target != -1, input, 0.0)  # a target of neither 1 nor −1 counts as both, as in PyTorch
    return reduced(alike + where(target != 1, (margin - input).clamp(min=0), 0.0), reduction)


@takes_size_average
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


@takes_size_average
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """1 − cos(x₁, x₂) where t is 1, max(0, cos(x₁, x₂) − margin) where it is −1; vectors lie in the last dimension.

    >>> x1, x2 = glassnet.tensor([[1.0, 0.0]]), glassnet.tensor([[0.0, 1.0]])
    >>> F.cosine_embedding_loss(x1, x2, glassnet.tensor([1]))
    tensor(1.)
    """
    check_reduction("cosine_embedding_loss", reduction)
    if not input1.ndim == input2.ndim == target.ndim + 1 <= 2:
        shapes = ", ".join(written(x.shape) for x in (input1, input2, target))
        raise ShapeError(
            f"cosine_embedding_loss: expected inputs [n, d] and a target [n], or [d] and a target [], got {shapes}"
        )
    squares1, squares2 = ((x * x).sum(-1) + 1e-12 for x in (input1, input2))  # as PyTorch: never 0
    cos = (input1 * input2).sum(-1) / (squares1 * squares2).sqrt()
    if 1 < cos.numel() != target.numel() > 1:
        raise ShapeError(
            f"cosine_embedding_loss: expected a target of shape {written(cos.shape)}, 1 or −1 for each pair of "
            f"vectors, got {written(target.shape)}"
        )
    unlike = where(target == -1, (cos - margin).clamp(min=0), 0.0)
    return reduced(where(target == 1, 1 - cos, unlike), reduction)


# of distances --------------------------------------------------------------------------------


@takes_size_average
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

    ``swap``: the smaller of ‖a − n‖ and ‖p − n‖ counts. Raises RangeError unless ``margin`` is above 0, ShapeError for
    different numbers of dimensions. V. Balntas et al., Learning Shallow Convolutional Feature Descriptors with Triplet
    Losses, 2016.

    >>> anchor, far = glassnet.tensor([[0.0, 0.0]]), glassnet.tensor([[3.0, 4.0]])
    >>> F.triplet_margin_loss(anchor, anchor, far), F.triplet_margin_loss(anchor, far, anchor)
    (tensor(0.), tensor(6.0000))
    """
    distance = partial(pairwise_distance, p=p, eps=eps)
    return _triplet("triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin + d(a, p) − d(a, n)): `triplet_margin_loss` with a distance of your own; without, that of pairs.

    >>> x, far = glassnet.tensor([[1.0, 0.0]]), glassnet.tensor([[0.0, 2.0]])
    >>> F.triplet_margin_with_distance_loss(x, x, far, distance_function=lambda a, b: 1 - F.cosine_similarity(a, b))
    tensor(0.)
    """
    distance = distance_function or pairwise_distance
    return _triplet("triplet_margin_with_distance_loss", anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    name: str,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    check_reduction(name, reduction)
    check_margin(name, margin)
    if not anchor.ndim == positive.ndim == negative.ndim:
        shapes = ", ".join(written(x.shape) for x in (anchor, positive, negative))
        raise ShapeError(
            f"{name}: expected anchor, positive and negative of one number of dimensions, got shapes {shapes}"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = far.minimum(distance(positive, negative))
    return reduced((margin + near - far).clamp(min=0), reduction)


def check_margin(name: str, margin: float) -> None:
    """Raise RangeError unless ``margin`` is above 0."""
    if margin <= 0:
        raise RangeError(f"{name}: expected a margin above 0, got {margin}")


# of classes: the right one should have the larger score ------------------------------------------


@takes_size_average
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Σᵢ max(0, margin − x[t] + x[i])ᵖ / C over the classes i but the true one, t: its score should lead by a margin.

    Scores [n, C] and labels [n], or [C] and []. ``p`` is 1 or 2; ``weight`` [C] multiplies the losses of samples of
    each class, and the mean is over samples. Raises RangeError for another ``p`` or a label that is no class,
    ShapeError and DtypeError for what does not fit. K. Crammer and Y. Singer, On the Algorithmic Implementation of
    Multiclass Kernel-based Vector Machines, 2001.

    >>> F.multi_margin_loss(glassnet.tensor([[0.5, 0.25, 2.0]]), glassnet.tensor([2]))  # it leads by 1.5 and more
    tensor(0.)
    >>> F.multi_margin_loss(glassnet.tensor([[0.5, 0.25, 2.0]]), glassnet.tensor([0]))  # (0.75 + 2.5)/3
    tensor(1.0833)
    """
    name = "multi_margin_loss"
    check_reduction(name, reduction)
    check_power(name, p)
    scores = _scores(name, input)
    n, classes = scores.shape
    if target.numel() != n or target.ndim > 1 or (input.ndim == 2 and target.ndim != 1):
        raise ShapeError(f"{name}: expected one label for each row of scores, [{n}], got {written(target.shape)}")
    if weight is not None:
        check_class_weight(name, weight, classes)
    labels = _labels(name, target, 0, classes).reshape(n)
    losses = (margin - scores.gather(1, labels.unsqueeze(1)) + scores).clamp(min=0)
    losses = where(_is_label(labels, classes), 0.0, losses if p == 1 else losses.square())
    if weight is not None:
        losses = losses * weight[labels].unsqueeze(1)
    losses = losses.sum(1) / classes
    return reduced(losses if target.ndim else losses.reshape(()), reduction)


@takes_size_average
def multilabel_margin_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """Σⱼᵢ max(0, 1 − (x[tⱼ] − x[i])) / C over the labels tⱼ of a sample and the classes i that are none of them.

    Scores [n, C] or [C]; the target has their shape, and holds the labels of each sample, as many as there are, then
    −1. Raises RangeError for a label that is no class, ShapeError and DtypeError for what does not fit.

    >>> scores = glassnet.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> F.multilabel_margin_loss(scores, glassnet.tensor([[3, 0, -1, 1]]))  # labels 3 and 0; the 1 behind −1 is none
    tensor(0.8500)
    """
    name = "multilabel_margin_loss"
    check_reduction(name, reduction)
    scores = _scores(name, input)
    check_alike(name, input, target)
    classes = scores.shape[1]
    labels = _labels(name, target, -1, classes).reshape(-1, classes)
    given = (labels < 0).long().cumsum(1) == 0
    labels = where(given, labels, 0)
    right = (_is_label(labels, classes) & given.unsqueeze(2)).any(1)
    losses = (1 - scores.gather(1, labels).unsqueeze(2) + scores.unsqueeze(1)).clamp(min=0)  # [n, labels, classes]
    losses = where(given.unsqueeze(2) & ~right.unsqueeze(1), losses, 0.0).sum((1, 2)) / classes
    return reduced(losses if input.ndim == 2 else losses.reshape(()), reduction)


@takes_size_average
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


def _scores(name: str, input: Tensor) -> Tensor:
    """Scores as a matrix [n, C]."""
    if input.ndim > 2 or input.shape[-1:] == (0,):
        raise ShapeError(f"{name}: expected scores [n, classes] or [classes], got {written(input.shape)}")
    return input if input.ndim == 2 else input.reshape(1, -1)


def _labels(name: str, target: Tensor, least: int, classes: int) -> Tensor:
    """The labels, all from ``least`` to the last class."""
    if target.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: expected class labels of an integer dtype, got {target.dtype}; convert them: labels.long()"
        )
    for wrong in target.array[(target.array < least) | (target.array >= classes)].flat:
        raise RangeError(f"{name}: expected class labels from {least} to {classes - 1}, got {wrong}")
    return target


def _is_label(labels: Tensor, classes: int) -> Tensor:
    """One-hot: true at the class that each label is, in a last dimension of its own."""
    return labels.unsqueeze(-1) == arange(classes)


def check_power(name: str, p: int) -> None:
    """Raise RangeError unless ``p`` is 1 or 2."""
    if p not in (1, 2):
        raise RangeError(f"{name}: expected p as 1 or 2, got {p}")


def check_class_weight(name: str, weight: Tensor, classes: int | None = None) -> None:
    """Raise ShapeError unless ``weight`` has one dimension, and a number for each class."""
    if weight.ndim != 1 or weight.shape[0] != (weight.shape[0] if classes is None else classes):
        expected = "[classes]" if classes is None else f"[{classes}]"
        raise ShapeError(
            f"{name}: expected a weight for each class, so of shape {expected}, got {written(weight.shape)}"
        )
