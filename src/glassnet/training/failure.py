"""When a run goes wrong: how that is seen, and where it began."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.optim import Optimizer
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor
from glassnet.threads import quietly
from glassnet.training.criterion import Criterion
from glassnet.training.errors import Origin, TrainingFailed
from glassnet.training.feed import Batch
from glassnet.training.measuring import measured
from glassnet.training.metrics import Metrics

if TYPE_CHECKING:
    from glassnet.explain.checkup.step import Step

EXPLODED = 1e8  # times the first loss, or times 1 where that is less: it will not come back
FAR = 1e6  # larger inputs are a mistake, or not scaled
GROWN = 100.0  # times as large as at the beginning of the epoch: more than learning does


def has_failed(loss: float, first: float) -> bool:
    """Whether ``loss`` is no number, or has grown without end from the ``first``."""
    return not math.isfinite(loss) or abs(loss) > EXPLODED * max(1.0, abs(first))


def are_finite(model: Module) -> bool:
    """Whether all parameters of ``model`` are numbers."""
    return all(_are_finite(param.array) for param in model.parameters())


def explained(
    error: TrainingFailed, origin: Origin | None, model: Module, data: Any, loss: Any, optimizer: Optimizer
) -> TrainingFailed:
    """``error`` with its ``origin``, and with what a check-up says of the run, as far as it can look at it."""
    from glassnet.explain.checkup import Checkup, checkup  # a run that does not fail does not load it

    findings = []
    with suppress(GlassnetError, ValueError, TypeError, RuntimeError), quietly():
        findings = [f for f in checkup(model, data, loss, optimizer) if origin is None or f.kind != "not_finite"]
    return TrainingFailed(
        error.what,
        error.epoch,
        error.batch,
        error.loss,
        error.learning_rate,
        batches=error.batches,
        origin=origin,
        checkup=str(Checkup(findings)) if findings else "",
    )


class Moment(NamedTuple):
    """The state when a batch was about to be learned: its number, the batch, the weights, the generator."""

    number: int
    batch: Batch
    weights: Mapping[str, Tensor]
    generator: Mapping[str, Any]

    @classmethod
    def now(cls, number: int, batch: Batch, model: Module) -> Moment:
        """This moment."""
        return cls(number, batch, {name: x.clone() for name, x in model.state_dict().items()}, get_rng_state())


def first_failing(model: Module, criterion: Criterion, batches: Iterable[Batch], first: float) -> Iterator[Moment]:
    """The first of the ``batches`` whose loss has failed, beside the ``first`` loss of the run."""
    for number, batch in enumerate(batches, 1):
        if has_failed(measured(model, criterion, Metrics(), [batch])["loss"], first):
            yield Moment.now(number, batch, model)
            return


def where_it_began(
    model: Module, criterion: Criterion, moments: Iterable[Moment], start: Mapping[str, Tensor]
) -> Origin | None:
    """The first instruction of the ``moments``, in order, that made a number that is not finite.

    Or, where all are finite, the first of the last moment that made numbers far larger than with the weights
    ``start``; None where there is none, or it cannot be found. It leaves other weights in ``model``.
    """
    from glassnet.explain.checkup.observed import Observed
    from glassnet.explain.checkup.signals import not_finite

    def observed(moment: Moment, weights: Mapping[str, Tensor]) -> Observed:
        sample_weights = criterion.weigh(moment.batch.targets, moment.batch.weights)
        function = criterion.function(sample_weights is not None)
        model.load_state_dict(weights)
        set_rng_state(dict(moment.generator))
        batch = moment.batch.inputs, moment.batch.targets
        return Observed(model, [batch], lambda outputs, targets: function(outputs, targets, sample_weights), None)

    last = None
    for moment in moments:
        last = moment
        if not isinstance(moment.batch.inputs, Tensor):
            return None
        finding = next(iter(not_finite.findings(observed(moment, moment.weights))), None)
        if finding is not None:
            text = f"{finding.problem}: {finding.evidence}; {finding.remedy}.{_reaching(moment)}"
            in_data = not all(_are_finite(x.array) for x in (moment.batch.inputs, moment.batch.targets))
            return Origin(moment.number, text, in_data)
    if last is None:
        return None
    now, before = observed(last, last.weights).traced, observed(last, start).traced
    return _grown(last, now, before) if now is not None and before is not None else None


def _grown(moment: Moment, now: Step, before: Step) -> Origin | None:
    for value in now.forward():
        earlier = before.values.get(value.name)
        if earlier is not None and _largest(value.array) > GROWN * max(1.0, _largest(earlier.array)):
            assert value.instruction is not None
            return Origin(
                moment.number,
                f"{value.name} = {value.instruction.text} is the first that has grown without end: its largest number "
                f"was {_largest(earlier.array):.3g} at the beginning of the epoch, and is {_largest(value.array):.3g}.",
            )
    return None


def _reaching(moment: Moment) -> str:
    """A note on inputs that are finite, and far larger than the inputs of a network should be."""
    largest = _largest(moment.batch.inputs.array)
    if not FAR < largest < math.inf:
        return ""
    return f" The inputs of that batch reach {largest:.3g}: look at those first."


def _are_finite(values: Array) -> bool:
    return values.dtype.kind != "f" or bool(np.isfinite(values).all())


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0)) if values.dtype.kind == "f" else 0.0
