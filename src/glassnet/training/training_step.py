"""Step: what happens with each batch, as a compiled program where possible.

Each batch updates the weights; or, with accumulation, several batches add up their gradients and then make one
update, as one large batch would.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from glassnet.compilation import Compiled
from glassnet.compilation.arguments import Args, StructureError
from glassnet.compilation.epochs import can_go_on, given, go_on
from glassnet.data.gather import Indices
from glassnet.engines.protocol import Given
from glassnet.errors import GlassnetWarning
from glassnet.nn.module import Module
from glassnet.nn.utils import clip_grad_norm_, clip_grad_value_
from glassnet.optim import Optimizer
from glassnet.program.program import Program
from glassnet.program.verify import ProgramError
from glassnet.pytree import flatten
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import as_tensor
from glassnet.trace.refusals import TraceError
from glassnet.training.criterion import Criterion
from glassnet.training.engine_choice import EngineChoice
from glassnet.training.errors import TrainingError, check_positive
from glassnet.training.feed import Batch


class Clip(NamedTuple):
    """How gradients are bounded: by the norm of all of them together, or number by number."""

    norm: float | None = None
    value: float | None = None

    @classmethod
    def checked(cls, norm: Any, value: Any) -> Clip:
        """The bounds. TrainingError for arguments that are none."""
        check_positive("clip_norm", norm)
        check_positive("clip_value", value)
        if norm is not None and value is not None:
            raise TrainingError("clip_norm and clip_value: expected one of them, got both; leave one out")
        return cls(norm, value)


class Learned(NamedTuple):
    """The result of a batch: its loss, what it counts for, and, if they are needed, the outputs and their targets."""

    loss: float
    weight: float
    outputs: Any = None
    targets: Tensor | None = None


class Steps:
    """The steps of one trainer, compiled for ``engine``, or not at all if that is None.

    ``gives_outputs`` says whether the outputs of the network are needed.
    """

    def __init__(
        self,
        model: Module,
        criterion: Criterion,
        optimizer: Optimizer,
        clip: Clip,
        accumulates: bool,
        engine: EngineChoice | None,
        gives_outputs: bool,
    ) -> None:
        self._made_of = model, criterion, optimizer, clip, accumulates, engine, gives_outputs
        self._criterion = criterion
        self._accumulates = accumulates
        self._runners: dict[bool, _Runner] = {}
        params = [param for group in optimizer.param_groups for param in group["params"]]

        def runner(is_weighted: bool) -> _Runner:
            loss = criterion.function(is_weighted)
            if accumulates:
                return _Runner(_adding(model, loss, is_weighted or criterion.is_sum, gives_outputs), engine)
            return _Runner(_whole(model, loss, optimizer, params, clip, gives_outputs), engine)

        self._new_runner = runner
        self._update = _Runner(_update(optimizer, params, clip), engine) if accumulates else None

    def __deepcopy__(self, memo: dict[int, Any]) -> Steps:
        """Steps of the copied network and optimizer: the functions here hold the parts they were made of."""
        return Steps(*deepcopy(self._made_of, memo))

    def learn(self, batch: Batch) -> Learned:
        """Learn a batch, or, with accumulation, add up its gradients."""
        inputs, targets, sample_weights = batch
        weights = self._criterion.weigh(targets, sample_weights)
        count = self._criterion.count(targets, weights)
        is_weighted = weights is not None
        if is_weighted not in self._runners:
            self._runners[is_weighted] = self._new_runner(is_weighted)
        if count == 0 and not self._criterion.is_sum:
            return Learned(0.0, 0.0)  # all its samples are ignored
        divisor = 1.0 if self._criterion.is_sum else count
        if self._accumulates:
            result = self._runners[is_weighted](inputs, targets, weights, _number(divisor))
        elif is_weighted:
            result = self._runners[is_weighted](inputs, targets, weights, _number(1 / divisor))
        else:
            result = self._runners[is_weighted](inputs, targets, None, None)
        loss, outputs = result if isinstance(result, tuple) else (result, None)
        value = loss.item()
        return Learned(value / divisor if self._accumulates and is_weighted else value, count, outputs, targets)

    @property
    def can_learn_many(self) -> bool:
        """Whether several batches may be learned in one call: each is an update, and the engine can do it."""
        compiled = [runner.compiled for runner in self._runners.values()]
        return not self._accumulates and any(one is not None and can_go_on(one) for one in compiled)

    def learn_many(self, first: Batch, samples: Batch, places: Indices) -> list[Learned] | None:
        """After the batch ``first``: learn those that are the rows ``places[i]`` of ``samples``, in one call.

        Gives what was learned, up to a batch that would raise an error. None where each has to be learned by itself.
        """
        targets = samples.targets.array[places]
        weights = self._criterion.weigh_each(targets, samples.weights, places)
        counts = self._criterion.count_each(targets, weights)
        runner = self._runners.get(weights is not None)
        if runner is None or runner.compiled is None or (0.0 in counts and not self._criterion.is_sum):
            return None
        like: Args = (first.inputs, first.targets, None, None)
        inputs = given((samples.inputs, samples.targets), places)
        if weights is not None:
            like = (first.inputs, first.targets, weights[0], _number(1.0))
            factors = [1.0 if self._criterion.is_sum else 1 / count for count in counts]
            inputs += [Given(np.stack([x.array for x in weights])), Given(np.array(factors))]
        found = go_on(runner.compiled, like, inputs, len(places))
        if found is None:
            return None
        if not isinstance(found[1], tuple):
            return [Learned(loss, count) for loss, count in zip(found[1].tolist(), counts, strict=False)]
        losses, outputs = found[1]
        leaves, treedef = flatten(outputs)
        of_each = (treedef.unflatten(wrap(x.array[i]) for x in leaves) for i in range(found[0]))
        return [
            Learned(loss, count, outputs, wrap(own))
            for loss, count, outputs, own in zip(losses.tolist(), counts, of_each, targets, strict=False)
        ]

    def update(self, count: float) -> None:
        """Update the weights by the gradients added up over batches that count for ``count`` in all."""
        assert self._update is not None
        self._update(_number(1.0 if self._criterion.is_sum or not count else 1 / count))

    @property
    def program(self) -> Program | None:
        """The compiled step; None if it is not, or not yet, compiled."""
        for runner in self._runners.values():
            if runner.compiled is not None and runner.compiled.specialisations:
                return runner.compiled.program
        return None


class _Runner:
    """A function that runs compiled; or, if it cannot be, as it is, with one warning that says why."""

    def __init__(self, function: Callable[..., Any], engine: EngineChoice | None) -> None:
        self._function = function
        self.compiled = None if engine is None else Compiled(function, engine)

    def __call__(self, *args: Any) -> Any:
        if self.compiled is not None:
            try:
                return self.compiled(*args)
            except (TraceError, StructureError, ProgramError) as refusal:
                self.compiled = None  # everything is as before the call
                warnings.warn(
                    f"Trainer: this step runs uncompiled, and slower: {refusal}\n(compile=False leaves this note out)",
                    GlassnetWarning,
                    stacklevel=2,
                )
        return self._function(*args)


def _number(value: float) -> Tensor:
    return as_tensor(np.asarray(value, np.float64))


def _whole(
    model: Module,
    criterion: Callable[..., Tensor],
    optimizer: Optimizer,
    params: list[Tensor],
    clip: Clip,
    gives_outputs: bool,
) -> Callable[..., Any]:
    """Forward, backward, clip, update."""

    def step(x: Any, y: Tensor, weights: Tensor | None, factor: Tensor | None) -> Any:
        optimizer.zero_grad()
        outputs = model(x)
        loss = criterion(outputs, y, weights)
        if factor is not None:
            loss = loss * factor.to(dtype=loss.dtype)
        loss.backward()
        _clip(params, clip)
        optimizer.step()
        return (loss, outputs) if gives_outputs else loss

    return step


def _adding(model: Module, criterion: Callable[..., Tensor], is_total: bool, gives_outputs: bool) -> Callable[..., Any]:
    """Forward and backward of a batch; its gradients are added to a sum that is divided later."""

    def add(x: Any, y: Tensor, weights: Tensor | None, count: Tensor) -> Any:
        outputs = model(x)
        loss = criterion(outputs, y, weights)
        total = loss if is_total else loss * count.to(dtype=loss.dtype)
        total.backward()
        return (loss, outputs) if gives_outputs else loss

    return add


def _update(optimizer: Optimizer, params: list[Tensor], clip: Clip) -> Callable[..., Any]:
    """Divide the sums, clip, update."""

    def update(factor: Tensor) -> None:
        for param in params:
            if param.grad is not None:
                param.grad.mul_(factor.to(dtype=param.dtype))
        _clip(params, clip)
        optimizer.step()

    return update


def _clip(params: list[Tensor], clip: Clip) -> None:
    if clip.norm is not None:
        clip_grad_norm_(params, clip.norm)
    if clip.value is not None:
        clip_grad_value_(params, clip.value)
