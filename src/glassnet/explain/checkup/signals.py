"""Checks of the numbers that flow forward: what is not finite, and activations that are flat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.explain.checkup.activations import ends_of, is_activation, is_s_shaped, slopes, steepest
from glassnet.explain.checkup.check import Range, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.step import Step, op_of
from glassnet.explain.checkup.weighing import CONVOLVING, gain, layer_before, weighs
from glassnet.explain.walkthrough import Value
from glassnet.ops.arithmetic import div
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import exp, log, sqrt

DEAD = 0.5  # of the units of a layer: with inputs that hardly vary, biases below 0 leave as many
SELDOM = 2.33  # standard deviations more than that, which chance leaves in one layer of a hundred
SATURATED = 0.5  # of the numbers of a layer
FLAT = 0.04  # of the steepest slope: within a hundredth of the ends of a sigmoid
FEWEST = 16  # samples of which that can be said
SLIGHT = 0.1  # a gain of a layer with which its inputs hardly count beside its biases


@check(99, explains=(
    "dead_relu saturated vanishing_gradients exploding_gradients learning_rate_too_high learning_rate_too_low "
    "cannot_overfit wrong_gradient unscaled_inputs class_imbalance labels_unrelated "
    "constant_inputs constant_targets unscaled_targets weights_too_large weight_decay_too_large"
))  # fmt: skip
def not_finite(run: Observed) -> Iterator[Symptom]:
    """NaN or infinity, and the first instruction that made one."""
    if run.traced is None:
        return
    for name, values in (*run.inputs.items(), ("targets", run.y)):
        bad = _not_finite(values)
        if bad:
            yield symptom(
                "the {where} are not all finite",
                "{bad:,} of {size:,} numbers; the first in sample {sample}",
                "drop these samples, or fill in what is missing",
                where=name,
                bad=bad,
                size=values.size,
                sample=_first_row(values),
            )
            return
    for name, parameter in run.model.named_parameters():
        bad = _not_finite(parameter.array)
        if bad:
            yield symptom(
                "parameters are not all finite",
                "{where}: {bad:,} of {size:,} numbers",
                "begin anew, with a smaller learning rate",
                where=name,
                bad=bad,
                size=parameter.array.size,
            )
            return
    if _is_finite(run.traced):
        return  # such as −inf in the place of scores that a softmax should not count
    for value in run.traced.results:
        if value.array.dtype.kind == "f" and _not_finite(value.array):
            yield _first_made(value)
            return


def _is_finite(step: Step) -> bool:
    """Whether the loss and the gradients of all parameters are, whatever there was on the way."""
    gradients = [v.gradient.array for v in step.values.values() if v.kind == "parameter" and v.gradient is not None]
    return bool(np.isfinite(step.loss)) and not any(map(_not_finite, gradients))


def _first_made(value: Value) -> Symptom:
    assert value.instruction is not None
    operands = [f"{x.name} in {Range.of(x.array)}" for x in value.operands if isinstance(x, Value)]
    op = value.instruction.op
    remedies = {
        log: "log of 0 or less: add a small number within, log(x + 1e-8), or use log_softmax and cross_entropy",
        div: "a division by 0: add a small number below the line",
        sqrt: "a root of a negative number, or, in backward, of 0: add a small number within",
        exp: "exp of a large number overflows: subtract the maximum first, as softmax does",
    }
    bad = value.array[~np.isfinite(value.array)]
    return symptom(
        "{where} has numbers that are not finite; it is the first that does",
        "{call} ({phase}) of {operands} made {made} in {bad:,} of {size:,} places",
        remedies.get(op, "look at what {op} is given"),
        where=value.name,
        call=value.instruction.text,
        op=op.name,
        phase=value.phase,
        operands=", ".join(operands) or "constants",
        made=float(bad[0]),
        bad=bad.size,
        size=value.array.size,
    )


def _not_finite(values: Array) -> int:
    return int((~np.isfinite(values)).sum()) if values.dtype.kind == "f" else 0


def _first_row(values: Array) -> int:
    return int(np.argwhere(~np.isfinite(values))[0][0])


@check(50, explains="vanishing_gradients learning_rate_too_low cannot_overfit")
def dead_relu(run: Observed) -> Iterator[Symptom]:
    """ReLU units that are flat for every sample, so that no gradient passes."""
    for value in run.traced.forward() if run.traced else ():
        if not is_activation(value) or is_s_shaped(value) or value.array.ndim < 1:
            continue
        flat = slopes(value) == 0
        given = value.operands[0].array
        if (given == given[:1]).all():
            continue  # whatever the inputs are: they do not come so far
        units = _by_unit(value, flat)
        samples, count = len(flat), units.shape[1]
        dead = int(units.all(0).sum())
        is_end = run.outputs is not None and bool((run.outputs == run.outputs[:1]).all())
        many = (dead == count and is_end) or _is_many(dead, count)
        if samples < FEWEST or not dead or not many or gain(layer_before(value)) < SLIGHT:
            continue
        which = "all" if dead == count else "most"
        yield symptom(
            f"{which} units of {{where}} are dead: 0 for every sample, so that nothing flows back through them",
            "{dead} of {units} units are 0 for all {samples} samples",
            "begin with smaller biases and weights, lower the learning rate, scale the inputs, or use leaky_relu",
            where=value.name,
            dead=dead,
            units=count,
            samples=samples,
        )
        return


def _by_unit(value: Value, flat: Array) -> Array:
    """A column for each unit: what a layer gives at every position is of one, the channel it is of."""
    if flat.ndim < 3:
        return flat.reshape(len(flat), -1)
    channel = 1 if op_of(layer_before(value)) in CONVOLVING else flat.ndim - 1
    return np.moveaxis(flat, channel, -1).reshape(-1, flat.shape[channel])


def _is_many(dead: int, units: int) -> bool:
    """Whether more units are dead than chance leaves, with any biases: of a few, all; of many, somewhat over half."""
    if dead == units:
        return units > 1
    return bool(dead > DEAD * units + SELDOM * np.sqrt(DEAD * (1 - DEAD) * units))


@check(48, explains="vanishing_gradients learning_rate_too_low cannot_overfit")
def saturated(run: Observed) -> Iterator[Symptom]:
    """Sigmoids and tanhs at their ends, where they are flat."""
    for value in run.traced.forward() if run.traced else ():
        if not is_activation(value) or not is_s_shaped(value) or not is_hidden(value) or len(value.array) < FEWEST:
            continue
        ends = ends_of(value)
        share = float((slopes(value) < FLAT * steepest(value)).mean())
        if share > SATURATED:
            yield symptom(
                "{where} is saturated: most of its numbers are at an end, where it is flat",
                "{percent:.0f} % of {size:,} numbers are close to {lower:g} or {upper:g}",
                "begin with smaller weights and biases (nn.init.xavier_uniform_), scale the inputs, or use relu",
                where=value.name,
                percent=100 * share,
                size=value.array.size,
                lower=ends.low,
                upper=ends.high,
            )
            return


def is_hidden(value: Value) -> bool:
    """Whether a layer of weights comes after it."""
    stack, seen = list(value.users), set()
    while stack:
        user = stack.pop()
        if id(user) in seen or user.phase != "forward":
            continue
        seen.add(id(user))
        if weighs(user):
            return True
        stack += user.users
    return False
