"""Augmentations by a policy: pairs of changes that were found by search, or changes that are drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from inspect import signature
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.random import chosen
from glassnet.vision.transforms import colours, warping
from glassnet.vision.transforms.geometry import Fill, InterpolationMode
from glassnet.vision.transforms.transform import Transform

# Of each policy, by the paper: the pairs of changes, each with its probability and its strength from 0 to 9.
_POLICIES = {
    "imagenet": """
        Posterize 0.4 8 then Rotate 0.6 9; Solarize 0.6 5 then AutoContrast 0.6; Equalize 0.8 then Equalize
        0.6; Posterize 0.6 7 then Posterize 0.6 6; Equalize 0.4 then Solarize 0.2 4; Equalize 0.4 then Rotate
        0.8 8; Solarize 0.6 3 then Equalize 0.6; Posterize 0.8 5 then Equalize 1.0; Rotate 0.2 3 then Solarize
        0.6 8; Equalize 0.6 then Posterize 0.4 6; Rotate 0.8 8 then Color 0.4 0; Rotate 0.4 9 then Equalize
        0.6; Equalize 0.0 then Equalize 0.8; Invert 0.6 then Equalize 1.0; Color 0.6 4 then Contrast 1.0 8;
        Rotate 0.8 8 then Color 1.0 2; Color 0.8 8 then Solarize 0.8 7; Sharpness 0.4 7 then Invert 0.6;
        ShearX 0.6 5 then Equalize 1.0; Color 0.4 0 then Equalize 0.6; Equalize 0.4 then Solarize 0.2 4;
        Solarize 0.6 5 then AutoContrast 0.6; Invert 0.6 then Equalize 1.0; Color 0.6 4 then Contrast 1.0 8;
        Equalize 0.8 then Equalize 0.6
    """,
    "cifar10": """
        Invert 0.1 then Contrast 0.2 6; Rotate 0.7 2 then TranslateX 0.3 9; Sharpness 0.8 1 then Sharpness 0.9
        3; ShearY 0.5 8 then TranslateY 0.7 9; AutoContrast 0.5 then Equalize 0.9; ShearY 0.2 7 then Posterize
        0.3 7; Color 0.4 3 then Brightness 0.6 7; Sharpness 0.3 9 then Brightness 0.7 9; Equalize 0.6 then
        Equalize 0.5; Contrast 0.6 7 then Sharpness 0.6 5; Color 0.7 7 then TranslateX 0.5 8; Equalize 0.3
        then AutoContrast 0.4; TranslateY 0.4 3 then Sharpness 0.2 6; Brightness 0.9 6 then Color 0.2 8;
        Solarize 0.5 2 then Invert 0.0; Equalize 0.2 then AutoContrast 0.6; Equalize 0.2 then Equalize 0.6;
        Color 0.9 9 then Equalize 0.6; AutoContrast 0.8 then Solarize 0.2 8; Brightness 0.1 3 then Color 0.7
        0; Solarize 0.4 5 then AutoContrast 0.9; TranslateY 0.9 9 then TranslateY 0.7 9; AutoContrast 0.9 then
        Solarize 0.8 3; Equalize 0.8 then Invert 0.1; TranslateY 0.7 9 then AutoContrast 0.9
    """,
    "svhn": """
        ShearX 0.9 4 then Invert 0.2; ShearY 0.9 8 then Invert 0.7; Equalize 0.6 then Solarize 0.6 6; Invert
        0.9 then Equalize 0.6; Equalize 0.6 then Rotate 0.9 3; ShearX 0.9 4 then AutoContrast 0.8; ShearY 0.9
        8 then Invert 0.4; ShearY 0.9 5 then Solarize 0.2 6; Invert 0.9 then AutoContrast 0.8; Equalize 0.6
        then Rotate 0.9 3; ShearX 0.9 4 then Solarize 0.3 3; ShearY 0.8 8 then Invert 0.7; Equalize 0.9 then
        TranslateY 0.6 6; Invert 0.9 then Equalize 0.6; Contrast 0.3 3 then Rotate 0.8 4; Invert 0.8 then
        TranslateY 0.0 2; ShearY 0.7 6 then Solarize 0.4 8; Invert 0.6 then Rotate 0.8 4; ShearY 0.3 7 then
        TranslateX 0.9 3; ShearX 0.1 6 then Invert 0.6; Solarize 0.7 2 then TranslateY 0.6 7; ShearY 0.8 4
        then Invert 0.8; ShearX 0.7 9 then TranslateY 0.8 3; ShearY 0.8 5 then AutoContrast 0.7; ShearX 0.7 2
        then Invert 0.1
    """,
}


class AutoAugmentPolicy(Enum):
    """The data sets that policies were found for.

    >>> from glassnet.vision import transforms
    >>> transforms.AutoAugmentPolicy.CIFAR10.value
    'cifar10'
    """

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


def _bent(x: float, y: float) -> Callable[..., Array]:
    """A shear: by so much of its strength along x and along y."""

    def change(pixels: Array, much: float, how: InterpolationMode, fill: Fill) -> Array:
        degrees = [float(np.rad2deg(np.arctan(much * share))) for share in (x, y)]
        return warping.moved(pixels, 0, (0, 0), 1, degrees, how, fill, (0, 0))

    return change


def _pushed(x: float, y: float) -> Callable[..., Array]:
    def change(pixels: Array, much: float, how: InterpolationMode, fill: Fill) -> Array:
        return warping.moved(pixels, 0, (int(much * x), int(much * y)), 1, (0, 0), how, fill, None)

    return change


def _turned(pixels: Array, much: float, how: InterpolationMode, fill: Fill) -> Array:
    return warping.moved(pixels, -much, (0, 0), 1, (0, 0), how, fill, None)


def _coloured(change: Callable[[Array, float], Array]) -> Callable[..., Array]:
    return lambda pixels, much, *_: change(pixels, 1 + much)


_CHANGES: dict[str, Callable[..., Array]] = {
    "Identity": lambda pixels, *_: pixels.copy(),
    "ShearX": _bent(1, 0),
    "ShearY": _bent(0, 1),
    "TranslateX": _pushed(1, 0),
    "TranslateY": _pushed(0, 1),
    "Rotate": _turned,
    "Brightness": _coloured(colours.brightened),
    "Color": _coloured(colours.saturated),
    "Contrast": _coloured(colours.contrasted),
    "Sharpness": _coloured(colours.sharpened),
    "Posterize": lambda pixels, much, *_: colours.posterized(pixels, int(much)),
    "Solarize": lambda pixels, much, *_: colours.solarized(pixels, much),
    "AutoContrast": lambda pixels, *_: colours.stretched(pixels),
    "Equalize": lambda pixels, *_: colours.equalized(pixels),
    "Invert": lambda pixels, *_: colours.inverted(pixels),
}
_SIGNED = {"ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast", "Sharpness"}
_PLAIN = {"Identity", "AutoContrast", "Equalize", "Invert"}  # of no strength


@dataclass(eq=False, repr=False)
class _ByPolicy(Transform):
    interpolation: InterpolationMode = InterpolationMode.NEAREST
    fill: Fill | None = None

    def shown(self) -> dict[str, Any]:
        """What it was made with, in the order of its arguments."""
        names = list(signature(type(self)).parameters)
        return {name: str(getattr(self, name)) for name in names}

    def changed(self, pixels: Array) -> Array:
        """Each in a way of its own."""
        return np.concatenate([self._one(pixels[i : i + 1]) for i in range(len(pixels))])

    def _one(self, pixels: Array) -> Array:
        raise NotImplementedError

    def _change(self, name: str, pixels: Array, much: float) -> Array:
        """One change of this strength; of those that have a direction, either is as likely."""
        if name in _SIGNED and chosen(None).random() < 0.5:
            much = -much
        return _CHANGES[name](pixels, much, self.interpolation, 0 if self.fill is None else self.fill)


@cache
def _parsed(policy: str) -> list[list[tuple[str, float, int]]]:
    pairs = []
    for line in _POLICIES[policy].split(";"):
        words = [step.split() for step in " ".join(line.split()).split(" then ")]
        pairs.append([(name, float(p), int(rest[0]) if rest else 0) for name, p, *rest in words])
    return pairs


@dataclass(eq=False, repr=False)
class AutoAugment(_ByPolicy):
    """Applies one of 25 pairs of changes to each picture of bytes, found for ImageNet, CIFAR-10 or SVHN.

    Source: Cubuk et al., "AutoAugment", 2018.

    >>> from glassnet.vision import transforms
    >>> picture = np.zeros((8, 8, 3), np.uint8)
    >>> transforms.AutoAugment(transforms.AutoAugmentPolicy.CIFAR10)(picture).shape
    (8, 8, 3)
    """

    policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET

    def __init__(
        self,
        policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Fill | None = None,
    ) -> None:
        super().__init__(interpolation, fill)
        self.policy = AutoAugmentPolicy(policy)

    def shown(self) -> dict[str, Any]:
        """The policy and the fill."""
        return {name: each for name, each in super().shown().items() if name != "interpolation"}

    def _one(self, pixels: Array) -> Array:
        pairs = _parsed(self.policy.value)
        for name, p, strength in pairs[int(chosen(None).integers(0, len(pairs)))]:
            if chosen(None).random() < p:
                pixels = self._change(name, pixels, _strength(name, strength / 9, pixels, 0.3, 150 / 331, 30, 4))
        return pixels.copy()


def _strength(
    name: str, share: float, pixels: Array, shear: float, push: float, turn: float, bits: int, colour: float = 0.9
) -> float:
    """How much a change does at a ``share`` of its strength, of which the others are the most."""
    height, width = pixels.shape[2:]
    if name in _PLAIN:
        return 0.0
    largest = {
        "ShearX": shear,
        "ShearY": shear,
        "TranslateX": push * width,
        "TranslateY": push * height,
        "Rotate": turn,
    }
    if name == "Posterize":
        return 8 - round(share * bits)
    return colours.most(pixels) * (1 - share) if name == "Solarize" else share * largest.get(name, colour)


_RANDOM = [name for name in _CHANGES if name != "Invert"]


@dataclass(eq=False, repr=False)
class RandAugment(_ByPolicy):
    """Applies ``num_ops`` random changes to each picture of bytes, of strength ``magnitude`` of ``num_magnitude_bins``.

    Source: Cubuk et al., "RandAugment", 2019.

    >>> from glassnet.vision import transforms
    >>> transforms.RandAugment()(np.zeros((8, 8, 3), np.uint8)).shape
    (8, 8, 3)
    """

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Fill | None = None,
    ) -> None:
        super().__init__(interpolation, fill)
        if not 0 <= magnitude < num_magnitude_bins:
            raise ValueError(f"RandAugment: magnitude must be from 0 to {num_magnitude_bins - 1}, got {magnitude}")
        self.num_ops, self.magnitude, self.num_magnitude_bins = num_ops, magnitude, num_magnitude_bins

    def _one(self, pixels: Array) -> Array:
        share = self.magnitude / (self.num_magnitude_bins - 1)
        for number in chosen(None).integers(0, len(_RANDOM), self.num_ops):
            name = _RANDOM[number]
            pixels = self._change(name, pixels, _strength(name, share, pixels, 0.3, 150 / 331, 30, 4))
        return pixels.copy()


@dataclass(eq=False, repr=False)
class TrivialAugmentWide(_ByPolicy):
    """Applies one random change of random strength to each picture of bytes.

    Source: Müller, Hutter, "TrivialAugment", 2021.

    >>> from glassnet.vision import transforms
    >>> transforms.TrivialAugmentWide()(np.zeros((8, 8, 3), np.uint8)).shape
    (8, 8, 3)
    """

    def __init__(
        self,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Fill | None = None,
    ) -> None:
        super().__init__(interpolation, fill)
        self.num_magnitude_bins = num_magnitude_bins

    def _one(self, pixels: Array) -> Array:
        name = _RANDOM[int(chosen(None).integers(0, len(_RANDOM)))]
        share = int(chosen(None).integers(0, self.num_magnitude_bins)) / max(self.num_magnitude_bins - 1, 1)
        much = _strength(name, share, pixels, 0.99, 1, 135, 6, 0.99)
        much = min(much, 32.0) if name in ("TranslateX", "TranslateY") else much
        return self._change(name, pixels, much)


@dataclass(eq=False, repr=False)
class AugMix(_ByPolicy):
    """Mixes each picture of bytes with several chains of random changes of it.

    Source: Hendrycks et al., "AugMix", 2019. A chain has ``chain_depth`` changes, 1 to 3 where that is below 1;
    ``alpha`` says how evenly the chains are weighed.

    >>> from glassnet.vision import transforms
    >>> transforms.AugMix()(np.zeros((8, 8, 3), np.uint8)).shape
    (8, 8, 3)
    """

    def __init__(
        self,
        severity: int = 3,
        mixture_width: int = 3,
        chain_depth: int = -1,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        fill: Fill | None = None,
    ) -> None:
        super().__init__(interpolation, fill)
        if not 1 <= severity <= 10:
            raise ValueError(f"AugMix: severity must be from 1 to 10, got {severity}")
        self.severity, self.mixture_width, self.chain_depth, self.alpha = severity, mixture_width, chain_depth, alpha
        self.all_ops = all_ops
        colour = ("Brightness", "Color", "Contrast", "Sharpness")
        self._names = [name for name in _RANDOM if name != "Identity" and (all_ops or name not in colour)]

    def _one(self, pixels: Array) -> Array:
        generator = chosen(None).numpy
        weights = generator.dirichlet([self.alpha] * self.mixture_width)
        kept = generator.beta(self.alpha, self.alpha)
        mixed = kept * pixels.astype(np.float64)
        for weight in weights:
            chain = pixels
            for _ in range(self.chain_depth if self.chain_depth > 0 else int(generator.integers(1, 4))):
                name = self._names[int(generator.integers(0, len(self._names)))]
                share = int(generator.integers(0, self.severity)) / 9
                chain = self._change(name, chain, _strength(name, share, chain, 0.3, 1 / 3, 30, 4))
            mixed = mixed + (1 - kept) * weight * chain
        return np.asarray(mixed, pixels.dtype)
