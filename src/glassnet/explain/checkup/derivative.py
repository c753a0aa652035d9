"""The check of derivatives: whether the gradients are those of what is computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import head
from glassnet.explain.checkup.check import Symptom, check, symptom
from glassnet.explain.checkup.observed import ENOUGH, Observed
from glassnet.random import get_rng_state, set_rng_state

WRONG = 0.02  # by which a derivative may differ from the differences


@check(88, explains="cannot_overfit learning_rate_too_low learning_rate_too_high vanishing_gradients")
def wrong_gradient(run: Observed) -> Iterator[Symptom]:
    """A derivative that is not that of what is computed: in float64, along a random direction of each parameter."""
    by_hand = [] if run.watched is None else run.watched.wrong
    if by_hand:
        name, cosine = by_hand[0]
        more = ", and so {more} more" if len(by_hand) > 1 else ""
        yield symptom(
            "the gradients that your step computes by hand are not the derivatives of the loss",
            "{where}.grad and autograd's have a cosine of {cosine:.3f}"
            + more
            + "; 1 is one direction, 0 none in common",
            "look at the derivative of each layer, from the loss backward; glassnet.walkthrough shows what they are",
            where=name,
            cosine=cosine,
            more=len(by_hand) - 1,
        )
        return
    if run.traced is None:
        return
    x, y = (_in_float64(t) for t in head(run.first, ENOUGH))
    with run.untouched():
        run.model.eval()
        for tensor in (*run.model.parameters(), *run.model.buffers()):
            if tensor.is_floating_point():
                tensor.data = tensor.data.double()
                tensor.grad = None
        with suppress(TypeError, ValueError, RuntimeError):  # a network that does not take float64
            yield from _differences(run, x, y)


def _in_float64(t: Any) -> Any:
    if isinstance(t, tuple):
        return tuple(map(_in_float64, t))
    return t.double() if t.is_floating_point() else t


def _differences(run: Observed, x: Any, y: Any) -> Iterator[Symptom]:
    start = get_rng_state()

    def loss() -> Any:
        set_rng_state(start)  # the same noise each time
        return run.loss(run.answer(x), y)

    loss().backward()
    random = np.random.default_rng(0)
    wrong = []
    for name, parameter in run.model.named_parameters():
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
        name, along, slope = wrong[0]
        more = ", and so for {more} more parameters" if len(wrong) > 1 else ""
        yield symptom(
            "the gradients are not the derivatives of what is computed",
            "along a random direction of {where} the loss changes by {slope:.5g}, the gradient says {along:.5g}" + more,
            "look at derivatives written by hand, hooks that change gradients, and detach() on the way",
            where=name,
            slope=slope,
            along=along,
            more=len(wrong) - 1,
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
