"""Rows to learn from and rows held out: `prepare` splits a table and encodes both parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.tables.cells import Cells, TableError
from glassnet.tables.encoding import Encoded, Encoding, about_text, with_target
from glassnet.tables.targets import encode_target, target_of

# The fewest rows, in words, and how many of them are held out: R² is not defined for a single one.
NEEDED = {"classification": ("5 rows of one class, one of them", 1), "regression": ("8 rows, two of them", 2)}


class Prepared(NamedTuple):
    """A table ready for training: rows to learn from, rows held out, and the encoding of both.

    >>> from glassnet.tables import Prepared, prepare
    >>> ready = prepare({"size": range(10), "price": range(10)}, "price")
    >>> isinstance(ready, Prepared), ready.split
    (True, 'every fifth by the size of the target')
    """

    encoding: Encoding
    train: Encoded
    held_out: Encoded
    split: str  # how rows were held out, in words
    notes: tuple[str, ...]


def prepare(table: Any, target: str, task: str | None = None) -> Prepared:
    """Split a table and encode both parts: rows to learn ``target`` from, and rows held out.

    Every run holds out the same rows: every fifth of each class, or every fifth by the size of a quantity. The task and
    the classes are found from all rows, everything else from the rows to learn from. Raises TableError.

    >>> from glassnet.tables import prepare
    >>> ready = prepare({"size": range(10), "price": [10.0 * n for n in range(10)]}, "price")
    >>> ready.train.inputs.shape, ready.held_out.inputs.shape
    ((8, 1), (2, 1))
    >>> ready.encoding.decode_targets(ready.held_out.targets).round()
    array([20., 70.])
    """
    cells, kept, notes = with_target(Cells.of(table), target)
    goal, target_notes = target_of(target, cells.texts(target), cells.rows, task)
    held_out = held_out_rows(encode_target(goal, cells.texts(target), cells.rows), goal["task"])
    expected, tested = NEEDED[goal["task"]]
    if held_out.sum() < tested:
        raise TableError(f"expected {expected} to test with, got {len(cells)} in all; add rows")
    train, test = cells.take(np.flatnonzero(~held_out)), cells.take(np.flatnonzero(held_out))
    if goal["task"] == "regression":  # the units are those of the rows to learn from
        goal, _ = target_of(target, train.texts(target), train.rows, "regression")
    encoding = Encoding.of_cells(train, goal, [*about_text(table), *notes, *target_notes])
    notes = [*encoding.notes]
    parts = []
    for name, part, rows in (("training", train, ~held_out), ("held out", test, held_out)):
        encoded = encoding.encode(part)
        parts.append(encoded._replace(rows=kept[rows]))
        notes += [f"{name}: {note}" for note in encoded.notes]
    return Prepared(encoding, parts[0], parts[1], HELD_OUT[goal["task"]][1], tuple(notes))


def every_fifth(labels: Array) -> Array:
    """Which samples are held out, as booleans [n]: the 5th, 10th, … of each class, in order.

    No random numbers: every run, whatever its seed, is validated on the same samples, and each class is held out in
    the same proportion.

    >>> from glassnet.tables import every_fifth
    >>> np.flatnonzero(every_fifth(np.array([0] * 10 + [1] * 5)))
    array([ 4,  9, 14])
    """
    held_out = np.zeros(len(labels), bool)
    order = np.argsort(labels, kind="stable")  # one class after the other, each in its order
    _, first, counts = np.unique(labels[order], return_index=True, return_counts=True)
    held_out[order[(np.arange(len(order)) - np.repeat(first, counts)) % 5 == 4]] = True
    return held_out


def every_fifth_by_rank(values: Array) -> Array:
    """Which samples are held out, as booleans: of every five that follow each other in size, the middle one.

    No random number is involved here either, and a file that is sorted, by whatever column, is held out
    over its whole range. Samples of the same value are ranked in the order they are in.
    """
    held_out = np.zeros(len(values), bool)
    held_out[np.argsort(values, kind="stable")[2::5]] = True
    return held_out


# How rows are held out for a task, and how a person says it.
HELD_OUT: dict[str, tuple[Callable[[Any], Array], str]] = {
    "classification": (every_fifth, "every fifth of each class"),
    "regression": (every_fifth_by_rank, "every fifth by the size of the target"),
}


def held_out_rows(targets: Array, task: str) -> Array:
    """Which rows are held out, as booleans [n]: every fifth of each class, or every fifth by the target's size.

    >>> from glassnet.tables import held_out_rows
    >>> np.flatnonzero(held_out_rows(np.array([3.0, 1.0, 5.0, 2.0, 4.0]), "regression"))
    array([0])
    """
    return HELD_OUT[task][0](np.asarray(targets).reshape(len(targets)))
