"""Losses, as functions and as the last layer of a network.

Targets of a classifier are labels, whole numbers from 0 to C − 1, one for each row of [n, C], or
rows of the shape of the scores themselves: one-hot, or any probabilities that add up to 1. A
single sample, [C], has a number for its label, or one such row.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops import arithmetic, elementary, indexing, loss, reduction, selection, softmax
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.record import Op
from glassnet.ops.shapes import written
from glassnet.scratch.arrays import floats, numbers, plain, run, same_shape
from glassnet.scratch.layer import Layer

SLACK = 1e-3
"""How far a probability, or a sum of them, may be off by rounding."""


def mean_squared_error(y: Any, t: Any) -> Any:
    """The mean of (y − t)² over all elements, PyTorch's ``mse_loss``; ``y`` and ``t`` of one shape.

    Some books call ½ Σ (y − t)² by this name: that is `sum_squared_error`. Raises ShapeError for
    different shapes, which NumPy might broadcast, and where there is nothing to take the mean of.

    >>> float(scratch.mean_squared_error([1, 5], [2, 2]))
    5.0
    """
    errors = _squared_errors("mean_squared_error", y, t)
    return plain(run(reduction.mean, errors))


def sum_squared_error(y: Any, t: Any) -> Any:
    """½ Σ (y − t)², whose derivative is y − t; ``y`` and ``t`` of one shape.

    >>> float(scratch.sum_squared_error([1, 5], [2, 2]))
    5.0
    """
    errors = _squared_errors("sum_squared_error", y, t)
    return plain(run(arithmetic.mul, run(reduction.sum, errors), 0.5))


def _squared_errors(name: str, y: Any, t: Any) -> Array:
    y, t = floats(name, y, t)
    same_shape(name, "targets", t, "the predictions", y)
    _not_empty(name, y.shape)
    return run(loss.squared_error, y, t)


def _not_empty(name: str, shape: tuple[int, ...]) -> None:
    if 0 in shape:
        raise ShapeError(f"{name}: expected at least one sample, got shape {written(shape)}")


def one_hot_targets(name: str, t: Any, shape: tuple[int, ...], dtype: Dtype) -> Array:
    """The targets ``t`` of scores of ``shape``, [..., C], as one row of probabilities for each row.

    Raises ShapeError, RangeError or DtypeError for what cannot be the targets of these scores.
    """
    if not shape:
        raise ShapeError(f"{name}: expected scores [n, classes] or [classes], got a single number")
    _not_empty(name, shape)
    t = numbers(name, t)
    if t.shape == shape:
        rows: Array = t.astype(dtype, copy=False)
        totals = np.add.reduce(rows, axis=-1)
        if not (np.minimum.reduce(rows, axis=None, initial=0) >= -SLACK and (abs(totals - 1) <= SLACK).all()):
            raise RangeError(
                f"{name}: expected targets of the shape of the scores, {written(shape)}, to be rows of probabilities "
                "(one-hot, for instance) that add up to 1, and these do not"
            )
        return rows
    if t.shape != shape[:-1] and not (t.shape == (1,) and len(shape) == 1):
        raise ShapeError(_why_no_targets(name, t.shape, shape))
    if t.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: expected class labels that are whole numbers, got {t.dtype}; convert them: t.astype(int)"
        )
    wrong = t[(t < 0) | (t >= shape[-1])]
    if wrong.size:
        raise RangeError(
            f"{name}: expected class labels from 0 to {shape[-1] - 1} (there are {shape[-1]} scores a sample, one a "
            f"class), got {wrong[0]}"
        )
    return run(indexing.one_hot, t.reshape(shape[:-1]), classes=shape[-1], dtype=dtype)


def _why_no_targets(name: str, got: tuple[int, ...], shape: tuple[int, ...]) -> str:
    hint = ""
    if len(got) == len(shape) and got[:-1] == shape[:-1]:
        hint = f"; a one-hot row has one place a class: {shape[-1]}, not {got[-1]}"
        if got[-1] == 1:
            hint = "; if these are labels, drop the last axis: t[..., 0]"
    labels = written(shape[:-1]) if len(shape) > 1 else "one number"
    return (
        f"{name}: expected labels {labels} or one-hot rows {written(shape)}, for scores {written(shape)}, got "
        f"{written(got)}{hint}"
    )


class _MeanCrossEntropy(Layer):
    """The mean of −Σ t·log p over the samples; the layer's operation gives log p."""

    def __init__(self, op: Op, **options: Any) -> None:
        super().__init__(op, **options)
        self.t: Array | None = None

    def __repr__(self) -> str:
        return f"<{self.name}: −Σ t·log y, over n>"

    def _loss(self, x: Array, t: Array) -> Any:
        log_p = Layer.forward(self, x)
        self.t = t
        losses = run(arithmetic.mul, t, run(selection.where, t == 0, 0.0, log_p))  # where t is 0, p may be too
        total = run(arithmetic.sub, 0.0, run(reduction.sum, losses))
        return plain(run(arithmetic.div, total, self._samples(t)))

    def _samples(self, t: Array) -> int:
        return math.prod(t.shape[:-1])

    def _upstream(self, dout: Any) -> Any:
        """−t · dout/n: the gradient by each logarithm, which the operation's own rule takes on from there."""
        if self.t is None:
            return super()._upstream(dout)  # which says that there was no forward
        (dout,) = floats(self.name, dout)
        if dout.shape:
            raise ShapeError(f"{self.name}: expected dout to be one number, as the loss is, got {written(dout.shape)}")
        return super()._upstream(run(arithmetic.mul, self.t, -dout / self._samples(self.t)))


class CrossEntropyError(_MeanCrossEntropy):
    """The mean of −log y[label] over the samples. Backward: −t/y · dout/n.

    ``y`` are probabilities. One of 0 counts as the smallest normal number of its dtype: the loss
    (708 in float64) and its slope stay finite, and every other loss is exact.

    >>> layer = scratch.CrossEntropyError()
    >>> float(layer.forward([0.5, 0.5], 0).round(4))
    0.6931
    >>> layer.backward()
    array([-2., -0.])
    """

    def __init__(self) -> None:
        super().__init__(elementary.log)

    def forward(self, y: Any, t: Any) -> Any:
        """The loss of probabilities y [n, C] (or [C]) and targets t, as one number."""
        (y,) = floats(self.name, y)
        targets = one_hot_targets(self.name, t, y.shape, y.dtype)
        least, most = np.minimum.reduce(y, axis=None), np.maximum.reduce(y, axis=None)
        if not (least >= -SLACK and most <= 1 + SLACK):  # written so that NaN fails
            raise RangeError(
                f"{self.name}: expected probabilities, from 0 to 1, got numbers from {least:g} to {most:g}; for scores "
                "of any size there is SoftmaxWithLoss"
            )
        return self._loss(run(arithmetic.maximum, y, np.finfo(y.dtype).tiny), targets)


class SoftmaxWithLoss(_MeanCrossEntropy):
    """Softmax and cross entropy in one, for scores of any size. Backward: (y − t) · dout/n.

    >>> layer = scratch.SoftmaxWithLoss()
    >>> float(layer.forward([0, 0], 0).round(4))
    0.6931
    >>> layer.backward()
    array([-0.5,  0.5])
    """

    def __init__(self) -> None:
        super().__init__(softmax.log_softmax, dim=-1)

    @property
    def y(self) -> Array | None:
        """The probabilities: softmax of the scores that forward saw last."""
        return None if self.out is None else run(elementary.exp, self.out)

    def forward(self, x: Any, t: Any) -> Any:
        """The loss of scores x [n, C] (or [C]) and targets t, as one number."""
        (x,) = floats(self.name, x)
        return self._loss(x, one_hot_targets(self.name, t, x.shape, x.dtype))


def cross_entropy_error(y: Any, t: Any) -> Any:
    """The mean of −log y[label] over the samples; ``y`` are probabilities, as softmax gives them.

    ``t``: labels or one-hot rows (see the module). A probability of 0 counts as the smallest normal
    number of its dtype, so that the loss (708 in float64) is finite; all others are exact, with
    nothing added to them.

    Raises ShapeError where shapes do not fit or there is no sample, RangeError for a label that is
    no class or a y that is no probability, DtypeError for labels that are not whole numbers.

    >>> loss = scratch.cross_entropy_error([[0.5, 0.5], [0.25, 0.75]], [0, 0])
    >>> float(loss.round(4))
    1.0397
    """
    layer = CrossEntropyError()
    layer.name = "cross_entropy_error"
    return layer.forward(y, t)
