"""A series: windows of past values, from which the next ones are forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from glassnet.encoders.encoder import Baseline, Samples, SourceError, Standalone
from glassnet.files.schema import Misfit, number, one_of, record, text, whole
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tables import columns, parsing, read_table, series_standalone, time_steps
from glassnet.tables.encoding import MOST, about_text
from glassnet.tables.recipe import DATES
from glassnet.tables.series import Series, seasonal_naive, step_in_words
from glassnet.tables.time_steps import UNITS, date_after, written_date
from glassnet.tensor.creation import from_numpy
from glassnet.text import encodings
from glassnet.text.formulas import as_written

FORMAT = 1  # raised when an encoding changes in a way that older versions would misread
LONGEST = 100_000  # steps of a window, a horizon or a season
_NUMBER = number(least=-1e150, most=1e150, expected="a number")
_STEPS = whole(1, LONGEST)
_ENCODING = record(
    {
        "kind": one_of("series"),
        "format": one_of(FORMAT),
        "date": record({"name": text, "format": one_of(*DATES, expected="a form of dates")}),
        "target": record(
            {
                "name": text,
                "decimal": one_of(".", ","),
                "mean": _NUMBER,
                "scale": number(least=1e-150, most=1e150, expected="a number above 0"),
            }
        ),
        "step": record({"unit": one_of(*UNITS), "count": number(above=0, most=1e10)}),
        "window": _STEPS,
        "horizon": _STEPS,
        "season": _STEPS,
    }
)


@dataclass(frozen=True)
class SeriesEncoder:
    """The last ``window`` values of a series, of which a network makes the next ``horizon``.

    ``date`` and ``target`` are the columns of the table, ``step`` is what is between two dates, and ``season`` the
    number of steps that the seasonal naive forecast repeats. Values are standardised by the mean and the scale of the
    ``target``.

    >>> from glassnet.encoders import SeriesEncoder
    >>> sold = {"name": "sold", "decimal": ".", "mean": 10.0, "scale": 2.0}
    >>> day = {"unit": "seconds", "count": 86400}
    >>> encoder = SeriesEncoder({"name": "day", "format": "%Y-%m-%d"}, sold, day, window=3, horizon=2, season=1)
    >>> encoder.encode([[8, 10, 14]])
    array([[[-1.],
            [ 0.],
            [ 2.]]], dtype=float32)
    >>> encoder.decode([[0.0, 1.5]])
    array([10., 13.])
    """

    date: Mapping[str, Any]
    target: Mapping[str, Any]
    step: Mapping[str, Any]
    window: int
    horizon: int
    season: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The encoder that `to_json` gave. Raises SourceError for anything else."""
        try:
            _ENCODING.check(data)
            if data["step"]["unit"] != "seconds":
                whole(1, 12_000).check(data["step"]["count"], "step.count")
        except Misfit as error:
            problem = f"expected the encoding of a series, but its {error}"
            raise SourceError(f"{problem}; use the original file, or train again") from None
        return cls(**{name: value for name, value in data.items() if name not in ("kind", "format")})

    def to_json(self) -> dict[str, Any]:
        """The encoder as a dict that JSON can hold."""
        return {"kind": "series", "format": FORMAT, **asdict(self)}

    @property
    def classes(self) -> tuple[str, ...]:
        """A series has no classes: ()."""
        return ()

    @property
    def quantities(self) -> int:
        """As many as there are steps in the horizon."""
        return self.horizon

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the values of a window are called: ()."""
        return ()

    @property
    def target_name(self) -> str:
        """The column that is forecast."""
        return str(self.target["name"])

    @property
    def past(self) -> int:
        """How many values have to come before a forecast and its baseline."""
        return max(self.window, self.season)

    @property
    def how_to_label(self) -> str:
        """How a series is given with what is to be forecast."""
        return f"{self.horizon} rows after the first {self.past}, to hold a forecast against; add them"

    # samples --------------------------------------------------------------------------------------------

    def encode(self, samples: Any, dtype: Any = np.float32) -> Array:
        """Windows of values [n, window] as the network takes them: [n, window, 1] of ``dtype``, standardised."""
        try:
            raw = np.asarray(samples, np.float64)
        except (TypeError, ValueError):
            raise SourceError(f"expected windows of {self.window} numbers, got {type(samples).__name__}") from None
        if raw.size == 0 or raw.shape[1:] not in ((self.window,), (self.window, 1)):
            raise SourceError(f"expected windows of values [n, {self.window}], got {written(raw.shape)}")
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes infinite, which is told
            standard = (raw - self.target["mean"]) / self.target["scale"]
            return np.asarray(standard, dtype).reshape(-1, self.window, 1)

    def encode_targets(self, values: Array) -> Array:
        """Values to forecast [n, horizon] as the network gives them, standardised, in float32."""
        return np.asarray((values - self.target["mean"]) / self.target["scale"], np.float32)

    def decode(self, results: Any) -> Array:
        """Forecasts [n, horizon] in the units of the series, one after the other: [n·horizon]."""
        flat = np.asarray(results, np.float64).reshape(-1)
        return np.asarray(flat * self.target["scale"] + self.target["mean"])

    def inverse(self, inputs: Array) -> Array:
        """Windows [n, window] in the units of the series."""
        return self.decode(inputs).reshape(len(inputs), self.window)

    def take(self, samples: Any, number: int) -> list[list[float]]:
        """The first ``number`` windows."""
        taken: list[list[float]] = np.asarray(samples, np.float64)[:number].tolist()
        return taken

    def examples_to_json(self, samples: Any) -> Any:
        """Windows as lists of numbers, in seven digits."""
        return [[float(f"{value:.7g}") for value in window] for window in np.asarray(samples).tolist()]

    def examples_from_json(self, data: Any) -> Any:
        """Windows that were saved as lists of numbers. Raises SourceError for anything else."""
        encoded = self.encode(data) if isinstance(data, list) else np.zeros(0)
        if not encoded.size or not np.isfinite(encoded).all():
            raise SourceError(f"expected windows of {self.window} finite numbers")
        return data

    def read(self, path: Path, classes: Sequence[str], *, targets: bool) -> Samples:
        """The series in the table at ``path``: what comes after it, or, with targets, all forecasts within it."""
        frame = read_table(path)
        least = self.past + targets * self.horizon
        series = Series.of(frame, self.date, self.target, step=self.step, least=least)
        notes = (*about_text(frame), *series.notes)
        if not targets:
            return self.upcoming(series, notes)
        return self.samples(series, np.arange(self.past, len(series) - self.horizon + 1), notes)

    def samples(self, series: Series, starts: Array, notes: Sequence[str] = ()) -> Samples:
        """The forecasts of a series that begin at the positions ``starts``, with what came. Raises SourceError."""
        if len(starts) * (self.window + self.horizon) > MOST:
            raise SourceError(
                f"expected a series that becomes at most {MOST:,} numbers, got {len(starts):,} windows of "
                f"{self.window:,} and {self.horizon:,}; make --window smaller"
            )
        coming = sliding_window_view(series.values, self.horizon)[starts]
        dates = [written_date(date) for date in series.dates]
        names = [f"{dates[start + i]}, {self._ahead(i + 1)}" for start in starts.tolist() for i in range(self.horizon)]
        return Samples(
            from_numpy(self.encode(sliding_window_view(series.values, self.window)[starts - self.window])),
            from_numpy(self.encode_targets(coming)),
            names,
            notes,
            baseline=self._baseline(series, starts),
        )

    def upcoming(self, series: Series, notes: Sequence[str] = ()) -> Samples:
        """What comes after the last row of a series. Raises SourceError for dates beyond the year 9999."""
        end = np.array([len(series)])
        try:
            dates = [written_date(date_after(series.dates[-1], self.step, i + 1)) for i in range(self.horizon)]
        except ValueError as error:
            raise SourceError(str(error)) from None
        window = from_numpy(self.encode(series.values[None, -self.window :]))
        return Samples(window, None, dates, notes, baseline=self._baseline(series, end), called=self.date["name"])

    def _baseline(self, series: Series, starts: Array) -> Baseline | None:
        if starts[0] < self.season:  # of samples to learn from, which need none
            return None
        values = seasonal_naive(series.values, starts, self.horizon, self.season)
        name = f"the seasonal naive forecast (season {self.season})" if self.season > 1 else "the naive forecast"
        return Baseline(name, values.reshape(-1))

    def _ahead(self, steps: int) -> str:
        return f"{steps} step{'' if steps == 1 else 's'} ahead"

    # an exported file -------------------------------------------------------------------------------------

    def standalone(self, dtype: Any) -> Standalone:
        """What an exported file needs to forecast from such a table."""
        name = self.target_name
        return Standalone(
            sample=f"the last {self.window} values of a series, one a step of {step_in_words(self.step)}",
            usage=f"windows of values of {name}, a list or an array [n, {self.window}]",
            data=f"a CSV file with the columns {self.date['name']} and {name}, {self.window} rows or more",
            constants={
                "WINDOW": self.window,
                "HORIZON": self.horizon,
                "STEP": dict(self.step),
                "DATE": dict(self.date),
                "TARGET": dict(self.target),
                "NOTHING": columns.NOTHING,
            },
            encode={"": [f"{_ENCODED}.astype(np.{np.dtype(dtype)})"]},
            read={
                "": [series_standalone.read, as_written],
                "dates and numbers": [
                    *(time_steps.date_after, time_steps.last_day, time_steps.written_date),
                    *(columns.date_of, columns.number_of, columns.text_of, columns.few, columns.check_header),
                ],
                "a table in a file": [encodings, parsing],
            },
            output=f"a forecast of the next {self.horizon} values of {name}",
            predict=series_standalone.predict,
            answers=series_standalone.answers,
        )


_ENCODED = '''\
def encoded(X):
    """Windows of values as the network takes them, or a ValueError that says what is wrong."""
    x = np.asarray(X, np.float64)
    if x.ndim != 2 or x.shape[1] != WINDOW:
        raise ValueError(f"expected windows of values [n, {WINDOW}], got shape {list(x.shape)}")
    return ((x - TARGET["mean"]) / TARGET["scale"])[:, :, None]'''
