"""A table as lists of cells, and the error for one that cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.ops.dtypes import Array
from glassnet.tables.columns import columns_of, few, listed, text_of
from glassnet.tables.parsing import check_names


class TableError(GlassnetError, ValueError):
    """A file that is no table, or a table that cannot be learned from; the message says why, and what to do.

    Attributes: ``problem``; ``advice``, what to do; ``path`` and ``line``, where it is, if that is in a file.

    >>> from glassnet.tables import TableError, read_table
    >>> try:
    ...     read_table("none.csv")
    ... except TableError as error:
    ...     print(error)
    none.csv: there is no such file; check the name and the folder
    """

    def __init__(
        self, problem: str, advice: str = "", *, path: str | os.PathLike[str] | None = None, line: int | None = None
    ) -> None:
        self.problem = problem
        self.advice = advice
        self.path = None if path is None else os.fspath(path)
        self.line = line
        place = "" if path is None else f"{self.path}: " if line is None else f"{self.path}, line {line}: "
        super().__init__(f"{place}{problem}; {advice}" if advice else f"{place}{problem}")

    @classmethod
    def of(cls, error: ValueError, path: str) -> TableError:
        """The error of the functions of `glassnet.tables.parsing`, which have no other error, about a file."""
        problem, *line = error.args
        return cls(problem, path=path, line=line[0] if line else None)


class NoFeaturesError(TableError):
    """A table that has nothing but its target to learn from.

    >>> from glassnet.tables import Encoding, NoFeaturesError
    >>> try:
    ...     Encoding.fit({"price": [10, 20, 30]}, "price")
    ... except NoFeaturesError as error:
    ...     print(error)
    expected a column beside the target 'price' to learn from, but there is none
    """


@dataclass(frozen=True)
class Cells:
    """The columns of a table by name, and the numbers of its rows, from 1.

    The columns of a DataFrame stay as they are, and are made a list when they are asked for: as Python's texts, a
    whole table takes ten times the memory.
    """

    columns: Mapping[str, Any]
    rows: Sequence[int]

    @classmethod
    def of(cls, table: Any) -> Cells:
        """A pandas DataFrame, a dict of lists, a list of dicts, or Cells. Raises TableError if columns do not fit.

        Rows of a DataFrame with a whole-numbered index are called by it, so that a part of a table still
        says which row of the file is meant.
        """
        if isinstance(table, Cells):
            return table
        try:
            columns = _Listed(table) if hasattr(table, "iloc") else columns_of(table)
        except ValueError as error:
            raise TableError(str(error)) from None
        index: Any = getattr(table, "index", None)
        length = len(table) if isinstance(columns, _Listed) else len(next(iter(columns.values()), ()))
        if hasattr(index, "dtype") and index.dtype.kind in "iu" and (index >= 0).all():
            is_whole = len(index) and index[-1] - index[0] == len(index) - 1 and index.is_monotonic_increasing
            if is_whole and index.is_unique:
                return cls(columns, range(int(index[0]) + 1, int(index[-1]) + 2))
            return cls(columns, [i + 1 for i in index.tolist()])
        return cls(columns, range(1, length + 1))

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, positions: Sequence[int] | Array) -> Cells:
        """The rows at these positions; they keep their numbers."""
        chosen = np.asarray(positions, np.int64)
        rows = [self.rows[i] for i in chosen.tolist()]
        if isinstance(self.columns, _Listed):
            return Cells(_Listed(self.columns.frame.iloc[chosen]), rows)
        columns = {name: [cells[i] for i in chosen.tolist()] for name, cells in self.columns.items()}
        return Cells(columns, rows)

    def texts(self, name: str) -> list[str]:
        """The cells of a column as texts. Raises TableError where there is no such column."""
        if name not in self.columns:
            near = get_close_matches(name, [*self.columns], 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            there = few([repr(column) for column in self.columns])
            raise TableError(f"there is no column {name!r}{hint}; the columns are {there}")
        return [text_of(cell) for cell in self.columns[name]]


class _Listed(Mapping[str, list[Any]]):
    """The columns of a DataFrame by name, each made a list when it is asked for. Raises ValueError for equal names."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        check_names([str(name) for name in frame.columns])
        self._labels = {str(name): name for name in frame.columns}

    def __getitem__(self, name: str) -> list[Any]:
        return listed(self.frame[self._labels[name]])

    def __contains__(self, name: object) -> bool:
        return name in self._labels

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)
