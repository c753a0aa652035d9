"""Rows of a profile as a text: a name, its share of the time, how often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}


class _Column(NamedTuple):
    title: str
    text: Callable[[Any], str]
    is_left: bool = False


def time_text(us: float, unit: str | None = None) -> str:
    """A time in microseconds with a unit: 12.000us, 3.200ms, 1.500s.

    >>> from glassnet.profiler.time_table import time_text
    >>> time_text(3200)
    '3.200ms'
    """
    unit = unit or ("s" if us >= 1e6 else "ms" if us >= 1e3 else "us")
    return f"{us / _UNITS[unit]:.3f}{unit}"


def memory_text(number: float) -> str:
    """A number of bytes with a unit: 512 B, 2.00 KB.

    >>> from glassnet.profiler.time_table import memory_text
    >>> memory_text(2048)
    '2.00 KB'
    """
    for unit, size in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if abs(number) >= size:
            return f"{number / size:.2f} {unit}"
    return f"{number:g} B"


def _cut(text: str, width: int) -> str:
    return text if width <= 0 or len(text) <= width else f"{text[: width - 3]}..."


def written(
    rows: Sequence[Any],
    total: float,
    sort_by: str | None,
    row_limit: int,
    widths: tuple[int, int, int],
    header: str | None,
    with_memory: bool,
    time_unit: str | None,
) -> str:
    """The table of ``rows``, with ``total``, their time, below; ``widths`` of names, shapes and lines of a program."""
    if not rows:
        return ""
    if sort_by is not None:
        name = sort_by.replace("cuda", "device")
        rows = sorted(rows, key=lambda row: getattr(row, name), reverse=True)
    rows = rows[:row_limit] if row_limit >= 0 else rows
    columns = _columns(rows, total, widths, with_memory, time_unit)
    cells = [[column.text(row) for column in columns] for row in rows]
    wide = [max(len(column.title), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)]
    rule = "  ".join("-" * n for n in wide)
    titles = "  ".join(column.title.rjust(n) for column, n in zip(columns, wide, strict=True))
    lines = ["  ".join(cell.rjust(n) for cell, n in zip(line, wide, strict=True)) for line in cells]
    above = [] if header is None else ["=" * len(rule), header]
    end = f"Self CPU time total: {time_text(total, time_unit)}"
    return "\n".join([*above, rule, titles, rule, *lines, rule, end, ""])


def _columns(
    rows: Sequence[Any], total: float, widths: tuple[int, int, int], with_memory: bool, time_unit: str | None
) -> list[_Column]:
    def share(us: float) -> str:
        return f"{100 * us / total if total else 0:.2f}%"

    columns = [
        _Column("Name", lambda row: _cut(row.key, widths[0])),
        _Column("Self CPU %", lambda row: share(row.self_cpu_time_total)),
        _Column("Self CPU", lambda row: time_text(row.self_cpu_time_total, time_unit)),
        _Column("CPU total %", lambda row: share(row.cpu_time_total)),
        _Column("CPU total", lambda row: time_text(row.cpu_time_total, time_unit)),
        _Column("CPU time avg", lambda row: time_text(row.cpu_time, time_unit)),
    ]
    if with_memory:
        columns.append(_Column("CPU Mem", lambda row: memory_text(row.cpu_memory_usage)))
        columns.append(_Column("Self CPU Mem", lambda row: memory_text(row.self_cpu_memory_usage)))
    columns.append(_Column("# of Calls", lambda row: str(row.count)))
    if any(row.input_shapes for row in rows):
        columns.append(_Column("Input Shapes", lambda row: _cut(str(row.input_shapes), widths[1])))
    if any(row.stack for row in rows):
        columns.append(_Column("Source Location", lambda row: _cut(row.stack[0] if row.stack else "", widths[2])))
    return columns
