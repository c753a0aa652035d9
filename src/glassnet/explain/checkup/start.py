"""Checks of what a network begins with, before any step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.explain.checkup.check import Shape, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.weighing import gain, layers_of, weights_in, weights_of
from glassnet.explain.walkthrough import Value
from glassnet.ops.dtypes import Array
from glassnet.ops.linear import matmul

USUAL = 4.0  # a gain that no usual way to begin comes to; trained layers may, and then the loss is small
WORSE = 0.5  # of what guessing costs, that a network costs more before any step
LARGE = 10.0  # a bias


@check(90, explains="cannot_overfit vanishing_gradients learning_rate_too_low dead_relu")
def symmetric_weights(run: Observed) -> Iterator[Symptom]:
    """Neurons that begin alike, and so stay alike."""
    weights = weights_of(run.traced) if run.traced else []
    for w in weights:
        weight, gradient = _by_neuron(run, w)
        if len(weight) < 2 or gradient is None or not (weight == weight[:1]).all():
            continue
        learn_alike = np.allclose(gradient, gradient[:1], rtol=1e-3, atol=1e-9)
        if learn_alike or (weight.any() and w is not weights[-1]):  # zeros part where what follows is random
            equal = (weight == weight.flat[0]).all()
            yield symptom(
                "the neurons of {where} begin alike, so that they learn alike: they are one neuron",
                "{where} {shape}: " + ("all are {value:g}" if equal else "all rows are the same"),
                "begin with random weights: nn.init.kaiming_uniform_, or what the layer does by itself",
                where=w.name,
                shape=Shape(w.array.shape),
                value=float(weight.flat[0]),
            )
            return


def _by_neuron(run: Observed, w: Value) -> tuple[Array, Array | None]:
    """A weight and its gradient, a row a neuron: x @ w has them in columns."""
    gradient = None if w.gradient is None else w.gradient.array
    assert run.traced is not None
    if w.array.ndim == 2 and any(v.operands[1] is w for v in run.traced.forward(matmul)):
        return w.array.T, None if gradient is None else gradient.T
    return w.array, gradient


@check(88.5, explains=(
    "wrong_gradient exploding_gradients saturated dead_relu learning_rate_too_high learning_rate_too_low "
    "cannot_overfit vanishing_gradients class_imbalance unscaled_targets"
))  # fmt: skip
def weights_too_large(run: Observed) -> Iterator[Symptom]:
    """Weights so large that, before any step, the network is far worse than guessing."""
    if run.traced is None or run.guess is None:
        return
    before = run.mean_before
    if not before - run.guess > WORSE * abs(run.guess):
        return
    layers = layers_of(run.traced)
    gains = [gain(layer) for layer in layers]
    if gains and max(gains) > USUAL:
        largest = layers[int(np.argmax(gains))]
        weight = weights_in(largest)[0]
        yield symptom(
            "the network begins with weights that are far too large: it is wrong, and sure of it, before any step",
            "before any step the loss is {before:.4g}, where guessing has {guess:.4g}; {where} makes its inputs "
            "{gain:.3g} times as large, where 0.6 to 1.4 is usual",
            "begin with smaller weights: what the layer does by itself, or nn.init.kaiming_uniform_; no learning rate "
            "mends that",
            where=weight.name,
            before=before,
            guess=run.guess,
            gain=max(gains),
        )
        return
    biases = [
        (name, float(np.abs(p.array).max()))
        for name, p in run.model.named_parameters()
        if p.array.ndim == 1 and p.array.size
    ]
    name, size = max(biases, key=lambda bias: bias[1], default=("", 0.0))
    if size > LARGE and np.abs(run.y).max(initial=0) < size:
        yield symptom(
            "the network begins with biases that are far too large: it is wrong, and sure of it, before any step",
            "before any step the loss is {before:.4g}, where guessing has {guess:.4g}; {where} reaches {size:.3g}",
            "begin with biases of 0, or what the layer does by itself",
            where=name,
            before=before,
            guess=run.guess,
            size=size,
        )
