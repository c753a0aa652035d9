"""Checks of the training script: what is trained, in what mode, and whether a step is a whole one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.explain.checkup.finding import Said, check
from glassnet.explain.checkup.observed import Observed
from glassnet.program.refusal import RecordingError

_DIFFER = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "RReLU")


@check(85)
def step_fails(seen: Observed) -> Iterator[Said]:
    """A step that ends in an error, or that no program can stand for."""
    if seen.recorded is not None or seen.error is None:
        return
    problem = str(seen.error)
    if isinstance(seen.error, RecordingError):
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


@check(92, explains="cannot_overfit learning_rate_too_low")
def not_in_optimizer(seen: Observed) -> Iterator[Said]:
    """Parameters of the network that the optimizer does not have, or others that it has."""
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


@check(91, explains="cannot_overfit learning_rate_too_low vanishing_gradients")
def no_gradient(seen: Observed) -> Iterator[Said]:
    """Parameters that the loss does not depend on, or that no gradient reaches."""
    if seen.recorded is None:
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
        seen.loss(seen.model(x), y).backward()
        wanted = [(name, p) for name, p in seen.model.named_parameters() if p.requires_grad]
        without = [name for name, p in wanted if p.grad is None]
    if without:
        yield Said(
            "parameters get no gradient: they do not learn",
            f"{len(without)} of {len(wanted)}: {_listed(without)}",
            "use them in forward, and do not detach() what comes after them; layers in a list belong in nn.ModuleList",
        )


@check(93, explains="learning_rate_too_high exploding_gradients")
def gradients_not_zeroed(seen: Observed) -> Iterator[Said]:
    """A step that adds its gradients to those of the step before."""
    if seen.step is None or seen.recorded is None:
        return
    with seen.untouched(), np.errstate(all="ignore"):
        parameters = {name: p for name, p in seen.model.named_parameters() if p.requires_grad}
        for parameter in parameters.values():
            parameter.grad = None
        rates = [group["lr"] for group in seen.optimizer.param_groups] if seen.optimizer else []
        for group in seen.optimizer.param_groups if seen.optimizer else ():
            group["lr"] = 0.0  # so that the second step computes what the first did
        seen.step(*seen.first)
        once = {name: p.grad.array.copy() for name, p in parameters.items() if p.grad is not None}
        seen.step(*seen.first)
        twice = {name: p.grad.array.copy() for name, p in parameters.items() if p.grad is not None}
        for group, rate in zip(seen.optimizer.param_groups if seen.optimizer else (), rates, strict=True):
            group["lr"] = rate
    sizes = {name: (np.linalg.norm(g), np.linalg.norm(twice[name])) for name, g in once.items() if name in twice}
    grown = {name: (a, b) for name, (a, b) in sizes.items() if a > 0 and 1.5 < b / a < 2.5}
    if sizes and len(grown) == sum(a > 0 for a, _ in sizes.values()) and grown:
        name, (a, b) = next(iter(grown.items()))
        yield Said(
            "gradients are not set to zero: each step adds to those of the steps before",
            f"the same batch twice gives {name}.grad of size {a:.4g}, then {b:.4g}, {b / a:.2f} times as much",
            "call optimizer.zero_grad() before loss.backward()",
        )


@check(89)
def evaluation_mode(seen: Observed) -> Iterator[Said]:
    """Training in evaluation mode, where dropout does nothing."""
    modules = [(path, m) for path, m in seen.model.named_modules() if type(m).__name__ in _DIFFER]
    off = [path for path, m in modules if not m.training]
    if off:
        yield Said(
            "the network is trained in evaluation mode, in which dropout does nothing",
            f"{len(off)} of {len(modules)} layers that differ are in evaluation mode: {_listed(off)}",
            "call model.train() before training, and again after each evaluation",
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
