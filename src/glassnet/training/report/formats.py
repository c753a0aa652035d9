"""Numbers for people: how the report writes them, and where an axis has its ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence

SYMBOLS = {"r2": "R²", "mae": "MAE", "rmse": "RMSE", "f1": "F1"}  # of metrics that are not written as they are named


def number(value: float) -> str:
    """At most four significant digits, or all before the point; what is not a finite number is said in words."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "−infinite"
    if float(value).is_integer() and abs(value) < 1e12:
        return f"{int(value):,}".replace("-", "−")
    if 1000 <= abs(value) < 1e6:
        return f"{value:,.1f}".replace("-", "−")
    if 1e6 <= abs(value) < 1e12:
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def percent(part: float, whole: float) -> str:
    """ "97.8 %", and "–" of nothing. Only all is 100 %, and only nothing 0 %."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < part < whole:
        share = min(max(share, 0.1), 99.9)
    return f"{share:.1f} %" if 0 < part < whole else f"{share:.0f} %"


def ticks(low: float, high: float, about: int = 5, *, whole: bool = False) -> list[float]:
    """Round numbers from ``low`` to ``high``: steps of 1, 2 or 5 times a power of ten, at most twice ``about``."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    if rough < abs(high) * 1e-12 or not math.isfinite(rough) or rough < 1e-300:
        return [low, high]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [(first + i) * step for i in range(max(0, count))] or [low]


def tick_labels(places: Sequence[float]) -> list[str]:
    """``places`` with as many decimals as tell them apart."""
    if len(places) < 2:
        return [number(place) for place in places]
    step = abs(places[1] - places[0])
    top = max(abs(place) for place in places)
    if top >= 1e6 or top < 1e-3:
        digits = min(8, 1 + math.ceil(math.log10(top / step) - 1e-9)) if step > 0 < top else 2
        return ["0" if place == 0 else f"{place:.{digits}g}".replace("-", "−") for place in places]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return [f"{place:,.{min(decimals, 8)}f}".replace("-", "−") for place in places]


def evenly(count: int, most: int) -> list[int]:
    """The places of all of ``count`` things; of more than ``most``, of that many, evenly from the first to the last."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]
