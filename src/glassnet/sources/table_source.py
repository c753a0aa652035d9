"""A table in a file as a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from glassnet.encoders import TableEncoder
from glassnet.sources.source_data import Data, Part
from glassnet.tables import Encoded, prepare
from glassnet.tensor.creation import from_numpy
from glassnet.text import shown


def table_source(source: str, path: Path, frame: Any, target: str, task: str | None) -> Data:
    """The rows of a table, which was read from ``path``, of which the column ``target`` is to be learned."""
    prepared = prepare(frame, target, task)
    rows = Rows(frame, prepared.held_out.rows.tolist())
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
        names=[f"row {number}" for number in rows.numbers],
    )


def _part(encoded: Encoded) -> Part:
    assert encoded.targets is not None  # `prepare` sees to that
    return Part(from_numpy(encoded.inputs), from_numpy(encoded.targets))


class Rows(Sequence[Mapping[str, Any]]):
    """Rows of a DataFrame at ``positions``, each a dict of its columns, made when it is asked for."""

    def __init__(self, frame: Any, positions: Sequence[int]) -> None:
        self._frame = frame
        self._positions = positions

    @property
    def numbers(self) -> list[int]:
        """Where the rows stand in the table, from 1."""
        return [position + 1 for position in self._positions]

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Rows(self._frame, self._positions[index])
        row = self._frame.iloc[self._positions[index]]
        return {str(name): value for name, value in row.items()}

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (self[i] for i in range(len(self)))
