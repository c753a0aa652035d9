"""Checks of how inputs, targets and validation data belong together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.errors import GlassnetError
from glassnet.explain.checkup.batches import joined
from glassnet.explain.checkup.check import Symptom, check, symptom
from glassnet.explain.checkup.given import named_parts
from glassnet.explain.checkup.guessing import right
from glassnet.explain.checkup.held_out import DOUBTFUL, LEARNED, on_other_samples
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.relation import CHANCE, relation
from glassnet.explain.checkup.weighing import root_mean_square
from glassnet.ops.dtypes import Array
from glassnet.tensor import wrap

SHARED = 0.05
KINDS = 0.25  # of the samples: with fewer different ones, they come back by themselves
SELDOM = 0.1  # how often shuffled targets look as if they had to do with inputs, for that to be a hint
MANY = 64  # samples, of which a relation would be seen
APART = 5.0  # times as large: inputs of one kind are not
EXACT = 1e-5


@check(80)
def leakage(run: Observed) -> Iterator[Symptom]:
    """Samples of the validation set that are in the training set too."""
    if run.validation is None:
        return
    parts, held_out = list(run.inputs.values()), list(joined([run.validation])[0])
    for alike, to in ((_as_bytes, "byte by byte"), (_rounded, "but for rounding")):
        train, validation = alike(parts, parts), alike(held_out, parts)
        if train is None or validation is None:
            return
        different = np.unique(train)
        shared = int(np.isin(validation, different).sum())
        count = len(validation)
        most = SHARED * count + DOUBTFUL * np.sqrt(SHARED * (1 - SHARED) * count)  # of things that are alike by nature
        if len(different) < KINDS * len(train) or not shared > most:
            continue
        yield symptom(
            "the validation set has samples of the training set in it, so its score says little",
            "{shared} of {samples} validation samples ({percent:.0f} %) are training samples, {to}",
            "split before anything is copied or shuffled, and drop duplicates first",
            shared=shared,
            samples=count,
            percent=100 * shared / count,
            to=to,
        )
        return


def _as_bytes(parts: list[Array], like: list[Array]) -> Array | None:
    """The numbers of each sample as one value that can be compared."""
    columns = [p.reshape(len(p), -1).astype(other.dtype, copy=False) for p, other in zip(parts, like, strict=True)]
    raw = [np.ascontiguousarray(column).view(np.uint8).reshape(len(column), -1) for column in columns]
    whole = np.ascontiguousarray(raw[0] if len(raw) == 1 else np.concatenate(raw, axis=1))
    return whole.view(np.dtype((np.void, whole.shape[1]))).reshape(-1) if whole.shape[1] else None


def _rounded(parts: list[Array], like: list[Array]) -> Array | None:
    """The same of numbers rounded beside how far they spread in ``like``; None where that tells too little."""
    columns = []
    for part, other in zip(parts, like, strict=True):
        x, known = part.reshape(len(part), -1), other.reshape(len(other), -1)
        if known.dtype.kind != "f" or known.shape[1] < 2 or not np.isfinite(known).all():
            return None
        spread = np.median(np.abs(known - np.median(known, axis=0)), axis=0)
        spread = np.where(spread > 0, spread, 1e-3 * known.std(0))  # most are the same
        step = spread * (1e-3 if known.shape[1] >= 8 else 1e-4)
        columns.append(np.rint(np.nan_to_num(x / np.where(step > 0, step, 1.0))))
    return _as_bytes([column + 0.0 for column in columns], columns)


@check(78)
def validation_differs(run: Observed) -> Iterator[Symptom]:
    """Validation data that were prepared in another way than the training data."""
    if run.validation is None:
        return
    held_out = named_parts(joined([run.validation])[0])
    for name, x in run.inputs.items():
        other = held_out.get(name)
        if other is None or x.dtype.kind != "f" or not x.size or not other.size or len(other) < 8:
            continue
        train, validation = root_mean_square(x), root_mean_square(other)
        if not min(train, validation) > 0 or not max(train, validation) > APART * min(train, validation):
            continue
        yield symptom(
            "the {where} for validation have another scale than those for training: its score says little",
            "root mean square: {train:.4g} in training, {validation:.4g} in validation",
            "prepare both in one function, with the mean and the spread of the training data",
            where=name,
            train=train,
            validation=validation,
        )


@check(81)
def target_among_inputs(run: Observed) -> Iterator[Symptom]:
    """A column of the inputs that is the target itself, so that nothing else is learned."""
    y = run.y
    if y.size != len(y) or len(y) < 20 or y.dtype.kind not in "iufb":
        return
    target = y.reshape(-1).astype(np.float64)
    values = len(np.unique(target))
    if values < 2 or not np.isfinite(target).all():
        return
    for name, x in run.inputs.items():
        features = x.reshape(len(x), -1)
        if x.dtype.kind != "f" or features.shape[1] < 2 or len(features) != len(target):
            continue
        found = _copies(features.astype(np.float64), target)
        if not found or (values == 2 and np.isin(features[:200], features[0, :2]).all()):
            continue  # of bits, one may well be what is asked for
        scale, shift = _line(features[:, found[0]].astype(np.float64), target)
        yield symptom(
            "a column of the {where} is the target itself: the network learns to copy it, and nothing else",
            f"column {{column}} is {{scale:.4g}} · target {'-' if shift < 0 else '+'} {abs(shift):.4g} in all "
            "{samples:,} samples",
            "leave the column out; whatever is not known before the answer must not be among the inputs",
            where=name,
            column=found[0],
            scale=scale,
            shift=shift,
            samples=len(target),
        )
        return


def _line(column: Array, target: Array) -> tuple[float, float]:
    away = target - target.mean()
    scale = float((away * column).sum() / (away * away).sum())
    return scale, float(column.mean() - scale * target.mean())


def _copies(features: Array, target: Array) -> list[int]:
    """The columns that are a line of the target, exactly."""
    away = features - features.mean(0)
    aim = target - target.mean()
    with np.errstate(all="ignore"):
        alike = np.abs(aim @ away) / np.sqrt((aim @ aim) * np.einsum("ij,ij->j", away, away))
    return [int(n) for n in np.flatnonzero(alike > 1 - 1e-6) if _is_target(features[:, n], target)]


def _is_target(column: Array, target: Array) -> bool:
    spread = column.std()
    if not spread > 0:
        return False
    scale, shift = _line(column, target)
    return bool(np.abs(scale * target + shift - column).max() < EXACT * spread + EXACT * np.abs(column).max())


@check(71, explains="labels_unrelated learning_rate_too_high learning_rate_too_low cannot_overfit class_imbalance")
def targets_unused(run: Observed) -> Iterator[Symptom]:
    """A loss that is the same whatever the targets are."""
    if not run.runs or run.outputs is None or len(run.targets) != len(run.outputs):
        return
    y = run.targets
    if len(y) < 16 or y.ndim == 0 or (y == y[:1]).all():
        return
    x, targets = run.first
    y = targets.array
    others = y[np.random.default_rng(0).permutation(len(y))]
    if y.dtype.kind == "f":
        others = (0.5 * others + 0.25 * y).astype(y.dtype)
    with run.untouched(), no_grad(), suppress(GlassnetError, ValueError, RuntimeError):
        run.model.eval()
        drawn = np.random.default_rng(1).uniform(size=(2, *run.outputs[: len(targets.array)].shape))
        given = run.answer(x)
        given = wrap((given.array * (0.5 + 0.4 * drawn[0]) + 0.05 * drawn[1]).astype(given.array.dtype))  # none alike
        losses = [float(run.loss(given, wrap(one)).item()) for one in (y, others)]
        if len(set(losses)) == 1 and not (others == y).all():
            yield symptom(
                "the loss does not depend on the targets",
                "it is {loss:.6g}, and the same when the targets of a batch of {samples} samples are exchanged",
                "compare the outputs with the targets in the loss: loss(output, y)",
                loss=losses[0],
                samples=len(targets.array),
            )


@check(84, explains=(
    "exploding_gradients learning_rate_too_high learning_rate_too_low cannot_overfit class_imbalance labels_unrelated"
))  # fmt: skip
def loss_rewards_errors(run: Observed) -> Iterator[Symptom]:
    """A loss that is greater for outputs that are right than for those of other samples."""
    _, targets = run.first
    y = targets.array
    if not run.runs or run.outputs is None or y.ndim == 0 or len(y) < 4 or len(run.outputs) < len(y):
        return
    others = y[np.random.default_rng(0).permutation(len(y))]
    given = run.outputs[: len(y)]
    pairs = []
    with run.untouched(), no_grad(), suppress(GlassnetError, ValueError, RuntimeError, IndexError):
        for good, bad in zip(right(given, y), right(given, others), strict=True):
            losses = [float(run.loss(wrap(one.astype(given.dtype)), targets).item()) for one in (good, bad)]
            pairs.append((losses[0], losses[1]))
    raised = run.optimizer is not None and any(group.get("maximize") for group in run.optimizer.param_groups)
    if pairs and raised and all(good < bad for good, bad in pairs):
        yield symptom(
            "the optimizer makes the loss greater, not smaller: it learns to be wrong",
            "maximize=True, and the loss is {good:.4g} for outputs that are the targets, {bad:.4g} for those of other "
            "samples",
            "leave out maximize=True; it is for a score that should be large",
            good=pairs[0][0],
            bad=pairs[0][1],
        )
    elif pairs and not raised and all(good > bad + 1e-3 * (abs(good) + abs(bad)) for good, bad in pairs):
        yield symptom(
            "the loss rewards errors: it is less for wrong outputs than for right ones",
            "outputs that are the targets have {good:.4g}, and {bad:.4g} if they are those of other samples",
            "look at the sign of the loss: what is made as small as possible should be small where outputs are right",
            good=pairs[0][0],
            bad=pairs[0][1],
        )


@check(58, explains="cannot_overfit learning_rate_too_low learning_rate_too_high")
def labels_unrelated(run: Observed) -> Iterator[Symptom]:
    """Targets that have nothing to do with the inputs: shuffled, or read from another file."""
    y = run.y
    parts = list(run.inputs.values())
    if not run.runs or y.ndim == 0 or len(y) < MANY or any(len(x) != len(y) for x in parts) or not _counts(run):
        return
    found = relation(parts, y)
    if found is None or found.probability < CHANCE:
        return
    held = on_other_samples(run)
    if held is not None and (held.carries_over or not held.can_tell or (held.hints and found.probability < SELDOM)):
        return
    yield symptom(
        "the targets seem to have nothing to do with the inputs: what is learned of them helps with other samples no "
        "more than chance does",
        "in {samples} samples, targets of inputs that are alike are hardly more alike than when shuffled, which makes "
        "{probability:.0%} of them as alike" + ("" if held is None else held.text),
        "look at where inputs and targets are put together: a file in another order, one of both shuffled or sorted, "
        "rows dropped on one side; if all is right there, the inputs tell too little: add others, or more samples",
        samples=found.samples,
        deviations=found.deviations,
        probability=found.probability,
        learned=run.steps_within(LEARNED),
        **dict[str, Any]({} if held is None else held.numbers),
    )


def _counts(run: Observed) -> bool:
    """Whether the loss depends on which target belongs to which sample."""
    return bool(np.isfinite(run.chance)) and run.chance != run.mean_before if run.outputs is not None else False
