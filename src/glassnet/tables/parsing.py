"""Parsing a table in a text: its delimiter, its rows, the names in its header.

Exported files read tables by these functions, which are copied into them as they stand: they know nothing of glassnet.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence

from glassnet.text.encodings import decoded, is_plain
from glassnet.text.formulas import as_written

DELIMITERS = (",", ";", "\t", "|")
LONGEST = 2**25  # characters of a line: each may be a cell of its own
SNIFFED = 2**20  # characters that are looked at for the delimiter


def table_in(data: bytes, path: str, check_header: Callable[[Sequence[str]], None]) -> dict[str, list[str]]:
    """The columns of the table in the bytes of a file, by name. Raises ValueError, which names the line."""
    try:
        text, _ = text_in(data)
        header, *rows = [row for _, row in rows_of(text, delimiter_of(text, path))]
        check_header(header)
        if not rows:
            raise ValueError("expected a header and rows below it, got none; add data")
        names = names_of(header)
        check_names(names)
    except ValueError as error:
        problem, *line = error.args
        raise ValueError(f"{path}, line {line[0]}: {problem}" if line else f"{path}: {problem}") from None
    return {name: [as_written(row[i]) for row in rows] for i, name in enumerate(names)}


def text_in(data: bytes) -> tuple[str, str]:
    """The text in the bytes of a table, and its encoding. Raises ValueError for what is no text, or blank."""
    text, encoding = decoded(data)
    if not is_plain(text, encoding):
        raise ValueError("expected a table of text, such as CSV, got bytes that are no text; give a table")
    if not text.strip():
        raise ValueError("expected a header and rows, got an empty file; give a table")
    return text, encoding


def delimiter_of(text: str, path: str) -> str:
    """What separates the cells of a row: the one of `DELIMITERS` that fits the first rows best, or a comma."""
    start = "".join(line for line, _ in zip(lines_of(text[:SNIFFED]), range(50), strict=False))
    if path.lower().endswith(".tsv") and "\t" in start:
        return "\t"
    fits = {}
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(lines_of(start), delimiter=delimiter) if row]
        except csv.Error:
            continue
        if rows and len(rows[0]) > 1:
            fits[delimiter] = (sum(len(row) == len(rows[0]) for row in rows) / len(rows), len(rows[0]))
    return max(fits, key=lambda delimiter: fits[delimiter], default=",")


def rows_of(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table and the lines they begin on, the header first; blank lines are no rows.

    Raises ValueError, with the problem and the line, for a row of more or fewer cells than the header,
    and for quotes that do not close.
    """
    lines: list[str] = []  # of the row that is being read
    reader = csv.reader(kept_lines(text, lines), delimiter=delimiter, strict=True)
    columns, line = 0, 1
    while True:
        lines.clear()
        try:
            row = next(reader, None)
        except csv.Error:
            raise ValueError(problem_of(lines, delimiter), line) from None
        if row is None:
            return
        is_blank = not row or (len(row) == 1 and not row[0].strip(" \t") and '"' not in lines[-1])
        columns = columns or (0 if is_blank else len(row))
        if not is_blank and len(row) != columns:
            hint = f"put a cell that holds {delimiter!r} in quotes" if len(row) > columns else "fill in what is missing"
            cells = f"{columns} cell{'s' * (columns > 1)}, as in the header"
            raise ValueError(f"expected {cells}, got {len(row)}; {hint}", line)
        if not is_blank:
            yield line, row
        line = reader.line_num + 1


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text with their ends, one at a time."""
    return (line[0] for line in re.finditer("[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", text))


def kept_lines(text: str, kept: list[str]) -> Iterator[str]:
    """The lines of a text, which are added to those that are ``kept``. Raises ValueError for one that is too long."""
    for line in lines_of(text):
        if len(line) > LONGEST:
            raise ValueError(f"expected lines of at most {LONGEST:,} characters, got {len(line):,}; is it a table?")
        kept.append(line)
        yield line


def names_of(header: Sequence[str]) -> list[str]:
    """What the columns under a header are called; one without a name by its place."""
    return [as_written(cell.strip()) or f"Unnamed: {i}" for i, cell in enumerate(header)]


def check_names(names: Sequence[str]) -> None:
    """Raise ValueError for columns of the same name."""
    times = dict.fromkeys(names, 0)
    for name in names:
        times[name] += 1
    twice = [repr(name)[:40] for name in times if times[name] > 1]
    if twice:
        problem = f"expected columns of different names, got {', '.join(twice[:6])} more than once; rename them"
        are_numbers = all(name.lstrip("-").replace(".", "", 1).isdigit() for name in names)
        raise ValueError(
            problem + (", or add a line with the names, if the first is one of data" if are_numbers else "")
        )


def problem_of(lines: Sequence[str], delimiter: str) -> str:
    """What is wrong with a row that csv cannot read, and what to do."""
    try:
        next(csv.reader([*lines, '"'], delimiter=delimiter, strict=True))
    except csv.Error:  # one more quote does not help
        if sum(map(len, lines)) <= csv.field_size_limit():
            end = f"expected {delimiter!r} after the quote that ends a cell, got more"
            return f"{end}; write a quote within a cell as two"
        return f"expected cells of at most {csv.field_size_limit():,} characters; is a quote missing that ends one?"
    return 'expected a quote (") at the end of the cell that begins with one here, got the end of the file; add it'
