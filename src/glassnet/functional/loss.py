"""Losses of numbers: how far the input is from the target, element by element, then reduced.

``reduction`` is "mean" (over all elements), "sum" or "none". Where input and target differ in
shape and broadcast, there is a warning: a column against a row compares every pair.
"""

from __future__ import annotations

import math

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.functional.loss_checks import (
    REDUCTIONS,
    check_alike,
    check_reduction,
    reduced,
    warn_if_made_by,
    warn_unless_alike,
)
from glassnet.functional.size_average import takes_size_average
from glassnet.ops import loss
from glassnet.ops.activation import logsigmoid, sigmoid
from glassnet.ops.record import Op
from glassnet.ops.shapes import written
from glassnet.ops.softmax import softmax
from glassnet.tensor import Tensor, apply, where
from glassnet.tensor.graph import labelled

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]


def _loss(
    name: str, op: Op, input: Tensor, target: Tensor, reduction: str, weight: Tensor | None, **params: float
) -> Tensor:
    check_reduction(name, reduction)
    warn_unless_alike(name, input, target)
    losses = apply(op, input, target, **params)
    return labelled(reduced(losses if weight is None else losses * weight, reduction), name)


def _weighted_mean(name: str, op: Op, input: Tensor, target: Tensor, reduction: str, weight: Tensor | None) -> Tensor:
    if weight is None:
        return _loss(name, op, input, target, reduction, None)
    _check_weight(name, input, weight)
    if reduction != "mean":
        return _loss(name, op, input, target, reduction, weight)
    return _loss(name, op, input, target, "sum", weight) / weight.sum()


def _check_weight(name: str, input: Tensor, weight: Tensor) -> None:
    if weight.shape != input.shape:
        raise ShapeError(
            f"{name}: expected weights of the shape of the input, {written(input.shape)}, got {written(weight.shape)}"
        )


@takes_size_average
def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """(x − t)²: the mean squared error. With weights, of the input's shape, the weighted mean.

    >>> F.mse_loss(glassnet.tensor([1.0, 5.0]), glassnet.tensor([2.0, 2.0]))
    tensor(5.)
    """
    return _weighted_mean("mse_loss", loss.squared_error, input, target, reduction, weight)


@takes_size_average
def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """|x − t|: the mean absolute error. With weights, of the input's shape, the weighted mean.

    >>> F.l1_loss(glassnet.tensor([1.0, 5.0]), glassnet.tensor([2.0, 2.0]))
    tensor(2.)
    """
    return _weighted_mean("l1_loss", loss.absolute_error, input, target, reduction, weight)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """(x − t)²/2 where |x − t| < delta, beyond it a straight line: delta · (|x − t| − delta/2).

    Weights have the shape of the input; the mean is still over the number of elements, as in PyTorch.
    Raises ValueError unless ``delta`` is above 0. P. Huber, Robust Estimation of a Location Parameter, 1964.

    >>> F.huber_loss(glassnet.tensor([1.0, 5.0]), glassnet.tensor([2.0, 2.0]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    if weight is not None:
        _check_weight("huber_loss", input, weight)
    if delta <= 0:
        raise RangeError(f"huber_loss: expected a delta above 0, got {delta}")
    return _loss("huber_loss", loss.huber, input, target, reduction, weight, delta=delta)


@takes_size_average
def smooth_l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """(x − t)²/(2·beta) where |x − t| < beta, else |x − t| − beta/2: `huber_loss` divided by beta.

    With beta = 0 it is `l1_loss`; ValueError below. R. Girshick, Fast R-CNN, 2015.

    >>> F.smooth_l1_loss(glassnet.tensor([1.0, 5.0]), glassnet.tensor([2.0, 2.0]), reduction="none")
    tensor([0.5000, 2.5000])
    """
    if beta < 0:
        raise RangeError(f"smooth_l1_loss: expected a beta of 0 or more, got {beta}")
    if beta == 0:
        return _loss("smooth_l1_loss", loss.absolute_error, input, target, reduction, None)
    return _loss("smooth_l1_loss", loss.smooth_l1, input, target, reduction, None, beta=beta)


@takes_size_average
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """−t·log x − (1 − t)·log(1 − x), each logarithm at least −100.

    Both are probabilities: RangeError (a ValueError) for what is not between 0 and 1, ShapeError
    unless they have one shape. `binary_cross_entropy_with_logits` takes logits.

    >>> F.binary_cross_entropy(glassnet.tensor([0.5, 1.0]), glassnet.tensor([1.0, 1.0]), reduction="none")
    tensor([0.6931, -0.0000])
    """
    check_alike("binary_cross_entropy", input, target)
    if target.dtype.kind != "f":
        raise DtypeError(f"binary_cross_entropy: expected targets that are floating, got {target.dtype}: y.float()")
    return _loss("binary_cross_entropy", loss.binary_cross_entropy, input, target, reduction, weight)


@takes_size_average
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """binary_cross_entropy(sigmoid(x), t), for x of any size.

    ``pos_weight`` is how much more a positive counts than a negative; it broadcasts. Raises
    ShapeError unless input and target have one shape.

    >>> logits, target = glassnet.tensor([0.0, -100.0]), glassnet.tensor([1.0, 1.0])
    >>> F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    tensor([  0.6931, 100.0000])
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(name, reduction)
    check_alike(name, input, target)
    warn_if_made_by(
        sigmoid,
        input,
        f"{name} takes logits and applies the sigmoid itself, but this input is the result of a sigmoid; leave that "
        "out of the network, or use binary_cross_entropy",
    )
    losses = apply(loss.binary_cross_entropy_with_logits, input, target)
    if pos_weight is not None:
        losses = losses - (pos_weight - 1) * target * apply(logsigmoid, input)
    losses = losses if weight is None else losses * weight
    return labelled(reduced(losses, reduction), "binary_cross_entropy_with_logits")


@takes_size_average
def kl_div(input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """t·(log t − x), the Kullback-Leibler divergence of t from exp(x): ``input`` are log-probabilities.

    ``log_target``: the target holds log-probabilities too. "batchmean" divides the sum by the number of
    rows, which is the divergence of an average row; "mean" divides it by the number of elements.

    >>> p, q = glassnet.tensor([[0.5, 0.5]]), glassnet.tensor([[0.5, 0.5]])
    >>> F.kl_div(q.log(), p, reduction="batchmean")
    tensor(0.)
    """
    check_reduction("kl_div", reduction, (*REDUCTIONS, "batchmean"))
    warn_if_made_by(
        softmax, input, "kl_div takes log-probabilities, but this input is the result of softmax; use log_softmax"
    )
    losses = target.exp() * (target - input) if log_target else apply(loss.kl_div, input, target)
    if reduction == "batchmean":
        return losses.sum() / max(losses.shape[0], 1) if losses.shape else losses
    return reduced(losses, reduction)


@takes_size_average
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """exp(x) − t·x, the negative log-likelihood of counts t of which exp(x) are expected.

    Without ``log_input``, x are the expected counts themselves: x − t·log(x + eps). ``full`` adds
    Stirling's approximation of log t!.

    >>> F.poisson_nll_loss(glassnet.tensor([0.0]), glassnet.tensor([3.0]))
    tensor(1.)
    """
    check_reduction("poisson_nll_loss", reduction)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        several = target > 1
        t = where(several, target, 1.0)
        losses = losses + where(several, t * t.log() - t + 0.5 * (2 * math.pi * t).log(), 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log v + (x − t)²/v)/2, the negative log-likelihood of targets with mean x and variance v, at least ``eps``.

    ``var`` may lack the last dimension, or have size 1 in one. ``full`` adds log(2π)/2. Raises ValueError for a
    negative variance, and for variances of another shape.

    >>> F.gaussian_nll_loss(glassnet.tensor([1.0]), glassnet.tensor([3.0]), var=1.0)
    tensor(2.)
    """
    check_reduction("gaussian_nll_loss", reduction)
    warn_unless_alike("gaussian_nll_loss", input, target)
    if not isinstance(var, Tensor):
        var = input.detach() * 0.0 + var
    if var.shape != input.shape and var.shape == input.shape[:-1]:
        var = var.unsqueeze(-1)
    different = [n for m, n in zip(input.shape, var.shape, strict=False) if m != n]
    if var.ndim != input.ndim or different not in ([], [1]):
        raise ShapeError(
            f"gaussian_nll_loss: expected variances of the shape of the input, {written(input.shape)}, of "
            f"{written(input.shape[:-1])}, or with one size 1, got {written(var.shape)}"
        )
    if var.numel() and var.array.min() < 0:
        raise RangeError(f"gaussian_nll_loss: expected variances of 0 or more, got {var.array.min():g}")
    var = var + (var.detach().clamp(min=eps) - var.detach())  # at least eps, and its gradient goes through
    losses = 0.5 * (var.log() + apply(loss.squared_error, input, target) / var)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)
