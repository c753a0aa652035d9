"""Given, a table: its encoding as text, from the very functions that training ran."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.export import standalone_table
from glassnet.export.given import Given, contents, copied
from glassnet.export.layout import assigned, section
from glassnet.tables import Encoding, columns, decoding, rows
from glassnet.tables.cells import Cells

# What values of a network may not be called, because the functions of tables are called so.
RESERVED_BY_TABLES = {name for module in (standalone_table, columns, decoding, rows) for name in vars(module)}


@dataclass(frozen=True)
class Table(Given):
    """Rows of a table, and the ``recipe`` by which they are encoded; the network takes numbers of ``dtype``."""

    recipe: Encoding
    cells: Cells
    dtype: np.dtype[Any]

    imports = ("import difflib", "import io", "import re", "from datetime import datetime")
    values = staticmethod(standalone_table.predict)
    answers = staticmethod(standalone_table.answers_in_quantities)

    @property
    def input(self) -> str:
        """What a sample is, in words."""
        names = columns.few([column["name"] for column in self.recipe.columns])
        return f"a row of a table with the columns {names}, in any order"

    @property
    def usage(self) -> str:
        """What X is in ``predict(X)``."""
        return "a dict of columns, a DataFrame, a list of dicts"

    @property
    def data(self) -> str:
        """What the file is that the command reads."""
        return "a CSV file whose header names the columns, in any order"

    @property
    def output(self) -> str:
        """What comes out where there are no classes, in words."""
        return f"an estimate of {self.recipe.target['name']}"

    def first(self, n: int) -> dict[str, list[str]]:
        """The first ``n`` rows, the columns that are needed, as texts."""
        return {column["name"]: self.cells.texts(column["name"])[:n] for column in self.recipe.columns}

    def constants(self) -> Iterator[str]:
        """The lines that say how a row is encoded."""
        yield assigned("COLUMNS", list(self.recipe.columns))
        target = self.recipe.target
        if target["task"] == "regression":
            yield assigned("TARGET", target["name"])
            yield f"TARGET_MEAN, TARGET_SCALE = {target['mean']!r}, {target['scale']!r}"

    def encoding(self) -> Iterator[str]:
        """The functions between a table and what the network takes."""
        cast = "" if self.dtype == np.float32 else f".astype(np.{self.dtype})"
        yield "def encoded(X):"
        yield '    """The rows of a table as the network takes them, or a ValueError that says what is wrong."""'
        yield "    table = columns_of(X, [column['name'] for column in COLUMNS])".replace("'", '"')
        yield f"    return encode_table(table, COLUMNS)[0]{cast}"
        yield from ("", section("from cells to numbers"), "", contents(columns))

    def reading(self) -> Iterator[str]:
        """The functions that read a file of rows."""
        yield copied(standalone_table.read_in_columns)
        yield from ("", section("a table in a file"), "", contents(rows), "", "", contents(decoding))

    def tests(self) -> Iterator[str]:
        """The rows that the file tests itself with."""
        yield assigned("TEST_INPUTS", self.first(len(self.cells)))
