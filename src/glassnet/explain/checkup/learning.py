"""Checks of learning: the rate, and whether anything can be learned."""

from __future__ import annotations

import math
from collections.abc import Iterator

from glassnet.explain.checkup.batches import size_of
from glassnet.explain.checkup.check import Symptom, check, symptom
from glassnet.explain.checkup.observed import STEPS, Observed, Trial, op_of
from glassnet.explain.checkup.structure import source_of
from glassnet.explain.walkthrough import Value

# Shares of what there is to learn, which is the same for a loss below 0, or one that is never 0:
WORSE = 0.5  # rises in a trial
SLOW = 0.02  # hardly falls
STILL = 1e-3  # does not move, which no smaller rate would mend
CLEARLY = 0.3  # falls with a smaller rate, where it is stuck with this one
LARGER = 0.05  # falls with a larger rate
FASTER = 8.0  # times what is lost with a larger rate
USUAL = (1e-3, 1e-2, 1e-1)  # learning rates


@check(40, explains="cannot_overfit")
def learning_rate_too_high(run: Observed) -> Iterator[Symptom]:
    """A rate at which the loss rises, where with a smaller one it falls."""
    if not run.runs or run.optimizer is None:
        return
    rate, trial = _rate(run), run.trial(1.0)
    if trial.before - trial.after > SLOW * abs(trial.before):  # it learns; the rest takes longer to find out
        return
    to_learn = run.to_learn(trial.before)
    if not trial.after - trial.before <= WORSE * to_learn:
        wanted = -SLOW  # that it does not rise
    elif STILL * to_learn < abs(trial.before - trial.after) and trial.before - trial.after <= SLOW * to_learn:
        wanted = CLEARLY
    else:
        return
    for factor in (0.1, 0.01, 0.001, min(1e-4, 1e-3 / rate)):  # the last for a rate that is a slip of the finger
        smaller = run.trial(factor)
        if smaller.before - smaller.after > wanted * to_learn:
            yield _wrong_rate("high", "smaller", rate, trial, rate * factor, smaller)
            return


@check(38)
def learning_rate_too_low(run: Observed) -> Iterator[Symptom]:
    """A rate at which the loss hardly falls, where with a larger one it does."""
    if not run.runs or run.optimizer is None:
        return
    rate, trial = _rate(run), run.trial(1.0)
    fallen = trial.before - trial.after
    if fallen > SLOW * abs(trial.before):
        return
    to_learn = run.to_learn(trial.before)
    if not fallen < SLOW * to_learn:
        return
    candidates = {rate * 100, rate * 1000, rate * 10000, *(usual for usual in USUAL if usual > 50 * rate)}
    for other in sorted(candidates):
        larger = run.trial(other / rate)
        if larger.before - larger.after > max(LARGER * to_learn, FASTER * fallen):
            yield _wrong_rate("low", "larger", rate, trial, other, larger)
            return


def _wrong_rate(what: str, remedy: str, rate: float, trial: Trial, other: float, other_trial: Trial) -> Symptom:
    return symptom(
        f"the learning rate {{rate:g}} is too {what}",
        "in {steps} steps the loss goes from {before:.4g} to {after:.4g}; with {other:.2g} to {with_other:.4g}",
        f"use a {remedy} one, such as {{other:.1g}}",
        rate=rate,
        steps=STEPS,
        before=trial.before,
        after=trial.after,
        other=other,
        with_other=other_trial.after,
    )


def _rate(run: Observed) -> float:
    assert run.optimizer is not None
    return float(run.optimizer.param_groups[0]["lr"])


@check(30)
def cannot_overfit(run: Observed) -> Iterator[Symptom]:
    """A network that cannot learn even a few samples by heart."""
    learned = [p for p in run.model.parameters() if p.requires_grad]
    if not run.runs or size_of(run.first) < 2 or not learned:
        return
    beyond = _beyond_the_activation(run)
    if beyond is not None:
        yield beyond
        return
    if not run.has_learned:
        before, after = run.by_heart
        floor = run.floor(before)
        least = "; the least that it could be is {least:.4g}" if floor > 0.01 * before else ""
        yield symptom(
            "the network cannot learn {samples} samples by heart, so that it cannot learn at all",
            "the loss goes from {before:.4g} to {after:.4g} in 300 steps of Adam on the same {samples} samples" + least,
            "look for inputs that do not reach the output, samples that are the same but for their targets, too few "
            "units, and an activation after the last layer that cannot give the targets",
            samples=size_of(run.enough),
            before=before,
            after=after,
            least=floor,
        )


ENDS = {
    "relu": (0, math.inf),
    "relu6": (0, 6),
    "sigmoid": (0, 1),
    "softmax": (0, 1),
    "softplus": (0, math.inf),
    "tanh": (-1, 1),
}
"""What activations give, from the least to the greatest."""
BEYOND, EDGE = 0.05, 0.02  # of the targets, and how far of the range


def _beyond_the_activation(run: Observed) -> Symptom | None:
    """A finding where targets lie beyond what the activation at the end can give."""
    step = run.traced
    for value in step.forward("squared_error", "absolute_error", "sub") if step else ():
        pair = [source_of(x) for x in value.operands[:2] if isinstance(x, Value)]
        output = next((x for x in pair if op_of(x) in ENDS), None)
        targets = next((x for x in pair if x is not None and x.name == "y"), None)
        if output is None or targets is None or not run.y.size:
            continue
        low, high = ENDS[op_of(output)]
        beyond = float(((run.y < low - EDGE) | (run.y > high + EDGE)).mean())
        if beyond > BEYOND:
            return symptom(
                "the network cannot give the targets, so that it cannot learn them: the {activation} at its end stays "
                "in {low} … {high}",
                "{percent:.0f} % of the targets are beyond; they are {least:.4g} … {greatest:.4g}",
                "leave out the {activation} at its end, or scale the targets",
                where=output.name,
                activation=op_of(output),
                low=low,
                high=high,
                percent=100 * beyond,
                least=float(run.y.min()),
                greatest=float(run.y.max()),
            )
    return None
