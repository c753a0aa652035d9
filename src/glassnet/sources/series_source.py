"""A table with a column of dates as a source: a series, split in time, of which the next values are forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.encoders import SeriesEncoder, SourceError
from glassnet.encoders.series_encoder import LONGEST
from glassnet.sources.source_data import REGRESSION, Data, Part, Rows
from glassnet.tables import TableError
from glassnet.tables.columns import few
from glassnet.tables.encoding import about_text
from glassnet.tables.recipe import standard
from glassnet.tables.series import Series, date_column, number_column, season_of, step_in_words
from glassnet.tables.time_steps import written_date
from glassnet.text import shown

FEWEST = 5  # samples to learn from
SHORTEST = 12  # steps of a window, if there is no season
MOST = 400  # steps of a window, if it is not given: each of them is a step of a loop


@dataclass(frozen=True)
class Steps:
    """How many steps are forecast, from how many, and the season; None where that is to be found."""

    horizon: int | None = None
    window: int | None = None
    season: int | None = None


def series_source(
    source: str, path: Path, frame: Any, target: str, date: str | None, steps: Steps, asked: Sequence[str]
) -> Data:
    """The series of the column ``target`` in a table read from ``path``, in the order of its ``date``s.

    The last fifth of the rows is held out. The season and the scale are found from the rows before alone; windows to
    learn from lie before it with all they forecast, those held out forecast what lies within it. The options for which
    the table is a series are in ``asked``: an error says to leave them out.
    """
    when, aim = date_column(frame, date, asked), number_column(frame, target)
    series = Series.of(frame, when, aim)
    learned = len(series) - round(len(series) / 5)
    past = series.values[:learned]
    (mean,), (scale,) = standard(past[:, None])
    if not scale > 0:
        raise TableError(f"the target {target!r} is {past[0]:g} in every row to learn from: there is nothing to learn")
    found = _found(past, series, steps)
    _check(found, learned, len(series))
    season, window, horizon = found.season, found.window, found.horizon
    encoder = SeriesEncoder(when, {**aim, "mean": mean, "scale": scale}, series.step, window, horizon, season)
    train = encoder.samples(series, np.arange(window, learned - horizon + 1))
    held_out = encoder.samples(series, np.arange(learned, len(series) - horizon + 1))
    assert train.targets is not None
    assert held_out.targets is not None
    first, last, begin = (written_date(series.dates[i]) for i in (0, -1, learned))
    others = [shown(str(name)) for name in frame.columns if name not in (when["name"], target)]
    ahead = "the next value" if horizon == 1 else f"the next {horizon:,} values"
    return Data(
        source=source,
        task=REGRESSION,
        what=f"{len(series):,} rows from {first} to {last}, a step of {step_in_words(series.step)}; to forecast: "
        f"{ahead} of {shown(target)} from {window:,} before",
        origin=shown(path.name),
        split=f"the last {len(series) - learned:,} rows, from {begin}",
        noun="values",
        classes=(),
        train=Part(train.inputs, train.targets),
        held_out=Part(held_out.inputs, held_out.targets),
        encoder=encoder,
        rows=_forecasts(series, len(held_out.inputs), target, learned, horizon),
        notes=(
            *about_text(frame),
            *series.notes,
            _season_in_words(found, given=bool(steps.season)),
            *([f"not used: {few(others)}"] if others else []),
        ),
        names=held_out.names,
        baseline=held_out.baseline,
        upcoming=encoder.upcoming(series),
    )


@dataclass(frozen=True)
class _Found:
    horizon: int
    window: int
    season: int
    alike: float  # the correlation of the series with itself a season later; 0 if it was given, or there is none


def _found(past: np.ndarray, series: Series, steps: Steps) -> _Found:
    """What was given, and what suits the data where it was not."""
    learned, held_out = len(past), len(series) - len(past)
    season, alike = (steps.season, 0.0) if steps.season else season_of(past, series.step)
    horizon = steps.horizon or max(1, min(season, held_out // 2))
    window = steps.window or max(1, min(max(SHORTEST, season) + horizon, MOST, learned - horizon - FEWEST + 1))
    return _Found(horizon, window, season, alike)


def _check(found: _Found, learned: int, rows: int) -> None:
    """Raise SourceError for steps that the rows have no room for."""
    held_out = rows - learned
    parts = f"{rows:,} rows, of which the last {held_out:,} are held out"
    if found.horizon >= held_out:
        raise SourceError(
            f"--horizon: expected at most {held_out - 1:,} steps for {parts}, got {found.horizon:,}; forecast fewer, "
            "or add earlier rows"
        )
    most = min(learned - found.horizon - FEWEST + 1, LONGEST)
    if found.window > most:
        raise SourceError(
            f"--window: expected at most {most:,} steps for {parts}: {learned:,} to learn from − {found.horizon:,} to "
            f"forecast − {FEWEST - 1} for {FEWEST} samples, got {found.window:,}; make it shorter, or add earlier rows"
        )
    if found.season > learned // 2:
        raise SourceError(
            f"--season: expected at most {learned // 2:,} steps, half of the {learned:,} rows to learn from, got "
            f"{found.season:,}; add earlier rows"
        )


def _season_in_words(found: _Found, *, given: bool) -> str:
    if given:
        return f"season: {found.season} steps, as --season says"
    if found.season == 1:
        return "season: none found; --season N sets one"
    alike = f"(correlation {found.alike:.2f})"
    return f"season: {found.season} steps, after which the rows to learn from are like themselves {alike}"


def _forecasts(series: Series, samples: int, target: str, learned: int, horizon: int) -> Rows:
    """What was held out as a person knows it, one step after the other: the date, and how many steps ahead that was."""
    rows = [learned + sample + ahead for sample in range(samples) for ahead in range(horizon)]

    def forecast(i: int) -> Mapping[str, Any]:
        return {
            "date": written_date(series.dates[rows[i]]),
            "steps ahead": i % horizon + 1,
            target: float(series.values[rows[i]]),
        }

    return Rows(forecast, range(len(rows)), [row + 1 for row in rows])  # numbers in the order of the dates
