"""Checks of the data: labels, scales, classes, and what training and validation share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.explain.checkup.finding import Said, check
from glassnet.explain.checkup.observed import Observed
from glassnet.ops.dtypes import Array

LARGE = 10.0  # a scale that is no longer small
WIDE, APART = 2.0, 100.0  # one beside which others may be too small, and how far they may be apart
MAJORITY = 0.85
SHARED = 0.05


@check(96, explains="step_fails cannot_overfit learning_rate_too_low learning_rate_too_high class_imbalance")
def labels_out_of_range(seen: Observed) -> Iterator[Said]:
    """Labels that the outputs have no place for, or that begin at 1."""
    labels, classes = seen.y, classes_of(seen)
    if labels.dtype.kind not in "iu" or labels.ndim != 1 or classes is None or not labels.size:
        return
    labels = labels[labels != -100]
    low, high = int(labels.min(initial=0)), int(labels.max(initial=0))
    if not labels.size:
        return
    low, high = int(labels.min()), int(labels.max())
    said = f"labels from {low} to {high}, the network has {classes} outputs, for labels 0 to {classes - 1}"
    if low >= 1 and (high == classes or (high == classes - 1 and len(np.unique(labels)) == high)):
        yield Said("labels begin at 1, and classes are counted from 0", said, "subtract 1: y = y - 1")
    elif low < 0 or high >= classes:
        yield Said(
            "labels are out of range", said, f"give the last layer {high + 1} outputs, or look at where labels are read"
        )


def classes_of(seen: Observed) -> int | None:
    """How many classes the network tells apart, if its loss is one of classes."""
    if seen.recorded is not None:
        if not seen.recorded.forward("cross_entropy", "nll_loss"):
            return None
    elif seen.error is None or "label" not in str(seen.error).lower():
        return None
    if seen.outputs is None or seen.outputs.ndim < 2:
        return None
    return int(seen.outputs.shape[1])


@check(
    70, explains="learning_rate_too_high learning_rate_too_low dead_relu saturated exploding_gradients class_imbalance"
)
def unscaled_inputs(seen: Observed) -> Iterator[Said]:
    """Inputs of large or very different scales."""
    x = seen.x
    if x.dtype.kind != "f" or not x.size:
        return
    features = x.reshape(len(x), -1).astype(np.float64)
    if not np.isfinite(features).all():
        return
    sizes = np.sqrt((features**2).mean(0))
    sizes = sizes[sizes > 0]
    if not sizes.size:
        return
    largest, smallest = float(sizes.max()), float(sizes.min())
    remedy = "standardise each column: x = (x - x.mean(0)) / x.std(0); for pixels, divide by 255"
    if largest > LARGE:
        said = f"the inputs are as large as {np.abs(features).max():.4g} (root mean square of a column: {largest:.4g})"
        yield Said("the inputs are not scaled", said, remedy)
    elif largest / smallest > APART and largest > WIDE:
        said = f"columns have sizes from {smallest:.2g} to {largest:.2g} (root mean square)"
        yield Said("the inputs have very different scales", said, remedy)


@check(60, explains="cannot_overfit")
def class_imbalance(seen: Observed) -> Iterator[Said]:
    """A class so frequent that a network that says nothing else looks good."""
    labels, outputs = seen.y, seen.outputs
    if outputs is None or seen.recorded is None or labels.dtype.kind not in "iufb" or labels.size < 20:
        return
    losses = seen.recorded.forward(
        "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"
    )
    if not losses or any(len(v.operands) > 2 and v.operands[2] is not None for v in losses):
        return  # weighted already, or not of classes
    flat = labels.reshape(-1)
    values, counts = np.unique(flat, return_counts=True)
    share = counts.max() / flat.size
    if len(values) < 2 or share < MAJORITY:
        return
    said = _share_of_majority(seen, values[counts.argmax()])
    if said is not None and said >= 0.999:
        yield Said(
            "one class is so frequent that the network need say nothing else",
            f"{100 * share:.1f} % of the labels are {values[counts.argmax()]:g}, and so is every prediction after "
            "some steps",
            "weigh the classes (weight= of the loss), draw them evenly (WeightedRandomSampler), and look at recall, "
            "not at accuracy",
        )


def _share_of_majority(seen: Observed, majority: float) -> float | None:
    """How often the network says the most frequent class after some steps."""
    if seen.optimizer is None:
        return None
    from glassnet.autograd import no_grad

    with seen.untouched():
        seen.model.train()
        for number in range(24):
            seen._learn(*seen.batches[number % len(seen.batches)], seen.optimizer)
        seen.model.eval()
        with no_grad():
            outputs = np.concatenate([seen.model(x).array for x, _ in seen.batches])
    return float((decided(outputs) == majority).mean())


def decided(outputs: Array) -> Array:
    """The class that outputs stand for."""
    if outputs.ndim > 1 and outputs.shape[1] > 1:
        chosen: Array = outputs.argmax(1)
        return chosen
    between = outputs.min() >= 0 and outputs.max() <= 1
    return np.greater(outputs.reshape(-1), 0.5 if between else 0.0).astype(np.int64)


@check(80)
def leakage(seen: Observed) -> Iterator[Said]:
    """Samples of the validation set that are in the training set too."""
    if seen.validation is None:
        return
    train = {row.tobytes() for row in np.ascontiguousarray(seen.x.reshape(len(seen.x), -1))}
    x = seen.validation[0].array
    held = np.ascontiguousarray(x.reshape(len(x), -1).astype(seen.x.dtype))
    shared = sum(row.tobytes() in train for row in held)
    if shared > SHARED * len(held):
        yield Said(
            "the validation set has samples of the training set in it, so its score says little",
            f"{shared} of {len(held)} validation samples ({100 * shared / len(held):.0f} %) are training samples, byte "
            "by byte",
            "split before anything is copied or shuffled, and drop duplicates first",
        )
