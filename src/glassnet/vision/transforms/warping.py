"""How pictures are moved, sheared and seen from aside: pixels [n, channels, height, width] at other places."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.vision.transforms.geometry import Fill, InterpolationMode, column
from glassnet.vision.transforms.places import between

Points = Sequence[Sequence[float]]


def moved(
    pixels: Array,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
    interpolation: InterpolationMode,
    fill: Fill,
    center: Sequence[float] | None,
) -> Array:
    """Sheared, made larger by ``scale``, turned clockwise by ``angle`` (degrees), moved by ``translate`` (x, y) pixels.

    ``center`` (x, y), from the upper left corner, stays where it is, but for being moved; without it, the middle.
    """
    height, width = pixels.shape[2:]
    x0, y0 = (width / 2, height / 2) if center is None else center
    backward = np.linalg.inv(affine_map(angle, scale, shear))
    columns, rows = np.arange(width) + 0.5 - x0 - translate[0], np.arange(height)[:, None] + 0.5 - y0 - translate[1]
    from_x = backward[0, 0] * columns + backward[0, 1] * rows + x0 - 0.5
    from_y = backward[1, 0] * columns + backward[1, 1] * rows + y0 - 0.5
    return _looked_up(pixels, from_y, from_x, interpolation, fill)


def affine_map(angle: float, scale: float, shear: Sequence[float]) -> Array:
    """The matrix [2, 2] that shears, scales and turns, of places of the old picture to those of the new one."""
    turn, lean_x, lean_y = (math.radians(each) for each in (angle, *shear))
    leaning = np.array([[1.0, 0.0], [-math.tan(lean_y), 1.0]]) @ np.array([[1.0, -math.tan(lean_x)], [0.0, 1.0]])
    turning = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return np.asarray(scale * turning @ leaning)


def seen_from_aside(
    pixels: Array, startpoints: Points, endpoints: Points, interpolation: InterpolationMode, fill: Fill
) -> Array:
    """The four ``startpoints`` (x, y) of the picture come to be at ``endpoints``, and straight lines stay straight."""
    rows_of = []
    for (x, y), (to_x, to_y) in zip(startpoints, endpoints, strict=True):
        rows_of.append([to_x, to_y, 1, 0, 0, 0, -x * to_x, -x * to_y])
        rows_of.append([0, 0, 0, to_x, to_y, 1, -y * to_x, -y * to_y])
    a, b, c, d, e, f, g, h = np.linalg.lstsq(np.array(rows_of), np.array(startpoints).reshape(8), rcond=None)[0]
    height, width = pixels.shape[2:]
    columns, rows = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    depth = g * columns + h * rows + 1
    from_x, from_y = (a * columns + b * rows + c) / depth - 0.5, (d * columns + e * rows + f) / depth - 0.5
    return _looked_up(pixels, from_y, from_x, interpolation, fill)


def shaken(pixels: Array, dx: Array, dy: Array, interpolation: InterpolationMode, fill: Fill) -> Array:
    """Each pixel from a place ``dx`` and ``dy`` away, in pixels."""
    height, width = pixels.shape[2:]
    return _looked_up(pixels, np.arange(height)[:, None] + dy, np.arange(width) + dx, interpolation, fill)


def _looked_up(pixels: Array, rows: Array, columns: Array, how: InterpolationMode, fill: Fill) -> Array:
    rows, columns = (np.broadcast_to(x.round(6), (len(pixels), *x.shape[-2:])) for x in (rows, columns))
    return between(pixels, rows, columns, how, column(fill, pixels))
