"""Checks of the training script: what is trained, in what mode, and whether a step is a whole one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.explain.checkup.finding import Said, check
from glassnet.explain.checkup.observed import Observed
from glassnet.explain.checkup.watched import DIFFER
from glassnet.trace.refusals import TraceError


@check(85)
def step_fails(seen: Observed) -> Iterator[Said]:
    """A step that ends in an error, or that no program can stand for."""
    if seen.recorded is not None or seen.error is None:
        if seen.watched is not None and seen.watched.error is not None:
            error = seen.watched.error
            yield Said(
                "your step ends in an error",
                f"{type(error).__name__}: {str(error)[:400]}",
                "see what the message says; the network and its loss can be computed without your step",
            )
        return
    problem = str(seen.error)
    if isinstance(seen.error, TraceError):
        yield Said(
            "the step cannot be recorded, so that only little of it could be looked at",
            problem[:400],
            "training may be all right; to have it looked at, write that line as docs/footguns.md says",
        )
    else:
        yield Said(
            "the training step ends in an error",
            f"{type(seen.error).__name__}: {problem[:400]}",
            "see what the message says is expected; glassnet.checkup() again when it is mended",
        )


@check(92, explains="cannot_overfit learning_rate_too_low learning_rate_too_high")
def not_in_optimizer(seen: Observed) -> Iterator[Said]:
    """Parameters that the loss depends on and that the optimizer does not have."""
    if seen.optimizer is None:
        return
    trained = {id(p) for group in seen.optimizer.param_groups for p in group["params"]}
    there = [(name, p) for name, p in seen.model.named_parameters() if p.requires_grad]
    missing = [name for name, p in there if id(p) not in trained]
    if missing:
        others = len(trained - {id(p) for _, p in there})
        also = f"; it has {others} that the network does not have" if others else ""
        yield Said(
            "the optimizer does not have all parameters of the network",
            f"{len(missing)} of {len(there)} are missing: {_listed(missing)}{also}",
            "make the optimizer after the network is whole, from model.parameters(); freeze what shall not learn: "
            "p.requires_grad = False",
        )
        return
    known = trained | {id(p) for p in seen.model.parameters()}
    hidden = [p for p in _leaves(seen) if id(p) not in known] if seen.runs else []
    if hidden:
        yield Said(
            "the loss depends on parameters that neither model.parameters() nor the optimizer has: they do not learn",
            f"{len(hidden)} of {len(hidden) + len(there)}, of shapes {_listed([str(list(p.shape)) for p in hidden])}",
            "keep layers of a list in nn.ModuleList, of a dict in nn.ModuleDict, tensors in nn.Parameter; freeze "
            "what shall not learn: p.requires_grad = False",
        )


def _leaves(seen: Observed) -> list[Any]:
    """The tensors that require a gradient and that the loss was computed from."""
    with seen.untouched():
        stack = [seen.loss(seen.answer(seen.first[0]), seen.first[1]).grad_fn]
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
def no_gradient(seen: Observed) -> Iterator[Said]:
    """Parameters that the loss does not depend on, or that no gradient reaches."""
    if not seen.runs:
        if seen.error is not None and "no gradient flows back" in str(seen.error):
            yield Said(
                "no gradient flows back from the loss at all",
                str(seen.error)[:300],
                "compute the loss from the network's output without detach(), .item(), NumPy or no_grad()",
            )
        return
    with seen.untouched():
        seen.model.train()
        for parameter in seen.model.parameters():
            parameter.grad = None
        x, y = seen.first
        seen.loss(seen.answer(x), y).backward()
        wanted = [(name, p) for name, p in seen.model.named_parameters() if p.requires_grad]
        without = [name for name, p in wanted if p.grad is None]
    if without:
        yield Said(
            "parameters get no gradient: they do not learn",
            f"{len(without)} of {len(wanted)}: {_listed(without)}",
            "use them in forward, and do not detach() what comes after them; layers in a list belong in nn.ModuleList",
        )
    elif seen.watched is not None and seen.watched.empty:
        yield Said(
            "your step gives the optimizer no gradient, though there is one: parameters do not learn",
            f"{len(seen.watched.empty)} of {len(wanted)} have none, or 0, when optimizer.step() is called: "
            f"{_listed(seen.watched.empty)}",
            "call optimizer.zero_grad() before loss.backward(), and nothing between that and optimizer.step()",
        )


@check(93, explains="learning_rate_too_high exploding_gradients")
def gradients_not_zeroed(seen: Observed) -> Iterator[Said]:
    """A step that adds its gradients to those of the step before."""
    step = seen.watched
    if step is None or not step.added:
        return
    name = step.added[0]
    a, b = float(np.linalg.norm(step.first[name])), float(np.linalg.norm(step.second[name]))
    rest = [name for name, g in step.first.items() if g.any() and name not in step.added]
    but = f"; not so {_listed(rest)}" if rest else ""
    yield Said(
        "gradients are not set to zero: each step adds to those of the steps before",
        f"the same batch twice gives {name}.grad of size {a:.4g}, then {b:.4g}, {b / a:.2f} times as much{but}",
        "call optimizer.zero_grad() before loss.backward()",
    )


@check(89)
def evaluation_mode(seen: Observed) -> Iterator[Said]:
    """Training in evaluation mode, where dropout does nothing."""
    modules = {path: m for path, m in seen.model.named_modules() if type(m).__name__ in DIFFER}
    called = {} if seen.watched is None else {path: modes for path, modes in seen.watched.modes.items() if modes}
    off = [path for path, m in modules.items() if called.get(path, {m.training}) == {False}]
    where = " in your step" if called else ""
    if off:
        named = [f"{path} ({type(modules[path]).__name__})" for path in off]
        yield Said(
            "the network is trained in evaluation mode, in which dropout does nothing",
            f"{len(off)} of {len(modules)} layers that differ are in evaluation mode{where}: {_listed(named)}",
            "call model.train() before training, and again after each evaluation",
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
