"""Losses of classifiers: which of C classes is it?

Scores are [n, C], [C] for one sample, or [n, C, d₁, …] with a label at each of d₁ × …. Labels are
whole numbers from 0 to C − 1, one for each row of scores; `cross_entropy` also takes a
probability for each class. ``weight`` [C] is how much each class counts; rows with the
label ``ignore_index`` do not count. The "mean" is weighted in the same way.
"""

from __future__ import annotations

import math

from glassnet.errors import RangeError, ShapeError
from glassnet.functional.loss_checks import check_reduction, reduced, warn_if_made_by
from glassnet.functional.size_average import takes_size_average
from glassnet.functional.tensor_checks import check_tensor
from glassnet.ops import classification, softmax
from glassnet.ops.record import Op
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply, where
from glassnet.tensor.graph import labelled

__all__ = ["cross_entropy", "nll_loss"]


@takes_size_average
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """−log softmax(x)[label], the surprise at the true class; ``input`` are logits, of any size.

    ``target`` may be probabilities, in the shape of the input: then −Σ t·log softmax(x).
    ``label_smoothing`` ε gives every class ε/C of each target.

    Raises IndexError for a label that is no class, ShapeError where shapes do not fit, DtypeError
    for labels that are not whole numbers, ValueError for an unknown reduction.

    >>> scores = glassnet.tensor([[0.0, 0.0], [0.0, 100.0]])
    >>> F.cross_entropy(scores, glassnet.tensor([0, 1]), reduction="none")
    tensor([0.6931, 0.0000])
    """
    check_reduction("cross_entropy", reduction)
    check_tensor("cross_entropy", input, "the scores")
    check_tensor("cross_entropy", target, "the labels")
    warn_if_made_by(
        softmax.softmax,
        input,
        "cross_entropy takes logits and applies softmax itself, but this input is the result of softmax; leave that "
        "out of the network",
    )
    if not 0 <= label_smoothing <= 1:
        raise RangeError(f"cross_entropy: expected label_smoothing from 0 to 1, got {label_smoothing}")
    if weight is not None:
        weight = weight.to(dtype=input.dtype)
    if target.dtype.kind == "f" and target.shape == input.shape and input.shape:
        if ignore_index >= 0:
            raise RangeError(
                f"cross_entropy: ignore_index={ignore_index} is for labels, and the target holds probabilities; leave "
                "it out, and make rows that should not count 0"
            )
        return _of_probabilities(input, target, weight, reduction, label_smoothing)
    if label_smoothing > 0:
        return _smoothed(input, target, weight, ignore_index, reduction, label_smoothing)
    return _by_row(classification.cross_entropy, input, target, weight, ignore_index, reduction)


@takes_size_average
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """−x[label], the surprise at the true class; ``input`` are log-probabilities, as of `log_softmax`.

    Raises what `cross_entropy` raises.

    >>> log_p = glassnet.tensor([[0.5, 0.5], [0.25, 0.75]]).log()
    >>> F.nll_loss(log_p, glassnet.tensor([0, 0]), reduction="none")
    tensor([0.6931, 1.3863])
    """
    check_reduction("nll_loss", reduction)
    check_tensor("nll_loss", input, "the scores")
    check_tensor("nll_loss", target, "the labels")
    warn_if_made_by(
        softmax.softmax,
        input,
        "nll_loss takes log-probabilities, but this input is the result of softmax; use log_softmax",
    )
    if weight is not None:
        weight = weight.to(dtype=input.dtype)
    return _by_row(classification.nll_loss, input, target, weight, ignore_index, reduction)


def _by_row(op: Op, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str) -> Tensor:
    scores, labels = _rows(op.name, input, target)
    loss = apply(op, scores, labels, weight, reduction=reduction, ignore_index=ignore_index)
    if target.ndim != 1:
        loss = labelled(loss.reshape(target.shape) if reduction == "none" else loss, "nll_loss2d")
    return loss


def _rows(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Scores as [n, C] and labels as [n], whatever their dimensions."""
    if input.ndim == 2:
        return input, target
    if input.ndim == 0:
        raise ShapeError(f"{name}: expected a score for each class, got one number")
    expected = input.shape[:1] + input.shape[2:] if input.ndim > 2 else ()
    if target.shape != expected:
        raise ShapeError(
            f"{name}: for scores of shape {written(input.shape)}, of which dimension {min(input.ndim - 1, 1)} is the "
            f"classes, expected labels of shape {written(expected)}, got {written(target.shape)}"
        )
    if input.ndim == 1:
        return input.reshape(1, -1), target.reshape(1)
    return input.movedim(1, -1).reshape(-1, input.shape[1]), target.reshape(-1)


def _of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    dim = min(input.ndim - 1, 1)
    classes = input.shape[dim]
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    log_p = input.log_softmax(dim)
    if weight is not None:
        log_p = log_p * _along(weight, dim, input)
    return reduced(-(log_p * target).sum(dim), reduction)


def _along(weight: Tensor, dim: int, input: Tensor) -> Tensor:
    """``weight``, a number for each class, in the shape that multiplies dimension ``dim`` of ``input``."""
    if weight.shape != (input.shape[dim],):
        raise ShapeError(
            f"cross_entropy: expected a weight for each of the {input.shape[dim]} classes, so of shape "
            f"[{input.shape[dim]}], got {written(weight.shape)}"
        )
    return weight.reshape(-1, *(1,) * (input.ndim - dim - 1))


def _smoothed(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, label_smoothing: float
) -> Tensor:
    scores, labels = _rows("cross_entropy", input, target if target.dtype.kind == "f" else target.long())
    log_p = scores.log_softmax(1)
    options = {"ignore_index": ignore_index}
    of_label = apply(classification.nll_loss, log_p, labels, weight, reduction="none", **options)
    of_all = -(log_p if weight is None else log_p * weight).sum(1)
    share = label_smoothing / scores.shape[1]
    losses = (1 - label_smoothing) * of_label + share * where(labels != ignore_index, of_all, 0.0)
    if reduction == "none":
        return losses.reshape(target.shape)
    if reduction == "sum":
        return losses.sum()
    total = apply(classification.row_weights, labels, weight, dtype=scores.dtype, **options).sum()
    nothing = total == 0  # the mean of nothing is NaN, but no reason to spoil the weights
    return where(nothing, math.nan, losses.sum() / where(nothing, 1.0, total))
