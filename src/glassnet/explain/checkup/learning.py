"""Checks of learning: the rate, and whether anything can be learned."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.activations import ends_of, is_activation
from glassnet.explain.checkup.batches import joined, parts_of, size_of
from glassnet.explain.checkup.check import Symptom, check, symptom
from glassnet.explain.checkup.guessing import accuracy, is_worse
from glassnet.explain.checkup.held_out import on_other_samples
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.relation import CHANCE, relation, remainder
from glassnet.explain.checkup.signals import is_hidden
from glassnet.explain.checkup.step import name_of
from glassnet.explain.checkup.structure import source_of
from glassnet.explain.checkup.trials import FEW, LONGER, STEPS, Trial
from glassnet.explain.walkthrough import Value
from glassnet.ops.arithmetic import sub
from glassnet.ops.dtypes import Array
from glassnet.ops.loss import absolute_error, squared_error
from glassnet.tensor import wrap

# Shares of what there is to learn, which is the same for a loss below 0, or one that is never 0:
WORSE = 0.5  # rises in a trial
SLOW = 0.02  # hardly falls
STILL = 1e-3  # does not move, which no smaller rate would mend
CLEARLY = 0.3  # falls with a smaller rate, where it is stuck with this one
FURTHER = 0.1  # that a smaller rate gets further, where this one jumps about
LARGER = 0.05  # falls with a larger rate
FASTER = 8.0  # times what is lost with a larger rate
USUAL = (1e-3, 1e-2, 1e-1)  # learning rates
FAR = 5.0  # rises on the way, where a smaller rate gets as far without
MOVED = 0.02  # by which weights change, beside their size, before anything is learned
REWRITES = 1.0  # a step that changes weights by their own size
BEYOND, EDGE = 0.05, 0.02  # of the targets, and how far of the range
STUCK = 0.2  # of the loss of guessing, that is left
NEARER = 0.6  # of what is left here, that is left from another start


@check(40, explains="cannot_overfit")
def learning_rate_too_high(run: Observed) -> Iterator[Symptom]:
    """A rate at which the loss rises or jumps, where with a smaller one it falls."""
    if not run.runs or run.optimizer is None:
        return
    rate = _rate(run)
    if not rate > 0:
        return
    for steps in (STEPS, LONGER):
        trial = run.trial(1.0, steps)
        learns = trial.before - trial.after > SLOW * abs(trial.before)
        if learns and trial.peak <= trial.before and run.first_change <= REWRITES:
            if run.memory <= STEPS:
                return  # without measuring what there is to learn
            continue
        to_learn = run.to_learn(trial.before)
        risen = trial.peak - trial.before
        jumps = not risen <= WORSE * to_learn or (learns and run.first_change > REWRITES)
        if not trial.after - trial.before <= WORSE * to_learn:
            wanted = trial.before + SLOW * to_learn  # that it does not rise
        elif jumps:
            wanted = trial.after - FURTHER * to_learn
        elif not learns and STILL * to_learn < abs(trial.before - trial.after):
            wanted = trial.before - CLEARLY * to_learn
        elif trial.before - trial.after > WORSE * to_learn and run.memory <= STEPS:
            return
        else:
            continue
        for factor in (0.1, 0.01, 0.001, min(1e-4, 1e-3 / rate)):  # the last for a rate that is a slip of the finger
            smaller = run.trial(factor, steps)
            calm = smaller.peak - smaller.before <= WORSE * to_learn and smaller.after < trial.after + SLOW * to_learn
            as_good = calm and risen > (FAR if run.first_change <= REWRITES else WORSE) * to_learn
            falls = smaller.after < smaller.before or run.is_better(smaller.after)
            if falls and (smaller.after < wanted or as_good):
                yield _wrong_rate("high", "smaller", rate, trial, rate * factor, smaller)
                return
    yield from _that_mends(run, "high", "smaller", (0.1, 0.01))


def _that_mends(run: Observed, what: str, remedy: str, factors: tuple[float, ...]) -> Iterator[Symptom]:
    """A finding where many steps are no better than guessing, and fewer with another rate are."""
    if run.is_explained or run.guess is None or run.is_short or run.is_better(run.trial(1.0, LONGER).after):
        return
    if not run.has_learned or run.is_better(run.course.after):
        return  # what cannot learn a few samples has another fault
    for factor in factors:
        other = run.until(run.is_better, run.course.steps // 8, factor)
        if run.is_better(other.after):
            yield _wrong_rate(what, remedy, _rate(run), run.course, _rate(run) * factor, other)
            return


@check(38)
def learning_rate_too_low(run: Observed) -> Iterator[Symptom]:
    """A rate at which the loss hardly falls, where with a larger one it does."""
    if not run.runs or run.optimizer is None:
        return
    rate, trial = _rate(run), run.trial(1.0)
    fallen = trial.before - trial.after
    if not rate > 0 or fallen > SLOW * abs(trial.before):
        return
    to_learn = run.to_learn(trial.before)
    if not fallen < SLOW * to_learn:
        return
    candidates = {rate * 100, rate * 1000, rate * 10000, *(usual for usual in USUAL if usual > 50 * rate)}
    for other in sorted(candidates):
        if run.first_change * other / rate > REWRITES:
            return  # it would forget with each step; this one is not so small
        larger = run.trial(other / rate)
        gained = larger.before - larger.after
        if gained > max(LARGER * to_learn, FASTER * fallen):
            if not _gets_there(run, gained):
                yield _wrong_rate("low", "larger", rate, trial, other, larger)
            return
    yield from _that_mends(run, "low", "larger", (10.0, 100.0))


def _gets_there(run: Observed, gained: float) -> bool:
    """Whether many steps with the rate as it is come as far as a few with one a hundred times as large."""
    if run.first_change * 80 * STEPS < MOVED:
        return False
    before = run.trial().before
    course = run.until(lambda loss: before - loss > gained, 80 * STEPS)
    return course.before - course.after > gained


def _wrong_rate(what: str, remedy: str, rate: float, trial: Trial, other: float, other_trial: Trial) -> Symptom:
    peak = ", and up to {peak:.3g} on the way" if what == "high" and trial.peak > 2 * abs(trial.before) else ""
    return symptom(
        f"the learning rate {{rate:g}} is too {what}",
        "in {steps} steps the loss goes from {before:.4g} to {after:.4g}"
        + peak
        + "; with {other:.2g} to {with_other:.4g}",
        f"use a {remedy} one, such as {{other:.1g}}",
        rate=rate,
        steps=trial.steps,
        before=trial.before,
        after=trial.after,
        peak=trial.peak,
        other=other,
        with_other=other_trial.after,
    )


def _rate(run: Observed) -> float:
    assert run.optimizer is not None
    return max(float(group["lr"]) for group in run.optimizer.param_groups)


@check(36, explains="cannot_overfit", unexplained=True)
def not_separable(run: Observed) -> Iterator[Symptom]:
    """A network that is a straight line, where no line tells classes apart or follows the targets."""
    if not run.runs or run.optimizer is None or run.outputs is None or run.guess is None or run.is_short:
        return
    if not _is_straight(run) or not np.isfinite(run.course.after):
        return
    if run.is_better(run.course.after) and _is_of_use(run):
        return
    if not _can_be_told(run):
        return
    of_classes = run.course.outputs is not None and accuracy(run.course.outputs, run.targets) is not None
    yield symptom(
        "the network is a straight line, and no line "
        + ("separates these classes, as in XOR" if of_classes else "follows these targets"),
        "after {steps} steps the loss is {after:.4g}, where guessing has {guess:.4g}; the outputs of means of inputs "
        "are the means of their outputs",
        "put a hidden layer with an activation between: nn.Linear, nn.Tanh or nn.ReLU, nn.Linear",
        steps=run.course.steps,
        after=run.course.after,
        guess=run.guess,
    )


def _is_straight(run: Observed) -> bool:
    """Whether what comes before the end of the network is a weighted sum of the inputs."""
    x = parts_of(run.first[0])
    if run.traced is not None and any(is_activation(v) and is_hidden(v) for v in run.traced.forward()):
        return False
    if any(part.array.dtype.kind != "f" for part in x) or size_of(run.first) < 2:
        return False
    try:
        with run.untouched(), no_grad():
            run.model.eval()
            for part in x:  # far enough apart that a bend shows
                if part.array.std() == 0:
                    return False
            a = [part.array for part in x]
            b = [part[::-1] * 3 + 1 for part in a]
            between = [((p + q) / 2).astype(p.dtype) for p, q in zip(a, b, strict=True)]
            whole = [[np.ascontiguousarray(part.astype(a[0].dtype)) for part in parts] for parts in (a, b, between)]
            outputs = [run.model(*map(wrap, parts)).array.astype(np.float64) for parts in whole]
    except Exception:  # a network that takes other inputs only
        return False
    return _on_a_line(*outputs) or _on_a_line(*map(_before_the_end, outputs))


def _on_a_line(a: Array, b: Array, between: Array) -> bool:
    return bool(np.allclose((a + b) / 2, between, rtol=1e-3, atol=1e-3 * np.abs(between).max()))


def _before_the_end(outputs: Array) -> Array:
    """Scores, where a sigmoid or a softmax at the end of the network has made these probabilities of them."""
    with np.errstate(all="ignore"):
        if outputs.ndim > 1 and outputs.shape[1] > 1:
            logs = np.log(outputs) if outputs.min() >= 0 else outputs
            scores: Array = logs - logs.mean(1, keepdims=True)
            return scores
        before: Array = np.log(outputs / (1 - outputs))
        return before


def _is_of_use(run: Observed) -> bool:
    """Whether what a line has learned holds for other samples, or, of few, whether it can learn some by heart.

    Where chance does as much, whether there is nothing left of the targets that depends on the inputs: then nothing
    bent would get further either.
    """
    held = on_other_samples(run)
    if run.has_learned if held is None else held.carries_over:
        return True
    if run.course.outputs is None:
        return False
    free = wrap(run.course.outputs).requires_grad_()
    run.loss(free, wrap(run.targets)).backward()
    left = None if free.grad is None else remainder(joined(run.batches)[0], free.grad.array)
    return left is not None and left.probability >= CHANCE


def _can_be_told(run: Observed) -> bool:
    """Whether inputs say anything of the targets: clearly, or, of few samples, that no two are alike."""
    parts = list(run.inputs.values())
    if len(run.y) < 64:
        whole = np.concatenate([x.reshape(len(x), -1) for x in parts], axis=1)
        return len(np.unique(whole, axis=0)) == len(np.unique(np.c_[whole, run.y.reshape(len(run.y), -1)], axis=0))
    found = relation(parts, run.y)
    return found is not None and found.probability < CHANCE


@check(30)
def cannot_overfit(run: Observed) -> Iterator[Symptom]:
    """A network that cannot learn even a few samples by heart."""
    if not run.runs or size_of(run.first) < 2 or not run.trained:
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
            "the network does not even learn {samples} samples by heart",
            "the loss goes from {before:.4g} to {after:.4g} in {steps} steps of Adam on the same {samples} samples"
            + least,
            "look for inputs that do not reach the output, samples that are the same but for their targets, too few "
            "units, and an activation after the last layer that cannot give the targets",
            steps=2 * run.steps_by_heart,
            samples=size_of(run.enough),
            before=before,
            after=after,
            least=floor,
        )


def _beyond_the_activation(run: Observed) -> Symptom | None:
    """A finding where targets lie beyond what the activation at the end can give."""
    step = run.traced
    for value in step.forward(squared_error, absolute_error, sub) if step else ():
        pair = [source_of(x) for x in value.operands[:2] if isinstance(x, Value)]
        targets = next((x for x in pair if x is not None and x.name == "y"), None)
        output = next((x for x in pair if x is not targets and np.isfinite(ends_of(x)).any()), None)
        if output is None or targets is None or not run.y.size:
            continue
        low, high = ends_of(output)
        beyond = float(((run.y < low - EDGE) | (run.y > high + EDGE)).mean())
        if beyond > BEYOND:
            return symptom(
                "the network cannot give the targets, so that it cannot learn them: the {activation} at its end stays "
                "in {low:g} … {high:g}",
                "{percent:.0f} % of the targets are beyond; they are {least:.4g} … {greatest:.4g}",
                "leave out the {activation} at its end, or scale the targets",
                where=output.name,
                activation=name_of(output),
                low=low,
                high=high,
                percent=100 * beyond,
                least=float(run.y.min()),
                greatest=float(run.y.max()),
            )
    return None


@check(32, explains="cannot_overfit", unexplained=True)
def stuck(run: Observed) -> Iterator[Symptom]:
    """A network that learns nothing more from here, and does from other starts."""
    if not run.runs or size_of(run.first) < 2 or not run.trained or run.guess is None or not run.guess > 0:
        return
    trial = run.trial() if run.optimizer is not None else None
    moves = trial is not None and trial.before - trial.after > SLOW * run.guess
    if moves and sum(p.numel() for p in run.trained) > FEW:
        return
    here = run.further(STUCK * run.guess, fresh=False)
    if here is None or here < STUCK * run.guess or not (_comes_to_rest(run) if moves else run.rests(here)):
        return
    there = run.further(NEARER * here / 2, fresh=True)
    if there is not None and there < (NEARER / 2 if moves else NEARER) * here:
        yield symptom(
            "training is stuck: from here no step gets further, and from another start the same network does",
            "{steps} steps of Adam leave the loss on {samples} samples at {here:.4g}; from new weights they get to "
            "{there:.4g}",
            "begin anew with another seed, and give the network more units; a network of few units often ends so",
            steps=2 * run.steps_by_heart,
            samples=size_of(run.enough),
            here=here,
            there=there,
        )


def _comes_to_rest(run: Observed) -> bool:
    """Whether the run falls to a loss that is not small, and stays there."""
    assert run.guess is not None
    guess = run.guess
    halfway, end = (run.until(lambda loss: loss < STUCK * guess, steps).after for steps in (1000, 2000))
    return bool(end > STUCK * guess and halfway - end < SLOW * guess)


@check(28, unexplained=True)
def no_better_than_guessing(run: Observed) -> Iterator[Symptom]:
    """A network that many steps leave no better than guessing."""
    if not run.runs or run.optimizer is None or run.guess is None or run.is_short:
        return
    course = run.course if run.course.after > 0 else run.trial(1.0, LONGER)  # one that falls below 0 falls on
    right = None if course.outputs is None else accuracy(course.outputs, run.targets)
    worse = course.outputs is not None and is_worse(course.outputs, run.targets)
    if run.is_better(course.after) and not worse:
        return
    share = "" if right is None else "; {right:.0%} are right, and {majority:.0%} are of the most frequent class"
    yield symptom(
        "the loss falls while the network becomes worse than guessing"
        if run.is_better(course.after)
        else "after many steps the network is no better than guessing",
        "after {steps} steps the loss is {after:.4g}; that of saying the same of every sample is {guess:.4g}" + share,
        "try a larger and a smaller learning rate and Adam; give the network more units; look at the sign of the loss, "
        "and at a few samples beside their targets",
        steps=course.steps,
        after=course.after,
        guess=run.guess,
        right=0.0 if right is None else right[0],
        majority=0.0 if right is None else right[1],
    )
