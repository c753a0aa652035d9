"""The steps of a series: how far one date is from the next, and the dates that follow the last one.

Exported files date their forecasts by these functions, which are copied into them as they stand: they know nothing of
glassnet. A step is a dict that JSON can hold, ``{"unit": "months", "count": 3}``. Months are as long as they are;
weekdays leave out Saturday and Sunday; all else is a number of seconds.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

UNITS = ("months", "month ends", "weekdays", "seconds")


def step_of(dates: Sequence[datetime]) -> dict[str, Any]:
    """The step of two or more dates in their order: the most frequent of the distances between them."""
    months = [12 * date.year + date.month for date in dates]
    times = {date.time() for date in dates}
    for unit, is_one in (
        ("months", len({date.day for date in dates}) == 1),
        ("month ends", all(date.day == last_day(date) for date in dates)),
    ):
        if is_one and len(times) == 1 and months[-1] > months[0]:
            return {"unit": unit, "count": most_frequent([b - a for a, b in pairwise(months)])}
    days = [(b - a) / timedelta(days=1) for a, b in pairwise(dates)]
    if 3 in days and most_frequent(days) == 1 and max(date.weekday() for date in dates) < 5:
        return {"unit": "weekdays", "count": 1}
    return {"unit": "seconds", "count": most_frequent([(b - a).total_seconds() for a, b in pairwise(dates)])}


def most_frequent(distances: Sequence[float]) -> float:
    """The most frequent of some distances that is one; of several, the smallest."""
    counts = Counter(distance for distance in distances if distance > 0)
    return min(counts, key=lambda distance: (-counts[distance], distance))


def date_after(date: datetime, step: Mapping[str, Any], steps: int = 1) -> datetime:
    """The date ``steps`` steps after ``date``. Raises ValueError beyond the year 9999."""
    try:
        if step["unit"] == "seconds":
            return date + steps * timedelta(seconds=step["count"])
        if step["unit"] == "weekdays":
            weeks, days = divmod(date.weekday() + steps * step["count"], 5)
            return date + timedelta(days=7 * weeks + days - date.weekday())
        years, month = divmod(date.month - 1 + steps * step["count"], 12)
        first = date.replace(day=1, year=date.year + years, month=month + 1)
        return first.replace(day=last_day(first) if step["unit"] == "month ends" else date.day)
    except (OverflowError, ValueError):
        raise ValueError(f"expected dates to the end of the year 9999, got {steps:,} steps after {date}") from None


def last_day(date: datetime) -> int:
    """The last day of the month of ``date``."""
    return calendar.monthrange(date.year, date.month)[1]


def written_date(date: datetime) -> str:
    """``date`` in ISO 8601, without a time of 0:00."""
    text = date.isoformat(" ")
    return text.removesuffix(" 00:00:00").removesuffix(":00")
