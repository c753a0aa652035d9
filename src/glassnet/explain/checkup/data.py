"""Checks of the data: labels, scales, classes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.errors import RangeError
from glassnet.explain.checkup.check import Symptom, check, symptom
from glassnet.explain.checkup.guessing import decided
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.step import name_of, op_of
from glassnet.explain.checkup.trials import LONGER
from glassnet.explain.checkup.weighing import layers_of, root_mean_square
from glassnet.explain.walkthrough import Value
from glassnet.ops.classification import cross_entropy, nll_loss
from glassnet.ops.dtypes import Array
from glassnet.ops.loss import binary_cross_entropy, binary_cross_entropy_with_logits

LARGE = 10.0  # a scale that is no longer small
WIDE, APART = 2.0, 100.0  # one beside which others may be too small, and how far they may be apart
MAJORITY = 0.85
LONG = 200  # steps until a majority has won
BEYOND = 10.0  # times what a network gives at first: targets that it needs many steps to reach
LEARNED = 0.1  # of what guessing costs, that is learned when targets are scaled
SCALING = ("cast", "copy", "standardize")  # beside what acts on each number
BINARY = (binary_cross_entropy, binary_cross_entropy_with_logits)
OF_CLASSES = (cross_entropy, nll_loss)


@check(96, explains="step_fails cannot_overfit learning_rate_too_low learning_rate_too_high class_imbalance")
def labels_out_of_range(run: Observed) -> Iterator[Symptom]:
    """Labels that the outputs have no place for, or that begin at 1."""
    for value in run.traced.forward(*BINARY) if run.traced else ():
        targets = value.operands[1]
        if not isinstance(targets, Value) or not targets.array.size:
            continue
        low, high = targets.array.min(), targets.array.max()
        if low < 0 or high > 1:
            yield _beyond(name_of(value), float(low), float(high))
            return
    y = run.y
    looked_itself = run.traced is None and isinstance(run.error, RangeError)
    if looked_itself and y.dtype.kind == "f" and y.size and (y.min() < 0 or y.max() > 1):
        yield _beyond("the loss", float(y.min()), float(y.max()))
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


def _beyond(loss: str, low: float, high: float) -> Symptom:
    return symptom(
        "targets are out of range",
        "{where} is given targets from {low:g} to {high:g}; it takes 0, 1, and what is between",
        "map them to 0 and 1: y = (y > 0).float()",
        where=loss,
        low=low,
        high=high,
    )


def classes_of(run: Observed) -> int | None:
    """How many classes the network has outputs for, if its loss is one of classes."""
    if run.traced is not None:
        if not run.traced.forward(*OF_CLASSES):
            return None
    elif not run.fails_for("labels"):
        return None
    if run.outputs is None or run.outputs.ndim < 2:
        return None
    return int(run.outputs.shape[1])


@check(
    70,
    explains=(
        "learning_rate_too_high learning_rate_too_low dead_relu saturated exploding_gradients class_imbalance "
        "labels_unrelated cannot_overfit"
    ),
)
def unscaled_inputs(run: Observed) -> Iterator[Symptom]:
    """Inputs of large or very different scales."""
    for name, raw in run.inputs.items():
        x = _as_given(run, name, raw)
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


def _as_given(run: Observed, name: str, x: Array) -> Array:
    """The inputs as the first layer of weights is given them, where the network itself makes other numbers of them."""
    of_program = name.split()[-1].replace("inputs", "x")
    for layer in layers_of(run.traced) if run.traced else ():
        value, is_other = layer.operands[0], False
        while (op := op_of(value)) is not None and (op.elementwise or op.view or op.name in SCALING):
            value, is_other = value.operands[0], is_other or not op.view
        if isinstance(value, Value) and value.kind == "input" and value.name == of_program:
            given: Array = layer.operands[0].array
            return given if is_other else x
    return x


@check(60, explains="cannot_overfit labels_unrelated")
def class_imbalance(run: Observed) -> Iterator[Symptom]:
    """A class so frequent that a network that says nothing else looks good."""
    labels, outputs = run.y, run.outputs
    if outputs is None or run.traced is None or labels.dtype.kind not in "iufb" or labels.size < 20:
        return
    losses = run.traced.forward(*OF_CLASSES, *BINARY)
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
    with run.untouched():
        run.model.train()
        for number in range(run.steps_within(LONG)):
            run.learn(*run.batches[number % len(run.batches)], run.optimizer)
        run.model.eval()
        outputs = run.answers()
    return float((decided(outputs) == majority).mean())


@check(94, explains=(
    "symmetric_weights dead_relu saturated weights_too_large vanishing_gradients exploding_gradients class_imbalance "
    "labels_unrelated learning_rate_too_high learning_rate_too_low cannot_overfit wrong_gradient "
    "leakage unscaled_inputs unscaled_targets"
))  # fmt: skip
def constant_inputs(run: Observed) -> Iterator[Symptom]:
    """Inputs that are the same for every sample, so that there is nothing to tell samples apart by."""
    samples = len(run.y) if run.y.ndim else 0
    parts = list(run.inputs.values())
    if samples < 4 or not parts or not all(len(x) == samples and (x == x[:1]).all() for x in parts):
        return
    yield symptom(
        "all samples are the same: nothing in the inputs tells one from another",
        "{samples:,} samples have one and the same input, with numbers from {low:.4g} to {high:.4g}",
        "look at where inputs are read and prepared: a division that rounds to 0, a row that is used for all, a "
        "file that was not found",
        samples=samples,
        low=float(min(x.min(initial=np.inf) for x in parts)),
        high=float(max(x.max(initial=-np.inf) for x in parts)),
    )


@check(79, explains="class_imbalance labels_unrelated cannot_overfit learning_rate_too_low")
def constant_targets(run: Observed) -> Iterator[Symptom]:
    """Targets that are all the same, so that there is nothing to learn."""
    y = run.y
    if run.traced is None or y.size < 8 or not (y == y.flat[0]).all():
        return
    outputs = run.outputs  # a 0 for each sample may stand for a target that the loss does not need
    of_numbers = y.dtype.kind == "f" and y.any() and outputs is not None and y.shape[1:] == outputs.shape[1:]
    if of_numbers or (run.traced.forward(*OF_CLASSES, *BINARY) and y.flat[0] in (0, 1, *range(classes_of(run) or 0))):
        yield symptom(
            "all targets are the same: there is nothing to learn but to say it always",
            "{samples:,} samples have the target {target:g}",
            "look at where labels are read, and whether the data are sorted by class and cut off",
            samples=y.size,
            target=y.flat[0].item(),
        )


@check(69, explains=(
    "exploding_gradients learning_rate_too_high learning_rate_too_low cannot_overfit "
    "dead_relu vanishing_gradients weight_decay_too_large"
))  # fmt: skip
def unscaled_targets(run: Observed) -> Iterator[Symptom]:
    """Targets so large, or so far from 0, that the network does not reach them, and would if they were scaled."""
    y, outputs = run.targets, run.outputs
    if run.optimizer is None or not run.runs or outputs is None or run.guess is None or y.dtype.kind != "f":
        return
    if outputs.shape != y.shape or not np.isfinite(y).all():
        return
    mean, spread = y.mean(0), float(y.std(0).mean())
    reach = root_mean_square(outputs)
    if np.abs(y).mean() < BEYOND * max(reach, 1.0) or not spread > 0:
        return
    own = run.trial(1.0, LONGER)
    if run.is_better(own.after):
        return
    with run.scaled_targets(mean, spread):
        scaled = run.trial(1.0, LONGER)
        learned = run.guess is not None and scaled.after < (1 - LEARNED) * run.guess
        guess = run.guess
    if learned:
        yield symptom(
            "the targets are not scaled: the network begins near 0 and does not reach them",
            "targets are {low:.4g} … {high:.4g}, outputs begin at {reach:.2g}; after {steps} steps the loss is "
            "{after:.4g}, where guessing the mean has {guess:.4g}; with scaled targets it is {scaled:.4g} of {of:.4g}",
            "standardise the targets: y = (y - y.mean()) / y.std(); multiply predictions by y.std(), and add y.mean()",
            low=float(y.min()),
            high=float(y.max()),
            reach=reach,
            steps=own.steps,
            after=own.after,
            guess=run.guess,
            scaled=scaled.after,
            of=guess,
        )
