"""Columns of a table, encoded as the numbers that a network takes.

Training, prediction and exported files all run these functions; they are copied into an exported file as they stand
here. So they know nothing of glassnet and pandas: a table is a dict of lists, a cell is a text, a number, a bool or
None, and how a column is encoded is a dict that JSON can hold (see `glassnet.tables.recipe`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from glassnet.tables.parsing import check_names

NOTHING = ("", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null")  # what an empty cell may hold, in any case
NO_NUMBER = ("-", "?", "none", "unknown")  # … and where a number is expected
YES_OR_NO = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), 1),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), 0),
}


def columns_of(table: Any, names: Sequence[str] = ()) -> dict[str, list[Any]]:
    """The columns of a table by name: a dict of columns, a DataFrame, a list of dicts, or rows named ``names``."""
    rows = [] if hasattr(table, "keys") else list(table) if hasattr(table, "__iter__") else [table]
    if hasattr(table, "keys"):
        check_names([str(name) for name in table])
        columns = {str(name): table[name] for name in table}
    elif rows and all(hasattr(row, "keys") for row in rows):
        keys = dict.fromkeys(key for row in rows for key in row)
        columns = {str(key): [row.get(key) for row in rows] for key in keys}
    elif all(hasattr(row, "__len__") and not isinstance(row, str) and len(row) == len(names) for row in rows):
        columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    else:
        or_rows = f", or rows of {len(names)} cells: {', '.join(names)}" if names else ""
        raise ValueError(f"expected a table: a dict of columns, a DataFrame or a list of dicts{or_rows}")
    for name, cells in columns.items():
        if isinstance(cells, str) or not hasattr(cells, "__iter__"):
            hint = "a single row goes in a list: [row]"
            raise ValueError(f"expected a list of cells in {name!r:.80}, got {cells!r:.40}; {hint}")
    columns = {name: listed(cells) for name, cells in columns.items()}
    if len({len(cells) for cells in columns.values()}) > 1:
        lengths = ", ".join(f"{len(cells)} in {name!r}" for name, cells in list(columns.items())[:6])
        raise ValueError(f"expected columns of the same length, got {lengths}")
    return columns


def check_header(cells: Sequence[str]) -> None:
    """Raise ValueError, with the line, for a header of numbers, which is none."""
    numbers = [cell for cell in cells if number_of(cell) % 1 > 0]
    if len(numbers) > len(cells) / 2:
        raise ValueError(
            f"expected the names of the columns, got numbers ({few(numbers)}); add a row with the names", 1
        )


def listed(cells: Any) -> list[Any]:
    """The cells as a list. For a pandas column of texts, ``tolist`` is ten times as fast as iterating."""
    kind = getattr(cells, "dtype", None)
    return list(cells.tolist()) if kind in ("str", "string") else list(cells)


def encode_table(
    table: Mapping[str, Sequence[Any]], columns: Sequence[Mapping[str, Any]], rows: Sequence[int] | None = None
) -> tuple[np.ndarray, list[str]]:
    """The cells of a table as inputs of a network [n, features], and notes that say what was done.

    The order of the table's columns does not matter. ``rows`` are numbers to call its rows by.
    """
    absent = [column["name"] for column in columns if column["name"] not in table]
    if absent:
        near = {match: None for name in absent[:6] for match in difflib.get_close_matches(name, [*table], 1)}
        hint = f" (is it there as {few([repr(match) for match in near])}?)" if near else ""
        names, one = few([repr(name) for name in absent]), len(absent) == 1
        what, add = ("column", "it") if one else ("columns", "them")
        raise ValueError(f"expected a table with the {what} {names}{hint}; add {add}")
    length = len(table[columns[0]["name"]]) if columns else 0
    inputs, notes, place = np.empty((length, sum(map(width_of, columns))), np.float32), [], 0
    for column in columns:
        texts = [text_of(cell) for cell in table[column["name"]]]
        encode = encode_category if column["kind"] == "category" else encode_values
        x, empty, more_notes = encode(texts, column, range(1, len(texts) + 1) if rows is None else rows)
        end = place + width_of(column)
        inputs[:, place : place + x.shape[1]] = x
        if column["missing"]:
            inputs[:, end - 1] = empty
        place = end
        notes += more_notes
    return inputs, notes


def width_of(column: Mapping[str, Any]) -> int:
    """How many features a column becomes."""
    return len(column["values"] if column["kind"] == "category" else column["mean"]) + int(column["missing"])


def encode_values(
    texts: Sequence[str], column: Mapping[str, Any], rows: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """A column of numbers, dates or booleans: standardised values [n, …] (0, the mean, for empty cells), which cells
    are empty [n], and notes.
    """
    name, expected = column["name"], {"number": "numbers", "date": "dates"}.get(column["kind"], "yes or no")
    known = {text: values_of(text, column) for text in dict.fromkeys(texts)}
    raw = np.array([known[text] for text in texts], np.float64).reshape(len(texts), len(column["mean"]))
    if np.isinf(raw).any():
        row = rows[int(np.argmax(np.isinf(raw).any(axis=1)))]
        raise ValueError(f"row {row}: expected a finite number in {name!r:.80}, got one that is infinite; correct it")
    empty = np.asarray(np.isnan(raw).any(axis=1))
    wrong = [t for t, values in known.items() if values[0] != values[0] and t and t.casefold() not in NO_NUMBER]
    if wrong and empty.all():
        where = first_row(texts, wrong, rows)
        raise ValueError(
            f"{where}: expected {expected} in {name!r:.80}, got {wrong[0]!r:.40}, and none in any other row"
        )
    with np.errstate(over="ignore"):
        x = ((raw - np.array(column["mean"])) / np.array(column["scale"])).astype(np.float32)
    x[empty] = 0
    if np.isinf(x).any():
        row = rows[int(np.argmax(np.isinf(x).any(axis=1)))]
        raise ValueError(f"row {row}: the number in {name!r:.80} is too far from all it was trained on; correct it")
    notes = []
    if wrong:
        names, where = few([repr(text)[:40] for text in wrong]), first_row(texts, wrong, rows)
        notes.append(f"{name}: expected {expected}, got {names} ({where}): taken as missing")
    if empty.any():
        notes.append(f"{name}: {empty.sum()} of {len(texts)} cells missing, filled with the mean of the training rows")
    return x, empty, notes


def encode_category(
    texts: Sequence[str], column: Mapping[str, Any], rows: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """A column of categories: one-hot values [n, categories] (all 0 for an unknown one), which cells are empty [n], and
    notes.
    """
    places = {text: i for i, text in enumerate(column["values"])}
    at = np.array([places.get(text, -1) for text in texts], int)
    x = (at[:, None] == np.arange(len(places))).astype(np.float32)
    empty = np.array([not text for text in texts], bool)
    notes = []
    if others := [text for text in dict.fromkeys(texts) if text and text not in places]:
        names, where = few([repr(other)[:40] for other in others]), first_row(texts, others, rows)
        notes.append(f"{column['name']}: {names} ({where}) not among the categories it knows: taken as none of them")
    if empty.any():
        taken = "a category of their own" if column["missing"] else "none of the categories it knows"
        notes.append(f"{column['name']}: {empty.sum()} of {len(texts)} cells missing, taken as {taken}")
    return x, empty, notes


def text_of(cell: Any) -> str:
    """The text of a cell without the spaces around it; "" for an empty cell."""
    if type(cell) is str:  # the usual case, fast: no word in NOTHING is longer than four letters
        text = cell.strip()
        return text if len(text) > 4 or text.casefold() not in NOTHING else ""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    text = str(cell).strip()
    return "" if text.casefold() in NOTHING else text


def values_of(text: str, column: Mapping[str, Any]) -> list[float]:
    """The numbers in the text of a cell; nan where there is none."""
    if column["kind"] == "number":
        return [number_of(text, column["decimal"])]
    if column["kind"] == "boolean":
        return [YES_OR_NO.get(text.casefold(), np.nan)]
    return date_parts(text, column["format"], column["parts"])


def number_of(text: str, decimal: str = ".") -> float:
    """A text as a number, nan if it is none: 1,234.5 or, with a comma as ``decimal``, 1.234,5."""
    if decimal == ",":
        is_number = re.fullmatch(r"[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?", text)
        text = text.replace(".", "").replace(",", ".") if is_number else ""
    elif "," in text and re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text):
        text = text.replace(",", "")
    try:
        return np.nan if "_" in text else float(text)
    except ValueError:
        return np.nan


def date_parts(text: str, form: str, parts: Sequence[str]) -> list[float]:
    """The parts of a date as numbers: days (since the year 1), year, month, day, weekday (Monday is 0), hour."""
    when = date_of(text, form)
    if when is None:
        return [np.nan] * len(parts)
    hour = when.hour + when.minute / 60 + when.second / 3600
    known = {"days": when.toordinal() + hour / 24, "weekday": when.weekday(), "hour": hour}
    return [float(known[part] if part in known else getattr(when, part)) for part in parts]


def date_of(text: str, form: str) -> datetime | None:
    """A text as a time, in the format ``form`` (of strptime) or in ISO 8601; None if it is neither."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=None)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text[4:5] == "-" else None
    except ValueError:
        return None


def few(items: Sequence[Any]) -> str:
    """The first six of the items, and how many more there are."""
    return ", ".join(map(str, items[:6])) + (f" and {len(items) - 6} more" if len(items) > 6 else "")


def first_row(texts: Sequence[str], wanted: Any, rows: Sequence[int]) -> str:
    """The number of the first row whose text is among the ``wanted``."""
    wanted = set(wanted)
    return f"row {next(row for row, text in zip(rows, texts, strict=True) if text in wanted)}"
