"""Checks of learning: the rate, and whether anything can be learned."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.explain.checkup.batches import size_of
from glassnet.explain.checkup.finding import Said, check
from glassnet.explain.checkup.observed import STEPS, Observed, Trial
from glassnet.explain.checkup.reach import out_of_reach

# Shares of what there is to learn, which is the same for a loss below 0, or one that is never 0:
WORSE = 0.5  # rises in a trial
SLOW = 0.02  # hardly falls
STILL = 1e-3  # does not move, which no smaller rate would mend
CLEARLY = 0.3  # falls with a smaller rate, where it is stuck with this one
LARGER = 0.05  # falls with a larger rate
FASTER = 8.0  # times what is lost with a larger rate
USUAL = (1e-3, 1e-2, 1e-1)  # learning rates


@check(40, explains="cannot_overfit")
def learning_rate_too_high(seen: Observed) -> Iterator[Said]:
    """A rate at which the loss rises, where with a smaller one it falls."""
    if not seen.runs or seen.optimizer is None:
        return
    rate, trial = _rate(seen), seen.trial(1.0)
    if trial.before - trial.after > SLOW * abs(trial.before):  # it learns; the rest takes longer to find out
        return
    to_learn = seen.to_learn(trial.before)
    if not trial.after - trial.before <= WORSE * to_learn:
        wanted = -SLOW  # that it does not rise
    elif STILL * to_learn < abs(trial.before - trial.after) and trial.before - trial.after <= SLOW * to_learn:
        wanted = CLEARLY
    else:
        return
    for factor in (0.1, 0.01, 0.001, min(1e-4, 1e-3 / rate)):  # the last for a rate that is a slip of the finger
        smaller = seen.trial(factor)
        if smaller.before - smaller.after > wanted * to_learn:
            yield Said(f"the learning rate {rate:g} is too high", *_trials(trial, smaller, rate * factor, "smaller"))
            return


@check(38)
def learning_rate_too_low(seen: Observed) -> Iterator[Said]:
    """A rate at which the loss hardly falls, where with a larger one it does."""
    if not seen.runs or seen.optimizer is None:
        return
    rate, trial = _rate(seen), seen.trial(1.0)
    fallen = trial.before - trial.after
    if fallen > SLOW * abs(trial.before):
        return
    to_learn = seen.to_learn(trial.before)
    if not fallen < SLOW * to_learn:
        return
    wanted = {rate * 100, rate * 1000, rate * 10000, *(usual for usual in USUAL if usual > 50 * rate)}
    for found in sorted(wanted):
        larger = seen.trial(found / rate)
        if larger.before - larger.after > max(LARGER * to_learn, FASTER * fallen):
            yield Said(f"the learning rate {rate:g} is too low", *_trials(trial, larger, found, "larger"))
            return


def _trials(trial: Trial, other: Trial, rate: float, kind: str) -> tuple[str, str]:
    """The evidence of two trials, and the remedy."""
    said = f"in {STEPS} steps the loss goes from {trial.before:.4g} to {trial.after:.4g}"
    return f"{said}; with {rate:.2g} to {other.after:.4g}", f"use a {kind} one, such as {rate:.1g}"


def _rate(seen: Observed) -> float:
    assert seen.optimizer is not None
    return float(seen.optimizer.param_groups[0]["lr"])


@check(30)
def cannot_overfit(seen: Observed) -> Iterator[Said]:
    """A network that cannot learn even a few samples by heart."""
    learned = [p for p in seen.model.parameters() if p.requires_grad]
    if not seen.runs or size_of(seen.first) < 2 or not learned:
        return
    said = out_of_reach(seen)
    if said is not None:
        yield said
        return
    if not seen.has_learned:
        before, after = seen.by_heart
        n = size_of(seen.enough)
        floor = seen.floor(before)
        least = f"; the least that it could be is {floor:.4g}" if floor > 0.01 * before else ""
        yield Said(
            f"the network cannot learn {n} samples by heart, so that it cannot learn at all",
            f"the loss goes from {before:.4g} to {after:.4g} in 300 steps of Adam on the same {n} samples{least}",
            "look for inputs that do not reach the output, samples that are the same but for their targets, too few "
            "units, and an activation after the last layer that cannot give the targets",
        )
