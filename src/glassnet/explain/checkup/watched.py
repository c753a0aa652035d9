"""The user's own step, watched: what modes, gradients and updates it makes, and where it takes the learning rates.

It is run twice on one batch with a learning rate of 0, so that both steps compute the same and only what they do with
gradients differs; and then some times on other batches as it is, until it is seen what becomes of the rates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from glassnet.explain.checkup.keeping import keep_reached
from glassnet.explain.checkup.trials import Trials
from glassnet.nn.activation import RReLU
from glassnet.nn.dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor
from glassnet.tensor.graph import Node, tick
from glassnet.trace.refusals import TraceError
from glassnet.trace.snapshot import CONTAINERS, Snapshot, contents_of

DROPS = (AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d)
DIFFER = (*DROPS, RReLU)  # in training from evaluation; so do layers with running statistics
TWICE = 0.25  # of a gradient, by which the second may differ from twice the first
CLIPPED = 0.9  # of the true gradient, that is left where it was clipped
ALONG = 0.95  # the cosine between a gradient and the true one
SOME = 16  # steps after which gradients that were gathered have been used
Gradients = dict[str, Array]


class Older(NamedTuple):
    """A value from before a step, and what made it: the name of a layer, of an operation where no layer gave it."""

    node: Node
    where: str


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
    rates: list[tuple[float, ...]] = field(default_factory=list)  # of the optimizer's groups, before and after steps
    older: Older | None = None  # a value from before a step that its outputs go back to
    idle: bool = False  # whether no parameter had changed after some steps
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

    @property
    def clips(self) -> bool:
        """Whether the step makes large gradients smaller before they are used."""
        return bool(self.used and 0 < _norm(self.first) < CLIPPED * _norm(self.true))

    def _got(self, name: str) -> Array:
        return self.first.get(name, np.zeros(1))


def _norm(gradients: Gradients) -> float:
    return float(np.sqrt(sum(np.square(g, dtype=np.float64).sum() for g in gradients.values())))


def _cosine(a: Array, b: Array) -> float:
    return float((a.astype(np.float64) * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b)))


def watched(run: Trials, *, runs: bool) -> Watched:
    """Run the step of ``run`` some times, and watch it. Everything is as before afterwards.

    ``runs``: whether the network and its loss can be computed without it.
    """
    result = Watched()
    parameters = {name: p for name, p in run.model.named_parameters() if p.requires_grad}
    try:
        with _apart(run):
            _watch_gradients(run, parameters, result, runs=runs)
        with _apart(run):
            _watch_rates(run, parameters, result)
    except TraceError:  # a compiled step may refuse to be watched
        return Watched()
    except Exception as error:  # whatever the user's own code raises is a finding
        result.error = error
    return result


@contextmanager
def _apart(run: Trials) -> Iterator[None]:
    with run.untouched(), Snapshot() as snapshot, np.errstate(all="ignore"):
        keep_reached(snapshot, [run.step])
        yield


def _watch_gradients(run: Trials, parameters: Mapping[str, Tensor], result: Watched, *, runs: bool) -> None:
    start, before = get_rng_state(), {name: p.array.copy() for name, p in parameters.items()}
    _forget(parameters)
    with _spies(run, parameters, result) as carried_out:
        result.first = carried_out()
        set_rng_state(start)  # the same noise
        result.second = carried_out()
    result.moved = any((p.array != before[name]).any() for name, p in parameters.items())
    if runs:
        set_rng_state(start)
        _forget(parameters)
        run.loss(run.answer(run.first[0]), run.first[1]).backward()
        result.true = _copied(parameters)


def _watch_rates(run: Trials, parameters: Mapping[str, Tensor], result: Watched) -> None:
    assert run.step is not None
    before = {name: p.array.copy() for name, p in parameters.items()}
    result.rates.append(_rates(run.optimizer))
    result.idle = True
    for number in range(run.steps_within(SOME)):
        run.step(*run.batches[number % len(run.batches)])
        result.rates.append(_rates(run.optimizer))
        result.idle = result.idle and all((p.array == before[name]).all() for name, p in parameters.items())


def _rates(optimizer: Any) -> tuple[float, ...]:
    return () if optimizer is None else tuple(float(group["lr"]) for group in optimizer.param_groups)


@contextmanager
def _spies(run: Trials, parameters: Mapping[str, Tensor], result: Watched) -> Iterator[Callable[[], Gradients]]:
    """A context with a function that runs the step and returns the gradients that were used in it.

    The optimizer is left as it is made here, without learning rates: who calls this puts it back.
    """
    at_use: list[Gradients] = []
    began = [tick()]  # the last step
    optimizer: Any = run.optimizer

    def step(*args: Any, **kwargs: Any) -> Any:
        has_closure = bool(args or kwargs)  # which computes the gradients
        loss = type(optimizer).step(optimizer, *args, **kwargs) if has_closure else None
        at_use.append(_copied(parameters))
        return loss if has_closure else type(optimizer).step(optimizer)

    def carried_out() -> Gradients:
        at_use.clear()
        began.append(tick())
        assert run.step is not None
        run.step(*run.first)
        result.used = result.used or bool(at_use)
        return at_use[-1] if at_use else _copied(parameters)

    with ExitStack() as stack:
        makers = stack.enter_context(makers_in(run.model))
        stack.callback(run.model.register_forward_hook(partial(_note_older, result, began, makers)).remove)
        for path, module in run.model.named_modules():
            if module is run.model or differs(module):
                modes = result.modes.setdefault(path, set())
                stack.callback(module.register_forward_pre_hook(partial(_note_mode, modes)).remove)
        for name, parameter in parameters.items():
            stack.enter_context(parameter.register_hook(partial(_note_name, result.followed, name)))
        if optimizer is not None:
            for group in optimizer.param_groups:
                group["lr"] = 0.0
            optimizer.step = step
        yield carried_out


def differs(module: Module) -> bool:
    """Whether a layer does another thing in training than in evaluation."""
    return isinstance(module, DIFFER) or has_statistics(module)


def has_statistics(module: Module) -> bool:
    """Whether a layer normalises by statistics of the batch in training, by running ones in evaluation."""
    return getattr(module, "running_mean", None) is not None


def _note_mode(modes: set[bool], module: Any, _inputs: Any) -> None:
    modes.add(module.training)


def _note_older(
    result: Watched, began: list[int], makers: Mapping[Node, str], _module: Any, _inputs: Any, outputs: Any
) -> None:
    found = older_in(outputs, began[-1], makers)
    if found is not None and (result.older is None or result.older.node not in makers):
        result.older = found


@contextmanager
def makers_in(model: Module) -> Iterator[Mapping[Node, str]]:
    """A context in which it is noted which layer of ``model`` gave the result of each node."""
    makers: dict[Node, str] = {}
    with ExitStack() as stack:
        for path, module in model.named_modules():
            stack.callback(module.register_forward_hook(partial(_note_maker, makers, path)).remove)
        yield makers


def _note_maker(makers: dict[Node, str], path: str, module: Any, _inputs: Any, outputs: Any) -> None:
    for node in _nodes_in(outputs):
        makers.setdefault(node, path or type(module).__name__)  # an inner layer is called before those around it


def _nodes_in(value: Any) -> Iterator[Node]:
    """The nodes of the tensors in ``value``, however they are put together."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, CONTAINERS):
            stack += contents_of(value)
        elif isinstance(value, Tensor) and value.grad_fn is not None:
            yield value.grad_fn


def older_in(outputs: Any, time: int, makers: Mapping[Node, str] = MappingProxyType({})) -> Older | None:
    """A value from before a ``time`` that ``outputs``, however they are put together, go back to."""
    stack, seen = [*_nodes_in(outputs)], set()
    while stack:
        node = stack.pop()
        if node.time < time:
            return Older(node, makers.get(node, node.op.name))
        if node not in seen:
            seen.add(node)
            stack += [parent for parent in node.parents or () if isinstance(parent, Node)]
    return None


def _note_name(names: set[str], name: str, _gradient: Any) -> None:
    names.add(name)


def _forget(parameters: Mapping[str, Tensor]) -> None:
    for parameter in parameters.values():
        parameter.grad = None


def _copied(parameters: Mapping[str, Tensor]) -> Gradients:
    return {name: p.grad.array.copy() for name, p in parameters.items() if p.grad is not None}
