"""Checks of the network: what follows what."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from glassnet.explain.checkup.batches import size_of
from glassnet.explain.checkup.check import Range, Shape, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.step import Step, name_of, op_of
from glassnet.explain.walkthrough import Value
from glassnet.ops.activation import logsigmoid, sigmoid
from glassnet.ops.arithmetic import add, clamp
from glassnet.ops.classification import cross_entropy, nll_loss
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import log
from glassnet.ops.indexing import getitem
from glassnet.ops.linear import matmul
from glassnet.ops.loss import binary_cross_entropy_with_logits
from glassnet.ops.movement import cast, copy
from glassnet.ops.softmax import log_softmax, softmax

OF_LOGITS = (cross_entropy, binary_cross_entropy_with_logits)

_CARRIED = {getitem, cast, copy, clamp, add}  # beside views, what does not change what a value is
_PROBABILITIES = (softmax, sigmoid)
_LOG_PROBABILITIES = (log_softmax, log, logsigmoid)


def source_of(value: object) -> Value | None:
    """The value before operations that change its shape or dtype only."""
    while isinstance(value, Value) and (op := op_of(value)) is not None and (op.view or op in _CARRIED):
        value = value.operands[0]
    return value if isinstance(value, Value) else None


@check(
    95, explains="learning_rate_too_low vanishing_gradients saturated cannot_overfit class_imbalance labels_unrelated"
)
def softmax_before_loss(run: Observed) -> Iterator[Symptom]:
    """Probabilities given to a loss that takes logits, or to one that takes logarithms of them."""
    for loss in run.traced.forward(*OF_LOGITS, nll_loss) if run.traced else ():
        scores = source_of(loss.operands[0])
        if scores is None:
            continue
        if op_of(loss) in OF_LOGITS and op_of(scores) in _PROBABILITIES:
            problem = "{maker} comes before {loss}, which does it itself: the gradients become small"
            remedy = "give the loss the numbers before the {maker}; apply {kind} only to read probabilities"
        elif (
            op_of(loss) is nll_loss
            and op_of(scores) not in _LOG_PROBABILITIES
            and not _are_log_probabilities(loss.operands[0])
        ):
            problem = "{loss} is given numbers that are no logarithms of probabilities"
            remedy = "put log_softmax before it, or use cross_entropy on the last layer's output"
        else:
            continue
        yield symptom(
            problem,
            "{loss} is given {where}, made by {maker}, with numbers from {low:.3g} to {high:.3g}",
            remedy,
            where=scores.name,
            loss=name_of(loss),
            maker=name_of(scores) or "the network",
            kind="softmax" if op_of(loss) is cross_entropy else "sigmoid",
            low=float(scores.array.min(initial=0)),
            high=float(scores.array.max(initial=0)),
        )


def _are_log_probabilities(value: object) -> bool:
    if not isinstance(value, Value) or value.array.ndim < 2:
        return True
    return _sum_to_one(np.exp(value.array.astype(np.float64)), 1)


@check(
    97,
    explains=(
        "learning_rate_too_low cannot_overfit vanishing_gradients class_imbalance softmax_before_loss labels_unrelated"
    ),
)
def softmax_over_samples(run: Observed) -> Iterator[Symptom]:
    """A softmax over the samples of a batch instead of the classes of each."""
    for value in run.traced.forward(softmax, log_softmax) if run.traced else ():
        assert value.instruction is not None
        dim = int(value.instruction.params.get("dim", -1)) % value.array.ndim
        if value.array.ndim >= 2 and dim == 0 and value.array.shape[0] == size_of(run.first):
            probabilities = np.exp(value.array) if op_of(value) is log_softmax else value.array
            yield _over_samples(value, name_of(value), probabilities)
            return
    for loss in run.traced.forward(nll_loss, log) if run.traced else ():  # however it is written
        scores = loss.operands[0]
        if isinstance(scores, Value) and scores.array.ndim == 2 and min(scores.array.shape) > 1:
            numbers = scores.array.astype(np.float64)
            probabilities = numbers if op_of(loss) is log else np.exp(numbers)
            if _sum_to_one(probabilities, 0) and not _sum_to_one(probabilities, 1):
                yield _over_samples(scores, "what is normalised", probabilities)
                return


def _over_samples(value: Value, what: str, probabilities: Array) -> Symptom:
    return symptom(
        "{what} goes over the samples of the batch, not over the classes",
        "{where} {shape}: columns sum to {columns}, rows to {rows}",
        "normalise the last dimension: dim=-1",
        where=value.name,
        what=what,
        shape=Shape(value.array.shape),
        columns=Range.of(probabilities.sum(0)),
        rows=Range.of(probabilities.sum(-1)),
    )


def _sum_to_one(probabilities: Array, dim: int) -> bool:
    return bool(np.allclose(probabilities.sum(dim), 1, atol=1e-3))


@check(
    98,
    explains=(
        "cannot_overfit learning_rate_too_low learning_rate_too_high class_imbalance "
        "step_fails labels_unrelated unscaled_targets"
    ),
)
def silent_broadcast(run: Observed) -> Iterator[Symptom]:
    """Outputs and targets whose shapes differ so that every output meets every target."""
    remedy = "bring both to one shape: output.squeeze(1), or y.unsqueeze(1)"
    step = run.traced
    if step is None:
        of_labels = run.fails_for("labels")  # these are one number a sample, outputs one a class
        outputs, targets = None if run.outputs is None else run.outputs[: size_of(run.first)], run.first[1]
        if outputs is not None and not of_labels and _meet(outputs.shape, targets.shape):
            yield symptom(
                "outputs and targets have different shapes",
                "outputs {outputs}, targets {targets}",
                remedy,
                outputs=Shape(outputs.shape),
                targets=Shape(targets.shape),
            )
        return
    for value in step.forward():
        pair = [x for x in value.operands[:2] if isinstance(x, Value)]
        if len(pair) == 2 and _meet(pair[0].array.shape, pair[1].array.shape) and _from_targets(step, pair):
            a, b = pair
            yield symptom(
                "every output is compared with every target, where each should be with its own",
                "{a} {shape_of_a} and {b} {shape_of_b} give {shape}: {count} differences",
                remedy,
                where=value.name,
                a=a.name,
                b=b.name,
                shape_of_a=Shape(a.array.shape),
                shape_of_b=Shape(b.array.shape),
                shape=Shape(value.array.shape),
                count=prod(value.array.shape),
            )
            return


def _meet(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether shapes of as many samples broadcast to more than either has."""
    try:
        whole = np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return prod(whole) > max(prod(a), prod(b))


def _from_targets(step: Step, pair: list[Value]) -> bool:
    y = step.values.get("y")
    return any(source_of(x) is y for x in pair)


@check(94.7, explains="cannot_overfit learning_rate_too_low vanishing_gradients")
def attention_over_wrong_axis(run: Observed) -> Iterator[Symptom]:
    """Weights of attention that do not sum to one over the positions that are summed, but over others."""
    for weights in run.traced.forward(softmax) if run.traced else ():
        assert weights.instruction is not None
        scores = _scores(weights)
        if scores is None:
            continue
        dim = int(weights.instruction.params.get("dim", -1)) % weights.array.ndim
        summed = _summed_over(weights)
        if summed is None or summed == dim:
            continue
        yield symptom(
            "the softmax of attention goes over the wrong dimension: the weights that a position gives to the others "
            "do not sum to 1",
            "{where} {shape} sums to 1 over dimension {dim}, and is multiplied by the values over dimension {summed}, "
            "where its sums are {sums}",
            "take the softmax over the positions that are attended to, which are the last: scores.softmax(dim=-1)",
            where=weights.name,
            shape=Shape(weights.array.shape),
            dim=dim,
            summed=summed,
            sums=Range.of(weights.array.sum(summed)),
        )
        return


def _scores(weights: Value) -> Value | None:
    """The products of queries and keys that a softmax was taken of; None where it was of something else."""
    value = weights.operands[0]
    while isinstance(value, Value) and (op := op_of(value)) is not None and op is not matmul:
        same = [x for x in value.operands if isinstance(x, Value) and x.array.shape == value.array.shape]
        value = next((x for x in same if x.kind == "result"), None) if op.elementwise or op.view else None
    learned = isinstance(value, Value) and any(isinstance(x, Value) and x.kind == "parameter" for x in value.operands)
    return value if isinstance(value, Value) and op_of(value) is matmul and not learned else None


def _summed_over(weights: Value) -> int | None:
    """The dimension of ``weights`` that a product with other values sums over; None where there is none.

    Weights are followed through what keeps their dimensions, and through an exchange of the last two.
    """
    last = weights.array.ndim - 1
    todo = [(weights, last, last - 1)]  # where the last two dimensions come from
    while todo:
        value, columns, rows = todo.pop()
        for user in value.users:
            op = op_of(user)
            if user.phase != "forward" or op is None:
                continue
            if op is matmul:
                return columns if user.operands[0] is value else rows
            if user.array.shape == value.array.shape and op.elementwise:
                todo.append((user, columns, rows))
            elif op.view and np.array_equal(user.array, np.swapaxes(value.array, -1, -2)):
                todo.append((user, rows, columns))
            elif op.view and user.array.shape[-2:] == value.array.shape[-2:]:
                todo.append((user, columns, rows))
    return None
