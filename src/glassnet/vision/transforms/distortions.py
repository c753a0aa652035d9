"""Random distortions: moved, sheared, seen from aside, elastic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.random import chosen
from glassnet.vision.transforms import colours, warping
from glassnet.vision.transforms.geometry import Fill, InterpolationMode, check_interpolation
from glassnet.vision.transforms.jitter import Sometimes
from glassnet.vision.transforms.transform import Transform

Numbers = Sequence[float]


def _span(name: str, value: float | Numbers) -> tuple[float, float]:
    span = (-value, value) if isinstance(value, int | float) else tuple(value)
    if len(span) != 2 or span[0] > span[1]:
        raise ValueError(f"{name} must be a number of 0 or more, or (least, most), got {value!r:.60}")
    return float(span[0]), float(span[1])


@dataclass(eq=False, repr=False)
class RandomAffine(Transform):
    """Turns, moves, scales and shears each picture at random, about ``center`` (x, y) or its middle.

    ``degrees`` and ``shear`` are (least, most), or ± one number; ``shear`` of four is x and y. ``translate`` is the
    largest share of width and height that it is moved by, ``scale`` (least, most). Pixels from outside are ``fill``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomAffine((90, 90))(np.array([[1, 2], [3, 4]], np.uint8))
    array([[3, 1],
           [4, 2]], dtype=uint8)
    """

    degrees: float | Numbers
    translate: Numbers | None = None
    scale: Numbers | None = None
    shear: float | Numbers | None = None
    interpolation: InterpolationMode = InterpolationMode.NEAREST
    fill: Fill = 0
    center: Numbers | None = None

    def __post_init__(self) -> None:
        self._turns = _span("RandomAffine: degrees", self.degrees)
        if self.translate is not None and (len(self.translate) != 2 or not all(0 <= x <= 1 for x in self.translate)):
            raise ValueError(f"RandomAffine: translate must be two shares from 0 to 1, got {self.translate!r:.60}")
        if self.scale is not None and (len(self.scale) != 2 or not 0 < self.scale[0] <= self.scale[1]):
            raise ValueError(f"RandomAffine: scale must be (least, most), above 0, got {self.scale!r:.60}")
        shear = self.shear
        four = not isinstance(shear, int | float) and shear is not None and len(shear) == 4
        self._leans = [_span("RandomAffine: shear", shear[:2] if four else shear or 0)]  # type: ignore[index]
        self._leans.append(_span("RandomAffine: shear", shear[2:]) if four else (0.0, 0.0))  # type: ignore[index]
        check_interpolation("RandomAffine", self.interpolation)

    def shown(self) -> dict[str, Any]:
        """Its fields, as far as they were given, angles from where to where."""
        leans = self._leans if isinstance(self.shear, Sequence) and len(self.shear) == 4 else self._leans[:1]
        shear = None if self.shear is None else [float(x) for span in leans for x in span]
        facts = super().shown() | {"degrees": [float(x) for x in self._turns], "shear": shear}
        usual = {each.name: each.default for each in fields(self)}
        return {name: value for name, value in facts.items() if name == "degrees" or value != usual[name]}

    def changed(self, pixels: Array) -> Array:
        """Each by numbers of its own."""
        return np.concatenate([self._one(pixels[i : i + 1]) for i in range(len(pixels))])

    def _one(self, pixels: Array) -> Array:
        return warping.moved(pixels, *self.drawn(*pixels.shape[2:]), self.interpolation, self.fill, self.center)

    def drawn(self, height: int, width: int) -> tuple[float, list[int], float, list[float]]:
        """How far a picture of this size is turned, moved, scaled and sheared."""
        draws = chosen(None).random(6)

        def within(span: Any, draw: int) -> float:
            return float(span[0] + (span[1] - span[0]) * draws[draw])

        furthest = [share * size for share, size in zip(self.translate or (0, 0), (width, height), strict=True)]
        moves = [round(within((-most, most), 1 + i)) for i, most in enumerate(furthest)]
        larger = 1.0 if self.scale is None else within(self.scale, 3)
        leans = [within(span, 4 + i) for i, span in enumerate(self._leans)]
        return within(self._turns, 0), moves, larger, leans


@dataclass(eq=False, repr=False)
class RandomPerspective(Sometimes):
    """Shows each picture as from aside, with probability ``p``: its corners move inward at random.

    ``distortion_scale``, from 0 to 1, says how far. Pixels from outside are ``fill``.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomPerspective(0.5, p=1.0)(glassnet.rand(3, 16, 16)).shape
    (3, 16, 16)
    """

    distortion_scale: float = 0.5
    p: float = 0.5
    interpolation: InterpolationMode = InterpolationMode.BILINEAR
    fill: Fill = 0

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        fill: Fill = 0,
    ) -> None:
        super().__init__(p)
        self.distortion_scale, self.interpolation, self.fill = distortion_scale, interpolation, fill
        if not 0 <= distortion_scale <= 1:
            raise ValueError(f"RandomPerspective: distortion_scale must be from 0 to 1, got {distortion_scale}")
        check_interpolation("RandomPerspective", interpolation)

    def shown(self) -> dict[str, Any]:
        """Its probability alone."""
        return {"p": self.p}

    def happens(self, pixels: Array) -> Array:
        """By corners of its own."""
        height, width = pixels.shape[2:]
        reach = np.array([width // 2, height // 2]) * self.distortion_scale
        inward = chosen(None).integers(0, reach.astype(np.int64) + 1, (4, 2))
        corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]])
        ends = corners + inward * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        return warping.seen_from_aside(pixels, corners.tolist(), ends.tolist(), self.interpolation, self.fill)


@dataclass(eq=False, repr=False)
class ElasticTransform(Transform):
    """Moves every pixel a little, its neighbours nearly the same way (Simard et al., 2003).

    ``alpha`` says how far, ``sigma``, in pixels, how much alike neighbours move; each a number or one for x and y.

    >>> from glassnet.vision import transforms
    >>> transforms.ElasticTransform()(glassnet.rand(3, 32, 32)).shape
    (3, 32, 32)
    """

    alpha: float | Numbers = 50.0
    sigma: float | Numbers = 5.0
    interpolation: InterpolationMode = InterpolationMode.BILINEAR
    fill: Fill = 0

    def __post_init__(self) -> None:
        pairs = [(x, x) if isinstance(x, int | float) else tuple(x) for x in (self.alpha, self.sigma)]
        if any(len(each) != 2 for each in pairs) or min(pairs[1]) < 0:
            raise ValueError(
                f"ElasticTransform: alpha and sigma must be numbers, or two, got {self.alpha!r:.40}, {self.sigma!r:.40}"
            )
        self._alphas, self._sigmas = pairs

    def shown(self) -> dict[str, Any]:
        """Its fields, the numbers as lists."""
        pairs = {"alpha": list(map(float, self._alphas)), "sigma": list(map(float, self._sigmas))}
        fill = np.ravel(self.fill).astype(float).tolist()
        return pairs | {"interpolation": str(self.interpolation), "fill": fill}

    def changed(self, pixels: Array) -> Array:
        """Each in a way of its own."""
        return np.concatenate([self._one(pixels[i : i + 1]) for i in range(len(pixels))])

    def _one(self, pixels: Array) -> Array:
        moves: list[Array] = []
        for alpha, sigma in zip(self._alphas, self._sigmas, strict=True):
            noise = chosen(None).random((1, 1, *pixels.shape[2:])) * 2 - 1
            if sigma > 0:
                size = int(8 * sigma + 1) | 1
                half = min(size // 2, *(n - 1 for n in pixels.shape[2:]))
                noise = colours.blurred(noise, (2 * half + 1, 2 * half + 1), (sigma, sigma))
            moves.append(noise[0, 0] * alpha)
        return warping.shaken(pixels, moves[0], moves[1], self.interpolation, self.fill)
