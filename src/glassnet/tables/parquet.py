"""Checks of a Parquet file, before pandas reads it.

A few kilobytes can say a text of a megabyte once, and that it is in each of a million rows.
"""

from __future__ import annotations

import io
from typing import Any

from glassnet.extras import needed_to
from glassnet.tables.cells import TableError

MAGIC = b"PAR1"  # what a file begins with
CELLS = 2_000_000  # that a file may hold, however small it is
CELLS_PER_BYTE = 100  # … and how many for each of its bytes beyond that
TEXT = 10  # bytes of text for each of these cells


def check_parquet(name: str, data: bytes) -> None:
    """Raise TableError unless ``data`` is a Parquet file of plain cells that are in proportion to its size."""
    with needed_to("read Parquet"):
        from pyarrow import ArrowException, types
        from pyarrow.parquet import ParquetFile
    try:
        file = ParquetFile(io.BytesIO(data))
        about = file.metadata
        _check_claim(name, data, "cells", about.num_rows * about.num_columns, 1)
        groups = [about.row_group(i) for i in range(about.num_row_groups)]
        _check_claim(name, data, "bytes of cells", sum(group.total_byte_size for group in groups), TEXT)
        for field in file.schema_arrow:
            if types.is_nested(field.type) or types.is_fixed_size_binary(field.type):
                problem = f"expected a number, a time or a text in each cell, got {field.type} in {field.name!r:.40}"
                raise TableError(problem, "leave that column out, or write it as text", path=name)
        with_places = ParquetFile(io.BytesIO(data), read_dictionary=file.schema_arrow.names)  # each text is kept once
        texts = [
            f.name for f in with_places.schema_arrow if types.is_dictionary(f.type) and _is_text(f.type.value_type)
        ]
        text_bytes = sum(_bytes_of(column) for column in with_places.read(columns=texts).columns)
    except (ArrowException, OSError, ValueError) as error:
        raise error if isinstance(error, TableError) else broken(name, error) from None
    _check_claim(name, data, "bytes of text", text_bytes, TEXT)


def _check_claim(name: str, data: bytes, what: str, claimed: int, times: int) -> None:
    if claimed > times * max(CELLS, CELLS_PER_BYTE * len(data)):
        problem = f"it says that it holds {claimed:,} {what} in {len(data):,} bytes"
        raise TableError(problem, "it is broken, or made to fill the memory; write it again", path=name)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind)
    )


def _bytes_of(column: Any) -> int:
    """How long the texts of a column are together, each as often as it is there."""
    from pyarrow import compute

    lengths = (compute.take(compute.binary_length(chunk.dictionary), chunk.indices) for chunk in column.chunks)
    return sum(compute.sum(length).as_py() or 0 for length in lengths)


def broken(name: str, error: Exception) -> TableError:
    """What a library says of a file, as one message."""
    reason = " ".join(str(error).split())[:200]
    return TableError(f"it cannot be read ({reason})", "the file is broken: write it again", path=name)
