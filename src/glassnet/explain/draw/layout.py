"""Layout: where the boxes of a graph go, from left to right, and how the arrows run.

In layers, as K. Sugiyama, S. Tagawa and M. Toda do it ("Methods for Visual Understanding of
Hierarchical System Structures", 1981): each box goes one column to the right of what it is computed from, an
arrow over several columns has a place of its own in each of them, the order within columns is the
one of the fewest crossings that averages find, and boxes move up and down towards their neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from glassnet.explain.draw.boxes import Arrow, Box, Graph
from glassnet.explain.draw.small_images import GAP
from glassnet.explain.draw.svg import LINE, width_of

PORT = 38.0  # from one arrow into a box to the next: a line of text above and one below fit between
APART = 18.0  # from box to box in a column
CURVE = 46.0  # for arrows to bend in, between columns
PADDING = 12.0
LOOP = 36.0  # above a box with a loop: the arc and what is written at it
SWEEPS = 12


@dataclass
class Place:
    """A box, or the place of an arrow that only passes through a column (``box`` None)."""

    column: int
    width: float
    height: float
    box: Box | None = None
    x: float = 0.0
    y: float = 0.0  # of its middle
    before: list[Place] = field(default_factory=list)
    after: list[tuple[Place, int]] = field(default_factory=list)  # and which of its arrows comes from here

    def port(self, number: int) -> float:
        """The height at which arrow ``number`` comes in."""
        count = len(self.box.arrows) if self.box else 1
        return self.y + PORT * (number - (count - 1) / 2)


@dataclass
class Route:
    """An arrow and the places it runs through, from that of its source to that of its box."""

    arrow: Arrow
    number: int
    places: list[Place]


@dataclass
class Layout:
    """Places with coordinates, the routes between them, and where the labels of each column begin."""

    places: list[Place]
    routes: list[Route]
    labels: list[float]  # for each column, where the straight ends of the arrows into it begin


def laid_out(graph: Graph) -> Layout:
    """Where everything goes."""
    columns_of = _columns(graph.boxes)
    places = {box.key: _place(box, columns_of[box.key]) for box in graph.boxes}
    columns: list[list[Place]] = [[] for _ in range(max(columns_of.values(), default=0) + 1)]
    for place in places.values():
        columns[place.column].append(place)
    routes = [
        _route(arrow, number, places[arrow.source], places[box.key], columns)
        for box in graph.boxes
        for number, arrow in enumerate(box.arrows)
    ]
    _order(columns)
    _heights(columns)
    return Layout([p for column in columns for p in column if p.box], routes, _across(columns, routes))


def _columns(boxes: list[Box]) -> dict[str, int]:
    """The column of each box: as far right as those that use it allow, so that arrows are short."""
    columns: dict[str, int] = {}
    for box in boxes:
        columns[box.key] = 1 + max((columns[arrow.source] for arrow in box.arrows), default=-1)
    last = max(columns.values(), default=0)
    first_use: dict[str, int] = {}
    for box in reversed(boxes):
        columns[box.key] = first_use.get(box.key, last + 1) - 1
        for arrow in box.arrows:
            first_use[arrow.source] = min(first_use.get(arrow.source, last + 1), columns[box.key])
    return columns


def _place(box: Box, column: int) -> Place:
    if box.kind == "end":
        return Place(column, 0.0, PORT, box)
    texts = [*box.lines, *(caption for strip in box.strips for caption in strip.captions)]
    width = max(*map(width_of, texts), *(strip.width for strip in box.strips), 0.0) + 2 * PADDING
    height = max(content_height(box) + PADDING, PORT * len(box.arrows))
    return Place(column, width, height + (2 * LOOP if box.loop else 0), box)


def content_height(box: Box) -> float:
    """How much room the lines of a box take, and the small images with theirs."""
    return LINE * len(box.lines) + sum(GAP + strip.height + GAP + LINE * len(strip.captions) for strip in box.strips)


def _route(arrow: Arrow, number: int, source: Place, target: Place, columns: list[list[Place]]) -> Route:
    passed = [Place(column, 0.0, 6.0) for column in range(source.column + 1, target.column)]
    for place in passed:
        columns[place.column].append(place)
    places = [source, *passed, target]
    for before, after in pairwise(places):
        before.after.append((after, number if after is target else 0))
        after.before.append(before)
    return Route(arrow, number, places)


def _order(columns: list[list[Place]]) -> None:
    """Sort each column by the mean position of its neighbours, sweeping forward and back."""
    for sweep in range(SWEEPS):
        position = {id(p): i for column in columns for i, p in enumerate(column)}
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            means = {}
            for p in column:
                behind = [position[id(q)] + n / (1 + len(q.before)) for q, n in p.after]
                means[id(p)] = _mean([float(position[id(q)]) for q in p.before] if forward else behind)
            known = [p for p in column if means[id(p)] is not None]
            ordered = iter(sorted(known, key=lambda p: means[id(p)] or 0.0))
            column[:] = [p if means[id(p)] is None else next(ordered) for p in column]
            position.update((id(p), i) for i, p in enumerate(column))


def _heights(columns: list[list[Place]]) -> None:
    """Stack the places of each column, then move them towards their neighbours."""
    for column in columns:
        _apart(column)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            for place in column:
                behind = [q.port(n) for q, n in place.after]
                towards = _mean([q.y for q in place.before] if forward else behind)
                place.y = place.y if towards is None else towards
            _apart(column)
    top = min((p.y - p.height / 2 for column in columns for p in column), default=0.0)
    for column in columns:
        for place in column:
            place.y -= top


def _apart(column: list[Place]) -> None:
    """Move the places of a column as little as needed so that none overlap; the order stays.

    With what the places above take subtracted, heights must not fall: least squares under that
    condition is isotonic regression, found by pooling neighbours (M. Ayer et al., 1955).
    """
    taken = [0.0]
    for above, below in pairwise(column):
        taken.append(taken[-1] + (above.height + below.height) / 2 + APART)
    pools: list[tuple[float, int]] = []  # the sum of the wishes of places that stay together, and how many
    for place, offset in zip(column, taken, strict=False):
        total, count = place.y - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            earlier, more = pools.pop()
            total, count = total + earlier, count + more
        pools.append((total, count))
    heights = [total / count for total, count in pools for _ in range(count)]
    for place, wish, offset in zip(column, heights, taken, strict=False):
        place.y = wish + offset


def _across(columns: list[list[Place]], routes: list[Route]) -> list[float]:
    """Place the columns from left to right, with room between for bends and for the texts of arrows."""
    widths = [0.0] * len(columns)
    for route in routes:
        texts = (route.arrow.value, route.arrow.gradient)
        into = route.places[-1].column
        widths[into] = max(widths[into], *(width_of(text) + 16 if text else 10 for text in texts))
    x, labels = 0.0, []
    for number, places in enumerate(columns):
        if number:
            x += CURVE
            labels.append(x)
            x += widths[number]
        else:
            labels.append(x)
        width = max((place.width for place in places), default=0.0)
        for place in places:
            place.x = x + (width - place.width) / 2 if place.box and not place.box.arrows else x
        x += width
    return labels


def _mean(numbers: list[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None
