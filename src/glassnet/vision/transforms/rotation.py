"""Random rotation of pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.random import chosen
from glassnet.vision.transforms.geometry import Fill, InterpolationMode, check_interpolation, column
from glassnet.vision.transforms.places import between, middle
from glassnet.vision.transforms.transform import Transform


@dataclass(eq=False, repr=False)
class RandomRotation(Transform):
    """Rotates each picture counterclockwise by an angle drawn from ``degrees``: (least, most), or ± one number.

    The centre is ``center``, (x, y) from the upper left corner, or the middle of the picture. The size stays the same;
    with ``expand`` the picture grows to hold all that is rotated (several pictures in one tensor grow to the size of
    the largest, and a batch is taken one by one). Pixels from outside are ``fill``, a number or one for each channel.
    A pixel takes the value of the nearest one, or, with InterpolationMode.BILINEAR, the weighted mean of four.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomRotation((90, 90))(np.array([[1, 2], [3, 4]], np.uint8))
    array([[2, 4],
           [1, 3]], dtype=uint8)
    """

    degrees: float | Sequence[float]
    interpolation: InterpolationMode = InterpolationMode.NEAREST
    expand: bool = False
    center: Sequence[float] | None = None
    fill: Fill = 0

    def __post_init__(self) -> None:
        span = self.degrees if isinstance(self.degrees, Sequence) else (-self.degrees, self.degrees)
        if len(span) != 2 or not -math.inf < span[0] <= span[1] < math.inf:
            raise ValueError(
                f"RandomRotation: degrees must be a number of 0 or more, or (least, most), got {self.degrees}"
            )
        check_interpolation("RandomRotation", self.interpolation)
        if self.center is not None and len(self.center) != 2:
            raise ValueError(f"RandomRotation: center must be (x, y), got {self.center}")
        self._range = span[0], span[1]
        self.batched = not self.expand

    def shown(self) -> dict[str, Any]:
        """Its fields, the center only where it has one."""
        facts = super().shown() | {"degrees": [float(x) for x in self._range]}
        return {name: value for name, value in facts.items() if name != "center" or value is not None}

    def changed(self, pixels: Array) -> Array:
        """Each turned."""
        old = pixels.shape[2:]
        angles = np.deg2rad(chosen(None).numpy.uniform(*self._range, len(pixels)))[:, None, None]
        height, width = self._size(angles, old) if self.expand else old
        rows, columns = self._source(angles, old, middle(height)[:, None], middle(width))
        return between(pixels, rows, columns, self.interpolation, column(self.fill, pixels))

    def _source(self, angles: Array, size: Sequence[int], y: Array, x: Array) -> tuple[Array, Array]:
        """Where in a picture of ``size`` (rows, columns) each place (y, x), counted from its middle, comes from."""
        height, width = size
        right, down = (0.0, 0.0) if self.center is None else (self.center[0] - width / 2, self.center[1] - height / 2)
        y, x = y - down, x - right
        rows = x * np.sin(angles) + y * np.cos(angles) + down  # turned the other way
        columns = x * np.cos(angles) - y * np.sin(angles) + right
        return rows + (height - 1) / 2, columns + (width - 1) / 2

    def _size(self, angles: Array, size: Sequence[int]) -> tuple[int, int]:
        """How much room, in height and in width, the corners of the pictures need; 1/10,000 of a pixel is none."""
        height, width = size
        y, x = np.array([-height, height])[:, None] / 2, np.array([-width, width]) / 2
        rows, columns = ((places + 0.5).round(4) for places in self._source(angles, size, y, x))
        return _room(rows), _room(columns)


def _room(places: Array) -> int:
    """The most whole pixels that the places of one picture are spread over."""
    return int((np.ceil(places.max((1, 2))) - np.floor(places.min((1, 2)))).max())
