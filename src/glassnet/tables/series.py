"""A table with a column of dates as a series: one number for each step of time, in the order of the dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.tables.cells import Cells, TableError
from glassnet.tables.columns import date_of, few, number_of
from glassnet.tables.recipe import YEARS, decimal_of, recipe_of
from glassnet.tables.time_steps import date_after, step_of, written_date

FEWEST = 10  # rows of a series
STRONG = 0.3  # a correlation with itself from which a series is taken to have a season
NEARLY = 0.85  # of the highest peak: later ones are twice the season, and three times
DAY = 86400  # seconds


@dataclass(frozen=True)
class Series:
    """The ``values`` [n] of a column by their dates, one ``step`` apart, the earliest first.

    ``notes`` say what was done to get them.

    >>> from glassnet.tables.series import Series
    >>> table = {"month": ["2024-02-01", "2024-01-01", "2024-03-01"], "sold": [7, 5, 6]}
    >>> series = Series.of(table, {"name": "month", "format": "%Y-%m-%d"}, {"name": "sold", "decimal": "."}, least=3)
    >>> series.values, series.step
    (array([5., 7., 6.]), {'unit': 'months', 'count': 1})
    """

    dates: tuple[datetime, ...]
    values: Array
    step: Mapping[str, Any]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        table: Any,
        date: Mapping[str, Any],
        target: Mapping[str, Any],
        *,
        step: Mapping[str, Any] | None = None,
        least: int = FEWEST,
    ) -> Series:
        """The series in a table: ``date`` and ``target`` say the names of its columns, and how they are written.

        With a ``step``, its dates have to be such steps apart. Rows are sorted by date, which is noted. Raises
        TableError, which names the row, for cells that are no date or no number, dates that come twice, steps that are
        missing, and fewer rows than ``least``.
        """
        cells = Cells.of(table)
        if len(cells) < least:
            raise TableError(f"expected a series of {least:,} rows or more, got {len(cells):,}; add earlier ones")
        dates = [
            _known(date_of(text, date["format"]), text, "a date", date["name"], row)
            for text, row in zip(cells.texts(date["name"]), cells.rows, strict=True)
        ]
        values = [
            _known(_finite(text, target["decimal"]), text, "a finite number", target["name"], row)
            for text, row in zip(cells.texts(target["name"]), cells.rows, strict=True)
        ]
        order = sorted(range(len(dates)), key=dates.__getitem__)
        notes = () if order == [*range(len(dates))] else (f"the rows were not in the order of {date['name']}: sorted",)
        dates = [dates[i] for i in order]
        step = step or (step_of(dates) if len(set(dates)) > 1 else {"unit": "seconds", "count": 1})
        try:
            _check_steps(dates, [cells.rows[i] for i in order], step, date["name"])
        except TableError as error:
            offsets = offsets_of(cells.texts(date["name"]))
            if len(offsets) < 2:
                raise
            raise TableError(
                f"{error.problem.partition(';')[0]}; the dates in {date['name']!r} have several offsets from UTC, "
                f"{few(offsets)}, as where clocks are changed: write them all with one"
            ) from None
        return cls(tuple(dates), np.array(values, np.float64)[order], step, notes)

    def __len__(self) -> int:
        return len(self.values)


def date_column(table: Any, named: str | None, asked: Sequence[str] = ()) -> dict[str, Any]:
    """The column of dates: the one ``named``, or the only one. Raises TableError where that is not one column.

    Options that may be left out, so that no dates are needed, are ``asked``: the error names them.
    """
    cells = Cells.of(table)
    names = [*cells.columns] if named is None else [named]
    if named is not None:
        cells.texts(named)  # which says what columns there are, if it is none of them
    found = date_columns(cells, names)
    years = [name for name in names if name not in found and _holds_years(cells.texts(name))]
    if named in years:
        return {"name": named, "format": YEARS}
    if len(found) == 1:
        ((name, form),) = found.items()
        return {"name": name, "format": form}
    if found:
        raise TableError(
            f"expected one column of dates, got {len(found)}: {few([*map(repr, found)])}; say which one: --date COLUMN"
        )
    advice = "name another column" if named is not None else "add one"
    if named is None and years:
        advice = f"if {years[0]!r} holds years: --date {years[0]}; otherwise add one"
    if asked:
        advice += f", or leave {' and '.join(asked)} out to learn each row by itself"
    raise TableError(
        f"expected a column of dates, such as 2024-05-31, got none in {few([*map(repr, names)])}; {advice}"
    )


def date_columns(table: Any, names: Sequence[str] | None = None) -> dict[str, Any]:
    """The columns of a table that hold dates, of those with these ``names``, and how the dates are written."""
    cells = Cells.of(table)
    recipes = {name: recipe_of(name, cells.columns[name], cells.rows).recipe for name in names or cells.columns}
    return {name: recipe["format"] for name, recipe in recipes.items() if recipe and recipe["kind"] == "date"}


def _holds_years(texts: Sequence[str]) -> bool:
    """Whether texts are whole numbers that may be years, another in each row."""
    return len(set(texts)) == len(texts) and all(re.fullmatch(r"[12]\d{3}", text) for text in texts)


def offsets_of(texts: Sequence[str]) -> list[str]:
    """The offsets from UTC that dates in ISO 8601 are written with.

    >>> offsets_of(["2021-03-28T01:00+01:00", "2021-03-28T03:00+02:00"])
    ['+01:00', '+02:00']
    """
    found = (re.search(r"\d{2}:\d{2}\S*?(Z|[+-]\d{2}:?\d{2})$", text) for text in texts)
    return sorted({match[1] for match in found if match})


def number_column(table: Any, name: str) -> dict[str, Any]:
    """How the numbers of the column ``name`` are written. Raises TableError for a column of something else."""
    texts = Cells.of(table).texts(name)
    decimal = decimal_of(dict.fromkeys(filter(None, texts), 1))
    if not decimal:
        example = next(filter(None, texts), "")
        raise TableError(f"expected a target of numbers to forecast, got {example!r:.40} in {name!r}; choose another")
    return {"name": name, "decimal": decimal}


def season_of(values: Array, step: Mapping[str, Any] | None = None) -> tuple[int, float]:
    """After how many steps ``values`` [n] are like themselves again, and how much; (1, 0) if no season is found.

    The series without its straight trend is correlated with itself, moved by 2 to n/3 steps. A season is a peak of at
    least `STRONG`, before which the correlation has fallen to less than half of it; of peaks nearly as high as the
    highest, the first. Where a year, week or day of such ``step``s is next to it, that is the season. Source: G. Box
    and G. Jenkins, "Time Series Analysis" (1970), chapter 2.

    >>> season_of(np.tile([1.0, 2.0, 6.0, 3.0], 12))[0]
    4
    """
    n = len(values)
    time = np.arange(n)
    with np.errstate(all="ignore"):  # of a series that is a straight line, nothing is left
        rest = values - np.polynomial.Polynomial.fit(time, values, 1)(time)
        rest = rest / np.abs(rest).max()
        products = np.fft.irfft(np.abs(np.fft.rfft(rest, 2 * n)) ** 2)[: n // 3 + 2]
        correlation = products / products[0]
    peaks = [
        lag
        for lag in range(2, len(correlation) - 1)
        if correlation[lag - 1] < correlation[lag] >= correlation[lag + 1]
        and correlation[lag] >= STRONG
        and correlation[:lag].min() < correlation[lag] / 2
    ]
    if not peaks:
        return 1, 0.0
    highest = max(correlation[peaks])
    season = next(lag for lag in peaks if correlation[lag] >= NEARLY * highest)
    for usual in calendar_seasons(step or {}):
        if abs(usual - season) <= max(1, usual // 20) and usual < len(correlation) and correlation[usual] >= STRONG:
            season = usual
    return season, float(correlation[season])


def calendar_seasons(step: Mapping[str, Any]) -> list[int]:
    """How many of these steps make a year, a week or a day."""
    if step.get("unit") in ("months", "month ends"):
        return [12 // step["count"]] if step["count"] < 12 and 12 % step["count"] == 0 else []
    if step.get("unit") == "weekdays":
        return [5, 261]
    seconds = step.get("count", 0)
    return [round(length / seconds) for length in (DAY, 7 * DAY, 365.25 * DAY) if 0 < seconds <= length / 2]


def seasonal_naive(values: Array, starts: Array, horizon: int, season: int) -> Array:
    """The forecast that repeats the last season: [len(starts), horizon] for forecasts that begin at the ``starts``.

    With a season of 1 it repeats the last value. Source: R. Hyndman and G. Athanasopoulos, "Forecasting: Principles
    and Practice" (2021), section 5.2.

    >>> seasonal_naive(np.array([1.0, 2.0, 3.0, 4.0]), np.array([4]), 3, 2)
    array([[3., 4., 3.]])
    """
    return np.asarray(values[starts[:, None] - season + np.arange(horizon) % season])


def _known(value: Any, text: str, expected: str, name: str, row: int) -> Any:
    if value is None:
        got = repr(text)[:40] if text else "an empty cell"
        raise TableError(f"row {row}: expected {expected} in {name!r}, got {got}; correct it")
    return value


def _finite(text: str, decimal: str) -> float | None:
    value = number_of(text, decimal)
    return value if abs(value) < 1e150 else None  # not of nan, and no square is infinite


def _check_steps(dates: Sequence[datetime], rows: Sequence[int], step: Mapping[str, Any], name: str) -> None:
    """Raise TableError for the first date that is not one step after the one before."""
    for earlier, date, row, before in zip(dates, dates[1:], rows[1:], rows, strict=False):
        if date == earlier:
            raise TableError(
                f"rows {before} and {row}: expected one row for each date in {name!r}, got {written_date(date)} twice; "
                "leave one out, or add them up"
            )
        try:
            expected = date_after(earlier, step)
        except ValueError as error:
            raise TableError(str(error)) from None
        if date != expected:
            raise TableError(
                f"row {row}: expected {written_date(expected)} in {name!r} after {written_date(earlier)}, one step "
                f"({step_in_words(step)}), got {written_date(date)}; add the rows that are missing, or leave out what "
                "stands between"
            )


def step_in_words(step: Mapping[str, Any]) -> str:
    """A step as a person says it.

    >>> step_in_words({"unit": "seconds", "count": 1800.0}), step_in_words({"unit": "months", "count": 1})
    ('30 minutes', '1 month')
    """
    unit, count = step["unit"], step["count"]
    if unit == "seconds":
        sizes = (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
        unit, size = next((unit, size) for unit, size in sizes if count % size == 0 or size == 1)
        count /= size
    elif unit == "months" and count % 12 == 0:
        unit, count = "year", count // 12
    unit = unit.removesuffix("s")
    return f"{count:g} {unit}{'' if count == 1 else 's'}"
