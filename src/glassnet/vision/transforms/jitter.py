"""Random changes of colour: ColorJitter, and those that happen with a probability."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.random import chosen
from glassnet.vision.transforms import colours
from glassnet.vision.transforms.transform import Transform

Range = float | Sequence[float] | None


@dataclass(eq=False, repr=False)
class ColorJitter(Transform):
    """Changes brightness, contrast, saturation and hue of each picture by random factors, in random order.

    Each of the first three is a number, for factors from 1 − it to 1 + it, or (least, most). ``hue`` is a number up
    to 0.5, for shifts from −it to it, or (least, most).

    >>> from glassnet.vision import transforms
    >>> transforms.ColorJitter(brightness=(0.5, 0.5))(np.array([[100, 200]], np.uint8))
    array([[ 50, 100]], dtype=uint8)
    """

    brightness: Range = 0
    contrast: Range = 0
    saturation: Range = 0
    hue: Range = 0

    def __post_init__(self) -> None:
        self._ranges = [
            _range("brightness", self.brightness),
            _range("contrast", self.contrast),
            _range("saturation", self.saturation),
            _range("hue", self.hue, 0.0, (-0.5, 0.5)),
        ]

    def shown(self) -> dict[str, Any]:
        """From where to where its factors are."""
        return dict(zip(("brightness", "contrast", "saturation", "hue"), self._ranges, strict=True))

    def changed(self, pixels: Array) -> Array:
        """Each by factors of its own."""
        result = [self._one(pixels[i : i + 1]) for i in range(len(pixels))]
        return np.concatenate(result)

    def _one(self, pixels: Array) -> Array:
        generator = chosen(None)
        pixels = pixels.copy()
        for number in generator.permutation(4):
            span = self._ranges[number]
            if span is not None:
                factor = span[0] + (span[1] - span[0]) * float(generator.random())
                change = (colours.brightened, colours.contrasted, colours.saturated, colours.hued)[number]
                pixels = change(pixels, factor)
        return pixels


def _range(
    name: str, value: Range, centre: float = 1.0, bounds: tuple[float, float] = (0, math.inf)
) -> tuple[float, float] | None:
    if value is None:
        return None
    span = (max(centre - value, bounds[0]), centre + value) if isinstance(value, int | float) else tuple(value)
    if len(span) != 2 or not bounds[0] <= span[0] <= span[1] <= bounds[1] or (np.isscalar(value) and value < 0):  # type: ignore[operator]
        raise ValueError(
            f"ColorJitter: expected {name} as a number of 0 or more, or (least, most) in {bounds}, got {value!r:.40}"
        )
    return None if span[0] == span[1] == centre else (float(span[0]), float(span[1]))


@dataclass(eq=False, repr=False)
class Sometimes(Transform):
    """What happens to each picture with probability ``p``."""

    p: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError(f"{type(self).__name__}: p must be a probability, from 0 to 1, got {self.p}")

    def changed(self, pixels: Array) -> Array:
        """Some of them."""
        result = pixels.copy()
        for i in range(len(pixels)):
            if float(chosen(None).random()) < self.p:
                result[i : i + 1] = self.happens(result[i : i + 1])
        return result

    def happens(self, pixels: Array) -> Array:
        """What happens to a picture, [1, channels, height, width]."""
        raise NotImplementedError


class RandomGrayscale(Sometimes):
    """Takes the colour from each picture, with probability ``p``; it has as many channels as before.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomGrayscale(1.0)(np.array([[[255, 0, 0]]], np.uint8))
    array([[[76, 76, 76]]], dtype=uint8)
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    def happens(self, pixels: Array) -> Array:
        """Grey."""
        return colours.grey(pixels).repeat(pixels.shape[1], axis=1)


class RandomInvert(Sometimes):
    """Makes a negative of each picture, with probability ``p``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomInvert(1.0)(np.array([[0, 55]], np.uint8))
    array([[255, 200]], dtype=uint8)
    """

    happens = staticmethod(colours.inverted)


class RandomAutocontrast(Sometimes):
    """Makes the darkest pixel of each channel black and the brightest white, with probability ``p``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomAutocontrast(1.0)(np.array([[50, 100, 150]], np.uint8))
    array([[  0, 127, 255]], dtype=uint8)
    """

    happens = staticmethod(colours.stretched)


class RandomEqualize(Sometimes):
    """Makes every brightness as often as any other in each picture of bytes, with probability ``p``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomEqualize(1.0)(np.zeros((2, 2), np.uint8))
    array([[0, 0],
           [0, 0]], dtype=uint8)
    """

    happens = staticmethod(colours.equalized)


class _WithNumber(Sometimes):
    """One that a number says the strength of."""

    _name: str
    _change: Callable[[Array, Any], Array]

    def __init__(self, number: Any, p: float = 0.5) -> None:
        super().__init__(p)
        setattr(self, self._name, number)

    def happens(self, pixels: Array) -> Array:
        """By that number."""
        return self._change(pixels, getattr(self, self._name))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name}={getattr(self, self._name)},p={self.p})"


class RandomPosterize(_WithNumber):
    """Keeps the highest ``bits`` of each byte alone, with probability ``p``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomPosterize(bits=2, p=1.0)(np.array([[100, 200]], np.uint8))
    array([[ 64, 192]], dtype=uint8)
    """

    _name, _change = "bits", staticmethod(colours.posterized)

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(bits, p)


class RandomSolarize(_WithNumber):
    """Makes a negative of the pixels of ``threshold`` or more, with probability ``p``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomSolarize(threshold=200, p=1.0)(np.array([[100, 200]], np.uint8))
    array([[100,  55]], dtype=uint8)
    """

    _name, _change = "threshold", staticmethod(colours.solarized)

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(threshold, p)


class RandomAdjustSharpness(_WithNumber):
    """Makes each picture sharper, by ``sharpness_factor`` (0 is blurred, 1 as it is), with probability ``p``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomAdjustSharpness(2, p=1.0)(np.eye(3, dtype=np.float32))[1, 1]
    np.float32(1.0)
    """

    _name, _change = "sharpness_factor", staticmethod(colours.sharpened)

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(sharpness_factor, p)


@dataclass(eq=False, repr=False)
class GaussianBlur(Transform):
    """Blurs each picture by a Gaussian of a random deviation ``sigma``: a number, or (least, most).

    ``kernel_size``, odd, is how many pixels are taken in, (width, height) or one number.

    >>> from glassnet.vision import transforms
    >>> transforms.GaussianBlur(3, 1.0)(np.array([[0, 0, 100, 0, 0]] * 3, np.uint8))[0]
    array([ 0, 27, 45, 27,  0], dtype=uint8)
    """

    kernel_size: int | Sequence[int]
    sigma: float | Sequence[float] = (0.1, 2.0)

    def __post_init__(self) -> None:
        sizes = (self.kernel_size,) * 2 if isinstance(self.kernel_size, int) else tuple(self.kernel_size)
        if len(sizes) != 2 or not all(size > 0 and size % 2 for size in sizes):
            raise ValueError(f"GaussianBlur: kernel_size must be odd and above 0, got {self.kernel_size!r:.60}")
        span = (self.sigma,) * 2 if isinstance(self.sigma, int | float) else tuple(self.sigma)
        if len(span) != 2 or not 0 < span[0] <= span[1]:
            raise ValueError(f"GaussianBlur: sigma must be above 0, or (least, most), got {self.sigma!r:.60}")
        self._sizes, self._span = (int(sizes[0]), int(sizes[1])), (float(span[0]), float(span[1]))

    def shown(self) -> dict[str, Any]:
        """Both as pairs."""
        return {"kernel_size": self._sizes, "sigma": self._span}

    def changed(self, pixels: Array) -> Array:
        """Each by a deviation of its own."""
        low, high = self._span
        sigmas = low + (high - low) * chosen(None).random(len(pixels))
        return np.concatenate([
            colours.blurred(pixels[i : i + 1], self._sizes, (float(sigma), float(sigma)))
            for i, sigma in enumerate(sigmas)
        ])  # fmt: skip
