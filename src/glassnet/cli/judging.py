"""Judging: the answers of a network compared with the targets.

For classes: the accuracy, the confusion matrix, and the mistakes it was surest of, as small pictures where the samples
are pictures. For quantities: the metrics, and the answers that are furthest off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glassnet.cli.display import columns, headline
from glassnet.cli.saved_run import Answers, SavedRun
from glassnet.cli.tasks import off_by, percent, quantity
from glassnet.encoders import Baseline
from glassnet.explain.confusion import MANY, class_counts, confusion_matrix, lowest_recall, worst_confusions
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor

WORST = 5  # mistakes; of pictures, as many as fit
WORST_CLASSES = 10  # lines of a list, where there are too many classes for a matrix
SHADES = " ░▒▓█"
PLAIN_SHADES = " .:*#"  # where the output cannot hold the blocks
LARGEST = 16  # pixels along a side; a larger picture is made smaller
GAP = 4  # columns between pictures
MARGIN = 2  # columns on both sides
WIDEST = 10_000  # columns of a table, to see how many it would take


def show(
    console: Console,
    run: SavedRun,
    answers: Answers,
    inputs: Tensor,
    targets: Tensor,
    names: Sequence[str],
    baseline: Baseline | None = None,
) -> None:
    """Print how good the ``answers`` of ``run`` are, and the worst mistakes. ``names`` are those of the answers."""
    if answers.numbers is None or answers.sure is None:
        _show_quantities(console, run, answers, run.decoded(targets.numpy()), names, baseline)
    else:
        _show_classes(console, run, answers.numbers, answers.sure, inputs.numpy(), targets.numpy(), names)


def _show_classes(
    console: Console,
    run: SavedRun,
    predicted: Array,
    sure: Array,
    inputs: Array,
    targets: Array,
    names: Sequence[str],
) -> None:
    right, total = int((predicted == targets).sum()), len(targets)
    console.print(headline(f"Accuracy {right / total:.4f}", f": {right} of {total} are right.\n"))
    classes = len(run.labels)
    if classes > MANY:
        show_worst_classes(console, targets, predicted, run.labels, f"{classes:,} classes are too many for a matrix.")
    elif not show_confusion(console, confusion_matrix(targets, predicted, classes), run.labels):
        narrow = f"A matrix of {classes} classes has no room in {console.width} columns."
        show_worst_classes(console, targets, predicted, run.labels, narrow)
    wrong = np.flatnonzero(predicted != targets)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:WORST]
    shown: Any = names or run.encoder.inverse(inputs) if inputs.ndim == 2 else inputs
    show_mistakes(
        console,
        [Mistake(shown[i], run.labels[targets[i]], run.labels[predicted[i]], float(sure[i])) for i in worst],
    )


def _show_quantities(
    console: Console,
    run: SavedRun,
    answers: Answers,
    targets: Array,
    names: Sequence[str],
    baseline: Baseline | None,
) -> None:
    results = run.task.measured(answers.values, targets)
    total = len(targets)
    how = off_by(results)
    if total > 1:
        console.print(headline(f"R² {results['r2']:.4f}", f" on {total:,} {run.noun}: {how}.\n"))
    else:
        console.print(headline(f"O{how[1:]}", f"; R² needs two {run.noun} or more.\n"))
    if baseline is not None:
        console.print(f"{run.task.beside(baseline, targets)}\n")
    table = columns("furthest off", "actual", "predicted", "error")
    errors = answers.values - targets
    for i in np.argsort(-np.abs(errors), kind="stable")[:WORST]:
        table.add_row(names[i], quantity(targets[i], 5), quantity(answers.values[i], 5), quantity(errors[i], sign="+"))
    console.print(Padding(table, (0, 2)))


# the confusion matrix -------------------------------------------------------------------------------------


def show_confusion(console: Console, counts: Array, classes: Sequence[str]) -> bool:
    """Print the confusion matrix, and the recall of each class; False where it has no room on the ``console``.

    Where only the names of its columns are too long, these are numbers, which stand before the names of the rows.
    """
    numbers = [str(number) for number in range(1, len(classes) + 1)]
    for names, rows in ((classes, classes), (numbers, [*map(" ".join, zip(numbers, classes, strict=True))])):
        table = _matrix(counts, names, rows)
        if Measurement.get(console, console.options.update(width=WIDEST), table).maximum <= console.width - 2 * MARGIN:
            console.print(Padding(Text("Rows: what it is. Columns: what the network says.", "dim"), (0, MARGIN)))
            console.print()
            console.print(Padding(table, (0, MARGIN)))
            return True
    return False


def _matrix(counts: Array, columns: Sequence[str], rows: Sequence[str]) -> Table:
    """The table of the matrix."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="", padding=0)
    table.add_column("true", justify="right", style="bold", no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", min_width=3, no_wrap=True)
    table.add_column("recall", justify="right", no_wrap=True)
    for true, row in enumerate(counts):
        cells = [_cell(int(n), right=true == predicted) for predicted, n in enumerate(row)]
        total = int(row.sum())
        table.add_row(rows[true], *cells, percent(row[true] / total) if total else "-")
    return table


def show_worst_classes(console: Console, targets: Array, predicted: Array, classes: Sequence[str], why: str) -> None:
    """Print, of more classes than a matrix has room for, those of lowest recall and the most frequent mistakes.

    ``why`` there is no room is said before.
    """
    counts = class_counts(targets, predicted, len(classes))
    table = columns("lowest recall", "samples", "right", "recall")
    for i in lowest_recall(counts, WORST_CLASSES):
        right, samples = int(counts.right[i]), int(counts.actual[i])
        table.add_row(Text(classes[i]), f"{samples:,}", f"{right:,}", percent(right / samples))
    console.print(Padding(Text(why, "dim"), (0, MARGIN)))
    console.print(Padding(table, (1, MARGIN)))
    confused = worst_confusions(targets, predicted, WORST_CLASSES)
    if confused:
        mistakes = columns("most frequent mistakes", "read as", "samples", left=2)
        for pair in confused:
            mistakes.add_row(Text(classes[pair.true]), Text(classes[pair.predicted]), f"{pair.samples:,}")
        console.print(Padding(mistakes, (0, MARGIN)))


def _cell(n: int, *, right: bool) -> Text:
    if n == 0:
        return Text("·", "dim")
    return Text(str(n), "bold" if right else "red")


# mistakes -------------------------------------------------------------------------------------------------


class Mistake(NamedTuple):
    """A sample, what it is, and what it was taken for, with what probability.

    A picture [rows, columns] or [3, rows, columns] has numbers from 0 to 1; a row [features] those of its
    source; a text is its name.
    """

    sample: Array | str
    true: str
    predicted: str
    probability: float


def show_mistakes(console: Console, mistakes: Sequence[Mistake], most: int = 5) -> None:
    """Print the first ``most`` mistakes; pictures side by side, as many as fit."""
    if not mistakes:
        return
    console.print("\nThe surest mistakes:\n")
    if isinstance(mistakes[0].sample, str) or mistakes[0].sample.ndim == 1:
        for sample, true, predicted, probability in mistakes[:most]:
            name = sample if isinstance(sample, str) else f"({', '.join(f'{x:.4g}' for x in sample)})"
            line = f"{name}: {true}, read as {predicted}, {100 * probability:.0f} % sure"
            console.print(Padding(Text(line), (0, MARGIN)))
        return
    shades = SHADES if _can_write(console, SHADES) else PLAIN_SHADES
    drawn = [lines(mistake.sample, shades) for mistake in mistakes[:most] if not isinstance(mistake.sample, str)]
    fit = max(1, (console.width - 2) // (len(drawn[0][0]) + GAP))
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_row(*(Text("\n".join(picture), no_wrap=True) for picture in drawn[:fit]))
    table.add_row(*(Text(f"{mistake.true}, read as {mistake.predicted}") for mistake in mistakes[:fit]))
    table.add_row(*(Text(f"{100 * mistake.probability:.0f} % sure", "dim") for mistake in mistakes[:fit]))
    console.print(Padding(table, (0, 0, 0, 2)))


def lines(image: Array, shades: str = SHADES) -> list[str]:
    """A picture as lines of text, two characters a pixel, which is about square; a large one is made smaller."""
    grey = image if image.ndim == 2 else image.mean(0)
    step = math.ceil(max(grey.shape) / LARGEST)
    height, width = (side // step for side in grey.shape)
    small = grey[: height * step, : width * step].reshape(height, step, width, step).mean((1, 3))
    levels = (small * (len(shades) - 1)).round().clip(0, len(shades) - 1).astype(int)
    return ["".join(shades[level] * 2 for level in row) for row in levels]


def _can_write(console: Console, text: str) -> bool:
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
