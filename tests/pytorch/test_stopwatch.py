"""torch.utils.benchmark: what is measured is written as it was measured; no clock is read here."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from glassnet.pytorch.names.stopwatch import Compare, Measurement, TaskSpec, Timer, select_unit


def clock(step: float) -> Callable[[], float]:
    """A clock that goes on by ``step`` seconds whenever it is read."""
    ticks = count()
    return lambda: next(ticks) * step


def of(times: list[float], **named: object) -> Measurement:
    return Measurement(1, times, TaskSpec("f()", **named))


def test_a_statement_is_run_as_often_as_asked() -> None:
    seen: list[int] = []
    found = Timer("seen.append(n)", setup="n = 3", globals={"seen": seen}, timer=clock(2.0)).timeit(10)
    assert (found.raw_times, found.median, found.number_per_run) == ([2.0], 0.2, 10)
    assert seen == [3] * 12  # two to get warm
    assert str(found).splitlines()[1:] == [
        "seen.append(n)", "setup: n = 3", "  200.00 ms", "  1 measurement, 10 runs , 1 thread"
    ]  # fmt: skip


def test_a_block_lasts_as_long_as_asked() -> None:
    found = Timer("pass", timer=clock(0.25)).blocked_autorange(min_run_time=1)
    assert found.raw_times == [0.25] * 4
    assert "4 measurements, 1 runs per measurement" in str(found)
    assert len(Timer("pass", timer=clock(0.25)).adaptive_autorange(min_run_time=0.25).times) == 4
    told: list[tuple[int, float]] = []
    Timer("pass", timer=clock(1.0)).autorange(lambda number, took: told.append((number, took)))
    assert told == [(1, 1.0)]


def test_the_middle_of_several() -> None:
    found = of([1.0, 2.0, 3.0, 4.0])
    assert (found.median, found.mean, found.iqr, found.has_warnings) == (2.5, 2.5, 1.5, True)
    assert found.significant_figures == 1
    assert of([1.0, 1.0, 1.0]).significant_figures == 4
    assert select_unit(2e-10) == ("ns", 1e-9)
    with pytest.raises(AttributeError):
        found.colour  # noqa: B018


def test_side_by_side() -> None:
    table = Compare(
        of([t * 1e-6], label="a task", sub_label=row, description=column, num_threads=threads)
        for t, row, column, threads in ((12.34, "small", "old", 1), (3, "small", "new", 1), (50, "large", "new", 2))
    )
    assert str(table).splitlines() == [
        "[---------- a task ---------]",
        "             |  old   |  new ",
        "1 threads: ------------------",
        "      small  |  12.3  |   3.0",
        "2 threads: ------------------",
        "      large  |        |  50.0",
        "",
        "Times are in microseconds (us).",
    ]
    table.colorize(rowwise=True)
    assert "\033[92m\033[1m 3.0\033[0m\033[0m" in str(table)
    assert "\033[2m\033[91m12.3\033[0m\033[0m" in str(table)
    table.extend_results([of([1e-6, 9e-6], label="another")])
    table.highlight_warnings()
    assert "(! 80%)" in str(table)


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="language"):
        Timer("int x;", language="c++")
