"""`Encoding`: from the cells of a table to the numbers of a network, and from its results back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.tables.cells import Cells, NoFeaturesError, TableError
from glassnet.tables.columns import encode_table, few, number_of
from glassnet.tables.recipe import Recipe, feature_names, recipe_of
from glassnet.tables.targets import Target, decode_target, encode_target, target_of
from glassnet.tables.validation import FORMAT, check

MOST = 250_000_000  # numbers that a table may become: a file of a few MB can hold many categories in each row


class Encoded(NamedTuple):
    """Rows of a table as numbers: inputs [n, features] (float32), and targets, if the table has them.

    Targets are class numbers [n] (int64) or standardised quantities [n, 1] (float32). ``rows`` are the positions of
    these rows in the table. ``notes`` say what was done.

    >>> from glassnet.tables import Encoding
    >>> houses = {"size": [61, 84, 120], "price": [412, 598, ""]}
    >>> encoded = Encoding.fit(houses, "price").encode(houses)
    >>> encoded.inputs.shape, encoded.targets.shape, encoded.rows
    ((2, 1), (2,), array([0, 1]))
    >>> encoded.notes
    ("1 of 3 rows without 'price': left out",)
    """

    inputs: Array
    targets: Array | None
    notes: tuple[str, ...]
    rows: Array


@dataclass(frozen=True)
class Encoding:
    """How the columns of a table become numbers, found by `fit`. It is saved with the model, as JSON.

    >>> from glassnet.tables import Encoding
    >>> houses = {"size": [61, 84, 120], "garden": ["no", "no", "yes"], "price": [412, 598, 701]}
    >>> encoding = Encoding.fit(houses, "price")
    >>> encoding.task, encoding.feature_names
    ('regression', ('size', 'garden'))
    >>> encoding.encode([{"size": 90, "garden": "yes"}]).inputs.round(2)
    array([[0.07, 1.41]], dtype=float32)
    >>> encoding.decode_targets([[0.0], [1.0]]).round()
    array([570., 690.])
    >>> Encoding.from_json(encoding.to_json()) == encoding
    True
    """

    target: Target
    columns: tuple[Recipe, ...]
    ignored: dict[str, str]  # columns that are not used, and why
    notes: tuple[str, ...] = field(default=(), compare=False)  # what `fit` did, in words

    @classmethod
    def fit(cls, table: Any, target: str, task: str | None = None) -> Encoding:
        """The encoding of a table (a DataFrame or a dict of lists) of which ``target`` is to be learned.

        Means, scales and categories are those of the rows given: give the rows to learn from, no
        others. Rows without a target do not count. ``task`` is "classification", "regression", or None:
        then text, yes or no, and two different numbers are classes, other numbers a quantity. Raises TableError.
        """
        cells = Cells.of(table)
        cells, _, notes = with_target(cells, target)
        goal, target_notes = target_of(target, cells.texts(target), cells.rows, task)
        return cls.of_cells(cells, goal, [*notes, *target_notes])

    @classmethod
    def of_cells(cls, cells: Cells, target: Target, notes: list[str]) -> Encoding:
        """The encoding of rows which all have the ``target``."""
        columns, ignored = [], {}
        for name, column in cells.columns.items():
            if name == target["name"]:
                continue
            result = recipe_of(name, column, cells.rows)
            notes += result.notes
            if result.recipe is None:
                ignored[name] = result.why
            else:
                columns.append(result.recipe)
        if ignored:
            notes.append(f"ignored: {few([f'{name} ({why})' for name, why in ignored.items()])}")
        if not columns:
            others = few([f"{name!r} is {why}" for name, why in ignored.items()]) or "there is none"
            raise NoFeaturesError(
                f"expected a column beside the target {target['name']!r:.80} to learn from, but {others}"
            )
        return cls(target, tuple(columns), ignored, tuple(notes))

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return str(self.target["task"])

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the order of their numbers; none for regression."""
        return tuple(self.target.get("classes", ()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of the inputs are called."""
        return tuple(name for column in self.columns for name in feature_names(column))

    def encode(self, table: Any, target: bool = True) -> Encoded:
        """The rows of a table as numbers; with targets, if it has their column and ``target`` is true.

        The order of the columns does not matter, and more columns than needed do no harm. With
        targets, rows that have none are left out; without, every row is there. Raises TableError for
        columns that are missing, infinite numbers and classes that the encoding does not know.
        """
        cells = Cells.of(table)
        features = len(self.feature_names)
        if len(cells) * features > MOST:
            raise TableError(
                f"expected a table that becomes at most {MOST:,} numbers, got {len(cells):,} rows of {features:,} "
                "features; leave out columns of many categories, or rows"
            )
        name = self.target["name"]
        kept, gone = np.arange(len(cells)), list[str]()
        targets = None
        if target and name in cells.columns:
            cells, kept, gone = with_target(cells, name)
            targets = encode_target(self.target, cells.texts(name), cells.rows)
        try:
            inputs, table_notes = encode_table(cells.columns, self.columns, cells.rows)
        except ValueError as error:
            raise TableError(str(error)) from None
        notes = (*about_text(table), *gone, *self._about_columns([*cells.columns]), *table_notes)
        return Encoded(inputs, targets, notes, kept)

    def _about_columns(self, names: list[str]) -> list[str]:
        """Notes about the columns of a table."""
        wanted = dict.fromkeys(column["name"] for column in self.columns)
        known = {*wanted, *self.ignored, self.target["name"]}
        more = [repr(name) for name in names if name not in known]
        notes = [f"ignored: training had no such column: {few(more)}"] if more else []
        if [name for name in names if name in wanted] != [*wanted]:
            notes.append("the columns are in another order than in training: taken by their names")
        return notes

    def decode_targets(self, array: Any) -> Array:
        """Results as labels, from class numbers [n] or scores [n, classes]; or as quantities in their units [n]."""
        return decode_target(self.target, array)

    def to_json(self) -> dict[str, Any]:
        """The encoding as a dict that JSON can hold."""
        columns, ignored = [dict(column) for column in self.columns], dict(self.ignored)
        return {"kind": "table", "format": FORMAT, "target": dict(self.target), "columns": columns, "ignored": ignored}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Encoding:
        """The encoding that `to_json` gave. Raises TableError for anything else."""
        check(data)
        return cls(dict(data["target"]), tuple(map(dict, data["columns"])), dict(data["ignored"]))


def about_text(table: Any) -> list[str]:
    """Notes on the file that a DataFrame was read from: that it was not in UTF-8, that it may have no header."""
    encoding = getattr(table, "attrs", {}).get("encoding", "")
    notes = [f"the file is not in UTF-8: read as {encoding.upper()}"] if encoding.startswith(("cp", "latin")) else []
    names = [str(name) for name in getattr(table, "columns", ())]
    if encoding and all(number_of(name) == number_of(name) for name in names):
        notes.append(
            f"the first line is taken for the names of the columns: {few(names)}; if it is data, add the names"
        )
    return notes


def with_target(cells: Cells, name: str) -> tuple[Cells, Array, list[str]]:
    """The rows that have the target, their positions, and a note about the others."""
    texts = cells.texts(name)
    kept = np.flatnonzero([text != "" for text in texts])
    if len(kept) == len(cells):
        return cells, kept, []
    gone = len(cells) - len(kept)
    return cells.take(kept), kept, [f"{gone} of {len(cells)} rows without {name!r}: left out"]
