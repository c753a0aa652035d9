"""Checks of what is done with gradients: which weights an optimizer moves, and how far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.explain.checkup.batches import size_of
from glassnet.explain.checkup.check import Names, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.trials import LONGER
from glassnet.explain.checkup.watched import DROPS
from glassnet.explain.checkup.weighing import root_mean_square
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array

VANISHED = 1e-3  # of a learning rate, that is left after a few steps
LITTLE = 0.9  # of what a layer is given, that may be dropped
MATTERS = 0.3  # of what is learned without weight decay, that it may keep from being learned
TOO_FEW = 4  # samples in a batch that is normalised


@check(92.5, explains="learning_rate_too_low learning_rate_too_high cannot_overfit")
def rate_of_zero(run: Observed) -> Iterator[Symptom]:
    """A learning rate that is 0, of all parameters or of some, or that a schedule takes to 0 within a few steps."""
    if run.optimizer is None:
        return
    rates = [float(group["lr"]) for group in run.optimizer.param_groups]
    later = [] if run.watched is None else run.watched.rates[1:]
    names = {id(p): name for name, p in run.model.named_parameters()}
    for number, (group, rate) in enumerate(zip(run.optimizer.param_groups, rates, strict=True)):
        learned = [names.get(id(p), f"parameter {n}") for n, p in enumerate(group["params"]) if p.requires_grad]
        if not learned:
            continue
        if rate == 0 and not any(rates_then[number] > 0 for rates_then in later):
            which = "the learning rate is 0" if len(rates) == 1 else "the learning rate of group {group} is 0"
            yield symptom(
                which + ": its parameters do not learn",
                "lr=0 for {parameters}",
                "give it a rate, such as 0.001 for Adam or 0.1 for SGD; what should not learn is better frozen: "
                "p.requires_grad = False",
                where=learned[0],
                group=number,
                parameters=Names(learned),
            )
            return
        if rate > 0 and later and max(rates_then[number] for rates_then in later[-2:]) < VANISHED * rate:
            yield symptom(
                "the schedule takes the learning rate to 0 within a few steps: almost nothing is learned",
                "lr goes from {rate:g} to {last:g} in {steps} of your steps",
                "call scheduler.step() once an epoch if it counts epochs, or let it take as many steps as there are",
                rate=rate,
                last=later[-1][number],
                steps=len(later),
            )
            return


@check(91.5, explains="learning_rate_too_low")
def update_missing(run: Observed) -> Iterator[Symptom]:
    """A step of one's own after which no parameter has changed."""
    seen = run.watched
    if seen is None or not seen.idle or seen.used or run.optimizer is None:
        return
    yield symptom(
        "your step changes no parameter: nothing is learned",
        "after {steps} calls all parameters are what they were; optimizer.step() was not called",
        "call optimizer.step() after loss.backward()",
        steps=len(seen.rates) - 1,
    )


@check(87, explains="cannot_overfit")
def frozen_at_random(run: Observed) -> Iterator[Symptom]:
    """Layers that are frozen though they have never learned: their weights are still those that they began with."""
    if run.optimizer is None or not run.trained:
        return
    frozen = [
        path or type(module).__name__
        for path, module in run.model.named_modules()
        if (own := [p for p in module.parameters(recurse=False) if p.array.ndim > 1])
        and not any(p.requires_grad for p in own)
        and _is_as_begun(run, module)
    ]
    if frozen:
        layers = [m for m in run.model.modules() if any(p.array.ndim > 1 for p in m.parameters(recurse=False))]
        yield symptom(
            "layer {where} is frozen and has never learned: it passes on a random mixture of its inputs",
            "{count} of {layers} layers do not learn, and their weights are as random as they begin: {frozen}",
            "let them learn: p.requires_grad = True, and give them to the optimizer; freeze only what was trained "
            "before, after its weights were loaded",
            where=frozen[0],
            count=len(frozen),
            layers=len(layers),
            frozen=Names(frozen),
        )


def _is_as_begun(run: Observed, module: Module) -> bool:
    """Whether the weights of a layer may be those of a new one: of its size, its greatest, and its spectrum."""
    reset: Any = getattr(module, "reset_parameters", None)
    own = [p for p in module.parameters(recurse=False) if p.array.ndim > 1 and p.array.dtype.kind == "f"]
    if not callable(reset) or not own:
        return False
    weights = [p.array.copy() for p in own]
    with run.untouched():
        news = []
        for _ in range(4):
            reset()
            news.append([p.array.copy() for p in own])
    return all(_is_like(weight, [new[n] for new in news]) or _is_noise(weight) for n, weight in enumerate(weights))


def _is_like(weight: Array, news: list[Array]) -> bool:
    size, sizes = root_mean_square(weight), [root_mean_square(new) for new in news]
    spread = 3 * max(float(np.std(sizes)), 0.5 * np.mean(sizes) / np.sqrt(weight.size))
    reach = max(float(np.abs(new).max()) for new in news)
    return bool(abs(size - np.mean(sizes)) <= spread and np.abs(weight).max() <= reach * (1 + 2 / np.sqrt(weight.size)))


def _is_noise(weight: Array) -> bool:
    """Whether independent numbers would have such singular values: what is learned stands out among them.

    Source: Marchenko and Pastur, "Distribution of eigenvalues for some sets of random matrices" (1967).
    """
    matrix = weight.reshape(len(weight), -1).astype(np.float64)
    if min(matrix.shape) < 12 or matrix.size < 400 or matrix.size > 4e6 or not matrix.std() > 0:
        return False
    edge = matrix.std() * (np.sqrt(matrix.shape[0]) + np.sqrt(matrix.shape[1]))
    kurtosis = float(((matrix - matrix.mean()) ** 4).mean() / matrix.var() ** 2)
    usual = any(abs(kurtosis - one) < 6 * width / np.sqrt(matrix.size) for one, width in ((1.8, 1.0), (3.0, 5.0)))
    return bool(usual and np.linalg.svd(matrix, compute_uv=False)[0] < 1.05 * edge)


@check(42, explains="learning_rate_too_low learning_rate_too_high")
def weight_decay_too_large(run: Observed) -> Iterator[Symptom]:
    """A weight decay that keeps the network from learning what it learns without."""
    if run.optimizer is None or not run.runs:
        return
    decays = [float(group.get("weight_decay", 0.0)) for group in run.optimizer.param_groups]
    if not max(decays, default=0) > 0:
        return
    own = run.trial(1.0, LONGER)
    if own.after - run.floor(own.before) < MATTERS / 2 * run.to_learn(own.before):
        return
    without = run.trial(1.0, LONGER, decays=False)
    start = own.before if run.guess is None else min(own.before, run.guess)
    gained = start - without.after
    if gained > MATTERS / 2 * (start - run.floor(start)) and not start - own.after > (1 - MATTERS) * gained:
        yield symptom(
            "the weight decay {decay:g} is too large: it takes away what is learned",
            "in {steps} steps the loss goes from {before:.4g} to {after:.4g}; without weight decay to {without:.4g}",
            "use a smaller one, such as 1e-4, or none",
            decay=max(decays),
            steps=own.steps,
            before=own.before,
            after=own.after,
            without=without.after,
        )


@check(83, explains="learning_rate_too_low learning_rate_too_high")
def dropout_too_high(run: Observed) -> Iterator[Symptom]:
    """Dropout that leaves next to nothing of what a layer is given."""
    for path, module in run.model.named_modules():
        if isinstance(module, DROPS) and module.p >= LITTLE:
            yield symptom(
                "layer {where} drops next to everything, so that little is left to learn from",
                "it has p={p:g}: {percent:.0f} % of its inputs are set to 0",
                "use 0.1 to 0.5; p is the share that is dropped, not the one that is kept",
                where=path or type(module).__name__,
                p=float(module.p),
                percent=100 * float(module.p),
            )
            return


@check(94.5, explains=(
    "wrong_gradient cannot_overfit learning_rate_too_low learning_rate_too_high dead_relu "
    "no_gradient labels_unrelated class_imbalance step_fails"
))  # fmt: skip
def batch_too_small(run: Observed) -> Iterator[Symptom]:
    """Batches of few samples in a network that normalises over the samples of a batch."""
    if min(run.last, *map(size_of, run.batches)) == 1 and (refusal := run.refusal(1)) and not run.refusal(2):
        yield _of_one(run, refusal)
        return
    size = run.largest
    if size >= TOO_FEW or len(run.batches) < 2 or run.outputs is None or len(run.y) <= size:
        return
    alone, together = run.in_training(size), run.in_training(size * len(run.batches))
    if alone is None or together is None or np.allclose(alone, together, rtol=1e-3, atol=1e-5):
        return
    yield symptom(
        "the network normalises over the samples of a batch, and there are too few of them",
        "with batches of {size} its outputs differ by up to {apart:.3g} from those of the same samples in one batch",
        "use batches of 16 or more, or normalise each sample by itself",
        size=size,
        apart=float(np.abs(alone - together).max()),
    )


def _of_one(run: Observed, refusal: str) -> Symptom:
    last = run.largest > 1
    return symptom(
        "the network normalises over the samples of a batch, which one sample alone has no statistics of",
        ("the last batch of an epoch" if last else "each batch") + " has 1 sample: {message}",
        "leave out the last batch: DataLoader(…, drop_last=True); or choose a batch_size that leaves no rest of 1"
        if last
        else "use batches of 16 or more, or nn.LayerNorm or nn.GroupNorm, which normalise each sample by itself",
        message=refusal,
    )
