"""Watched: a person's own step, carried out twice on one batch, and what it was seen to do.

The learning rate is 0 meanwhile, so that both steps compute the same and only what they do with gradients differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor
from glassnet.trace.refusals import TraceError

if TYPE_CHECKING:
    from glassnet.explain.checkup.observed import Observed

DIFFER = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "RReLU")
TWICE = 0.25  # of a gradient, by which the second may differ from twice the first
ALONG = 0.95  # the cosine between a gradient and the true one
Gradients = dict[str, Array]


@dataclass
class Watched:
    """What a step was seen to do. Gradients are by the name of their parameter; those that were None are left out."""

    modes: dict[str, set[bool]] = field(default_factory=dict)  # of layers in which it matters, as they were called
    first: Gradients = field(default_factory=dict)  # as the optimizer used them
    second: Gradients = field(default_factory=dict)
    true: Gradients = field(default_factory=dict)  # of the loss, by autograd
    followed: set[str] = field(default_factory=set)  # those that autograd computed in the step
    used: bool = False  # whether the optimizer was
    moved: bool = False  # whether the step changed a parameter by itself
    error: Exception | None = None

    @property
    def added(self) -> list[str]:
        """Parameters whose second gradient has the first one in it."""
        if not (self.used or self.moved):
            return []  # it gathers the gradients of several batches, perhaps
        both = {name: (g, self.second[name]) for name, g in self.first.items() if name in self.second and g.any()}
        names = [name for name, (a, b) in both.items() if np.linalg.norm(b - 2 * a) < TWICE * np.linalg.norm(a)]
        return names if sum(self.first[name].size for name in names) > 1 else []

    @property
    def empty(self) -> list[str]:
        """Parameters of which the optimizer got no gradient, though there is one."""
        return [n for n, true in self.true.items() if self.used and true.any() and not self._got(n).any()]

    @property
    def wrong(self) -> list[tuple[str, float]]:
        """Parameters whose gradient the step computes by itself, and otherwise: with the cosine to the true one."""
        by_hand = [n for n, true in self.true.items() if n not in self.followed and true.any() and self._got(n).any()]
        cosines = ((name, _cosine(self.first[name], self.true[name])) for name in by_hand)
        return [(name, cosine) for name, cosine in cosines if cosine < ALONG]

    def _got(self, name: str) -> Array:
        return self.first.get(name, np.zeros(1))


def _cosine(a: Array, b: Array) -> float:
    return float((a.astype(np.float64) * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b)))


def watched(seen: Observed) -> Watched:
    """Carry out the step of ``seen`` and watch it. Everything is as before afterwards."""
    found = Watched()
    parameters = {name: p for name, p in seen.model.named_parameters() if p.requires_grad}
    with seen.untouched(), np.errstate(all="ignore"):
        start, before = get_rng_state(), {name: p.array.copy() for name, p in parameters.items()}
        _forget(parameters)
        with _spies(seen, parameters, found) as carried_out:
            try:
                found.first = carried_out()
                set_rng_state(start)  # the same noise
                found.second = carried_out()
            except TraceError:  # a compiled step that does not like to be watched
                return Watched()
            except Exception as error:
                found.error = error
                return found
        found.moved = any((p.array != before[name]).any() for name, p in parameters.items())
        if seen.runs:
            set_rng_state(start)
            _forget(parameters)
            seen.loss(seen.answer(seen.first[0]), seen.first[1]).backward()
            found.true = _copied(parameters)
    return found


@contextmanager
def _spies(seen: Observed, parameters: Mapping[str, Tensor], found: Watched) -> Iterator[Callable[[], Gradients]]:
    """Within, calling what it gives carries out the step and gives the gradients that were used in it."""
    at_use: list[Gradients] = []
    optimizer: Any = seen.optimizer

    def step(*args: Any, **kwargs: Any) -> Any:
        has_closure = bool(args or kwargs)  # which computes the gradients
        result = type(optimizer).step(optimizer, *args, **kwargs) if has_closure else None
        at_use.append(_copied(parameters))
        return result if has_closure else type(optimizer).step(optimizer)

    def carried_out() -> Gradients:
        at_use.clear()
        assert seen.step is not None
        seen.step(*seen.first)
        found.used = found.used or bool(at_use)
        return at_use[-1] if at_use else _copied(parameters)

    with ExitStack() as stack:
        for path, module in seen.model.named_modules():
            if type(module).__name__ in DIFFER:
                modes = found.modes.setdefault(path, set())
                stack.callback(module.register_forward_pre_hook(partial(_note_mode, modes)).remove)
        for name, parameter in parameters.items():
            stack.enter_context(parameter.register_hook(partial(_note_name, found.followed, name)))
        if optimizer is not None:
            rates = [group["lr"] for group in optimizer.param_groups]
            for group in optimizer.param_groups:
                group["lr"] = 0.0
            optimizer.step = step
            stack.callback(vars(optimizer).pop, "step")
            stack.callback(_set_rates, optimizer, rates)
        yield carried_out


def _note_mode(modes: set[bool], module: Any, _given: Any) -> None:
    modes.add(module.training)


def _note_name(names: set[str], name: str, _gradient: Any) -> None:
    names.add(name)


def _set_rates(optimizer: Any, rates: list[float]) -> None:
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate


def _forget(parameters: Mapping[str, Tensor]) -> None:
    for parameter in parameters.values():
        parameter.grad = None


def _copied(parameters: Mapping[str, Tensor]) -> Gradients:
    return {name: p.grad.array.copy() for name, p in parameters.items() if p.grad is not None}
