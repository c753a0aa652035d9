"""Checks of learning: the rate, whether anything can be learned, and whether the gradients are true."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.finding import Said, check
from glassnet.explain.checkup.observed import BY_HEART, ENOUGH, STEPS, Observed
from glassnet.random import get_rng_state, set_rng_state

WORSE = 1.5  # times the loss at the beginning
SLOW = 0.02  # of the loss, that is lost in a trial
FASTER = 8.0  # times what is lost with a larger rate
USUAL = (1e-3, 1e-2, 1e-1)  # learning rates
WRONG = 0.02  # by which a derivative may differ from the differences


@check(40, explains="cannot_overfit")
def learning_rate_too_high(seen: Observed) -> Iterator[Said]:
    """A rate at which the loss rises, where with a smaller one it falls."""
    if seen.recorded is None or seen.optimizer is None:
        return
    rate = _rate(seen)
    before, after = seen.trial(1.0)
    if after <= WORSE * before:
        return
    for factor in (0.1, 0.01, 0.001, min(1e-4, 1e-3 / rate)):  # the last for a rate that is a slip of the finger
        smaller = seen.trial(factor).after
        if smaller < before * 1.02:
            yield Said(
                f"the learning rate {rate:g} is too high",
                f"in {STEPS} steps the loss goes from {before:.4g} to {after:.4g}; with {rate * factor:.2g} to "
                f"{smaller:.4g}",
                f"use a smaller one, such as {rate * factor:.1g}",
            )
            return


@check(38)
def learning_rate_too_low(seen: Observed) -> Iterator[Said]:
    """A rate at which the loss hardly falls, where with a larger one it does."""
    if seen.recorded is None or seen.optimizer is None:
        return
    rate = _rate(seen)
    before, after = seen.trial(1.0)
    fallen = before - after
    if not fallen < SLOW * abs(before):
        return
    wanted = {rate * 100, rate * 1000, rate * 10000, *(usual for usual in USUAL if usual > 50 * rate)}
    for found in sorted(wanted):
        larger = seen.trial(found / rate).after
        if before - larger > max(0.05 * abs(before), FASTER * fallen):
            yield Said(
                f"the learning rate {rate:g} is too low",
                f"in {STEPS} steps the loss goes from {before:.4g} to {after:.4g}; with {found:.2g} to {larger:.4g}",
                f"use a larger one, such as {found:.1g}",
            )
            return


def _rate(seen: Observed) -> float:
    assert seen.optimizer is not None
    return float(seen.optimizer.param_groups[0]["lr"])


@check(30)
def cannot_overfit(seen: Observed) -> Iterator[Said]:
    """A network that cannot learn even a few samples by heart."""
    if seen.recorded is None or len(seen.first[0]) < 2 or not any(p.requires_grad for p in seen.model.parameters()):
        return
    before, after = seen.by_heart
    if math.isfinite(before) and before > 1e-3 and after > BY_HEART * before:
        n = min(ENOUGH, len(seen.first[0]))
        yield Said(
            f"the network cannot learn {n} samples by heart, so that it cannot learn at all",
            f"the loss goes from {before:.4g} to {after:.4g} in 300 steps of Adam on the same {n} samples",
            "look for inputs that do not reach the output, samples that are the same but for their targets, too few "
            "units, and an activation after the last layer that cannot give the targets",
        )


@check(88, explains="cannot_overfit learning_rate_too_low learning_rate_too_high vanishing_gradients")
def wrong_gradient(seen: Observed) -> Iterator[Said]:
    """A derivative that is not that of what is computed: in float64, along a random direction of each parameter."""
    if seen.recorded is None:
        return
    x, y = (t[:ENOUGH] for t in seen.first)
    x, y = (t.double() if t.is_floating_point() else t for t in (x, y))
    with seen.untouched():
        seen.model.eval()
        for tensor in (*seen.model.parameters(), *seen.model.buffers()):
            if tensor.is_floating_point():
                tensor.data = tensor.data.double()
                tensor.grad = None
        with suppress(TypeError, ValueError, RuntimeError):  # a network that does not take float64
            yield from _differences(seen, x, y)


def _differences(seen: Observed, x: Any, y: Any) -> Iterator[Said]:
    start = get_rng_state()

    def loss() -> Any:
        set_rng_state(start)  # the same noise each time
        return seen.loss(seen.model(x), y)

    loss().backward()
    random = np.random.default_rng(0)
    wrong = []
    for name, parameter in seen.model.named_parameters():
        if parameter.grad is None or not parameter.requires_grad:
            continue
        direction = random.standard_normal(parameter.shape)
        along = float((parameter.grad.array * direction).sum())
        measured = [_slope(loss, parameter, direction, size) for size in (1e-5, 1e-6)]
        if abs(measured[0] - measured[1]) > 1e-3 * max(abs(measured[1]), 1e-6):
            continue  # a kink lies between
        if abs(along - measured[1]) > WRONG * max(abs(measured[1]), abs(along)) and abs(along - measured[1]) > 1e-7:
            wrong.append((name, along, measured[1]))
    if wrong:
        name, along, measured_slope = wrong[0]
        more = f", and so for {len(wrong) - 1} more parameters" if len(wrong) > 1 else ""
        yield Said(
            "the gradients are not the derivatives of what is computed",
            f"along a random direction of {name} the loss changes by {measured_slope:.5g}, the gradient says "
            f"{along:.5g}{more}",
            "look at derivatives written by hand, hooks that change gradients, and detach() on the way",
        )


def _slope(loss: Any, parameter: Any, direction: Any, size: float) -> float:
    ends = []
    kept = parameter.array.copy()
    with no_grad():
        for sign in (1, -1):
            parameter.array[...] = kept + sign * size * direction
            ends.append(float(loss().item()))
        parameter.array[...] = kept
    return (ends[0] - ends[1]) / (2 * size)
