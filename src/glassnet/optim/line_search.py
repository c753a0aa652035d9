"""A search along a line for a step that lowers the loss enough, and flattens it enough: Wolfe's strong conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glassnet.ops.dtypes import Array

FALL = 1e-4  # of the fall that the slope at the start promises, the part that the loss has to fall
FLAT = 0.9  # of the slope at the start, the part that may be left
TRIES = 25


class Point(NamedTuple):
    """A place on the line: how far it is, the loss there, its gradient, and its slope along the line."""

    at: float
    loss: float
    gradient: Array
    slope: float


def search(
    evaluate: Callable[[float], tuple[float, Array]], start: Point, first: float, direction: Array, tolerance: float
) -> tuple[Point, int]:
    """A point on the line from ``start``, and how many were looked at; the ``first`` of them is given.

    Nocedal and Wright, "Numerical optimization" (2006), algorithms 3.5 and 3.6, with cubic interpolation.
    """
    line = _Line(evaluate, start, direction)
    low, high, is_found = line.bracket(first)
    if not is_found:
        low = line.zoom(low, high, tolerance / float(np.abs(direction).max()))
    return low, line.evaluations


class _Line:
    def __init__(self, evaluate: Callable[[float], tuple[float, Array]], start: Point, direction: Array) -> None:
        self._evaluate = evaluate
        self._start = start
        self._direction = direction
        self.evaluations = 0
        self._tries = 0

    def _point(self, at: float) -> Point:
        loss, gradient = self._evaluate(at)
        self.evaluations += 1
        return Point(at, loss, gradient, float(gradient @ self._direction))

    def _is_too_high(self, point: Point) -> bool:
        return point.loss > self._start.loss + FALL * point.at * self._start.slope

    def _is_flat(self, point: Point) -> bool:
        return abs(point.slope) <= -FLAT * self._start.slope

    def bracket(self, first: float) -> tuple[Point, Point, bool]:
        """Two points with a good one between them, the lower first; or a good one, twice, and True."""
        before, point = self._start, self._point(first)
        while self._tries < TRIES:
            if self._is_too_high(point) or (self._tries > 1 and point.loss >= before.loss):
                return (*_ordered(before, point), False)
            if self._is_flat(point):
                return point, point, True
            if point.slope >= 0:
                return (*_ordered(before, point), False)
            nearest = point.at + 0.01 * (point.at - before.at)
            further = _lowest(before, point, nearest, point.at * 10)
            before, point = point, self._point(further)
            self._tries += 1
        return (*_ordered(self._start, point), False)

    def zoom(self, low: Point, high: Point, tolerance: float) -> Point:
        """The best point between two, which come nearer to one another until it is good, or they meet."""
        is_slow = False
        while self._tries < TRIES and abs(high.at - low.at) >= tolerance:
            first, last = sorted((low.at, high.at))
            at = _lowest(low, high, first, last)
            margin = 0.1 * (last - first)
            if min(last - at, at - first) >= margin:
                is_slow = False
            elif is_slow or at >= last or at <= first:  # at an end twice: go away from it
                at = last - margin if abs(at - last) < abs(at - first) else first + margin
                is_slow = False
            else:
                is_slow = True
            point = self._point(at)
            self._tries += 1
            if self._is_too_high(point) or point.loss >= low.loss:
                low, high = _ordered(low, point)
            elif self._is_flat(point):
                return point
            else:
                high = low if point.slope * (high.at - low.at) >= 0 else high
                low = point
        return low


def _ordered(a: Point, b: Point) -> tuple[Point, Point]:
    return (a, b) if a.loss <= b.loss else (b, a)


def _lowest(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic with the losses and slopes of two points is lowest; in the middle where it has no such place."""
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.at - b.at)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2
    if a.at > b.at:
        a, b = b, a
    d2 = float(np.sqrt(square))
    at = b.at - (b.at - a.at) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(at, least), most)
