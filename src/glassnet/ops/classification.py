"""The losses of a classifier: scores for each of C classes, and the class that is right.

Scores are a matrix [n, C], one row a sample, and labels [n] whole numbers from 0 to C − 1. A row
whose label is ``ignore_index`` counts for nothing. ``weight`` [C] says how much each class counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.elementary import exp
from glassnet.ops.indexing import ARRAY, gather, getitem
from glassnet.ops.movement import cast, reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import sum
from glassnet.ops.selection import where
from glassnet.ops.shapes import shape_of, written
from glassnet.ops.softmax import log_softmax

# what is asked of the inputs ---------------------------------------------------------------------


def _check(name: str, scores: Any, labels: Any, weight: Any = None) -> None:
    """Raise unless ``scores`` are [n, C] and floating, ``labels`` [n] and whole, ``weight`` [C]."""
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: expected class labels of an integer dtype, got {labels.dtype} of shape "
            f"{written(shape_of(labels))}; convert them: labels.long()",
            argument="labels",
        )
    if len(scores.shape) != 2 or labels.shape != scores.shape[:1] or scores.shape[1] == 0:
        raise ShapeError(_why_unfit(name, shape_of(scores), shape_of(labels)), argument="labels")
    if scores.dtype.kind != "f":
        raise DtypeError(f"{name}: expected floating scores, got {scores.dtype}; convert them: x.float()")
    if weight is not None and weight.shape != scores.shape[1:]:
        raise ShapeError(
            f"{name}: expected a weight for each of the {scores.shape[1]} classes, so of shape "
            f"{written(scores.shape[1:])}, got {written(shape_of(weight))}"
        )


def _fit(scores: Array, labels: Array, weight: Array | None) -> bool:
    """Whether `_check` has nothing to say."""
    fit = scores.ndim == 2 and scores.shape[1] > 0 and labels.shape == scores.shape[:1]
    fit = fit and scores.dtype.kind == "f" and labels.dtype.kind in "iu"
    return fit and (weight is None or weight.shape == scores.shape[1:])


def _why_unfit(name: str, scores: tuple[int, ...], labels: tuple[int, ...]) -> str:
    if len(scores) != 2 or scores[1] == 0:
        return f"{name}: expected scores of shape [n, classes], got {written(scores)}"
    if labels == (scores[0], 1):
        hint = "; drop their last dimension: labels.squeeze(1)"
    elif labels == scores:
        hint = "; if they are one-hot rows, take the position of the 1: labels.argmax(1)"
    else:
        hint = "; take scores and labels of one batch"
    return (
        f"{name}: expected one label for each row of the scores {written(scores)}, so labels of shape "
        f"[{scores[0]}], got {written(labels)}{hint}"
    )


def _in_range(name: str, labels: Array, classes: int, ignore_index: int) -> Array:
    """``labels`` with some class in the place of ``ignore_index``; RangeError for one that is no class."""
    # seen as unsigned, a negative number is a huge one: a single look checks both ends
    unsigned = labels.view(f"u{labels.itemsize}")
    if np.maximum.reduce(unsigned, initial=0) < classes:
        return labels
    labels = np.where(labels == ignore_index, 0, labels)
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        error = RangeError(_why_no_class(name, int(wrong[0]), int(labels.min()), classes))
        error.argument = "labels"  # set apart: in source that runs without glassnet this is an IndexError
        raise error
    return labels


def _why_no_class(name: str, wrong: int, least: int, classes: int) -> str:
    if wrong < 0:
        hint = f"to leave rows out of the loss, pass ignore_index={wrong}"
    elif wrong == classes and least > 0:
        hint = "labels that count from 1 must count from 0: labels - 1"
    else:
        hint = f"the scores have {classes} columns, one per class: give the last layer an output for each class"
    return f"{name}: expected class labels from 0 to {classes - 1}, got {wrong}; {hint}"


# how much each row counts ------------------------------------------------------------------------


def _row_weights(
    labels: Array,
    weight: Array | None = None,
    *,
    dtype: Dtype,
    reduction: str = "none",
    ignore_index: int = -100,
    out: Array | None = None,
) -> Array:
    kept = labels != ignore_index
    if weight is None:
        y, total = kept, np.count_nonzero(kept)
    else:
        y = np.where(kept, weight[np.where(kept, labels, 0)], 0)
        total = np.add.reduce(y)
    return np.divide(y, total if reduction == "mean" and total else 1, out=out, dtype=dtype)


def _row_weights_expand(
    labels: Any, weight: Any = None, *, dtype: Dtype, reduction: str = "none", ignore_index: int = -100
) -> Any:
    kept = labels != ignore_index
    y = cast(kept, dtype=dtype)
    if weight is not None:
        y = y * getitem(weight, where(kept, labels, 0), index=(ARRAY,))
    if reduction != "mean":
        return y
    total = sum(y)
    return y / where(total == 0, 1.0, total)


row_weights = register(
    Op(
        "row_weights",
        forward=_row_weights,
        vjp=(None, None),
        shape=lambda labels, _weight=None, *, dtype, **_params: Spec(shape_of(labels), np.dtype(dtype)),
        formula="yᵢ = what labelsᵢ counts, 0 where labelsᵢ = ignore_index; its weight or 1, by their sum for the mean",
        expand=_row_weights_expand,
    )
)


def _reduced(
    losses: Array,
    labels: Array,
    weight: Array | None,
    reduction: str,
    ignore_index: int,
    out: Array | None,
) -> Array:
    """The loss of each row, of all together, or of the average row."""
    count = int(np.count_nonzero(labels != ignore_index))
    if weight is None and count == len(labels) > 0:
        if reduction == "none":
            return np.positive(losses, out=out)
        total = np.add.reduce(losses)
        return np.divide(total, count if reduction == "mean" else 1, out=out)
    w = _row_weights(labels, weight, dtype=losses.dtype, ignore_index=ignore_index)
    losses = np.where(labels == ignore_index, 0, losses * w)
    if reduction == "none":
        return np.positive(losses, out=out)
    whole = np.add.reduce(w) if reduction == "mean" else 1
    return np.divide(np.add.reduce(losses), whole or np.nan, out=out)  # the mean of nothing is NaN


def _reduced_expand(losses: Any, labels: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    w = _row_weights_expand(labels, weight, dtype=losses.dtype, ignore_index=ignore_index)
    losses = where(labels == ignore_index, 0.0, losses * w)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return sum(losses)
    total = sum(w)
    return where(total == 0, np.nan, sum(losses) / where(total == 0, 1.0, total))


def _by_row(g: Any, like: Any, labels: Any, weight: Any, reduction: str, ignore_index: int) -> Any:
    """``g`` times what each row's loss counts for, [n, 1]. For a mean over n rows, g/n."""
    w = row_weights(labels, weight, dtype=like.dtype, reduction=reduction, ignore_index=ignore_index)
    return reshape(g * w, shape=(-1, 1))


def _is_label(labels: Any, like: Any) -> Any:
    """One-hot rows: true in the column of each label, nowhere for one that is no class."""
    return reshape(labels, shape=(-1, 1)) == np.arange(shape_of(like)[1])


def _at_label(scores: Any, labels: Any, ignore_index: int) -> Any:
    """Of each row of ``scores`` the one in the column of its label."""
    column = reshape(where(labels == ignore_index, 0, labels), shape=(-1, 1))
    return reshape(gather(scores, column, dim=1), shape=(-1,))


def _loss_shape(name: str) -> Any:
    def rule(
        scores: Any, labels: Any, weight: Any = None, *, reduction: str = "mean", ignore_index: int = -100
    ) -> Spec:
        _check(name, scores, labels, weight)
        return Spec(shape_of(labels) if reduction == "none" else (), scores.dtype)

    return rule


# the losses --------------------------------------------------------------------------------------


def _nll_loss(
    log_p: Array,
    labels: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    ignore_index: int = -100,
    out: Array | None = None,
) -> Array:
    if not _fit(log_p, labels, weight):
        raise ValueError("nll_loss: scores and labels do not fit together")  # the shape rule says how
    columns = _in_range("nll_loss", labels, log_p.shape[1], ignore_index)
    losses = np.negative(log_p[np.arange(len(columns)), columns])
    return _reduced(losses, labels, weight, reduction, ignore_index, out)


def _nll_loss_rule(
    g: Any,
    _y: Any,
    _log_p: Any,
    labels: Any,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int = -100,
) -> Any:
    return -_by_row(g, _log_p, labels, weight, reduction, ignore_index) * _is_label(labels, _log_p)


def _nll_loss_expand(
    log_p: Any, labels: Any, weight: Any = None, reduction: str = "mean", ignore_index: int = -100
) -> Any:
    losses = -_at_label(log_p, labels, ignore_index)
    return _reduced_expand(losses, labels, weight, reduction, ignore_index)


nll_loss = register(
    Op(
        "nll_loss",
        forward=_nll_loss,
        vjp=(_nll_loss_rule, None, None),
        shape=_loss_shape("nll_loss"),
        formula="y = mean of −log pᵢ[labelsᵢ] over the rows i",
        expand=_nll_loss_expand,
    )
)


def _cross_entropy(
    logits: Array,
    labels: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    ignore_index: int = -100,
    out: Array | None = None,
) -> Array:
    if not _fit(logits, labels, weight):
        raise ValueError("cross_entropy: scores and labels do not fit together")  # the shape rule says how
    columns = _in_range("cross_entropy", labels, logits.shape[1], ignore_index)
    shifted = np.subtract(logits, np.maximum.reduce(logits, axis=1, keepdims=True))  # exp cannot overflow
    losses = np.log(np.add.reduce(np.exp(shifted), axis=1))
    losses -= shifted[np.arange(len(columns)), columns]
    return _reduced(losses, labels, weight, reduction, ignore_index, out)


def _cross_entropy_rule(
    g: Any,
    _y: Any,
    logits: Any,
    labels: Any,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int = -100,
) -> Any:
    # (p − t)/n: what the network says, minus what is so
    p, t = exp(log_softmax(logits, dim=1)), _is_label(labels, logits)
    return _by_row(g, logits, labels, weight, reduction, ignore_index) * (p - t)


def _cross_entropy_expand(
    logits: Any, labels: Any, weight: Any = None, reduction: str = "mean", ignore_index: int = -100
) -> Any:
    log_p = log_softmax(logits, dim=1)
    inputs = (log_p, labels) if weight is None else (log_p, labels, weight)
    return nll_loss(*inputs, reduction=reduction, ignore_index=ignore_index)


cross_entropy = register(
    Op(
        "cross_entropy",
        forward=_cross_entropy,
        vjp=(_cross_entropy_rule, None, None),
        shape=_loss_shape("cross_entropy"),
        formula="y = mean of −log softmax(logitsᵢ)[labelsᵢ] over the rows i",
        expand=_cross_entropy_expand,
        inline=True,
    )
)
