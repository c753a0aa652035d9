"""Random transforms: each picture gets a draw of its own, from glassnet's generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.random import chosen
from glassnet.vision.transforms.geometry import Fill, PaddingMode, Size, border, check_mode, padded, pair
from glassnet.vision.transforms.transform import Transform


@dataclass(eq=False, repr=False)
class _RandomFlip(Transform):
    """Flips each picture with probability ``p``."""

    p: float = 0.5
    _axis: ClassVar[int]

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError(f"{type(self).__name__}: p must be a probability, from 0 to 1, got {self.p}")

    def changed(self, pixels: Array) -> Array:
        """Some of them mirrored."""
        chance = chosen(None).random(len(pixels)) < self.p
        return np.where(chance[:, None, None, None], np.flip(pixels, self._axis), pixels)


class RandomHorizontalFlip(_RandomFlip):
    """Flips each picture, left for right, with probability ``p``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomHorizontalFlip(p=1.0)(np.array([[1, 2, 3]], np.uint8))
    array([[3, 2, 1]], dtype=uint8)
    """

    _axis = 3


class RandomVerticalFlip(_RandomFlip):
    """Flips each picture, top for bottom, with probability ``p``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomVerticalFlip(p=1.0)(np.array([[1], [2]], np.uint8))
    array([[2],
           [1]], dtype=uint8)
    """

    _axis = 2


@dataclass(eq=False, repr=False)
class RandomCrop(Transform):
    """Crops each picture at a random place to ``size``: (height, width), or one number for a square.

    First ``padding``, ``fill`` and ``padding_mode`` add a border as `Pad` does. With ``pad_if_needed``, a picture that
    is still smaller than ``size`` is padded on both sides by what is missing. Raises ShapeError for a picture that is
    too small.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomCrop(24, padding=2)(glassnet.rand(3, 28, 28)).shape
    (3, 24, 24)
    """

    size: Size
    padding: Size | None = None
    pad_if_needed: bool = False
    fill: Fill = 0
    padding_mode: PaddingMode = "constant"

    def __post_init__(self) -> None:
        self.size = self._sides = pair("RandomCrop: size", self.size)
        self._border = border("RandomCrop", 0 if self.padding is None else self.padding)
        check_mode("RandomCrop", self.padding_mode)

    def shown(self) -> dict[str, Any]:
        """The size and the border."""
        return {"size": self.size, "padding": self.padding}

    def changed(self, pixels: Array) -> Array:
        """A part of each."""
        height, width = self._sides
        pixels = padded(pixels, self._border, self.fill, self.padding_mode)
        if self.pad_if_needed:
            more, wider = max(height - pixels.shape[2], 0), max(width - pixels.shape[3], 0)
            pixels = padded(pixels, (wider, more, wider, more), self.fill, self.padding_mode)
        rows, columns = pixels.shape[2] - height + 1, pixels.shape[3] - width + 1
        if rows < 1 or columns < 1:
            raise ShapeError(
                f"RandomCrop: a part {height} high and {width} wide is larger than the picture, {pixels.shape[2]} high "
                f"and {pixels.shape[3]} wide with its border; make it larger by padding, or by Resize"
            )
        tops, lefts = chosen(None).integers(0, [rows, columns], (len(pixels), 2)).T
        parts = sliding_window_view(pixels, (height, width), axis=(2, 3))
        return parts[np.arange(len(pixels)), :, tops, lefts]
