"""Key points of regions: what the maps of a key point head say, and how wrong they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import glassnet.functional as F
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.vision.models.detection.mask_maps import Positive


def keypoint_loss(maps: Tensor, regions: Sequence[Tensor], points: Sequence[Tensor], positive: Positive) -> Tensor:
    """Cross entropy over the pixels of the map [points, m, m] of each region, for each point that is seen in it."""
    side = maps.shape[-1]
    places, seen = [], []
    for boxes, true, (_, of) in zip(regions, points, positive, strict=True):
        place, is_seen = _pixel(as_array(true)[of], as_array(boxes), side)
        places.append(place.ravel())
        seen.append(is_seen.ravel())
    place, number = np.concatenate(places), np.flatnonzero(np.concatenate(seen))
    if not number.size:
        return maps.sum() * 0
    flat: Any = maps.reshape(-1, side * side)
    return F.cross_entropy(flat[wrap(number)], wrap(place[number]))


def _pixel(points: Array, boxes: Array, side: int) -> tuple[Array, Array]:
    """The number of the pixel of each point [boxes, points, 3] in the map of its box, and whether it is seen there."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    at = np.floor((points[..., :2] - low) * (side / (high - low))).astype(np.int64)
    at = np.where(points[..., :2] == high, side - 1, at)
    is_seen = ((at >= 0) & (at < side)).all(-1) & (points[..., 2] > 0)
    return np.where(is_seen, at[..., 1] * side + at[..., 0], 0), is_seen


def found_keypoints(maps: Tensor, found: list[dict[str, Tensor]]) -> None:
    """Add to what was found in each picture the key points [n, points, (x, y, 1)] of its boxes, and their scores."""
    first = 0
    for each in found:
        count = len(each["boxes"])
        points, scores = _best(maps[first : first + count], as_array(each["boxes"]))
        each["keypoints"], each["keypoints_scores"] = wrap(points), wrap(scores)
        first += count


def _best(maps: Tensor, boxes: Array) -> tuple[Array, Array]:
    """The place and the score of the largest number of each map, made as large as its box."""
    points = np.zeros((len(boxes), maps.shape[1], 3), np.float32)
    scores = np.zeros(points.shape[:2], np.float32)
    for number, (left, top, right, bottom) in enumerate(boxes):
        wide, tall = max(right - left, 1), max(bottom - top, 1)
        size = (int(np.ceil(tall)), int(np.ceil(wide)))
        large = F.interpolate(maps[number][None], size=size, mode="bicubic", align_corners=False).array[0]
        place = large.reshape(len(large), -1).argmax(1)
        y, x = np.divmod(place, size[1])
        points[number, :, 0] = (x + 0.5) * (wide / size[1]) + left
        points[number, :, 1] = (y + 0.5) * (tall / size[0]) + top
        points[number, :, 2] = 1
        scores[number] = large[np.arange(len(large)), y, x]
    return points, scores
