"""Charts: curves, points and bars as SVG that takes its colours from the page.

Every chart is drawn in a frame of `WIDTH` by `HEIGHT`, which the page makes as wide as there is room for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.training.report.formats import number, tick_labels, ticks
from glassnet.training.report.markup import Html, join, tag, text

WIDTH, HEIGHT = 420, 270
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 14, 48  # margins around the field that is drawn in
MOST = 200  # points of a curve
HUGE = 1e300


@dataclass(frozen=True)
class Axis:
    """A straight map from numbers, ``low`` to ``high``, to places, ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of ``value``."""
        span = self.high / 2 - self.low / 2  # halves: the whole could be infinite
        return self.start + (value / 2 - self.low / 2) / span * (self.end - self.start)


@dataclass(frozen=True)
class Curve:
    """A line of a chart: what it is called, how it is drawn (a class of the style sheet), and its numbers."""

    name: str
    style: str
    x: Sequence[float]
    y: Sequence[float]


def across(low: float, high: float) -> Axis:
    """A horizontal axis."""
    return Axis(low, high, LEFT, WIDTH - RIGHT)


def upward(low: float, high: float) -> Axis:
    """A vertical axis: the places of SVG grow downward."""
    return Axis(low, high, HEIGHT - BOTTOM, TOP)


def lines(curves: Sequence[Curve], what: str, x_name: str = "epoch") -> Html:
    """Curves over the epochs. Where a number is not finite the line has a gap; a point alone is a dot."""
    xs = [x for curve in curves for x in curve.x]
    x_axis = across(*widened(min(xs), max(xs), 0))
    y_axis = upward(*widened(*spread([y for curve in curves for y in curve.y]), 0.06))
    drawn = [frame(x_axis, y_axis, x_name, whole=True)]
    for curve in curves:
        points = [(x, y) for x, y in thinned(curve) if drawable(y)]
        drawn.append(tag("path", d=_path(curve, x_axis, y_axis), class_=f"line {curve.style}"))
        radius = 3 if len(points) <= 40 else 1
        for x, y in points:
            hint = f"{x_name} {number(x)}: {curve.name} {number(y)}"
            drawn.append(_dot(x_axis(x), y_axis(y), radius, f"dot {curve.style}", hint))
    names = " and ".join(curve.name for curve in curves)
    return _svg(f"{what} by {x_name}: {names}", drawn)


def scatter(actual: Array, predicted: Array, name: str) -> Html:
    """A point for each pair, and the diagonal on which a perfect prediction lies."""
    low, high = widened(*spread([*actual.tolist(), *predicted.tolist()]), 0.04)
    x_axis, y_axis = across(low, high), upward(low, high)
    drawn = [frame(x_axis, y_axis, f"actual {name}", f"predicted {name}")]
    ends = {"x1": x_axis(low), "y1": y_axis(low), "x2": x_axis(high), "y2": y_axis(high)}
    drawn.append(tag("line", class_="diagonal", **{key: _n(place) for key, place in ends.items()}))
    for a, p in zip(actual.tolist(), predicted.tolist(), strict=True):
        if drawable(p) and drawable(a):
            drawn.append(_dot(x_axis(a), y_axis(p), 3, "point", f"actual {number(a)}, predicted {number(p)}"))
    return _svg(f"predicted {name} against actual {name}", drawn)


def histogram(values: Array, name: str, bins: int = 24) -> Html:
    """How many of ``values`` lie where. None of them may be infinite."""
    low, high = widened(float(values.min()), float(values.max()), 0)
    counts, edges = np.histogram(values.astype(np.float64), bins, (low, high))
    x_axis, y_axis = across(low, high), upward(0, max(1.0, float(counts.max()) * 1.06))
    drawn = [frame(x_axis, y_axis, name, "samples")]
    for count, start, end in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if count:
            x, y, hint = x_axis(start), y_axis(count), f"{number(start)} to {number(end)}: {count:,}"
            size = {"width": _n(max(0.5, x_axis(end) - x - 1)), "height": _n(y_axis(0) - y)}
            drawn.append(tag("rect", tag("title", hint), x=_n(x), y=_n(y), class_="bar", **size))
    if low < 0 < high:
        zero = _n(x_axis(0))
        drawn.append(tag("line", x1=zero, x2=zero, y1=TOP, y2=HEIGHT - BOTTOM, class_="diagonal"))
    return _svg(f"histogram of {name}", drawn)


def frame(x_axis: Axis, y_axis: Axis, x_name: str, y_name: str = "", *, whole: bool = False) -> Html:
    """The axes, with their ticks and names, and the lines behind what is drawn."""
    drawn = []
    places = ticks(y_axis.low, y_axis.high)
    for place, label in zip(places, tick_labels(places), strict=True):
        y = _n(y_axis(place))
        drawn.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        drawn.append(tag("text", label, x=LEFT - 8, y=y, dy="0.32em", text_anchor="end"))
    places = ticks(x_axis.low, x_axis.high, whole=whole)
    for place, label in zip(places, tick_labels(places), strict=True):
        x = _n(x_axis(place))
        drawn.append(tag("line", x1=x, x2=x, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM + 4, class_="tick"))
        drawn.append(tag("text", label, x=x, y=HEIGHT - BOTTOM + 18, text_anchor="middle"))
    base = HEIGHT - BOTTOM
    drawn.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=base, y2=base, class_="tick"))
    if y_name:
        middle = _n((TOP + HEIGHT - BOTTOM) / 2)
        drawn.append(tag("text", y_name, x=11, y=middle, text_anchor="middle", transform=f"rotate(-90 11 {middle})"))
    centre = _n((LEFT + WIDTH - RIGHT) / 2)
    drawn.append(tag("text", x_name, x=centre, y=HEIGHT - 8, text_anchor="middle"))
    return tag("g", *drawn, aria_hidden="true")


def thinned(curve: Curve) -> list[tuple[float, float]]:
    """The points of ``curve``; of very many, the lowest and the highest of each stretch, in their order."""
    points = list(zip(curve.x, curve.y, strict=True))
    if len(points) <= MOST:
        return points
    kept = {0, len(points) - 1}
    stretches = MOST // 2 - 1
    for stretch in range(stretches):
        places = range(stretch * len(points) // stretches, (stretch + 1) * len(points) // stretches)
        seen = [place for place in places if drawable(points[place][1])] or [places[0]]
        kept |= {min(seen, key=lambda place: points[place][1]), max(seen, key=lambda place: points[place][1])}
    return [points[place] for place in sorted(kept)]


def drawable(value: float) -> bool:
    """Whether ``value`` has a place: not infinite, not "not a number", and not so large that sums overflow."""
    return abs(value) < HUGE


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest of what can be drawn; 0 and 1 of nothing."""
    finite = [value for value in values if drawable(value)]
    return (min(finite), max(finite)) if finite else (0.0, 1.0)


def widened(low: float, high: float, by: float) -> tuple[float, float]:
    """A little more than from ``low`` to ``high``, and never nothing."""
    if low == high:
        room = abs(low) * 0.1 or 0.5
        return low - room, high + room
    room = (high / 2 - low / 2) * 2 * by if by else 0.0
    return (low - room if low < 0 or low - room > 0 else 0.0), high + room


def _path(curve: Curve, x_axis: Axis, y_axis: Axis) -> str:
    words, pen = [], "M"
    for x, y in thinned(curve):
        if drawable(y):
            words.append(f"{pen}{_n(x_axis(x))} {_n(y_axis(y))}")
            pen = "L"
        else:
            pen = "M"
    return "".join(words)


def _dot(x: float, y: float, radius: float, style: str, hint: str) -> Html:
    # by hand and not by `tag`: there are thousands of them
    return Html(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{radius}" class="{style}"><title>{text(hint)}</title></circle>')


def _svg(title: str, drawn: Sequence[Html]) -> Html:
    view = f"0 0 {WIDTH} {HEIGHT}"
    return tag("svg", join(*drawn), viewBox=view, role="img", aria_label=title, class_="chart")


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")
