"""Checks of the training script: what is trained, in what mode, and whether a step is a whole one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.explain.checkup.check import Names, Shape, Symptom, check, symptom
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.watched import DIFFER
from glassnet.explain.walkthrough.traced_step import NoGradientError
from glassnet.trace.refusals import TraceError


@check(85)
def step_fails(run: Observed) -> Iterator[Symptom]:
    """A step that ends in an error, or that no program can stand for."""
    if run.traced is not None or run.error is None:
        if run.watched is not None and run.watched.error is not None:
            yield _failed(
                run.watched.error,
                "your step ends in an error",
                "{error}: {message}",
                "see what the message says; the network and its loss can be computed without your step",
            )
    elif isinstance(run.error, TraceError):
        yield _failed(
            run.error,
            "the step cannot be recorded, so that only little of it could be looked at",
            "{message}",
            "training may be all right; to have it looked at, write that line as docs/footguns.md says",
        )
    else:
        yield _failed(
            run.error,
            "the training step ends in an error",
            "{error}: {message}",
            "see what the message says is expected; glassnet.checkup() again when it is mended",
        )


def _failed(error: Exception, problem: str, evidence: str, remedy: str) -> Symptom:
    return symptom(problem, evidence, remedy, error=type(error).__name__, message=str(error)[:400])


@check(92, explains="cannot_overfit learning_rate_too_low learning_rate_too_high")
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
            "make the optimizer after the network is whole, from model.parameters(); freeze what shall not learn: "
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
            "what shall not learn: p.requires_grad = False",
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


@check(91, explains="cannot_overfit learning_rate_too_low vanishing_gradients step_fails")
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
    """Training in evaluation mode, where dropout does nothing."""
    modules = {path: m for path, m in run.model.named_modules() if type(m).__name__ in DIFFER}
    called = {} if run.watched is None else {path: modes for path, modes in run.watched.modes.items() if modes}
    off = [path for path, m in modules.items() if called.get(path, {m.training}) == {False}]
    where = " in your step" if called else ""
    if off:
        named = [f"{path} ({type(modules[path]).__name__})" for path in off]
        yield symptom(
            "the network is trained in evaluation mode, in which dropout does nothing",
            f"{{count}} of {{layers}} layers that differ are in evaluation mode{where}: {{off}}",
            "call model.train() before training, and again after each evaluation",
            where=off[0],
            count=len(off),
            layers=len(modules),
            off=Names(named),
        )
