"""A table in a file as a source: rows to learn from one by one, a series, or texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from glassnet.encoders import SourceError, TableEncoder
from glassnet.sources.source_data import CLASSIFICATION, REGRESSION, Data
from glassnet.sources.table_source import table_source
from glassnet.tables import NoFeaturesError, read_table
from glassnet.tables.cells import Cells
from glassnet.tables.columns import few
from glassnet.tables.recipe import decimal_of
from glassnet.tables.series import date_columns
from glassnet.text import shown

TASKS = (CLASSIFICATION, REGRESSION)
OF_TEXTS, OF_SERIES = ("bag", "gru"), ("lstm", "gru")  # networks


def open_table(
    source: str,
    path: Path,
    *,
    target: str | None,
    task: str | None,
    network: str | None,
    date: str | None,
    text: str | None,
    horizon: int | None,
    window: int | None,
    season: int | None,
) -> Data:
    """The table at ``path``, of which the column ``target`` is to be learned.

    It is a series where a recurrent ``network`` or something that only a series has is asked for, and texts where a
    network for these or the column ``text`` is; and texts, too, where nothing else in it can be learned from.
    """
    of_a_series = {"date": date, "horizon": horizon, "window": window, "season": season}
    asked = [f"--{name}" for name, value in of_a_series.items() if value is not None]
    if task not in (None, *TASKS):
        raise SourceError(f"--task: expected {CLASSIFICATION} or {REGRESSION}, got {task!r:.40}")
    if asked and text is not None:
        raise SourceError(f"--text and {' and '.join(asked)}: the table is a series or texts; leave one of them out")
    frame = read_table(path)
    target = _check_target(source, frame, target)
    may_be = network in OF_TEXTS and network in OF_SERIES and text is None and task != CLASSIFICATION
    if asked or network == "lstm" or (may_be and _is_a_series(frame, target)):
        from glassnet.sources.series_source import Steps, series_source  # other tables do without

        if task == CLASSIFICATION:
            raise SourceError(f"--task: {source} is a series, which has no classes; leave it out")
        if not asked and _is_of_texts(frame, target):
            raise SourceError(f"--network: expected {' or '.join(OF_TEXTS)} for texts, got {network}")
        leave_out = [f"--network {network}", *asked] if network in OF_SERIES else asked
        return series_source(source, path, frame, target, date, Steps(horizon, window, season), leave_out)
    if text is not None or network in OF_TEXTS:
        return _texts(source, path, frame, target, task, text)
    try:
        data = table_source(source, path, frame, target, task)
        return data if network is not None or data.task == REGRESSION else _with_texts_named(data, frame, target)
    except NoFeaturesError:
        from glassnet.sources.text_source import text_columns

        if network is not None or task == REGRESSION or not text_columns(frame, target):
            raise
    return _texts(source, path, frame, target, task, None)


def _with_texts_named(data: Data, frame: Any, target: str) -> Data:
    """``data`` with a note about columns that are not used, and that a network for texts would learn from."""
    assert isinstance(data.encoder, TableEncoder)
    ignored = data.encoder.encoding.ignored
    if not ignored:
        return data
    from glassnet.sources.text_source import text_columns

    cells = Cells.of(frame)
    found = text_columns(Cells({name: cells.columns[name] for name in ignored}, cells.rows), target)
    hints = [f"{shown(name)} holds texts: --text {shown(name)} learns from them" for name in found]
    return replace(data, notes=[*data.notes, *hints])


def _texts(source: str, path: Path, frame: Any, target: str, task: str | None, text: str | None) -> Data:
    from glassnet.sources.text_source import text_table_source  # other tables do without

    if task == REGRESSION:
        raise SourceError(f"--task: {source} is texts, which have classes; leave it out")
    return text_table_source(source, path, frame, target, text)


def _check_target(source: str, frame: Any, target: str | None) -> str:
    if target is None:
        names = [shown(str(name)) for name in frame.columns]
        raise SourceError(
            f"--target: name the column of {shown(source)} to learn, one of {few(names)}; perhaps --target {names[-1]}"
        )
    return target


def _is_a_series(frame: Any, target: str) -> bool:
    """Whether a table for a gru, which reads both, is a series: it forecasts quantities, or holds no texts."""
    from glassnet.sources.text_source import text_columns

    cells = Cells.of(frame)
    if _holds_quantities(cells, target):
        return True
    return not text_columns(cells, target) and (_holds_numbers(cells, target) or bool(date_columns(cells)))


def _is_of_texts(frame: Any, target: str) -> bool:
    """Whether a table for an lstm, which reads a series alone, is one of texts: it has these and no dates."""
    from glassnet.sources.text_source import text_columns

    cells = Cells.of(frame)
    return not (_holds_quantities(cells, target) or date_columns(cells)) and bool(text_columns(cells, target))


def _holds_quantities(cells: Cells, target: str) -> bool:
    """Whether the target is a column of numbers, more than two of them."""
    return len(set(filter(None, cells.texts(target)))) > 2 and _holds_numbers(cells, target)


def _holds_numbers(cells: Cells, target: str) -> bool:
    return decimal_of(dict.fromkeys(filter(None, cells.texts(target)), 1)) != ""
