"""The check of derivatives: whether the gradients are those of what is computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import head
from glassnet.explain.checkup.finding import Said, check
from glassnet.explain.checkup.observed import ENOUGH, Observed
from glassnet.random import get_rng_state, set_rng_state

WRONG = 0.02  # by which a derivative may differ from the differences


@check(88, explains="cannot_overfit learning_rate_too_low learning_rate_too_high vanishing_gradients")
def wrong_gradient(seen: Observed) -> Iterator[Said]:
    """A derivative that is not that of what is computed: in float64, along a random direction of each parameter."""
    by_hand = [] if seen.watched is None else seen.watched.wrong
    if by_hand:
        name, cosine = by_hand[0]
        more = f", and so {len(by_hand) - 1} more" if len(by_hand) > 1 else ""
        yield Said(
            "the gradients that your step computes by hand are not the derivatives of the loss",
            f"{name}.grad and autograd's have a cosine of {cosine:.3f}{more}; 1 is one direction, 0 none in common",
            "look at the derivative of each layer, from the loss backward; glassnet.walkthrough shows what they are",
        )
        return
    if seen.recorded is None:
        return
    x, y = (_in_float64(t) for t in head(seen.first, ENOUGH))
    with seen.untouched():
        seen.model.eval()
        for tensor in (*seen.model.parameters(), *seen.model.buffers()):
            if tensor.is_floating_point():
                tensor.data = tensor.data.double()
                tensor.grad = None
        with suppress(TypeError, ValueError, RuntimeError):  # a network that does not take float64
            yield from _differences(seen, x, y)


def _in_float64(t: Any) -> Any:
    if isinstance(t, tuple):
        return tuple(map(_in_float64, t))
    return t.double() if t.is_floating_point() else t


def _differences(seen: Observed, x: Any, y: Any) -> Iterator[Said]:
    start = get_rng_state()

    def loss() -> Any:
        set_rng_state(start)  # the same noise each time
        return seen.loss(seen.answer(x), y)

    loss().backward()
    random = np.random.default_rng(0)
    wrong = []
    for name, parameter in seen.model.named_parameters():
        if parameter.grad is None or not parameter.requires_grad:
            continue
        direction = random.standard_normal(parameter.shape)
        along = float((parameter.grad.array * direction).sum())
        measured = [_slope(loss, parameter, direction, size) for size in (1e-5, 1e-6)]
        if measured[1] == 0 or abs(measured[0] - measured[1]) > 1e-3 * max(abs(measured[1]), 1e-6):
            continue  # flat, as what is rounded, which may be given another derivative; or a kink lies between
        rounding = 1e-7 + 100 * np.finfo(np.float64).eps * abs(float(loss().item())) / 1e-6
        if abs(along - measured[1]) > max(WRONG * max(abs(measured[1]), abs(along)), rounding):
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
