"""The user's own step, run twice on one batch and watched: what modes, gradients and updates it makes.

The learning rate is 0 meanwhile, so that both steps compute the same and only what they do with gradients differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from glassnet.explain.checkup.batches import Batch, Inputs
from glassnet.nn.activation import RReLU
from glassnet.nn.dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.optim import Optimizer
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor
from glassnet.trace.refusals import TraceError

DIFFER = (AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, RReLU)  # in training from evaluation
TWICE = 0.25  # of a gradient, by which the second may differ from twice the first
ALONG = 0.95  # the cosine between a gradient and the true one
Gradients = dict[str, Array]


class Run(Protocol):
    """What is asked of a training run to watch its step; `Observed` has it."""

    model: Module
    optimizer: Optimizer | None
    step: Callable[..., Any] | None

    @property
    def loss(self) -> Callable[..., Tensor]:
        """What is called with the network's output and the targets."""

    @property
    def first(self) -> Batch:
        """A batch."""

    @property
    def runs(self) -> bool:
        """Whether the network and its loss can be computed."""

    def answer(self, x: Inputs) -> Any:
        """What the network gives for inputs."""

    def untouched(self) -> AbstractContextManager[None]:
        """A context after which everything is as it was before."""


@dataclass
class Watched:
    """What a step did. Gradients are by the name of their parameter, without those that were None."""

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
        """Parameters whose gradient is not 0, and for which the optimizer got none."""
        return [n for n, true in self.true.items() if self.used and true.any() and not self._got(n).any()]

    @property
    def wrong(self) -> list[tuple[str, float]]:
        """Parameters whose gradient the step computes without autograd and wrongly, with the cosine to the true one."""
        by_hand = [n for n, true in self.true.items() if n not in self.followed and true.any() and self._got(n).any()]
        cosines = ((name, _cosine(self.first[name], self.true[name])) for name in by_hand)
        return [(name, cosine) for name, cosine in cosines if cosine < ALONG]

    def _got(self, name: str) -> Array:
        return self.first.get(name, np.zeros(1))


def _cosine(a: Array, b: Array) -> float:
    return float((a.astype(np.float64) * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b)))


def watched(run: Run) -> Watched:
    """Run the step of ``run`` twice, and watch it. Everything is as before afterwards."""
    result = Watched()
    parameters = {name: p for name, p in run.model.named_parameters() if p.requires_grad}
    with run.untouched(), np.errstate(all="ignore"):
        start, before = get_rng_state(), {name: p.array.copy() for name, p in parameters.items()}
        _forget(parameters)
        with _spies(run, parameters, result) as carried_out:
            try:
                result.first = carried_out()
                set_rng_state(start)  # the same noise
                result.second = carried_out()
            except TraceError:  # a compiled step may refuse to be watched
                return Watched()
            except Exception as error:
                result.error = error
                return result
        result.moved = any((p.array != before[name]).any() for name, p in parameters.items())
        if run.runs:
            set_rng_state(start)
            _forget(parameters)
            run.loss(run.answer(run.first[0]), run.first[1]).backward()
            result.true = _copied(parameters)
    return result


@contextmanager
def _spies(run: Run, parameters: Mapping[str, Tensor], result: Watched) -> Iterator[Callable[[], Gradients]]:
    """A context with a function that runs the step and returns the gradients that were used in it."""
    at_use: list[Gradients] = []
    optimizer: Any = run.optimizer

    def step(*args: Any, **kwargs: Any) -> Any:
        has_closure = bool(args or kwargs)  # which computes the gradients
        loss = type(optimizer).step(optimizer, *args, **kwargs) if has_closure else None
        at_use.append(_copied(parameters))
        return loss if has_closure else type(optimizer).step(optimizer)

    def carried_out() -> Gradients:
        at_use.clear()
        assert run.step is not None
        run.step(*run.first)
        result.used = result.used or bool(at_use)
        return at_use[-1] if at_use else _copied(parameters)

    with ExitStack() as stack:
        for path, module in run.model.named_modules():
            if isinstance(module, DIFFER):
                modes = result.modes.setdefault(path, set())
                stack.callback(module.register_forward_pre_hook(partial(_note_mode, modes)).remove)
        for name, parameter in parameters.items():
            stack.enter_context(parameter.register_hook(partial(_note_name, result.followed, name)))
        if optimizer is not None:
            rates = [group["lr"] for group in optimizer.param_groups]
            for group in optimizer.param_groups:
                group["lr"] = 0.0
            optimizer.step = step
            stack.callback(vars(optimizer).pop, "step", None)
            stack.callback(_set_rates, optimizer, rates)
        yield carried_out


def _note_mode(modes: set[bool], module: Any, _inputs: Any) -> None:
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
