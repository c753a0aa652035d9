"""Encodings in C: from the cells of a table, the numbers of a row or a text to what a network takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from glassnet.encoders import Encoder, NumberEncoder, PictureEncoder, SeriesEncoder, TableEncoder, TextEncoder
from glassnet.encoders.words import FIRST_WORD, in_word
from glassnet.engines.native.c_types import number
from glassnet.engines.native.kernel_code import block, loop_head
from glassnet.export.c.c_literals import comment, listed, quoted
from glassnet.export.inference import ExportError
from glassnet.ops.dtypes import Dtype, float32, float64

PARTS = {"days": "d", "year": "Y", "month": "m", "day": "D", "weekday": "w", "hour": "H"}
ROWS, TABLE, SERIES = "rows_", "table_", "series_"  # the function that reads a file


@dataclass(frozen=True)
class CellCode:
    """How the cells of a sample become numbers.

    ``body`` is that of a function of ``cells`` and ``input``, whose result is 0, or the number of the cell that it
    cannot take; ``tables`` stand before it. ``reading`` says how `main` finds the ``columns`` in a file. ``about`` says
    what the cells are.
    """

    cells: int
    body: Sequence[str]
    about: str
    reading: str
    columns: Sequence[str] = ()
    tables: str = ""


def cell_code(encoder: Encoder, dtype: Dtype) -> CellCode:
    """The C of an encoder, for a network that takes numbers of ``dtype``. Raises ExportError for one that has none."""
    if isinstance(encoder, TableEncoder):
        return _of_table(encoder.encoding.columns)
    if isinstance(encoder, SeriesEncoder):
        return _of_series(encoder)
    if isinstance(encoder, TextEncoder):
        return _of_text(encoder)
    if isinstance(encoder, NumberEncoder):
        return _of_numbers(encoder, dtype)
    raise ExportError(f"samples are encoded by {type(encoder).__name__}, which is not written in C yet; use --to numpy")


def _of_numbers(encoder: NumberEncoder, dtype: Dtype) -> CellCode:
    if dtype.kind == "f":
        call = f"input = divided_cell_(cells[i], {number(encoder.divide_by, float32)}, input)"
    else:
        call = "input = whole_cell_(cells[i], input)"
    body = block(loop_head("i", encoder.size), [f"if (!({call})) return (int)i + 1;"])
    what = "pixels" if isinstance(encoder, PictureEncoder) else "numbers"
    return CellCode(encoder.size, [*body, "return 0;"], f"{encoder.size} {what}", ROWS)


def _of_series(encoder: SeriesEncoder) -> CellCode:
    target = encoder.target
    call = (
        f"input = number_cell_(cells[i], {_letter(target['decimal'])}, {_pair(target['mean'], target['scale'])}, 1, x)"
    )
    lines = [
        "float x[2]; /* a number, and whether it is missing, which it must not be */",
        f"if (!{call.removeprefix('input = ')} || x[1] != 0) return (int)i + 1;",
        "input[i] = x[0];",
    ]
    about = f"the last {encoder.window} values of {encoder.target_name}"
    columns = (encoder.target_name,)
    return CellCode(
        encoder.window, [*block(loop_head("i", encoder.window), lines), "return 0;"], about, SERIES, columns
    )


def _of_table(columns: Sequence[Mapping[str, Any]]) -> CellCode:
    body, tables = [], []
    for n, column in enumerate(columns):
        call, table = _column(n, column)
        tables += table
        body += [f"{comment(str(column['name']))}", f"if (!(input = {call})) return {n + 1};"]
    names = [str(column["name"]) for column in columns]
    return CellCode(len(columns), [*body, "return 0;"], "the cells of a row", TABLE, names, "\n".join(tables))


def _column(n: int, column: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The call that encodes a cell of a column, and the tables that it needs."""
    kind, missing = column["kind"], int(column["missing"])
    if kind == "category":
        values = column["values"]
        table = listed(f"static const char *const values_{n}[] =", map(quoted, values))
        return f"category_cell_(cells[{n}], values_{n}, {len(values)}, {missing}, input)", [table]
    if kind == "date":
        parts = "".join(PARTS[part] for part in column["parts"])
        tables = [
            listed(f"static const double {name}_{n}[] =", (number(x, float64) for x in column[key]))
            for name, key in (("means", "mean"), ("scales", "scale"))
        ]
        form = quoted(column["format"])
        return f"date_cell_(cells[{n}], {form}, {quoted(parts)}, means_{n}, scales_{n}, {missing}, input)", tables
    numbers = _pair(column["mean"][0], column["scale"][0])
    if kind == "boolean":
        return f"truth_cell_(cells[{n}], {numbers}, {missing}, input)", []
    return f"number_cell_(cells[{n}], {_letter(column['decimal'])}, {numbers}, {missing}, input)", []


def _pair(mean: float, scale: float) -> str:
    return f"{number(mean, float64)}, {number(scale, float64)}"


def _letter(letter: str) -> str:
    return f"'{letter}'"


# texts ------------------------------------------------------------------------------------------------------


def _of_text(encoder: TextEncoder) -> CellCode:
    known = sorted((word.encode(), word, FIRST_WORD + n) for n, word in enumerate(encoder.vocabulary))
    letters = {letter for word in encoder.vocabulary for letter in word}
    capitals = [(large, small) for large, small in _capitals() if chr(small) in letters] or [(0, 0)]
    ranges = _ranges()
    tables = [
        listed("static const uint32_t letters[][2] =", (f"{{{low}, {high}}}" for low, high in ranges)),
        listed("static const uint32_t capitals[][2] =", (f"{{{large}, {small}}}" for large, small in capitals)),
        listed("static const char *const words[] =", (quoted(word) for _, word, _ in known)),
        listed("static const int32_t word_numbers[] =", (str(n) for *_, n in known)),
        "static const vocabulary_ known =",
        f"    {{letters, {len(ranges)}, capitals, {len(capitals)}, words, word_numbers, {len(known)}}};",
    ]
    about = f"a text in UTF-8, of which the first {encoder.length} words count"
    body = [f"words_(cells[0], &known, input, {encoder.length});", "return 0;"]
    return CellCode(1, body, about, TABLE, (encoder.column,), "\n".join(tables))


@cache
def _capitals() -> tuple[tuple[int, int], ...]:
    """The code points that have a small letter, and that letter."""
    pairs = ((point, chr(point).lower()) for point in range(0x10000))
    return tuple((point, ord(small)) for point, small in pairs if len(small) == 1 and small != chr(point))


@cache
def _ranges() -> tuple[tuple[int, int], ...]:
    """The code points that words are made of, as ranges."""
    return tuple(_found())


def _found() -> Iterator[tuple[int, int]]:
    begin = None
    for point in range(sys.maxunicode + 2):
        is_letter = point <= sys.maxunicode and in_word(chr(point))
        if is_letter and begin is None:
            begin = point
        elif not is_letter and begin is not None:
            yield begin, point - 1
            begin = None
