"""Transforms of the size of pictures: resize, pad, crop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from glassnet.ops.dtypes import Array, Dtype
from glassnet.vision.transforms.transform import Transform

Size = int | Sequence[int]
Fill = float | Sequence[float]
PaddingMode = Literal["constant", "edge", "reflect", "symmetric"]


class InterpolationMode(Enum):
    """How the value of a pixel is computed that lies between pixels of the original picture.

    >>> from glassnet.vision import transforms
    >>> picture = np.array([[0, 100]], np.uint8)
    >>> transforms.Resize((1, 4), transforms.InterpolationMode.NEAREST)(picture)
    array([[  0,   0, 100, 100]], dtype=uint8)
    >>> transforms.Resize((1, 4), transforms.InterpolationMode.BILINEAR)(picture)
    array([[  0,  25,  75, 100]], dtype=uint8)
    """

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"


@dataclass(eq=False, repr=False)
class Resize(Transform):
    """Resizes pictures to ``size``: (height, width), or one number for the shorter side, with the same aspect ratio.

    ``max_size`` limits the longer side, if ``size`` is one number. Bilinear: a pixel is the mean of the original ones
    around its place, weighted by a triangle. With ``antialias`` the triangle is as wide as the new pixel, so that a
    smaller picture skips none of the original pixels. Bicubic: by a smooth curve twice as wide. Integer pixels are
    rounded.

    >>> from glassnet.vision import transforms
    >>> transforms.Resize(16)(glassnet.rand(3, 32, 48)).shape
    (3, 16, 24)
    >>> transforms.Resize((16, 16))(glassnet.rand(3, 32, 48)).shape
    (3, 16, 16)
    """

    size: Size
    interpolation: InterpolationMode = InterpolationMode.BILINEAR
    max_size: int | None = None
    antialias: bool | None = True

    def __post_init__(self) -> None:
        height, width = pair("Resize: size", self.size)
        self._sides = None if isinstance(self.size, int) or len(self.size) == 1 else (height, width)
        check_interpolation("Resize", self.interpolation, smooth=True)
        if self.max_size is not None and (self._sides or self.max_size <= height):
            raise ValueError(
                f"Resize: max_size must be larger than size, which must be one number, the shorter side; got size "
                f"{self.size} and max_size {self.max_size}"
            )
        self._short = height

    def changed(self, pixels: Array) -> Array:
        """Along the height, then along the width."""
        old = pixels.shape[2:]
        new = self._sides or self._kept(*old)
        if new == old:
            return pixels.copy()
        if self.interpolation is InterpolationMode.NEAREST:
            rows, columns = (np.arange(m) * n // m for n, m in zip(old, new, strict=True))
            return np.ascontiguousarray(pixels[:, :, rows[:, None], columns])
        kind = computed_in(pixels.dtype)
        weights = triangles if self.interpolation is InterpolationMode.BILINEAR else cubics
        rows, columns = (weights(n, m, bool(self.antialias), kind) for n, m in zip(old, new, strict=True))
        return rounded(rows @ (pixels.astype(kind, copy=False) @ columns.T), pixels.dtype)

    def _kept(self, height: int, width: int) -> tuple[int, int]:
        """The new height and width where only that of the shorter side is given."""
        short, long = sorted((height, width))
        new_short, new_long = self._short, int(self._short * long / short)
        if self.max_size is not None and new_long > self.max_size:
            new_short, new_long = max(1, int(self.max_size * new_short / new_long)), self.max_size
        return (new_long, new_short) if height > width else (new_short, new_long)


@lru_cache(64)
def triangles(old: int, new: int, antialias: bool, dtype: Dtype) -> Array:
    """The weight of each of ``old`` pixels in a row in each of ``new``: [new, old], each row's sum 1."""
    scale = old / new
    centres = (np.arange(new)[:, None] + 0.5) * scale
    distances = np.abs(np.arange(old) + 0.5 - centres) / (max(scale, 1) if antialias else 1)
    weights = np.maximum(1 - distances, 0)
    return np.asarray(weights / weights.sum(1, keepdims=True), dtype)


@lru_cache(64)
def cubics(old: int, new: int, antialias: bool, dtype: Dtype) -> Array:
    """`triangles`, but a curve of third powers over four pixels: R. Keys, "Cubic Convolution Interpolation", 1981."""
    scale = old / new
    bend = -0.5 if antialias else -0.75
    centres = (np.arange(new)[:, None] + 0.5) * scale
    places = np.arange(-2, old + 2)  # beyond the border too, where the outermost pixel stands
    d = np.abs(places + 0.5 - centres) / (max(scale, 1) if antialias else 1)
    near, far = ((bend + 2) * d - (bend + 3)) * d * d + 1, ((d - 5) * d + 8) * d * bend - 4 * bend
    weights = np.where(d < 1, near, np.where(d < 2, far, 0))
    inside = weights[:, 2:-2].copy()
    if not antialias:
        inside[:, 0] += weights[:, :2].sum(1)
        inside[:, -1] += weights[:, -2:].sum(1)
    return np.asarray(inside / inside.sum(1, keepdims=True), dtype)


@dataclass(eq=False, repr=False)
class Pad(Transform):
    """Adds a border of ``padding`` pixels: (left, top, right, bottom), (left and right, top and bottom), or one number.

    ``padding_mode``: "constant", of the value ``fill``, or of one for each channel; "edge", of the outermost pixels;
    "reflect" and "symmetric", of the picture mirrored, without and with the outermost pixels.

    >>> from glassnet.vision import transforms
    >>> transforms.Pad((1, 0), fill=9)(np.array([[1, 2]], np.uint8))
    array([[9, 1, 2, 9]], dtype=uint8)
    """

    padding: Size
    fill: Fill = 0
    padding_mode: PaddingMode = "constant"

    def __post_init__(self) -> None:
        self._border = border("Pad", self.padding)
        check_mode("Pad", self.padding_mode)

    def changed(self, pixels: Array) -> Array:
        """With the border."""
        return padded(pixels, self._border, self.fill, self.padding_mode)


@dataclass(eq=False, repr=False)
class CenterCrop(Transform):
    """Crops the middle of pictures to ``size``: (height, width), or one number; a smaller picture is padded with 0.

    >>> from glassnet.vision import transforms
    >>> transforms.CenterCrop((1, 2))(np.array([[1, 2, 3, 4]], np.uint8))
    array([[2, 3]], dtype=uint8)
    """

    size: Size

    def __post_init__(self) -> None:
        self.size = self._sides = pair("CenterCrop: size", self.size)

    def changed(self, pixels: Array) -> Array:
        """The middle."""
        (height, width), (old_height, old_width) = self._sides, pixels.shape[2:]
        more, wider = max(height - old_height, 0), max(width - old_width, 0)
        pixels = padded(pixels, (wider // 2, more // 2, (wider + 1) // 2, (more + 1) // 2))
        top, left = round((pixels.shape[2] - height) / 2), round((pixels.shape[3] - width) / 2)
        return pixels[:, :, top : top + height, left : left + width].copy()


# what they share -----------------------------------------------------------------------------------

Border = tuple[int, int, int, int]  # left, top, right, bottom
MODES: tuple[PaddingMode, ...] = get_args(PaddingMode)


def padded(pixels: Array, sides: Border, fill: Fill = 0, mode: PaddingMode = "constant") -> Array:
    """``pixels`` with a border of so many pixels on the sides."""
    (left, top, right, bottom), (n, channels, height, width) = sides, pixels.shape
    if not any(sides):
        return pixels.copy()
    if mode == "constant":
        result = np.empty((n, channels, top + height + bottom, left + width + right), pixels.dtype)
        result[:] = column(fill, pixels)
        result[:, :, top : top + height, left : left + width] = pixels
        return result
    if mode != "edge" and max(left - width, right - width, top - height, bottom - height) >= (mode == "symmetric"):
        raise ValueError(
            f"a border of {sides} (left, top, right, bottom) is more than a picture {height} high and {width} wide "
            'has to mirror; take padding_mode="edge" or "constant"'
        )
    widths = ((0, 0), (0, 0), (top, bottom), (left, right))
    return np.pad(pixels, widths, mode=mode)


def column(fill: Fill, pixels: Array) -> Array:
    """``fill``, a number, or one for each channel, as [channels or 1, 1, 1], as the pixels are."""
    channels = pixels.shape[1]
    with suppress(OverflowError, TypeError, ValueError):
        values: Array = np.asarray(fill, pixels.dtype).reshape(-1, 1, 1)
        if len(values) in (1, channels):
            return values
    raise ValueError(
        f"fill must be a number of {pixels.dtype}, or one for each of {channels} channels, got {fill!r:.80}"
    )


def computed_in(dtype: Dtype) -> Dtype:
    """The dtype in which means of pixels are computed: their own, or float32."""
    return dtype if dtype in (np.float32, np.float64) else np.dtype(np.float32)


def rounded(means: Array, dtype: Dtype) -> Array:
    """``means`` as pixels of ``dtype``; bytes that a curve overshoots are brought back to 0 and 255."""
    if dtype.kind == "f":
        return np.asarray(means, dtype)
    return np.asarray(np.rint(means).clip(0, 255) if dtype == np.uint8 else np.rint(means), dtype)


def pair(name: str, size: Size) -> tuple[int, int]:
    """``size`` as (height, width), each 1 or more."""
    sides = [size, size] if isinstance(size, int) else list(size)
    sides = sides * 2 if len(sides) == 1 else sides
    if len(sides) != 2 or not all(_whole(side) and side > 0 for side in sides):
        raise ValueError(f"{name} must be one number or (height, width), whole and above 0, got {size!r:.80}")
    return int(sides[0]), int(sides[1])


def border(name: str, padding: Size) -> Border:
    """``padding`` as left, top, right, bottom, each 0 or more."""
    sides = [padding] if isinstance(padding, int) else list(padding)
    if len(sides) not in (1, 2, 4) or not all(_whole(side) and side >= 0 for side in sides):
        raise ValueError(
            f"{name}: padding must be one number, (left and right, top and bottom), or (left, top, right, bottom), "
            f"whole and 0 or more, got {padding!r:.80}"
        )
    left, top, right, bottom = sides * (4 // len(sides))
    return int(left), int(top), int(right), int(bottom)


def check_mode(name: str, mode: str) -> None:
    """ValueError for a ``padding_mode`` that there is not."""
    if mode not in MODES:
        raise ValueError(f"{name}: padding_mode must be one of {', '.join(MODES)}, got {mode!r:.80}")


def check_interpolation(name: str, mode: object, smooth: bool = False) -> None:
    """TypeError for what is no `InterpolationMode`, ValueError for bicubic where it is not ``smooth``."""
    if mode is InterpolationMode.BICUBIC and not smooth:
        raise ValueError(f"{name}: interpolation must be nearest or bilinear, got bicubic")
    if not isinstance(mode, InterpolationMode):
        known = " or ".join(map(str, InterpolationMode))
        raise TypeError(f"{name}: interpolation must be {known}, got {mode!r:.80}")


def _whole(side: object) -> bool:
    return isinstance(side, int | np.integer) and not isinstance(side, bool)
