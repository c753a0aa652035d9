"""The functions of an exported file whose network forecasts a series.

They are copied into it as they stand here, so they know nothing of glassnet. Stand-ins for what the file defines come
first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from glassnet.tables.columns import check_header, date_of, number_of, text_of
from glassnet.tables.parsing import table_in
from glassnet.tables.time_steps import date_after, written_date

# what a file defines, for any series ----------------------------------------------------------------

WINDOW = 2
HORIZON = 1
STEP: Mapping[str, Any] = {"unit": "months", "count": 1}
DATE: Mapping[str, Any] = {"name": "month", "format": "%Y-%m"}
TARGET: Mapping[str, Any] = {"name": "sold", "decimal": ".", "mean": 10.0, "scale": 2.0}


def forward(x: np.ndarray) -> np.ndarray:
    """What the network computes."""
    return x[:, -1]


def encoded(X: Any) -> np.ndarray:
    """Windows as the network takes them."""
    x = np.asarray(X, np.float64)[:, :, None]
    return np.asarray((x - TARGET["mean"]) / TARGET["scale"])


def finite(results: np.ndarray) -> np.ndarray:
    """The results, if all are finite."""
    return results


# how to use it, copied --------------------------------------------------------------------------------


def predict(X: Any) -> np.ndarray:
    """The forecast after each window, in the units of the series: [n, HORIZON]."""
    return finite(forward(encoded(X)).astype(np.float64) * TARGET["scale"] + TARGET["mean"])


def answers(series: list[tuple[Any, float]]) -> Iterator[list[str]]:
    """The rows of the table of results: the dates after the last one, and the forecast for each."""
    yield [DATE["name"], TARGET["name"]]
    values = predict([[value for _, value in series[-WINDOW:]]])[0]
    for i, value in enumerate(values):
        yield [written_date(date_after(series[-1][0], STEP, i + 1)), f"{value:.9g}"]


# the command, copied ------------------------------------------------------------------------------------


def read(path: str) -> list[tuple[Any, float]]:
    """The dates and values of the table in a CSV file, in the order of the dates."""
    with open(path, "rb") as file:
        table = table_in(file.read(), path, check_header)
    for name in (DATE["name"], TARGET["name"]):
        if name not in table:
            raise ValueError(f"{path}: expected a table with the column {name!r}; add it")
    series = []
    for i, cells in enumerate(zip(table[DATE["name"]], table[TARGET["name"]], strict=True)):
        when, value = date_of(text_of(cells[0]), DATE["format"]), number_of(text_of(cells[1]), TARGET["decimal"])
        if when is None or not np.isfinite(value):
            raise ValueError(f"{path}: row {i + 1}: expected a date and a finite number, got {cells!r:.80}; correct it")
        series.append((when, value))
    series.sort()
    if len(series) < WINDOW:
        raise ValueError(f"{path}: expected {WINDOW} rows or more, got {len(series)}; add earlier ones")
    for (earlier, _), (when, _) in pairwise(series):
        if when != date_after(earlier, STEP):
            raise ValueError(
                f"{path}: expected {written_date(date_after(earlier, STEP))} after {written_date(earlier)}, got "
                f"{written_date(when)}; add the rows that are missing, and leave out what comes twice"
            )
    return series
