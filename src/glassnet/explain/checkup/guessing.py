"""What guessing comes to: the outputs that are best when nothing is known of a sample, and how right outputs are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.ops.dtypes import Array

TINY = 1e-6


def guesses(outputs: Array, y: Array) -> Iterator[Array]:
    """Outputs that say the same of every sample, of the shape of one: which is best depends on the loss."""
    dims = classes_in(outputs, y)
    for dim in dims:
        labels = y[(y >= 0) & (y < outputs.shape[dim])]
        if not labels.size:
            return
        shares = np.bincount(labels.astype(np.int64).reshape(-1), minlength=outputs.shape[dim]) / labels.size
        rest = (1,) * (outputs.ndim - 1 - dim)
        yield from (one.reshape(-1, *rest) for one in _of_shares(outputs, shares + TINY))
    if dims:
        return
    if outputs.size == y.size and outputs.shape[0] == y.shape[0]:
        targets = y.reshape(outputs.shape).astype(np.float64)
        mean = targets.mean(0)
        yield from (mean, np.median(targets, axis=0))
        if targets.min() >= 0:
            yield np.log(mean + TINY)  # of counts, or of shares
            if targets.max() <= 1:
                inner = mean.clip(TINY, 1 - TINY)
                yield np.log(inner / (1 - inner))


def right(outputs: Array, y: Array) -> Iterator[Array]:
    """Outputs that are right, of the one of these kinds that the loss takes: numbers, probabilities, or scores."""
    if classes_in(outputs, y) and outputs.ndim == 2:
        if y.min() >= 0 and y.max() < outputs.shape[1]:
            shares = np.eye(outputs.shape[1])[y]
            yield shares if _are_shares(outputs) else 200 * shares - 200
    elif outputs.size == y.size and outputs.shape[0] == y.shape[0]:
        targets = y.reshape(outputs.shape).astype(np.float64)
        within = bool(outputs.min() >= 0 and outputs.max() <= 1)
        yield targets
        if not within and targets.min() >= 0 and targets.max() <= 1:
            yield 400 * targets - 200


def classes_in(outputs: Array, y: Array) -> list[int]:
    """The dimensions of outputs that may have a number for each class of labels ``y``: the second, or the last.

    Where both may be, the loss or the labels tell; where none is, targets are no labels.
    """
    if y.dtype.kind not in "iu" or outputs.ndim != y.ndim + 1 or outputs.ndim < 2:
        return []
    dims = (1, outputs.ndim - 1) if outputs.ndim > 2 else (1,)
    return [d for d in dims if outputs.shape[d] > 1 and outputs.shape[:d] + outputs.shape[d + 1 :] == y.shape]


def _of_shares(outputs: Array, shares: Array) -> Iterator[Array]:
    """The shares of classes as what the outputs are: probabilities, or logarithms of them."""
    yield shares if _are_shares(outputs) else np.log(shares)


def _are_shares(outputs: Array) -> bool:
    """Whether outputs are probabilities of classes already."""
    return bool(outputs.min() >= 0 and np.allclose(outputs.astype(np.float64).sum(1), 1, atol=1e-3))


def is_binary(outputs: Array, y: Array) -> bool:
    """Whether targets are 0 and 1, and each output decides between them."""
    return outputs.size == y.size and y.dtype.kind in "iufb" and bool(((y == 0) | (y == 1)).all())


def decided(outputs: Array) -> Array:
    """The class that the outputs of each sample decide for."""
    if outputs.ndim > 1 and outputs.shape[1] > 1:
        chosen: Array = outputs.argmax(1)
        return chosen
    between = outputs.min() >= 0 and outputs.max() <= 1
    return np.greater(outputs.reshape(-1), 0.5 if between else 0.0).astype(np.int64)


def accuracy(outputs: Array, y: Array) -> tuple[float, float] | None:
    """The share of samples that outputs decide rightly, and that of the most frequent class; None where none are."""
    decisions = _decisions(outputs, y)
    if decisions is None:
        return None
    right, labels = decisions
    counts = np.unique(labels, return_counts=True)[1]
    return float(right.mean()), float(counts.max() / labels.size)


def is_worse(outputs: Array, y: Array) -> bool:
    """Whether outputs are clearly worse than guessing: of each class, fewer are right than if all were drawn by lot.

    Or, of numbers, whether they fall where targets rise.
    """
    decisions = _decisions(outputs, y)
    if decisions is not None:
        right, labels = decisions
        classes = np.unique(labels)
        return labels.size >= 16 and bool(
            np.mean([right[labels == one].mean() for one in classes]) < 0.5 / len(classes)
        )
    if outputs.shape != y.shape or y.size < 16 or y.dtype.kind != "f":
        return False
    a, b = outputs.astype(np.float64) - outputs.mean(0), y.astype(np.float64) - y.mean(0)
    return bool((a * b).sum() < -0.5 * np.sqrt((a * a).sum() * (b * b).sum()) < 0)


def _decisions(outputs: Array, y: Array) -> tuple[Array, Array] | None:
    if dims := classes_in(outputs, y):
        counted = y >= 0  # of padding, nothing is asked
        found = max(((outputs.argmax(dim) == y)[counted] for dim in dims), key=lambda one: int(one.sum()))
        return (found, y[counted]) if counted.any() else None
    if is_binary(outputs, y):
        return decided(outputs.reshape(-1)) == y.reshape(-1), y.reshape(-1)
    return None
