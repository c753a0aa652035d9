"""Rows of a table, encoded column by column as `glassnet.tables` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from glassnet.encoders.encoder import Samples, SourceError, Standalone
from glassnet.files.schema import items, record, text
from glassnet.ops.dtypes import Array
from glassnet.tables import Encoding, columns, parsing, read_table, standalone
from glassnet.tables.cells import Cells
from glassnet.tables.columns import columns_of, few
from glassnet.tensor.creation import from_numpy
from glassnet.text import encodings
from glassnet.text.formulas import as_written


@dataclass(frozen=True)
class TableEncoder:
    """Rows of a table (a DataFrame, a dict of lists, a list of dicts), by its ``encoding``.

    >>> from glassnet.encoders import TableEncoder
    >>> from glassnet.tables import Encoding
    >>> encoder = TableEncoder(Encoding.fit({"size": [1, 2, 3], "price": [10, 20, 30]}, "price"))
    >>> encoder.encode({"size": [2, 3]})
    array([[0.       ],
           [1.2247449]], dtype=float32)
    >>> encoder.decode([[0.0], [1.0]])
    array([20.        , 28.16496581])
    """

    encoding: Encoding

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The encoder that `to_json` gave. Raises TableError for anything else."""
        return cls(Encoding.from_json(data))

    def to_json(self) -> dict[str, Any]:
        """The encoder as a dict that JSON can hold."""
        return self.encoding.to_json()

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; () for a quantity."""
        return self.encoding.classes

    @property
    def quantities(self) -> int:
        """The one of the target: 1."""
        return 1

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of the inputs are called."""
        return self.encoding.feature_names

    @property
    def target_name(self) -> str:
        """The column that was learned."""
        return str(self.encoding.target["name"])

    @property
    def how_to_label(self) -> str:
        """How rows are given with their targets."""
        return (
            f"column {self.target_name!r}, so there is nothing to hold the results against; add it, or use glassnet "
            "predict"
        )

    def encode(self, samples: Any, dtype: Any = np.float32) -> Array:
        """Rows as the network takes them, [n, features] of ``dtype``. Raises TableError."""
        return self.encoding.encode(samples, target=False).inputs.astype(dtype, copy=False)

    def decode(self, results: Any) -> Array:
        """Labels of class numbers [n] or scores [n, classes]; or quantities in the units of the table, [n]."""
        return self.encoding.decode_targets(results)

    def inverse(self, inputs: Array) -> Array:
        """Inputs as they are: what a category was cannot be said of every row."""
        return inputs

    def take(self, samples: Any, number: int) -> dict[str, list[str]]:
        """The first ``number`` rows: the columns that are needed, as texts. Raises TableError if one is missing."""
        cells = Cells.of(samples)
        return {column["name"]: cells.texts(column["name"])[:number] for column in self.encoding.columns}

    def examples_to_json(self, samples: Any) -> Any:
        """The columns of a few rows, as lists of texts."""
        return self.take(samples, len(Cells.of(samples)))

    def examples_from_json(self, data: Any) -> Any:
        """Rows that were saved as lists of texts by column. Raises SourceError for anything else."""
        cells = items(text, 1)
        try:
            record({column["name"]: cells for column in self.encoding.columns}, others=True).check(data)
            columns_of(data, [column["name"] for column in self.encoding.columns])
        except ValueError as error:
            raise SourceError(f"expected columns of texts: {error}") from None
        return data

    def read(self, path: Path, classes: Sequence[str], *, targets: bool) -> Samples:
        """The rows of the table in a file, with targets if its column is there and they are wanted."""
        frame = read_table(path)
        encoded = self.encoding.encode(frame, target=targets)
        names = [f"row {row + 1}" for row in encoded.rows]
        known = None if encoded.targets is None else from_numpy(encoded.targets)
        return Samples(from_numpy(encoded.inputs), known, names, encoded.notes, frame)

    def standalone(self, dtype: Any) -> Standalone:
        """What an exported file needs to take such rows: the very functions that training ran."""
        target = self.encoding.target
        constants: dict[str, Any] = {"COLUMNS": list(self.encoding.columns)}
        if target["task"] == "regression":
            constants |= {"TARGET": target["name"], "TARGET_MEAN": target["mean"], "TARGET_SCALE": target["scale"]}
        names = few([column["name"] for column in self.encoding.columns])
        cast = "" if dtype == np.float32 else f".astype(np.{np.dtype(dtype)})"
        return Standalone(
            sample=f"a row of a table with the columns {names}, in any order",
            usage="a dict of columns, a DataFrame, a list of dicts",
            data="a CSV file whose header names the columns, in any order",
            constants=constants,
            encode={"": [_ENCODED + cast], "from cells to numbers": [columns]},
            read={"": [standalone.read, as_written], "a table in a file": [encodings, parsing]},
            output=f"an estimate of {target['name']}",
            predict=standalone.predict,
            answers=standalone.answers,
        )


_ENCODED = '''\
def encoded(X):
    """The rows of a table as the network takes them, or a ValueError that says what is wrong."""
    table = columns_of(X, [column["name"] for column in COLUMNS])
    return encode_table(table, COLUMNS)[0]'''
