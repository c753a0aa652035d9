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
from glassnet.text import shown

TASKS = (CLASSIFICATION, REGRESSION)


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
    numbers = task != CLASSIFICATION and network == "gru" and _holds_quantities(frame, target)
    if asked or network == "lstm" or (numbers and text is None):
        from glassnet.sources.series_source import Steps, series_source  # other tables do without

        if task == CLASSIFICATION:
            raise SourceError(f"--task: {source} is a series, which has no classes; leave it out")
        return series_source(source, path, frame, target, date, Steps(horizon, window, season))
    if text is not None or network in ("bag", "gru"):
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


def _holds_quantities(frame: Any, target: str) -> bool:
    """Whether the target is a column of numbers, more than two of them."""
    counts = dict.fromkeys(filter(None, Cells.of(frame).texts(target)), 1)
    return len(counts) > 2 and decimal_of(counts) != ""
