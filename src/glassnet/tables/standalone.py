"""The functions of an exported file whose network was trained on a table.

They are copied into it as they stand here, beside those that encode and read tables in
`glassnet.tables`, so they know nothing of glassnet. Stand-ins for what the file defines come first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.tables.columns import check_header, columns_of, encode_table
from glassnet.tables.parsing import table_in

# what a file defines, for any table ---------------------------------------------------------------

TARGET = "price"
TARGET_MEAN = 10.0
TARGET_SCALE = 2.0
COLUMNS: Sequence[Mapping[str, Any]] = (
    {"name": "size", "kind": "number", "decimal": ".", "mean": [2.0], "scale": [1.0], "missing": False},
)


def forward(x: np.ndarray) -> np.ndarray:
    """What the network computes."""
    return x[:, :1]


def encoded(X: Any) -> np.ndarray:
    """A table as the network takes it."""
    return encode_table(columns_of(X, [column["name"] for column in COLUMNS]), COLUMNS)[0]


def finite(results: np.ndarray) -> np.ndarray:
    """The results, if all are finite."""
    return results


def printable(text: object) -> str:
    """A text in one line that does nothing to a terminal."""
    return str(text)


# how to use it, copied ---------------------------------------------------------------------------


def predict(X: Any) -> np.ndarray:
    """What the network estimates for each row, in the units of the table: n numbers."""
    return finite(forward(encoded(X)).astype(np.float64).reshape(-1) * TARGET_SCALE + TARGET_MEAN)


def answers(samples: Mapping[str, Sequence[Any]]) -> Iterator[list[str]]:
    """The rows of the table of results: what the network estimates."""
    yield [TARGET]
    for value in predict(samples):
        yield [f"{value:.9g}"]


# the command, copied -----------------------------------------------------------------------------


def read(path: str) -> dict[str, list[str]]:
    """The columns of the table in a CSV file, by the names in its header; notes about its cells go to stderr."""
    with open(path, "rb") as file:
        table = table_in(file.read(), path, check_header)
    try:
        for note in encode_table(table, COLUMNS)[1]:
            sys.stderr.write(printable(f"{path}: {note}") + "\n")
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return table
