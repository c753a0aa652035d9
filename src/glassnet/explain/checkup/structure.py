"""Checks of the network: what follows what, and what it begins with."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from glassnet.explain.checkup.batches import size_of
from glassnet.explain.checkup.finding import Said, check
from glassnet.explain.checkup.observed import Observed, Step
from glassnet.explain.checkup.signals import weights_of
from glassnet.explain.walkthrough import Value
from glassnet.ops.dtypes import Array

_CARRIED = {"reshape", "getitem", "cast", "copy", "squeeze", "clamp", "add"}  # what does not change what a value is
_OF_LOGITS = {"cross_entropy": ("softmax", "sigmoid"), "binary_cross_entropy_with_logits": ("sigmoid", "softmax")}
_OF_LOG_PROBABILITIES = ("log_softmax", "log", "logsigmoid")


def source_of(value: object) -> Value | None:
    """The value that ``value`` is, but for its shape."""
    while isinstance(value, Value) and value.instruction is not None and value.instruction.op.name in _CARRIED:
        value = value.operands[0]
    return value if isinstance(value, Value) else None


def op_of(value: Value | None) -> str:
    """The name of the operation that made a value."""
    return "" if value is None or value.instruction is None else value.instruction.op.name


@check(95, explains="learning_rate_too_low vanishing_gradients saturated cannot_overfit class_imbalance")
def softmax_before_loss(seen: Observed) -> Iterator[Said]:
    """Probabilities given to a loss that takes logits, or to one that takes logarithms of them."""
    for loss in seen.recorded.forward(*_OF_LOGITS, "nll_loss") if seen.recorded else ():
        name, given = op_of(loss), source_of(loss.operands[0])
        made_by = op_of(given)
        if given is None:
            continue
        low, high = float(given.array.min(initial=0)), float(given.array.max(initial=0))
        maker = made_by or "the network"
        said = f"{name} is given {given.name}, made by {maker}, with numbers from {low:.3g} to {high:.3g}"
        if made_by in _OF_LOGITS.get(name, ()):
            kind = "softmax" if name == "cross_entropy" else "sigmoid"
            yield Said(
                f"{made_by} comes before {name}, which does it itself: the gradients become small",
                said,
                f"give the loss the numbers before the {made_by}; apply {kind} only to read probabilities",
            )
        elif (
            name == "nll_loss" and made_by not in _OF_LOG_PROBABILITIES and not _are_log_probabilities(loss.operands[0])
        ):
            yield Said(
                "nll_loss is given numbers that are no logarithms of probabilities",
                said,
                "put log_softmax before it, or use cross_entropy on the last layer's output",
            )


def _are_log_probabilities(value: object) -> bool:
    if not isinstance(value, Value) or value.array.ndim < 2:
        return True
    return _sum_to_one(np.exp(value.array.astype(np.float64)), 1)


@check(97, explains="learning_rate_too_low cannot_overfit vanishing_gradients class_imbalance softmax_before_loss")
def softmax_over_samples(seen: Observed) -> Iterator[Said]:
    """A softmax over the samples of a batch instead of the classes of each."""
    for value in seen.recorded.forward("softmax", "log_softmax") if seen.recorded else ():
        assert value.instruction is not None
        dim = int(value.instruction.params.get("dim", -1)) % value.array.ndim
        if value.array.ndim >= 2 and dim == 0 and value.array.shape[0] == size_of(seen.first):
            probabilities = np.exp(value.array) if op_of(value) == "log_softmax" else value.array
            yield _over_samples(value, op_of(value), probabilities)
            return
    for loss in seen.recorded.forward("nll_loss", "log") if seen.recorded else ():  # however it is written
        given = loss.operands[0]
        if isinstance(given, Value) and given.array.ndim == 2 and min(given.array.shape) > 1:
            numbers = given.array.astype(np.float64)
            probabilities = numbers if op_of(loss) == "log" else np.exp(numbers)
            if _sum_to_one(probabilities, 0) and not _sum_to_one(probabilities, 1):
                yield _over_samples(given, "what is normalised", probabilities)
                return


def _over_samples(value: Value, what: str, probabilities: Array) -> Said:
    return Said(
        f"{what} goes over the samples of the batch, not over the classes",
        f"{value.name} {list(value.array.shape)}: columns sum to {_range(probabilities.sum(0))}, rows to "
        f"{_range(probabilities.sum(-1))}",
        "normalise the last dimension: dim=-1",
    )


def _sum_to_one(probabilities: Array, dim: int) -> bool:
    return bool(np.allclose(probabilities.sum(dim), 1, atol=1e-3))


def _range(sums: np.ndarray) -> str:
    low, high = float(sums.min()), float(sums.max())
    return f"{low:.3g}" if high - low < 1e-4 else f"{low:.3g} … {high:.3g}"


@check(98, explains="cannot_overfit learning_rate_too_low learning_rate_too_high class_imbalance step_fails")
def silent_broadcast(seen: Observed) -> Iterator[Said]:
    """Outputs and targets whose shapes differ so that every output meets every target."""
    remedy = "bring both to one shape: output.squeeze(1), or y.unsqueeze(1)"
    step = seen.recorded
    if step is None:
        of_labels = "label" in str(seen.error).lower()  # these are one number a sample, outputs one a class
        given, wanted = None if seen.outputs is None else seen.outputs[: size_of(seen.first)], seen.first[1]
        if given is not None and not of_labels and _meet(given.shape, wanted.shape):
            shapes = f"outputs {list(given.shape)}, targets {list(wanted.shape)}"
            yield Said("outputs and targets have different shapes", shapes, remedy)
        return
    for value in step.forward():
        pair = [x for x in value.operands[:2] if isinstance(x, Value)]
        if len(pair) == 2 and _meet(pair[0].array.shape, pair[1].array.shape) and _from_targets(step, pair):
            shapes = " and ".join(f"{x.name} {list(x.array.shape)}" for x in pair)
            yield Said(
                "every output is compared with every target, where each should be with its own",
                f"{shapes} give {list(value.array.shape)}: {prod(value.array.shape)} differences",
                remedy,
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


@check(90, explains="cannot_overfit vanishing_gradients learning_rate_too_low dead_relu")
def symmetric_weights(seen: Observed) -> Iterator[Said]:
    """Neurons that begin alike, and so stay alike."""
    weights = weights_of(seen.recorded) if seen.recorded else []
    for w in weights:
        weight, gradient = _by_neuron(seen, w)
        if len(weight) < 2 or gradient is None or not (weight == weight[:1]).all():
            continue
        learn_alike = np.allclose(gradient, gradient[:1], rtol=1e-3, atol=1e-9)
        if learn_alike or (weight.any() and w is not weights[-1]):  # zeros part where what follows is random
            value = f"all are {weight.flat[0]:g}" if (weight == weight.flat[0]).all() else "all rows are the same"
            yield Said(
                f"the neurons of {w.name} begin alike, so that they learn alike: they are one neuron",
                f"{w.name} {list(w.array.shape)}: {value}",
                "begin with random weights: nn.init.kaiming_uniform_, or what the layer does by itself",
            )
            return


def _by_neuron(seen: Observed, w: Value) -> tuple[Array, Array | None]:
    """A weight and its gradient, a row a neuron: x @ w has them in columns."""
    gradient = None if w.gradient is None else w.gradient.array
    assert seen.recorded is not None
    if w.array.ndim == 2 and any(v.operands[1] is w for v in seen.recorded.forward("matmul")):
        return w.array.T, None if gradient is None else gradient.T
    return w.array, gradient
