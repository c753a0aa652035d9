"""Plain numbers in a text file, a sample a row: no names of columns are needed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from glassnet.export.standalone import is_number
from glassnet.ops.dtypes import Array
from glassnet.sources.source import SourceError


def read_numbers(path: Path, columns: int, *, labelled: bool) -> tuple[Array, list[str] | None]:
    """The numbers in a CSV file [n, columns], and, if it is ``labelled``, the text in the column after them.

    A first row without any number is a header. Raises SourceError, which names the line.
    """
    width = columns + labelled
    numbers: list[list[float]] = []
    labels: list[str] = []
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        try:
            for row in reader:
                if not row or (not numbers and not any(map(is_number, row))):
                    continue
                place = f"FILE: {path}, line {reader.line_num}"
                if len(row) != width:
                    hint = "; leave out the label" if len(row) == width + 1 else ""
                    what = f"{columns} numbers and a class" if labelled else f"{columns} numbers"
                    raise SourceError(f"{place}: expected {what}, got {len(row)} cells{hint}")
                wrong = next((cell for cell in row[:columns] if not is_number(cell)), None)
                if wrong is not None:
                    raise SourceError(f"{place}: expected a finite number, got {wrong!r:.40}")
                numbers.append([float(cell) for cell in row[:columns]])
                labels += row[columns:]
        except csv.Error as error:
            raise SourceError(f"FILE: {path}, line {reader.line_num}: {error}; is it a table?") from None
    if not numbers:
        raise SourceError(f"FILE: {path}: expected {columns} numbers in a row for each sample, found none")
    return np.array(numbers), [label.strip() for label in labels] if labelled else None
