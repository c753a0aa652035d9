"""Boxes, masks and points drawn on pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.extras import needed_to
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap

_COLOURS = {  # those of CSS that scripts use
    "black": (0, 0, 0), "white": (255, 255, 255), "red": (255, 0, 0), "green": (0, 128, 0), "lime": (0, 255, 0),
    "blue": (0, 0, 255), "yellow": (255, 255, 0), "cyan": (0, 255, 255), "magenta": (255, 0, 255),
    "orange": (255, 165, 0), "purple": (128, 0, 128), "pink": (255, 192, 203), "brown": (165, 42, 42),
    "gray": (128, 128, 128), "grey": (128, 128, 128),
}  # fmt: skip


def draw_bounding_boxes(
    image: Any,
    boxes: Any,
    labels: Sequence[str | None] | None = None,
    colors: Any = None,
    fill: bool | None = False,
    width: int = 1,
    font: str | None = None,
    font_size: int | None = None,
    label_colors: Any = None,
    label_background_colors: Any = None,
    fill_labels: bool = False,
) -> Tensor:
    """A copy of a picture [3 or 1, height, width] with boxes (left, top, right, bottom) on it. Labels need Pillow.

    >>> from glassnet.vision.utils import draw_bounding_boxes
    >>> picture = glassnet.zeros(3, 5, 5, dtype=glassnet.uint8)
    >>> draw_bounding_boxes(picture, glassnet.tensor([[1, 1, 3, 3]]), colors="red")[0]
    tensor([[  0,   0,   0,   0,   0],
            [  0, 255, 255, 255,   0],
            [  0, 255,   0, 255,   0],
            [  0, 255, 255, 255,   0],
            [  0,   0,   0,   0,   0]], dtype=uint8)
    """
    pixels, most = _canvas("draw_bounding_boxes", image)
    corners = as_array(boxes).reshape(-1, 4)
    if (corners[:, :2] > corners[:, 2:]).any():
        raise ValueError(
            "draw_bounding_boxes: expected boxes (left, top, right, bottom), left of right, top over bottom"
        )
    paints = _paints(colors, len(corners), most)
    if labels is not None and len(labels) != len(corners):
        raise ValueError(f"draw_bounding_boxes: expected a label for each of {len(corners)} boxes, got {len(labels)}")
    for number, (box, paint) in enumerate(zip(corners.astype(np.int64), paints, strict=True)):
        left, top, right, bottom = box.clip(0)
        inside = pixels[:, top : bottom + 1, left : right + 1]
        if fill:
            inside[:] = _rounded((155.0 * inside + 100.0 * paint[:, None, None]) / 255, pixels.dtype)
        for edge in (inside[:, :width], inside[:, -width:], inside[:, :, :width], inside[:, :, -width:]):
            edge[:] = paint[:, None, None]
        if labels is not None and labels[number]:
            _write_on(pixels, str(labels[number]), (int(left) + width + 1, int(top) + width + 1), paint, most)
    return wrap(pixels)


def draw_segmentation_masks(image: Any, masks: Any, alpha: float = 0.8, colors: Any = None) -> Tensor:
    """A copy of a picture [3, height, width], coloured where each of ``masks`` [n, height, width] is True.

    ``alpha`` says how much of the colour is seen: 0 nothing, 1 it alone. Where masks overlap, it is black.

    >>> from glassnet.vision.utils import draw_segmentation_masks
    >>> picture = glassnet.zeros(3, 1, 2, dtype=glassnet.uint8)
    >>> draw_segmentation_masks(picture, glassnet.tensor([[[True, False]]]), 1.0, "red")[0]
    tensor([[255,   0]], dtype=uint8)
    """
    pixels, most = _canvas("draw_segmentation_masks", image)
    where = as_array(masks)
    where = where[None] if where.ndim == 2 else where
    if where.dtype != bool or where.shape[1:] != pixels.shape[1:]:
        raise ValueError(
            f"draw_segmentation_masks: expected masks of True and False, of the size of the picture "
            f"{written(pixels.shape[1:])}, got {where.dtype} {written(where.shape)}"
        )
    coloured = pixels.copy()
    for mask, paint in zip(where, _paints(colors, len(where), most), strict=True):
        coloured[:, mask] = paint[:, None].astype(pixels.dtype)
    coloured[:, where.sum(0) > 1] = 0  # where masks overlap
    mixed = pixels * (1 - alpha) + coloured * alpha
    return wrap(np.where(where.any(0), mixed, pixels).astype(pixels.dtype))


def draw_keypoints(
    image: Any,
    keypoints: Any,
    connectivity: Sequence[tuple[int, int]] | None = None,
    colors: Any = None,
    radius: int = 2,
    width: int = 3,
    visibility: Any = None,
) -> Tensor:
    """A copy of a picture with points [n, points, 2], each (x, y), as discs, and lines of ``connectivity`` between.

    >>> from glassnet.vision.utils import draw_keypoints
    >>> picture = glassnet.zeros(3, 3, 3, dtype=glassnet.uint8)
    >>> draw_keypoints(picture, glassnet.tensor([[[1, 1]]]), colors="white", radius=1)[0, 1]
    tensor([255, 255, 255], dtype=uint8)
    """
    pixels, most = _canvas("draw_keypoints", image)
    points = as_array(keypoints).astype(np.float64)
    if points.ndim != 3 or points.shape[-1] != 2:
        raise ShapeError(f"draw_keypoints: expected points [n, points, 2], got {written(points.shape)}")
    seen = np.ones(points.shape[:2], bool) if visibility is None else as_array(visibility).astype(bool)
    seen = seen.reshape(points.shape[:2])
    (paint,) = _paints([colors] if isinstance(colors, str | tuple) else colors, 1, most)
    for group, shown in zip(points, seen, strict=True):
        for point in group[shown]:
            _disc(pixels, point, radius, paint)
        for start, end in connectivity or ():
            if shown[start] and shown[end]:
                steps = int(np.abs(group[end] - group[start]).max()) + 1
                for share in np.linspace(0, 1, steps + 1):
                    _disc(pixels, group[start] + share * (group[end] - group[start]), (width - 1) / 2, paint)
    return wrap(pixels)


def _disc(pixels: Array, centre: Array, radius: float, paint: Array) -> None:
    rows, columns = np.ogrid[: pixels.shape[1], : pixels.shape[2]]
    inside = np.abs(columns - centre[0]) ** 2 + np.abs(rows - centre[1]) ** 2 <= max(radius, 0.5) ** 2
    pixels[:, inside] = paint[:, None].astype(pixels.dtype)


def _canvas(name: str, image: Any) -> tuple[Array, float]:
    """A copy of the picture in three channels, and the largest number of a pixel."""
    if not isinstance(image, Tensor):
        raise TypeError(f"{name}: expected a tensor, got {type(image).__name__}")
    pixels = image.array
    if pixels.ndim != 3 or pixels.shape[0] not in (1, 3):
        raise ShapeError(f"{name}: expected a picture [1 or 3, height, width], got {written(pixels.shape)}")
    if pixels.dtype != np.uint8 and pixels.dtype.kind != "f":
        raise TypeError(f"{name}: expected bytes or floating numbers, got {pixels.dtype}")
    copied = pixels.repeat(3, axis=0) if pixels.shape[0] == 1 else pixels.copy()
    return copied, 255 if pixels.dtype == np.uint8 else 1


def _rounded(numbers: Array, dtype: Dtype) -> Array:
    return np.asarray(numbers if dtype.kind == "f" else np.rint(numbers), dtype)


def _paints(colors: Any, count: int, most: float) -> list[Array]:
    """A colour for each of ``count``, as numbers up to ``most``; without any, as far apart as they can be."""
    if colors is None:
        steps = np.array([2**25 - 1, 2**15 - 1, 2**21 - 1])
        listed: list[Any] = [tuple(number * steps % 255) for number in range(1, count + 1)]
    else:
        listed = list(colors) if isinstance(colors, list) else [colors] * count
    if len(listed) < count:
        raise ValueError(f"expected a colour for each of {count}, got {len(listed)}")
    return [np.asarray(_colour(each), np.float64) * most / 255 for each in listed[:count]]


def _colour(colour: Any) -> tuple[int, ...]:
    if isinstance(colour, tuple) and len(colour) == 3:
        return tuple(int(part) for part in colour)
    if isinstance(colour, str) and colour.lower() in _COLOURS:
        return _COLOURS[colour.lower()]
    if isinstance(colour, str) and len(colour) == 7 and colour[0] == "#":
        return tuple(bytes.fromhex(colour[1:]))
    raise ValueError(
        f'expected a colour as (red, green, blue), "#rrggbb", or {", ".join(_COLOURS)}, got {colour!r:.40}'
    )


def _write_on(pixels: Array, words: str, place: tuple[int, int], paint: Array, most: float) -> None:
    with needed_to("write labels on pictures"):
        from PIL import Image, ImageDraw
    mask = Image.new("L", (pixels.shape[2], pixels.shape[1]))
    ImageDraw.Draw(mask).text(place, words, fill=255)
    strength = np.asarray(mask) / 255
    pixels[:] = (pixels * (1 - strength) + paint[:, None, None] * strength).astype(pixels.dtype)
