"""Judging: what a network says of samples whose targets are known, held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.padding import Padding

from glassnet.cli import matrix
from glassnet.cli.display import columns, headline
from glassnet.cli.pictures import Mistake, show_mistakes
from glassnet.cli.saved import Answers, SavedRun
from glassnet.ops.dtypes import Array
from glassnet.sources import Data
from glassnet.tensor import Tensor
from glassnet.training.metrics import Metrics

WORST = 5  # mistakes; of pictures, as many as fit


def show(
    console: Console, run: SavedRun, answers: Answers, inputs: Tensor, targets: Tensor, names: Sequence[str]
) -> None:
    """How good the ``answers`` of ``run`` are, and where it errs most; samples are called by their ``names``."""
    if answers.probabilities is None:
        _show_quantities(console, run, answers, run.decoded(targets.numpy()), names)
    else:
        _show_classes(console, run, answers.probabilities, inputs.numpy(), targets.numpy(), names)


def names_of(data: Data) -> Sequence[str]:
    """What the held-out rows of a table are called; () where they are no rows."""
    return [f"row {number}" for number in getattr(data.rows, "numbers", ())]


def _show_classes(
    console: Console, run: SavedRun, probabilities: Array, inputs: Array, targets: Array, names: Sequence[str]
) -> None:
    predicted = probabilities.argmax(1)
    counts = matrix.confusion(targets, predicted, len(run.classes))
    right, total = int(np.trace(counts)), len(targets)
    console.print(headline(f"Accuracy {right / total:.4f}", f": {right} of {total} are right.\n"))
    matrix.show(console, counts, run.classes)
    wrong = np.flatnonzero(predicted != targets)
    sure = probabilities[wrong, predicted[wrong]]
    worst = wrong[np.argsort(-sure, kind="stable")][:WORST]
    shown: Any = names or run.encoder.inverse(inputs) if inputs.ndim == 2 else inputs
    show_mistakes(
        console,
        [
            Mistake(shown[i], run.classes[targets[i]], run.classes[predicted[i]], float(probabilities[i, predicted[i]]))
            for i in worst
        ],
    )


def _show_quantities(console: Console, run: SavedRun, answers: Answers, targets: Array, names: Sequence[str]) -> None:
    results = measured(run, answers.values, targets)
    total = len(targets)
    how = f"off by {results['mae']:.4g} on average (RMSE {results['rmse']:.4g})"
    if total > 1:
        console.print(headline(f"R² {results['r2']:.4f}", f" on {total:,} {run.noun}: {how}.\n"))
    else:
        console.print(headline(f"O{how[1:]}", f"; R² needs two {run.noun} or more.\n"))
    table = columns("furthest off", "actual", "predicted", "error")
    errors = answers.values - targets
    for i in np.argsort(-np.abs(errors), kind="stable")[:WORST]:
        table.add_row(names[i], f"{targets[i]:.5g}", f"{answers.values[i]:.5g}", f"{errors[i]:+.4g}")
    console.print(Padding(table, (0, 2)))


def measured(run: SavedRun, values: Array, targets: Array) -> Mapping[str, float]:
    """The metrics of a regression, in the units people know."""
    metrics = Metrics(run.task.metrics)
    for metric in metrics.values():
        metric.update(values, targets)
    return metrics.compute()
