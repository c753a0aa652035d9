"""Files of tables, read and written by pandas. What pandas would misread is looked for before."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from glassnet.extras import needed_to
from glassnet.files import FileError, read_bytes, replace_file
from glassnet.tables.cells import TableError
from glassnet.tables.columns import check_header
from glassnet.tables.parquet import MAGIC, broken, check_parquet
from glassnet.tables.parsing import check_names, delimiter_of, names_of, rows_of, text_in
from glassnet.text.formulas import SIGNS, as_text, as_written

if TYPE_CHECKING:
    from pandas import DataFrame

# What files that are no tables begin with, and what to do with them.
BINARY = {
    b"PK\x03\x04": ("a ZIP or Excel file", "save the sheet as CSV, or unpack it"),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", "save the sheet as CSV"),
    b"\x1f\x8b": ("a gzip file", "unpack it: gunzip"),
    b"BZh": ("a bzip2 file", "unpack it: bunzip2"),
    b"\xfd7zXZ": ("an xz file", "unpack it: unxz"),
    b"\x28\xb5\x2f\xfd": ("a zstd file", "unpack it: unzstd"),
    b"\x89PNG": ("a picture", "give a table"),
    b"\xff\xd8\xff": ("a picture", "give a table"),
    b"GIF8": ("a picture", "give a table"),
    b"%PDF": ("a PDF file", "give a table"),
    b"SQLite format 3": ("an SQLite database", "save the table in it as CSV"),
    b"\x7fELF": ("a program", "give a table"),
    **dict.fromkeys((b"[{", b"[\n", b"[\r\n", b'{"', b"{\n", b"{\r\n"), ("a JSON file", "write it as CSV")),
}
CELLS_AT_ONCE = 2**20  # as texts, while a table is written
MOST_COLUMNS = 50_000  # beyond that, a table takes minutes to read


def read_table(path: str | os.PathLike[str]) -> DataFrame:
    """The table in a file: CSV, TSV, values separated by ; or |, or Parquet.

    The first row of a text is its header. Its cells are read as the texts they are, "" for an empty
    one, in any common encoding (see `decoded`); what they mean is for `Encoding` to find. Blank lines are
    left out. ``attrs`` of the DataFrame say the "encoding" and the "delimiter".

    Raises TableError for a file that cannot be read, or is no table: the message says where and why.

    >>> from pathlib import Path
    >>> from glassnet.tables import read_table
    >>> _ = Path("houses.csv").write_text("size;price\\n61;412\\n84;598\\n")
    >>> frame = read_table("houses.csv")
    >>> frame.to_dict("list"), frame.attrs["delimiter"]
    ({'size': ['61', '84'], 'price': ['412', '598']}, ';')
    """
    name = os.fspath(path)
    try:
        data = read_bytes(name)
    except FileError as error:
        raise TableError(error.problem, error.advice, path=name) from None
    except FileNotFoundError:
        raise TableError("there is no such file", "check the name and the folder", path=name) from None
    except OSError as error:
        raise TableError(f"it cannot be read ({error.strerror})", "check who may read it", path=name) from None
    if not data.strip():
        raise TableError("expected a header and rows, got an empty file", "give a table", path=name)
    is_parquet = data.startswith(MAGIC) or name.endswith((".parquet", ".pq"))
    frame = _parquet(name, data) if is_parquet else _text(name, data)
    try:
        check_names(list(frame.columns))
    except ValueError as error:
        raise TableError.of(error, name) from None
    return frame


def write_table(frame: DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table as Parquet, TSV or CSV, by the ending of the ``path``; a file that was there is replaced.

    The text of a table that `read_table` read is in the encoding and, as CSV, with the delimiter that
    it had there; otherwise in UTF-8, which is also taken for what that encoding has no letters for. A text that a
    spreadsheet would compute, such as =1+1, gets an apostrophe before it, which `read_table` takes away.
    Raises TableError where the file cannot hold the table, and OSError.

    >>> from pathlib import Path
    >>> from glassnet.tables import read_table, write_table
    >>> _ = Path("houses.csv").write_text("size;price\\n61;412\\n84;598\\n")
    >>> write_table(read_table("houses.csv"), "copy.csv")
    >>> Path("copy.csv").read_text()
    'size;price\\n61;412\\n84;598\\n'
    """
    ending = os.path.splitext(path)[1].lower()
    if ending in (".parquet", ".pq"):
        with needed_to("write Parquet"):
            import pyarrow  # noqa: F401  # pandas uses it
        packed = io.BytesIO()
        try:
            frame.to_parquet(packed, index=False)
        except (TypeError, ValueError) as error:
            problem = f"it cannot be written as Parquet ({' '.join(str(error).split())})"
            raise TableError(problem, "write a .csv", path=path) from None
        return replace_file(path, packed.getvalue())
    delimiter = "\t" if ending == ".tsv" else frame.attrs.get("delimiter") or ","
    rows = max(1, CELLS_AT_ONCE // max(1, frame.shape[1]))  # pandas would take one row, where there are many columns
    options: dict[str, Any] = {"index": False, "sep": delimiter, "lineterminator": "\n", "chunksize": rows}
    frame = _changed(frame, as_text)
    frame.columns = [as_text(str(name)) for name in frame.columns]
    text = frame.to_csv(**options)
    if "\0" in text:
        raise TableError("a cell holds a NUL character, which no CSV file can have", "write a .parquet", path=path)
    if "\r" in text:  # which pandas does not put in quotes
        text = frame.to_csv(**options, quoting=csv.QUOTE_ALL)
    encoding = frame.attrs.get("encoding", "utf-8")
    try:
        data = text.encode(encoding)
    except (LookupError, UnicodeEncodeError):  # it was read from Parquet, or has letters that are not in the encoding
        data = text.encode("utf-8")
    return replace_file(path, data)


def _changed(frame: DataFrame, change: Callable[[str], str]) -> DataFrame:
    """A table whose texts were changed."""
    changed = frame.copy(deep=False)
    for place in range(frame.shape[1]):
        cells = frame.iloc[:, place]
        if cells.dtype.kind != "O":
            continue  # numbers
        texts = cells.tolist()
        if any(isinstance(text, str) and text[:1] in SIGNS for text in texts):
            changed.isetitem(place, [change(text) if isinstance(text, str) else text for text in texts])
    return changed


def _text(name: str, data: bytes) -> DataFrame:
    for start, (what, advice) in BINARY.items():
        if data.startswith(start):
            raise TableError(f"expected a table of text, such as CSV, got {what}", advice, path=name)
    header: list[str] = []
    rows = -1  # the header does not count
    try:
        text, encoding = text_in(data)
        delimiter = delimiter_of(text, name)
        rewritten = re.search("\r(?!\n)", text) is not None  # pandas loses rows that end so, where cells are empty
        plain = io.StringIO(newline="")
        writer = csv.writer(plain, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for _, row in rows_of(text, delimiter):
            header = header or row
            if len(header) > MOST_COLUMNS:
                raise ValueError(f"expected at most {MOST_COLUMNS:,} columns, got {len(header):,}; leave some out")
            rows += 1
            if rewritten:
                writer.writerow(row)
        check_header(header)
    except ValueError as error:
        raise TableError.of(error, name) from None
    if rows < 1:
        raise TableError("expected a header and rows below it, got none", "add data", path=name)
    as_they_are = {"dtype": str, "na_filter": False, "index_col": False, "engine": "c", "quotechar": '"'}
    packed = io.BytesIO((plain.getvalue() if rewritten else text).encode())  # a StringIO has four bytes a letter
    has_formulas = any(f"'{sign}" in text for sign in SIGNS)
    del text
    frame = _read(name, "read_csv", packed, sep=delimiter, header=None, names=range(len(header)), **as_they_are)
    frame = frame.iloc[1:].reset_index(drop=True)
    frame.columns = names_of(header)
    if has_formulas:  # else there is nothing to change
        frame = _changed(frame, as_written)
    frame.attrs = {"encoding": encoding, "delimiter": delimiter}
    return frame


def _parquet(name: str, data: bytes) -> DataFrame:
    check_parquet(name, data)
    frame = _read(name, "read_parquet", io.BytesIO(data))
    frame.columns = [str(column) for column in frame.columns]
    if frame.empty:
        raise TableError("expected rows and columns, got none", "add data", path=name)
    frame.attrs = {"encoding": "parquet", "delimiter": ""}
    return frame.reset_index(drop=frame.index.name is None)


def _read(name: str, reader: str, file: io.IOBase, **options: Any) -> Any:
    """What pandas reads, with an error of its as one message."""
    with needed_to("read tables"):
        import pandas
    try:
        return getattr(pandas, reader)(file, **options)
    except Exception as error:  # whatever it may be: the person who gave the file is told in a line
        raise broken(name, error) from None
