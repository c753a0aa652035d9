"""Checks of the data: labels, scales, classes, and what training and validation share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import joined
from glassnet.explain.checkup.check import Symptom, check, symptom
from glassnet.explain.checkup.observed import STEPS, Observed, op_of
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
def labels_out_of_range(run: Observed) -> Iterator[Symptom]:
    """Labels that the outputs have no place for, or that begin at 1."""
    for value in run.traced.forward(*BINARY) if run.traced else ():
        targets = value.operands[1]
        if not isinstance(targets, Value) or not targets.array.size:
            continue
        low, high = targets.array.min(), targets.array.max()
        if low < 0 or high > 1:
            yield symptom(
                "targets are out of range",
                "{where} is given targets from {low:g} to {high:g}; it takes 0, 1, and what is between",
                "map them to 0 and 1: y = (y > 0).float()",
                where=op_of(value),
                low=float(low),
                high=float(high),
            )
            return
    labels, classes = run.y, classes_of(run)
    if labels.dtype.kind not in "iu" or labels.ndim != 1 or classes is None or not labels.size:
        return
    labels = labels[labels != -100]
    if not labels.size:
        return
    low, high = int(labels.min()), int(labels.max())
    problem, remedy = "labels begin at 1, and classes are counted from 0", "subtract 1: y = y - 1"
    if low < 1 or high != classes:
        problem = "labels are out of range"
        remedy = "give the last layer {outputs} outputs, or look at where labels are read"
    if low < 0 or high >= classes:
        yield symptom(
            problem,
            "labels from {low} to {high}, the network has {classes} outputs, for labels 0 to {last}",
            remedy,
            low=low,
            high=high,
            classes=classes,
            last=classes - 1,
            outputs=high + 1,
        )


def classes_of(run: Observed) -> int | None:
    """How many classes the network has outputs for, if its loss is one of classes."""
    if run.traced is not None:
        if not run.traced.forward("cross_entropy", "nll_loss"):
            return None
    elif not run.fails_for("labels"):
        return None
    if run.outputs is None or run.outputs.ndim < 2:
        return None
    return int(run.outputs.shape[1])


@check(
    70, explains="learning_rate_too_high learning_rate_too_low dead_relu saturated exploding_gradients class_imbalance"
)
def unscaled_inputs(run: Observed) -> Iterator[Symptom]:
    """Inputs of large or very different scales."""
    for name, x in run.inputs.items():
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
            yield symptom(
                "the {where} are not scaled",
                "the {where} are as large as {greatest:.4g} (root mean square of a column: {largest:.4g})",
                remedy,
                where=name,
                greatest=float(np.abs(x).max()),
                largest=largest,
            )
        elif largest / smallest > APART and largest > WIDE:
            yield symptom(
                "the {where} have very different scales",
                "columns have sizes from {smallest:.2g} to {largest:.2g} (root mean square)",
                remedy,
                where=name,
                smallest=smallest,
                largest=largest,
            )


@check(60, explains="cannot_overfit")
def class_imbalance(run: Observed) -> Iterator[Symptom]:
    """A class so frequent that a network that says nothing else looks good."""
    labels, outputs = run.y, run.outputs
    if outputs is None or run.traced is None or labels.dtype.kind not in "iufb" or labels.size < 20:
        return
    losses = run.traced.forward("cross_entropy", "nll_loss", *BINARY)
    if not losses or any(len(v.operands) > 2 and v.operands[2] is not None for v in losses):
        return  # weighted already, or not of classes
    flat = labels.reshape(-1)
    values, counts = np.unique(flat, return_counts=True)
    share = counts.max() / flat.size
    if len(values) < 2 or share < MAJORITY:
        return
    majority = values[counts.argmax()]
    predicted = _share_of_majority(run, majority)
    if predicted is not None and predicted >= 0.999:
        yield symptom(
            "one class is so frequent that the network need say nothing else",
            "{percent:.1f} % of the labels are {majority:g}, and so is every prediction after some steps",
            "weigh the classes (weight= of the loss), draw them evenly (WeightedRandomSampler), and look at recall, "
            "not at accuracy",
            percent=100 * float(share),
            majority=majority.item(),
        )


def _share_of_majority(run: Observed, majority: float) -> float | None:
    """How often the network says the most frequent class after some steps."""
    if run.optimizer is None:
        return None
    numbers = sum(p.numel() for p in run.model.parameters())
    with run.untouched():
        run.model.train()
        for number in range(int(min(LONG, max(STEPS, WORK / max(numbers, 1))))):
            run.learn(*run.batches[number % len(run.batches)], run.optimizer)
        run.model.eval()
        with no_grad():
            outputs = np.concatenate([run.answer(x).array for x, _ in run.batches])
    return float((decided(outputs) == majority).mean())


def decided(outputs: Array) -> Array:
    """The class that the outputs of each sample decide for."""
    if outputs.ndim > 1 and outputs.shape[1] > 1:
        chosen: Array = outputs.argmax(1)
        return chosen
    between = outputs.min() >= 0 and outputs.max() <= 1
    return np.greater(outputs.reshape(-1), 0.5 if between else 0.0).astype(np.int64)


@check(80)
def leakage(run: Observed) -> Iterator[Symptom]:
    """Samples of the validation set that are in the training set too."""
    if run.validation is None:
        return
    parts = list(run.inputs.values())
    validation, rows = _samples(joined([run.validation])[0], parts), _samples(parts, parts)
    train = set(rows)
    if len(train) < KINDS * len(rows):
        return
    shared = sum(sample in train for sample in validation)
    if shared > SHARED * len(validation):
        yield symptom(
            "the validation set has samples of the training set in it, so its score says little",
            "{shared} of {samples} validation samples ({percent:.0f} %) are training samples, byte by byte",
            "split before anything is copied or shuffled, and drop duplicates first",
            shared=shared,
            samples=len(validation),
            percent=100 * shared / len(validation),
        )


def _samples(parts: Iterable[Array], like: list[Array]) -> list[int]:
    """What tells each sample from others: a hash of its numbers."""
    columns = [p.reshape(len(p), -1).astype(other.dtype, copy=False) for p, other in zip(parts, like, strict=True)]
    return [hash(tuple(row.tobytes() for row in sample)) for sample in zip(*columns, strict=True)]
