"""A table in a file as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glassnet.encoders import TableEncoder
from glassnet.sources.source_data import Data, Part, Rows
from glassnet.tables import Encoded, prepare
from glassnet.tensor.creation import from_numpy
from glassnet.text import shown


def table_source(source: str, path: Path, frame: Any, target: str, task: str | None) -> Data:
    """The rows of a table, which was read from ``path``, of which the column ``target`` is to be learned."""
    prepared = prepare(frame, target, task)
    positions = prepared.held_out.rows.tolist()
    numbers = [position + 1 for position in positions]
    rows = Rows(lambda at: {str(name): value for name, value in frame.iloc[at].items()}, positions, numbers)
    encoding = prepared.encoding
    aim = f"{len(encoding.classes)} classes" if encoding.classes else "a quantity"
    return Data(
        source=source,
        task=encoding.task,
        what=f"{len(frame):,} rows of {len(frame.columns)} columns; to learn: {shown(target)} ({aim})",
        origin=f"{shown(path.name)}, {len(encoding.feature_names)} features",
        split=prepared.split,
        noun="rows",
        classes=encoding.classes,
        train=_part(prepared.train),
        held_out=_part(prepared.held_out),
        encoder=TableEncoder(encoding),
        rows=rows,
        notes=prepared.notes,
        samples=rows,
        names=[f"row {number}" for number in numbers],
    )


def _part(encoded: Encoded) -> Part:
    assert encoded.targets is not None  # `prepare` sees to that
    return Part(from_numpy(encoded.inputs), from_numpy(encoded.targets))
