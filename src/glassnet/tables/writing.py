"""Writing: tables as files, the way they were read."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING

from glassnet.extras import needed_to
from glassnet.serialization.files import replace_file
from glassnet.tables.errors import TableError

if TYPE_CHECKING:
    from pandas import DataFrame


def write_table(frame: DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table as Parquet, TSV or CSV, by the ending of the ``path``; a file that was there is replaced.

    The text of a table that `read_table` read is in the encoding and, as CSV, with the delimiter that
    it had there; otherwise in UTF-8, which is also taken for what that encoding has no letters for.
    Raises TableError where Parquet cannot hold the table, and OSError.
    """
    ending = os.path.splitext(path)[1].lower()
    if ending in (".parquet", ".pq"):
        with needed_to("write Parquet"):
            import pyarrow  # noqa: F401  # pandas uses it
        packed = io.BytesIO()
        try:
            frame.to_parquet(packed, index=False)
        except (TypeError, ValueError) as error:
            problem = f": it cannot be written as Parquet ({' '.join(str(error).split())})"
            raise TableError.at(path, problem, "write a .csv") from None
        return replace_file(path, packed.getvalue())
    delimiter = "\t" if ending == ".tsv" else frame.attrs.get("delimiter") or ","
    text = frame.to_csv(index=False, sep=delimiter, lineterminator="\n")
    if "\r" in text:  # which pandas does not put in quotes
        text = frame.to_csv(index=False, sep=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    encoding = frame.attrs.get("encoding", "utf-8")
    try:
        data = text.encode(encoding)
    except (LookupError, UnicodeEncodeError):  # it was read from Parquet, or has letters that are not in the encoding
        data = text.encode("utf-8")
    return replace_file(path, data)
