"""Checks of the training script: what is trained, in what mode, with which gradients, and by a whole step or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.autograd import no_grad
from glassnet.explain.checkup.batches import head, size_of
from glassnet.explain.checkup.check import Names, Shape, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.trials import ENOUGH
from glassnet.explain.checkup.watched import differs, has_statistics
from glassnet.explain.walkthrough.traced_step import NoGradientError
from glassnet.random import get_rng_state, set_rng_state
from glassnet.trace.refusals import TraceError

WRONG = 0.02  # by which a derivative may differ from the differences
FEWEST_TRIED = 16  # parameters of which that is seen, however large the network is


@check(85)
def step_fails(run: Observed) -> Iterator[Symptom]:
    """A step that ends in an error, or that cannot be traced."""
    if run.traced is not None or run.error is None:
        if run.failing is not None:
            yield _failed(
                run.failing,
                "the training step ends in an error on another batch than the first",
                "{error}: {message}",
                "see what differs in that batch, such as the number of its samples; drop_last=True in the DataLoader "
                "leaves out a last batch that is shorter",
            )
        elif run.watched is not None and run.watched.error is not None:
            yield _failed(
                run.watched.error,
                "your step ends in an error",
                "{error}: {message}",
                "see what the message says; the network and its loss can be computed without your step",
            )
    elif isinstance(run.error, TraceError):
        yield _failed(
            run.error,
            "the step cannot be traced, so that only little of it could be looked at",
            "{message}",
            "training may be all right; to have it looked at, write that line as docs/footguns.md says",
        )
    else:
        yield _failed(
            run.error,
            "the training step ends in an error",
            "{error}: {message}",
            "see what the message says is expected; glassnet.checkup() again when it is fixed",
        )


def _failed(error: Exception, problem: str, evidence: str, remedy: str) -> Symptom:
    return symptom(problem, evidence, remedy, error=type(error).__name__, message=str(error)[:400])


@check(92, explains="cannot_overfit learning_rate_too_low learning_rate_too_high update_missing")
def not_in_optimizer(run: Observed) -> Iterator[Symptom]:
    """Parameters that the loss depends on and that the optimizer does not have."""
    if run.optimizer is None:
        return
    trained = {id(p) for group in run.optimizer.param_groups for p in group["params"]}
    there = [(name, p) for name, p in run.model.named_parameters() if p.requires_grad]
    missing = [name for name, p in there if id(p) not in trained]
    if missing:
        others = len(trained - {id(p) for _, p in there})
        also = "; it has {others} that the network does not have" if others else ""
        yield symptom(
            "the optimizer does not have all parameters of the network",
            "{count} of {parameters} are missing: {missing}" + also,
            "make the optimizer after the network is complete, from model.parameters(); freeze what should not learn: "
            "p.requires_grad = False",
            where=missing[0],
            count=len(missing),
            parameters=len(there),
            missing=Names(missing),
            others=others,
        )
        return
    known = trained | {id(p) for p in run.model.parameters()}
    hidden = [p for p in _leaves(run) if id(p) not in known] if run.runs else []
    if hidden:
        yield symptom(
            "the loss depends on parameters that neither model.parameters() nor the optimizer has: they do not learn",
            "{hidden} of {parameters}, of shapes {shapes}",
            "keep layers of a list in nn.ModuleList, of a dict in nn.ModuleDict, tensors in nn.Parameter; freeze "
            "what should not learn: p.requires_grad = False",
            hidden=len(hidden),
            parameters=len(hidden) + len(there),
            shapes=Names(str(Shape(p.shape)) for p in hidden),
        )


def _leaves(run: Observed) -> list[Any]:
    """The tensors that require a gradient and that the loss was computed from."""
    with run.untouched():
        stack = [run.loss(run.answer(run.first[0]), run.first[1]).grad_fn]
    visited, leaves = set(), []
    while stack:
        node = stack.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        if getattr(node, "requires_grad", False):
            leaves.append(node)
        else:
            stack += getattr(node, "parents", None) or ()
    return leaves


@check(91, explains="cannot_overfit learning_rate_too_low vanishing_gradients step_fails frozen_at_random")
def no_gradient(run: Observed) -> Iterator[Symptom]:
    """Parameters that the loss does not depend on, or that no gradient reaches."""
    if not run.runs:
        if isinstance(run.error, NoGradientError):
            yield _failed(
                run.error,
                "no gradient flows back from the loss at all",
                "{message}",
                "compute the loss from the network's output without detach(), .item(), NumPy or no_grad()",
            )
        return
    with run.untouched():
        run.model.train()
        for parameter in run.model.parameters():
            parameter.grad = None
        x, y = run.first
        run.loss(run.answer(x), y).backward()
        wanted = [(name, p) for name, p in run.model.named_parameters() if p.requires_grad]
        without = [name for name, p in wanted if p.grad is None]
    if without:
        yield symptom(
            "parameters get no gradient: they do not learn",
            "{count} of {parameters}: {without}",
            "use them in forward, and do not detach() what comes after them; layers in a list belong in nn.ModuleList",
            where=without[0],
            count=len(without),
            parameters=len(wanted),
            without=Names(without),
        )
    elif _is_flat(run):
        yield symptom(
            "no gradient comes out of the loss: it stays as it is when the outputs change a little",
            "the derivative of the loss, {loss:.4g}, by each of the {outputs} outputs for a batch is 0",
            "do not round, compare or take argmax in the loss: use one that changes smoothly, such as cross_entropy",
            loss=run.loss_of(x, y),
            outputs=run.answer(x).numel(),
        )
    elif run.watched is not None and run.watched.empty:
        empty = run.watched.empty
        yield symptom(
            "your step gives the optimizer no gradient, though there is one: parameters do not learn",
            "{count} of {parameters} have none, or 0, when optimizer.step() is called: {without}",
            "call optimizer.zero_grad() before loss.backward(), and nothing between that and optimizer.step()",
            where=empty[0],
            count=len(empty),
            parameters=len(wanted),
            without=Names(empty),
        )


def _is_flat(run: Observed) -> bool:
    """Whether the loss is no better than that of guessing, and changes with no output."""
    if run.guess is None or run.is_better(run.mean_before):
        return False
    x, y = run.first
    with run.untouched():
        output = run.answer(x).detach().requires_grad_()
        run.loss(output, y).backward()
    return output.grad is not None and not output.grad.array.any()


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

    value = loss()
    value.backward()
    here = float(value.item())
    rounding = 1e-7 + 100 * np.finfo(np.float64).eps * abs(here) / 1e-6
    random = np.random.default_rng(0)
    layers = [(path, getattr(m, "padding_idx", None)) for path, m in run.model.named_modules()]
    still = {f"{path}.weight".lstrip("."): [row] for path, row in layers if row is not None}  # they have no gradient
    wrong = []
    learned = [(name, p, p.grad) for name, p in run.model.named_parameters() if p.grad is not None and p.requires_grad]
    apart = max(1, -(-len(learned) // max(FEWEST_TRIED, run.steps_within(len(learned), size_of((x, y)) / run.largest))))
    for name, parameter, gradient in learned[::apart]:  # of a large network, some of them
        direction = random.standard_normal(parameter.shape)
        direction[still.get(name, [])] = 0.0
        along = float((gradient.array * direction).sum())
        (far, _), (measured, kink) = (_slope(loss, parameter, direction, size, here) for size in (1e-5, 1e-6))
        if measured == 0 or max(abs(far - measured), kink - rounding) > 1e-3 * max(abs(measured), 1e-6):
            continue  # flat, as what is rounded, which may be given another derivative; or a kink lies between, or here
        if abs(along - measured) > max(WRONG * max(abs(measured), abs(along)), rounding):
            wrong.append((name, along, measured))
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


def _slope(loss: Any, parameter: Any, direction: Any, size: float, here: float) -> tuple[float, float]:
    """The slope along a direction, and how far the slopes on both sides are apart: where there is a kink, they are."""
    kept, ends = parameter.array.copy(), []
    with no_grad():
        for sign in (1, -1):
            parameter.array[...] = kept + sign * size * direction
            ends.append(float(loss().item()))
        parameter.array[...] = kept
    return (ends[0] - ends[1]) / (2 * size), abs(ends[0] - 2 * here + ends[1]) / size


@check(93, explains="learning_rate_too_high exploding_gradients")
def gradients_not_zeroed(run: Observed) -> Iterator[Symptom]:
    """A step that adds its gradients to those of the step before."""
    step = run.watched
    if step is None or not step.added:
        return
    name = step.added[0]
    a, b = float(np.linalg.norm(step.first[name])), float(np.linalg.norm(step.second[name]))
    rest = [name for name, g in step.first.items() if g.any() and name not in step.added]
    yield symptom(
        "gradients are not set to zero: each step adds to those of the steps before",
        "the same batch twice gives {where}.grad of size {first:.4g}, then {second:.4g}, {ratio:.2f} times as much"
        + ("; not so {rest}" if rest else ""),
        "call optimizer.zero_grad() before loss.backward()",
        where=name,
        first=a,
        second=b,
        ratio=b / a,
        rest=Names(rest),
    )


@check(89)
def evaluation_mode(run: Observed) -> Iterator[Symptom]:
    """Training in evaluation mode, where dropout does nothing and batch norm does not look at the batch."""
    called = {} if run.watched is None else {path: modes for path, modes in run.watched.modes.items() if modes}
    modes = {path: called.get(path, {module.training}) for path, module in run.model.named_modules()}
    layers = {path: module for path, module in run.model.named_modules() if differs(module)}
    off = [p for p, m in layers.items() if modes[p] == {False} and not _is_kept(m, in_training=modes[""] == {True})]
    if not off:
        return
    drops = any(not has_statistics(layers[path]) for path in off)
    normalises = any(has_statistics(layers[path]) for path in off)
    where = " in your step" if called else ""
    effects = ["dropout does nothing"] * drops + ["batch norm does not look at the batch"] * normalises
    yield symptom(
        f"the network is trained in evaluation mode, in which {' and '.join(effects)}",
        f"{{count}} of {{layers}} layers that differ are in evaluation mode{where}: {{off}}",
        "call model.train() before training, and again after each evaluation",
        where=off[0],
        count=len(off),
        layers=len(layers),
        off=Names(f"{path} ({type(layers[path]).__name__})" for path in off),
    )


def _is_kept(layer: Any, *, in_training: bool) -> bool:
    """Whether a layer is in evaluation mode on purpose: its statistics were gathered before, the network trains."""
    return in_training and has_statistics(layer) and bool(np.any(getattr(layer.running_mean, "array", True)))
