"""What came of a training run: curves, and which class was taken for which."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.explain.confusion import MANY, confusion_matrix, worst_confusions
from glassnet.explain.plots.axes import COLOURS, DASHES, axes, grid, labelled, plain
from glassnet.explain.plots.fonts import legible
from glassnet.ops.dtypes import Array
from glassnet.serialization.renamed import current_name

VALIDATION = "val_"
WORST = 20  # mistakes drawn of more classes than a matrix has room for


@legible
def curves(history: Any, metrics: Sequence[str] | None = None, ax: Any = None) -> list[Any]:
    """Draw a history: for each metric one plot, with a line for training and a dashed one for the held-out data.

    ``history`` is a `History`, or a list of mappings, one an epoch: ``{"epoch": 1, "train_loss": 2.1, …}``.
    ``metrics`` are names without ``train_`` and ``val_``; all there are if None. Gives a list of axes.

    >>> from glassnet.explain import plots
    >>> axes = plots.curves([{"train_loss": 2.1, "val_loss": 2.2}, {"train_loss": 1.4, "val_loss": 1.7}])
    >>> [line.get_label() for line in axes[0].lines]
    ['training', 'held out']
    """
    rows: Sequence[Mapping[str, float]] = getattr(history, "epochs", history)
    if not rows:
        raise ValueError("curves: expected one epoch or more, got none; train first")
    if isinstance(rows, Mapping) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(
            'curves: expected a history, or a list of mappings, one an epoch: [{"train_loss": 2.1}, …], got '
            f"{type(rows).__name__} of {type(next(iter(rows))).__name__}"
        )
    rows = [{current_name(name): value for name, value in row.items()} for row in rows]
    there = _metrics(rows)
    wanted = list(there) if metrics is None else list(metrics)
    for name in wanted:
        if name not in there:
            raise ValueError(f"curves: expected some of {', '.join(there)}, got {name!r:.80}")
    drawn = grid(len(wanted), ax, columns=3, width=min(4.4 * len(wanted), 12), height=3.4 * math.ceil(len(wanted) / 3))
    for name, where in zip(wanted, drawn, strict=True):
        for number, column in enumerate(there[name]):
            pairs = [(row.get("epoch", i), row[column]) for i, row in enumerate(rows, 1) if column in row]
            label = "held out" if column.startswith(VALIDATION) else "training"
            marker = "o" if len(pairs) == 1 else ""
            where.plot(*zip(*pairs, strict=True), DASHES[number], color=COLOURS[number], label=label, marker=marker)
        where.xaxis.get_major_locator().set_params(integer=True)
        labelled(where, title=name.replace("_", " "), x="epoch", legend=True)
    return drawn


def _metrics(rows: Sequence[Mapping[str, float]]) -> dict[str, list[str]]:
    """The columns of each metric: {"loss": ["train_loss", "val_loss"], …}."""
    columns: dict[str, list[str]] = {}
    for column in dict.fromkeys(name for row in rows for name in row):
        if column not in ("epoch", "seconds", "lr", "learning_rate"):
            columns.setdefault(column.removeprefix(VALIDATION).removeprefix("train_"), []).append(column)
    return columns


@legible
def confusion(targets: Any, predicted: Any, classes: Sequence[str] | None = None, ax: Any = None) -> Any:
    """Draw which class (row) was taken for which (column): how many, darker where it is more of its row.

    ``targets`` and ``predicted`` are class numbers [n]. Of more than 30 classes, whose matrix would have no room, the
    most frequent mistakes are drawn. Gives the axes back.

    >>> from glassnet.explain import plots
    >>> ax = plots.confusion([0, 0, 1, 1], [0, 1, 1, 1], classes=["cat", "dog"])
    >>> [text.get_text() for text in ax.texts]
    ['1', '1', '2']
    """
    true, taken = np.asarray(targets).astype(np.int64), np.asarray(predicted).astype(np.int64)
    if true.shape != taken.shape or true.ndim != 1 or not true.size or min(true.min(), taken.min()) < 0:
        shapes = f"{list(true.shape)} and {list(taken.shape)}"
        raise ValueError(f"confusion: expected class numbers, 0 or more, of shapes [n] and [n], got {shapes}")
    n = int(max(true.max(), taken.max(), len(classes or ()) - 1)) + 1
    if classes is not None and len(classes) < n:
        raise ValueError(f"confusion: expected {n} names of classes, got {len(classes)}")
    called = range(n) if classes is None else classes
    if n > MANY:
        return _worst(true, taken, called, ax)
    names = [*map(plain, called)]
    counts = confusion_matrix(true, taken, n)
    side = max(3.2, 0.42 * n + 1.6)
    ax = axes(ax, width=side, height=side)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    ax.set_xticks(range(n), names, rotation=0 if max(map(len, names)) <= 3 else 45)
    ax.set_yticks(range(n), names)
    _write_counts(ax, counts, share)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    return ax


def _worst(true: Array, taken: Array, names: Sequence[Any], ax: Any) -> Any:
    """The most frequent mistakes as bars."""
    worst = worst_confusions(true, taken, WORST)
    ax = axes(ax, width=6.4, height=0.3 * max(len(worst), 1) + 1.6)
    ax.barh(range(len(worst)), [pair.samples for pair in worst])
    ax.set_yticks(range(len(worst)), [f"{plain(names[pair.true])} → {plain(names[pair.predicted])}" for pair in worst])
    ax.invert_yaxis()
    ax.set_xlabel("samples" if worst else "no mistakes")
    ax.set_ylabel("true → predicted")
    return ax


def _write_counts(ax: Any, counts: Array, share: Array) -> None:
    if len(counts) > 20:  # too small to be read
        return
    for row, column in np.argwhere(counts):
        ink = "white" if share[row, column] > 0.5 else "black"
        ax.text(column, row, counts[row, column], ha="center", va="center", color=ink, fontsize=9)
