"""When a run goes wrong: how that is seen, where it began, and what is said of it."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.optim import Optimizer
from glassnet.random import get_rng_state, set_rng_state
from glassnet.tensor import Tensor
from glassnet.training.criterion import Criterion
from glassnet.training.errors import TrainingFailed
from glassnet.training.feed import Batch
from glassnet.training.measuring import measured
from glassnet.training.metrics import Metrics

if TYPE_CHECKING:
    from glassnet.explain.checkup.observed import Step

EXPLODED = 1e8  # times the first loss, or times 1 where that is less: it will not come back
FAR = 1e6  # larger inputs are a slip, or not scaled
HELD_OUT, BEGAN = "the held-out loss", "It began in batch"  # words that messages are known by
GROWN = 100.0  # times as large as at the beginning of the epoch: more than learning does


def has_failed(loss: float, first: float) -> bool:
    """Whether ``loss`` is no number, or has grown without end from the ``first``."""
    return not math.isfinite(loss) or abs(loss) > EXPLODED * max(1.0, abs(first))


def are_finite(model: Module) -> bool:
    """Whether all parameters of ``model`` are numbers."""
    return all(bool(np.isfinite(param.array).all()) for param in model.parameters())


def failed(what: str, epoch: int, batch: int | None, batches: int | None, loss: float, rate: float) -> TrainingFailed:
    """The error, which says where it was, with what learning rate, and what to do."""
    place = f"in epoch {epoch}"
    if batch is not None:
        place += f", batch {batch}" + (f" of {batches}" if batches else "")
    became = f"{what} became {loss:g}" if what != "the weights" else "the weights became nan or infinite"
    why = _steps(rate) if what != HELD_OUT else _far(rate)
    return TrainingFailed(
        f"{place}, {became}: {why}. The network is as it was before that epoch", epoch, batch, loss, rate
    )


def _steps(rate: float) -> str:
    return (
        f"with the learning rate {rate:g} the steps are too large, or the data holds numbers that are not finite; try "
        f"a smaller rate, lr={rate / 10:g}"
    )


def _far(rate: float) -> str:
    """What is likelier where all that was learned from has a loss."""
    return (
        "the held-out data holds numbers that are not finite, or far from those it was trained on, or with the "
        f"learning rate {rate:g} the steps are too large; look at the data first, then try a smaller rate, "
        f"lr={rate / 10:g}"
    )


def explained(
    error: TrainingFailed, began: str, model: Module, data: Any, loss: Any, optimizer: Optimizer
) -> TrainingFailed:
    """``error`` with where it began, and with what a check-up says of the run, as far as either has something."""
    from glassnet.explain.checkup import Checkup, checkup  # a run that does not fail does not load it

    said = f"{error}\n\n{began}" if began else str(error)
    if re.match(rf"{BEGAN} \d+: the (inputs|targets) are not all finite", began):
        for why in (_steps, _far):
            said = said.replace(why(error.learning_rate), "the data holds numbers that are not finite; correct those")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = checkup(model, data, loss, optimizer)
        more = [finding for finding in found if not (began and finding.kind == "not_finite")]
        if more:
            said += f"\n\nWhat a check-up says of it:\n\n{Checkup(more)}"
    except (GlassnetError, ValueError, TypeError, RuntimeError):  # data that it cannot look at
        pass
    return TrainingFailed(said, error.epoch, error.batch, error.loss, error.learning_rate)


class Moment(NamedTuple):
    """What was there when a batch was about to be looked at: its number, itself, the weights, the generator."""

    number: int
    batch: Batch
    weights: Mapping[str, Tensor]
    drawn: Mapping[str, Any]

    @classmethod
    def now(cls, number: int, batch: Batch, model: Module) -> Moment:
        """This moment."""
        return cls(number, batch, {name: x.clone() for name, x in model.state_dict().items()}, get_rng_state())


def first_failing(model: Module, criterion: Criterion, held_out: Iterable[Batch], first: float) -> Iterator[Moment]:
    """The first of the ``held_out`` batches whose loss has failed, beside the ``first`` loss of the run."""
    for number, batch in enumerate(held_out, 1):
        if has_failed(measured(model, criterion, Metrics(), [batch])["loss"], first):
            yield Moment.now(number, batch, model)
            return


def where_it_began(model: Module, criterion: Criterion, moments: Iterable[Moment], start: Mapping[str, Tensor]) -> str:
    """The first instruction of the ``moments``, in order, that made a number that is not finite.

    Or, where all are finite, the first of the last moment that made numbers far larger than with the weights
    ``start``; "" where there is none, or nobody can look. It leaves other weights in ``model``.
    """
    from glassnet.explain.checkup.observed import Observed
    from glassnet.explain.checkup.signals import not_finite

    def seen(moment: Moment, weights: Mapping[str, Tensor]) -> Observed:
        weighs = criterion.weigh(moment.batch.targets, moment.batch.weights)
        function = criterion.function(weighs is not None)
        model.load_state_dict(weights)
        set_rng_state(dict(moment.drawn))
        batch = moment.batch.inputs, moment.batch.targets
        return Observed(model, [batch], lambda outputs, targets: function(outputs, targets, weighs), None)

    last = None
    for moment in moments:
        last = moment
        if not isinstance(moment.batch.inputs, Tensor):
            return ""
        said = next(not_finite.look(seen(moment, moment.weights)), None)
        if said is not None:
            return f"{BEGAN} {moment.number}: {said.problem}: {said.evidence}; {said.remedy}.{_reaching(moment)}"
    if last is None:
        return ""
    now, before = seen(last, last.weights).recorded, seen(last, start).recorded
    return _grown(last, now, before) if now is not None and before is not None else ""


def _grown(moment: Moment, now: Step, before: Step) -> str:
    for value in now.forward():
        was = before.values.get(value.name)
        if was is not None and _largest(value.array) > GROWN * max(1.0, _largest(was.array)):
            assert value.instruction is not None
            return (
                f"{BEGAN} {moment.number}: {value.name} = {value.instruction.text} is the first that has "
                f"grown without end: its largest number was {_largest(was.array):.3g} at the beginning of the epoch, "
                f"and is {_largest(value.array):.3g}."
            )
    return ""


def _reaching(moment: Moment) -> str:
    """What to say of inputs that are finite, and far larger than what a network is given."""
    largest = _largest(moment.batch.inputs.array)
    if not FAR < largest < math.inf:
        return ""
    return f" The inputs of that batch reach {largest:.3g}: look at those first."


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0)) if values.dtype.kind == "f" else 0.0
