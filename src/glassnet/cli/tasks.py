"""Tasks: the loss, the metrics and the words of classification and of regression. `TASKS` has them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import glassnet.functional as F
from glassnet.cli.errors import BadInput
from glassnet.encoders import Baseline
from glassnet.ops.dtypes import Array
from glassnet.sources import CLASSIFICATION, REGRESSION
from glassnet.tensor import Tensor
from glassnet.training.metrics import Metrics


def percent(fraction: float) -> str:
    """0.978 as 97.8 %."""
    return f"{100 * fraction:.1f} %"


def number_text(value: float) -> str:
    """Four decimals, or for large numbers four digits."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.3e}"


def quantity(value: float, digits: int = 4, sign: str = "-") -> str:
    """A quantity in so many digits that count, with all of those before the point up to a trillion: 38,530."""
    if 9999.5 <= abs(value) < 1e12:
        return f"{value:{sign},.0f}"
    return f"{value:{sign}.{digits}g}"


def off_by(measured: Mapping[str, float]) -> str:
    """The errors of a regression in words."""
    return f"off by {quantity(measured['mae'])} on average (RMSE {quantity(measured['rmse'])})"


@dataclass(frozen=True)
class Task:
    """``metrics`` are measured, the first of them is the main one; ``label`` and ``text`` are how it is shown.

    ``guess`` is about what someone who has not learned anything reaches, for so many classes. ``in_words``
    says what came of so many held-out samples, ``about`` puts that and what they are called in a sentence.
    """

    loss: Callable[..., Tensor]
    metrics: tuple[str, ...]
    label: str
    text: Callable[[float], str]
    guess: Callable[[int], float]
    in_words: Callable[[Mapping[str, float], int], str]
    about: Callable[[str, str], str]

    @property
    def main(self) -> str:
        """The main metric."""
        return self.metrics[0]

    def measured(self, answers: Array, targets: Array) -> Mapping[str, float]:
        """The metrics of some answers, in the units people know."""
        metrics = Metrics(self.metrics)
        for metric in metrics.values():
            metric.update(answers, targets)
        return metrics.compute()

    def beside(self, baseline: Baseline, targets: Array) -> str:
        """How good a baseline is, as a sentence."""
        how = off_by(self.measured(baseline.values, targets))
        return f"{baseline.name[:1].upper()}{baseline.name[1:]} is {how}."


TASKS = {
    CLASSIFICATION: Task(
        F.cross_entropy,
        ("accuracy",),
        "accuracy",
        percent,
        guess=lambda classes: 2 / classes if classes > 2 else 0.6,
        in_words=lambda results, total: f"{round(results['val_accuracy'] * total)} of {total}",
        about=lambda how, noun: f"{how} {noun} it had never seen are right",
    ),
    REGRESSION: Task(
        F.mse_loss,
        ("r2", "mae", "rmse"),
        "R²",
        number_text,
        guess=lambda _classes: 0.05,
        in_words=lambda results, _total: f"off by {quantity(results['val_mae'])} on average",
        about=lambda how, noun: f"for {noun} it had never seen it is {how}",
    ),
}


def task_of(extra: Mapping[str, Any]) -> Task:
    """The task of a saved network. Raises BadInput for one that is not known."""
    name = extra.get("task")
    if not isinstance(name, str) or name not in TASKS:
        raise BadInput(f"the run is for a task {name!r:.40}, and this glassnet knows {', '.join(TASKS)}; update it")
    return TASKS[name]
