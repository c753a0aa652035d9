"""Where what lies in a picture lies after the picture was changed: boxes, key points, masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.tensor import as_array
from glassnet.tensor import wrap as as_tensor
from glassnet.vision import tv_tensors
from glassnet.vision.ops.box_geometry import box_convert


@dataclass(frozen=True)
class Placement:
    """A change of a picture: ``change(picture, is_mask)``, the same of points as a ``matrix`` [2, 3], the new size.

    ``turns_pixels``: a point is the number of a pixel, and lies in its middle, as where a picture is mirrored.
    """

    change: Callable[[Any, bool], Any]
    matrix: Array
    size: tuple[int, int]
    turns_pixels: bool = False

    def __call__(self, part: Any) -> Any:
        """A part of a sample, changed."""
        if isinstance(part, tv_tensors.BoundingBoxes):
            return self._boxes(part)
        if isinstance(part, tv_tensors.KeyPoints):
            middle = 0.5 if self.turns_pixels else 0.0
            points = self._points(as_array(part) + middle) - middle
            return tv_tensors.wrap(as_tensor(_like(points, part)), like=part, canvas_size=self.size)
        is_mask = isinstance(part, tv_tensors.Mask)
        return tv_tensors.wrap(self.change(_plain(part), is_mask), like=part)

    def _boxes(self, boxes: Any) -> Any:
        form = boxes.format.value.lower()
        corners = as_array(box_convert(as_tensor(as_array(boxes).astype(np.float64)), form, "xyxy"))
        places = self._points(corners[..., [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2))
        moved = np.concatenate([places.min(1), places.max(1)], 1).reshape(corners.shape)
        found = box_convert(as_tensor(clamped(moved, self.size)), "xyxy", form)
        return tv_tensors.wrap(as_tensor(_like(as_array(found), boxes)), like=boxes, canvas_size=self.size)

    def _points(self, points: Array) -> Array:
        return np.asarray(points @ self.matrix[:, :2].T + self.matrix[:, 2])


def clamped(corners: Array, size: tuple[int, int]) -> Array:
    """Boxes (left, top, right, bottom) within a picture of ``size``."""
    return np.asarray(corners.clip(0, [size[1], size[0]] * 2))


def scaling(across: float, down: float, right: float = 0.0, below: float = 0.0) -> Array:
    """The matrix that makes x ``across`` times as large, y ``down`` times, and then moves both."""
    return np.array([[across, 0, right], [0, down, below]])


def _like(numbers: Array, part: Any) -> Array:
    dtype = as_array(part).dtype
    return np.asarray(np.rint(numbers) if dtype.kind in "iu" else numbers, dtype)


def _plain(part: Any) -> Any:
    return as_tensor(part.array) if isinstance(part, tv_tensors.TVTensor) else part
