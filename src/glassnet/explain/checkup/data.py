"""Checks of the data: labels, scales, classes, and what training and validation share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import joined
from glassnet.explain.checkup.finding import Said, check
from glassnet.explain.checkup.observed import STEPS, Observed
from glassnet.explain.checkup.structure import op_of
from glassnet.explain.walkthrough import Value
from glassnet.ops.dtypes import Array

LARGE = 10.0  # a scale that is no longer small
WIDE, APART = 2.0, 100.0  # one beside which others may be too small, and how far they may be apart
MAJORITY = 0.85
LONG, WORK = 200, 2e8  # steps until a majority has won, and how many numbers may be learned in them
SHARED = 0.05
KINDS = 0.25  # of the samples: with fewer different ones, they come back by themselves
BINARY = ("binary_cross_entropy", "binary_cross_entropy_with_logits")


@check(96, explains="step_fails cannot_overfit learning_rate_too_low learning_rate_too_high class_imbalance")
def labels_out_of_range(seen: Observed) -> Iterator[Said]:
    """Labels that the outputs have no place for, or that begin at 1."""
    for value in seen.recorded.forward(*BINARY) if seen.recorded else ():
        targets = value.operands[1]
        if not isinstance(targets, Value) or not targets.array.size:
            continue
        low, high = targets.array.min(), targets.array.max()
        if low < 0 or high > 1:
            said = f"{op_of(value)} is given targets from {low:g} to {high:g}; it takes 0, 1, and what is between"
            yield Said("targets are out of range", said, "map them to 0 and 1: y = (y > 0).float()")
            return
    labels, classes = seen.y, classes_of(seen)
    if labels.dtype.kind not in "iu" or labels.ndim != 1 or classes is None or not labels.size:
        return
    labels = labels[labels != -100]
    if not labels.size:
        return
    low, high = int(labels.min()), int(labels.max())
    said = f"labels from {low} to {high}, the network has {classes} outputs, for labels 0 to {classes - 1}"
    if low >= 1 and high == classes:
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
    for name, x in seen.inputs.items():
        if x.dtype.kind != "f" or not x.size or not np.isfinite(x).all():
            continue
        features = x.reshape(len(x), -1)
        sizes = np.sqrt(np.einsum("ij,ij->j", features, features, dtype=np.float64, casting="safe") / len(x))
        sizes = sizes[sizes > 0]
        if not sizes.size:
            continue
        largest, smallest = float(sizes.max()), float(sizes.min())
        remedy = "standardise each column: x = (x - x.mean(0)) / x.std(0); for pixels, divide by 255"
        if largest > LARGE:
            said = f"the {name} are as large as {np.abs(x).max():.4g} (root mean square of a column: {largest:.4g})"
            yield Said(f"the {name} are not scaled", said, remedy)
        elif largest / smallest > APART and largest > WIDE:
            said = f"columns have sizes from {smallest:.2g} to {largest:.2g} (root mean square)"
            yield Said(f"the {name} have very different scales", said, remedy)


@check(60, explains="cannot_overfit")
def class_imbalance(seen: Observed) -> Iterator[Said]:
    """A class so frequent that a network that says nothing else looks good."""
    labels, outputs = seen.y, seen.outputs
    if outputs is None or seen.recorded is None or labels.dtype.kind not in "iufb" or labels.size < 20:
        return
    losses = seen.recorded.forward("cross_entropy", "nll_loss", *BINARY)
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
    numbers = sum(p.numel() for p in seen.model.parameters())
    with seen.untouched():
        seen.model.train()
        for number in range(int(min(LONG, max(STEPS, WORK / max(numbers, 1))))):
            seen.learn(*seen.batches[number % len(seen.batches)], seen.optimizer)
        seen.model.eval()
        with no_grad():
            outputs = np.concatenate([seen.answer(x).array for x, _ in seen.batches])
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
    parts = list(seen.inputs.values())
    held, rows = _samples(joined([seen.validation])[0], parts), _samples(parts, parts)
    train = set(rows)
    if len(train) < KINDS * len(rows):
        return
    shared = sum(sample in train for sample in held)
    if shared > SHARED * len(held):
        yield Said(
            "the validation set has samples of the training set in it, so its score says little",
            f"{shared} of {len(held)} validation samples ({100 * shared / len(held):.0f} %) are training samples, byte "
            "by byte",
            "split before anything is copied or shuffled, and drop duplicates first",
        )


def _samples(parts: Iterable[Array], like: list[Array]) -> list[int]:
    """What tells each sample from others: a hash of its numbers."""
    columns = [p.reshape(len(p), -1).astype(other.dtype, copy=False) for p, other in zip(parts, like, strict=True)]
    return [hash(tuple(row.tobytes() for row in sample)) for sample in zip(*columns, strict=True)]
