"""Crops: of random size, and several of one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.vision.transforms.geometry import CenterCrop, InterpolationMode, Resize, Size, pair
from glassnet.vision.transforms.images import opened
from glassnet.vision.transforms.rectangles import drawn_corner, drawn_sides
from glassnet.vision.transforms.transform import ModuleOfFields, Transform


@dataclass(eq=False, repr=False)
class RandomResizedCrop(Transform):
    """Crops each picture at random: to a share of its area within ``scale``, an aspect within ``ratio``, resized.

    ``size`` is (height, width), or one number for a square.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomResizedCrop(16)(glassnet.rand(3, 28, 40)).shape
    (3, 16, 16)
    """

    size: Size
    scale: Sequence[float] = (0.08, 1.0)
    ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0)
    interpolation: InterpolationMode = InterpolationMode.BILINEAR
    antialias: bool | None = True

    def __post_init__(self) -> None:
        self.size = pair("RandomResizedCrop: size", self.size)
        for name in ("scale", "ratio"):
            least, most = getattr(self, name)
            if not 0 < least <= most:
                raise ValueError(f"RandomResizedCrop: {name} must be (least, most), above 0, got ({least}, {most})")

    def shown(self) -> dict[str, Any]:
        """Its fields, shares with four digits."""
        spans = {name: tuple(round(x, 4) for x in getattr(self, name)) for name in ("scale", "ratio")}
        return super().shown() | spans

    def changed(self, pixels: Array) -> Array:
        """A part of each, of the new size."""
        parts, resize = [], Resize(self.size, self.interpolation, antialias=self.antialias)
        for picture in pixels:
            top, left, height, width = self._place(*picture.shape[1:])
            parts.append(resize.changed(picture[None, :, top : top + height, left : left + width]))
        return np.concatenate(parts)

    def _place(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Where the part begins, and its size; the middle of the picture where none that was drawn fits."""
        for wide, tall in drawn_sides(height, width, self.scale, self.ratio):
            if 0 < wide <= width and 0 < tall <= height:
                return *drawn_corner(height - tall, width - wide), tall, wide
        aspect = min(max(width / height, self.ratio[0]), self.ratio[1])
        tall, wide = min(height, round(width / aspect)), min(width, round(height * aspect))
        return (height - tall) // 2, (width - wide) // 2, tall, wide


@dataclass(eq=False)
class FiveCrop(ModuleOfFields):
    """The four corners and the middle of a picture, each of ``size``: a tuple of five.

    >>> from glassnet.vision import transforms
    >>> [x.shape for x in transforms.FiveCrop(2)(glassnet.zeros(1, 4, 4))]
    [(1, 2, 2), (1, 2, 2), (1, 2, 2), (1, 2, 2), (1, 2, 2)]
    """

    size: Size
    batched = False

    def __post_init__(self) -> None:
        self.size = pair("FiveCrop: size", self.size)

    def forward(self, image: Any) -> tuple[Any, ...]:
        """Upper left, upper right, lower left, lower right, middle."""
        pixels, back = opened(image, "FiveCrop")
        return tuple(back(part) for part in five(pixels, self.size))


@dataclass(eq=False)
class TenCrop(ModuleOfFields):
    """`FiveCrop` of a picture and of its mirror image, left for right or, if ``vertical_flip``, top for bottom.

    >>> from glassnet.vision import transforms
    >>> len(transforms.TenCrop(2)(glassnet.zeros(1, 4, 4)))
    10
    """

    size: Size
    vertical_flip: bool = False
    batched = False

    def __post_init__(self) -> None:
        self.size = pair("TenCrop: size", self.size)

    def forward(self, image: Any) -> tuple[Any, ...]:
        """Those of the picture, then those of the mirror image."""
        pixels, back = opened(image, "TenCrop")
        mirrored = np.flip(pixels, 2 if self.vertical_flip else 3)
        return tuple(back(part) for each in (pixels, mirrored) for part in five(each, self.size))


def five(pixels: Array, size: Any) -> list[Array]:
    """The four corners and the middle."""
    (height, width), (old_height, old_width) = size, pixels.shape[2:]
    if height > old_height or width > old_width:
        raise ShapeError(
            f"a crop {height} high and {width} wide is larger than the picture, {old_height} high and {old_width} wide"
        )
    places = [(top, left) for top in (0, old_height - height) for left in (0, old_width - width)]
    corners = [pixels[:, :, top : top + height, left : left + width].copy() for top, left in places]
    return [*corners, CenterCrop((height, width)).changed(pixels)]
