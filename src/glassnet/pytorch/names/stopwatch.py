"""torch.utils.benchmark: how long a statement takes, and the times of several side by side in a table."""

from __future__ import annotations

import math
import statistics
import sys
import timeit
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from glassnet.threads import loaded

__all__ = ["Compare", "Measurement", "TaskSpec", "Timer", "select_unit", "timer", "trim_sigfig", "unit_to_english"]

timer = perf_counter
_UNITS = (("ns", 1e-9, "nanosecond"), ("us", 1e-6, "microsecond"), ("ms", 1e-3, "millisecond"), ("s", 1.0, "second"))


def select_unit(t: float) -> tuple[str, float]:
    """The unit in which ``t`` seconds are written, and how many seconds it is.

    >>> from glassnet.pytorch.names.stopwatch import select_unit
    >>> select_unit(0.002)
    ('ms', 0.001)
    """
    unit, size, _ = next((each for each in reversed(_UNITS) if t >= each[1]), _UNITS[0])
    return unit, size


def unit_to_english(u: str) -> str:
    """The word for a unit."""
    return {unit: word for unit, _, word in _UNITS}[u]


def trim_sigfig(x: float, n: int) -> float:
    """``x`` with ``n`` digits that mean something.

    >>> from glassnet.pytorch.names.stopwatch import trim_sigfig
    >>> trim_sigfig(1234.5, 2)
    1200.0
    """
    return float(f"{x:.{n}g}")


@dataclass(frozen=True)
class TaskSpec:
    """What was measured."""

    stmt: str
    setup: str = ""
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label, or the statement, with what is said of it."""
        return (self.label or self.stmt) + (f": {self.sub_label}" if self.sub_label else "")


class Measurement:
    """Times of a statement, ``raw_times`` seconds for ``number_per_run`` runs each."""

    def __init__(self, number_per_run: int, raw_times: list[float], task_spec: TaskSpec) -> None:
        self.number_per_run, self.raw_times, self.task_spec = number_per_run, raw_times, task_spec

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "task_spec":  # while it is unpickled, there is none
            raise AttributeError(name)
        return getattr(self.task_spec, name)  # label, description, num_threads …

    @property
    def times(self) -> list[float]:
        """The seconds of one run, by each measurement."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.times)

    @property
    def mean(self) -> float:
        """The average."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """How far the middle half of them spreads."""
        if len(self.times) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.times, n=4, method="inclusive")
        return high - low

    @property
    def significant_figures(self) -> int:
        """How many digits of the median mean something: it is right to about its spread over √n."""
        error = max(self.iqr / 1.35 / math.sqrt(len(self.times)), self.median * 1e-3, 1e-15)
        return max(1, min(5, math.floor(math.log10(max(self.median, 1e-15) / error)) + 1))

    @property
    def has_warnings(self) -> bool:
        """Whether the middle half spreads by a tenth of the median or more."""
        return self.iqr >= self.median * 0.1

    @property
    def as_row_name(self) -> str:
        """How its row of a table is called."""
        return str(self.sub_label or self.stmt or "[Unknown]")

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One for each task, with the times of all of it."""
        found: dict[TaskSpec, list[float]] = {}
        for one in measurements:
            found.setdefault(one.task_spec, []).extend(one.times)
        return [Measurement(1, times, spec) for spec, times in found.items()]

    def __repr__(self) -> str:
        unit, size = select_unit(self.median)
        lines = [f"<torch.utils.benchmark.utils.common.Measurement object at {id(self):#x}>", self.title]
        lines += [self.description] if self.description else []
        lines += [f"setup: {self.setup}"] if self.setup else []
        number = len(self.times)
        lines.append(f"  {'Median: ' if number > 1 else ''}{self.median / size:.2f} {unit}")
        if number > 1:
            lines.append(f"  IQR:    {self.iqr / size:.2f} {unit}")
        runs = f"{self.number_per_run} runs {'per measurement' if number > 1 else ''}"
        measurements, threads = _number_of(number, "measurement"), _number_of(self.num_threads, "thread")
        lines.append(f"  {measurements}, {runs}, {threads}")
        return "\n".join(lines)


def _number_of(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


class Timer:
    """Measures ``stmt``, a text or a function, after ``setup``, with the names of ``globals``.

    >>> from glassnet.pytorch.names.stopwatch import Timer
    >>> Timer("x + 1", globals={"x": glassnet.ones(2)}).timeit(10).number_per_run
    10
    """

    def __init__(
        self,
        stmt: Any = "pass",
        setup: Any = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = perf_counter,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = "python",
    ) -> None:
        if str(language).lower() not in ("python", "py", "language.python"):
            raise ValueError(f"Timer: expected a statement of Python, got language={language!r:.40}")
        names = dict(globals or {})
        names.setdefault("torch", loaded("glassnet"))
        self._timer = timeit.Timer(stmt, setup, timer, names)
        text, before = (x if isinstance(x, str) else getattr(x, "__name__", repr(x)) for x in (stmt, setup))
        self._task_spec = TaskSpec(
            text, "" if before == "pass" else before, global_setup, label, sub_label, description, env, num_threads
        )

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """One measurement of ``number`` runs, after a few to get warm."""
        self._timer.timeit(max(number // 100, 2))
        return Measurement(number, [self._timer.timeit(number)], self._task_spec)

    def repeat(self, repeat: int = -1, number: int = -1) -> None:
        """Raises NotImplementedError, as PyTorch's does; use `blocked_autorange`."""
        raise NotImplementedError("Timer.repeat: use blocked_autorange, which chooses both numbers itself")

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Measurements of so many runs that the clock hardly counts, for ``min_run_time`` seconds in all."""
        return self._until(min_run_time, callback, lambda found: True)

    def autorange(self, callback: Callable[[int, float], Any] | None = None) -> Measurement:
        """`blocked_autorange`."""
        return self.blocked_autorange(callback)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """Measurements until their middle half spreads by less than ``threshold`` of the median, or time is up."""

        def is_steady(found: Measurement) -> bool:
            spent = sum(found.raw_times)
            return spent >= max_run_time or (len(found.times) > 3 and found.iqr <= threshold * found.median)

        return self._until(min_run_time, callback, is_steady)

    def _until(
        self, least: float, callback: Callable[[int, float], Any] | None, is_enough: Callable[[Measurement], bool]
    ) -> Measurement:
        number, took = 1, self._timer.timeit(1)
        while took < min(least / 100, 0.01) and number < 10**8:
            number *= 10
            took = self._timer.timeit(number)
        found = Measurement(number, [], self._task_spec)
        while sum(found.raw_times) < least or not is_enough(found):
            found.raw_times.append(self._timer.timeit(number))
            if callback is not None:
                callback(number, found.raw_times[-1])
        return found


class Compare:
    """Measurements side by side: rows by ``sub_label``, columns by ``description``, parts by ``num_threads``.

    >>> from glassnet.pytorch.names.stopwatch import Compare, Measurement, TaskSpec
    >>> print(Compare([Measurement(1, [2e-3], TaskSpec("f()", label="f", description="now"))]))
    [------ f ------]
               |  now
    1 threads: ------
          f()  |  2.0
    <BLANKLINE>
    Times are in milliseconds (ms).
    <BLANKLINE>
    """

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results = Measurement.merge(results)
        self._trims = self._colors = self._by_row = self._warns = False

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Add more measurements."""
        self._results = Measurement.merge([*self._results, *results])

    def trim_significant_figures(self) -> None:
        """Write only the digits that mean something."""
        self._trims = True

    def colorize(self, rowwise: bool = False) -> None:
        """Write the fastest of a column, or of a row, in green, and what is far slower in red."""
        self._colors, self._by_row = True, rowwise

    def highlight_warnings(self) -> None:
        """Mark what spreads much with (!)."""
        self._warns = True

    def print(self) -> None:
        """Print the tables."""
        sys.stdout.write(f"{self}\n")

    def __str__(self) -> str:
        labels = dict.fromkeys(one.label for one in self._results)
        return "\n".join(self._table([one for one in self._results if one.label == label]) for label in labels)

    def _table(self, found: list[Measurement]) -> str:
        unit, size = select_unit(min(one.median for one in found))
        columns = list(dict.fromkeys(one.description for one in found))
        rows = sorted(dict.fromkeys(map(_row_of, found)), key=lambda row: row[0])
        cells = {(_row_of(one), one.description): one for one in found}
        texts = {place: self._number(one, size) for place, one in cells.items()}
        heads = [column or "" for column in columns]
        wide = [
            max(len(head), *(len(texts.get((row, column), "")) for row in rows))
            for head, column in zip(heads, columns, strict=True)
        ]
        first = max(len(name) + (len(env) + 3 if env else 0) for _, env, name in rows) + 6
        first = max(first, *(len(f"{row[0]} threads:") for row in rows))
        width = first + sum(n + 5 for n in wide)
        title = f" {found[0].title if found[0].label is None else found[0].label} "
        lines = [f"[{title.center(width - 2, '-')}]"]
        lines.append(_joined(" " * first, [head.center(n) for head, n in zip(heads, wide, strict=True)]))
        threads = None
        for row in rows:
            if row[0] != threads:
                threads = row[0]
                lines.append(f"{threads} threads: ".ljust(width, "-"))
            name = f"      {row[2]}  ({row[1]})" if row[1] else f"      {row[2]}"
            painted = [
                self._painted(texts.get((row, column), "").rjust(n), cells.get((row, column)), rows, columns, cells)
                for column, n in zip(columns, wide, strict=True)
            ]
            lines.append(_joined(name.ljust(first), painted))
        note = "(! where the times spread much.)\n" if self._warns and any(one.has_warnings for one in found) else ""
        return "\n".join([*lines, "", f"Times are in {unit_to_english(unit)}s ({unit}).", note])

    def _number(self, one: Measurement, size: float) -> str:
        value = one.median / size
        text = f"{trim_sigfig(value, one.significant_figures):g}" if self._trims else f"{value:.1f}"
        return f"(! {one.iqr / one.median:.0%}) {text}" if self._warns and one.has_warnings else text

    def _painted(self, text: str, one: Measurement | None, rows: list[Any], columns: list[Any], cells: Any) -> str:
        if not self._colors or one is None:
            return text
        row = _row_of(one)
        others = [cells.get((row, c)) for c in columns] if self._by_row else _column(rows, row, one, cells)
        best = min(other.median for other in others if other is not None)
        if one.median <= best * 1.05:
            return f"\033[92m\033[1m{text}\033[0m\033[0m"
        return f"\033[2m\033[91m{text}\033[0m\033[0m" if one.median > best * 2 else text


def _row_of(one: Measurement) -> tuple[int, Any, str]:
    return one.num_threads, one.env, one.as_row_name


def _column(rows: list[Any], row: Any, one: Measurement, cells: Any) -> Iterator[Measurement | None]:
    """What stands in the column of ``one``, for as many threads."""
    return (cells.get((other, one.description)) for other in rows if other[0] == row[0])


def _joined(first: str, cells: list[str]) -> str:
    return "  |  ".join([first, *cells])
