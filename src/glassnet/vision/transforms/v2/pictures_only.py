"""Transforms that change the pictures of a sample and nothing else: colours, noise, conversions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, as_dtype
from glassnet.random import chosen
from glassnet.tensor import as_array
from glassnet.tensor import wrap as as_tensor
from glassnet.vision import tv_tensors
from glassnet.vision.transforms import colours, jitter, policies, tensors_and_pictures, transform
from glassnet.vision.transforms.pixels import ConvertImageDtype, Grayscale, Normalize, ToTensor
from glassnet.vision.transforms.v2.joint import Joint, Transform, is_picture


def of_samples(kind: Any) -> Any:
    """A transform of pictures as one of samples, of which it changes the pictures; its name and text are the same."""
    return type(kind.__name__, (Joint, kind), {"__doc__": kind.__doc__, "__module__": __package__})


class ToImage(Transform):
    """Pictures as `tv_tensors.Image`, not scaled: PIL images, arrays [height, width(, channels)], tensors.

    >>> from glassnet.vision.transforms import v2
    >>> v2.ToImage()(np.array([[0, 255]], np.uint8))
    Image([[[  0, 255]]], dtype=uint8)
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """A picture; what is none, as it is."""
        if isinstance(inpt, tv_tensors.TVTensor):
            return inpt
        return tv_tensors.Image(tensors_and_pictures.ToImage()(inpt))


class ToDtype(Transform):
    """Parts of a sample in another dtype, pictures scaled to its range if ``scale``.

    ``dtype`` is of pictures alone, or a dict by the class of a part, "others" for the rest; None leaves it.

    >>> from glassnet.vision.transforms import v2
    >>> v2.ToDtype(glassnet.float32, scale=True)(glassnet.tensor([[[0, 255]]], dtype=glassnet.uint8))
    tensor([[[0., 1.]]])
    """

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        self.dtype, self.scale = dtype, scale

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """A part, cast."""
        wanted = self.dtype
        if isinstance(wanted, Mapping):
            wanted = wanted.get(type(inpt), wanted.get("others"))
        elif not is_picture(inpt):
            return inpt
        if wanted is None:
            return inpt
        if self.scale and is_picture(inpt):
            return tv_tensors.wrap(ConvertImageDtype(wanted)(inpt), like=inpt)
        return tv_tensors.wrap(as_tensor(as_array(inpt).astype(as_dtype(wanted))), like=inpt)


class ToPureTensor(Transform):
    """Pictures, boxes, masks and key points as plain tensors.

    >>> from glassnet.vision import tv_tensors
    >>> from glassnet.vision.transforms import v2
    >>> v2.ToPureTensor()(tv_tensors.Mask([[0, 1]]))
    tensor([[0, 1]])
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Its numbers."""
        return as_tensor(inpt.array) if isinstance(inpt, tv_tensors.TVTensor) else inpt


class Identity(Transform):
    """Nothing.

    >>> from glassnet.vision.transforms import v2
    >>> v2.Identity()(3)
    3
    """

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """As it is."""
        return inpt


class GaussianNoise(Joint, transform.Transform):
    """Adds noise of a mean and a deviation to pictures of floating numbers, from 0 to 1, and keeps them there.

    >>> from glassnet.vision.transforms import v2
    >>> v2.GaussianNoise(0.5, 0.0)(glassnet.zeros(1, 1, 2))
    tensor([[[0.5000, 0.5000]]])
    """

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        if sigma < 0:
            raise ValueError(f"GaussianNoise: sigma must be 0 or more, got {sigma}")
        self.mean, self.sigma, self.clip = mean, sigma, clip

    def changed(self, pixels: Array) -> Array:
        """With noise of its own each."""
        if pixels.dtype.kind != "f":
            raise ValueError(f"GaussianNoise: expected pictures of floating numbers, got {pixels.dtype}")
        noisy = pixels + self.mean + self.sigma * chosen(None).standard_normal(pixels.shape)
        return np.asarray(noisy.clip(0, 1) if self.clip else noisy, pixels.dtype)


class RGB(Joint, transform.Transform):
    """Pictures of one channel with three.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RGB()(glassnet.zeros(1, 2, 2)).shape
    (3, 2, 2)
    """

    def changed(self, pixels: Array) -> Array:
        """Three channels."""
        return pixels.repeat(3, axis=1) if pixels.shape[1] == 1 else pixels[:, :3]


class RandomChannelPermutation(Joint, transform.Transform):
    """The channels of pictures in random order.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomChannelPermutation()(glassnet.ones(3, 1, 1)).sum()
    tensor(3.)
    """

    def changed(self, pixels: Array) -> Array:
        """One order for all."""
        return pixels[:, chosen(None).permutation(pixels.shape[1])]


class RandomPhotometricDistort(Joint, transform.Transform):
    """Changes brightness, contrast, saturation, hue and the order of channels, each with probability ``p``.

    Source: Liu et al., "SSD: Single Shot MultiBox Detector", 2015.

    >>> from glassnet.vision.transforms import v2
    >>> v2.RandomPhotometricDistort(p=0.0)(glassnet.ones(3, 1, 1)).sum()
    tensor(3.)
    """

    def __init__(
        self, brightness: Any = (0.875, 1.125), contrast: Any = (0.5, 1.5), saturation: Any = (0.5, 1.5),
        hue: Any = (-0.05, 0.05), p: float = 0.5,
    ) -> None:  # fmt: skip
        self.brightness, self.contrast, self.saturation, self.hue, self.p = brightness, contrast, saturation, hue, p

    def changed(self, pixels: Array) -> Array:
        """By draws of its own each."""
        return np.concatenate([self._one(pixels[number : number + 1]) for number in range(len(pixels))])

    def _one(self, pixels: Array) -> Array:
        generator = chosen(None)
        spans = [self.brightness, self.contrast, self.saturation, self.hue]
        changes = [colours.brightened, colours.contrasted, colours.saturated, colours.hued]
        order = [0, 1, 2, 3] if float(generator.random()) < 0.5 else [0, 2, 3, 1]  # contrast second or last
        for number in order:
            if float(generator.random()) < self.p:
                least, most = spans[number]
                pixels = changes[number](pixels, least + float(generator.random()) * (most - least))
        if float(generator.random()) < self.p:
            pixels = pixels[:, generator.permutation(pixels.shape[1])]
        return pixels


_ALIKE = [
    jitter.ColorJitter, jitter.GaussianBlur, jitter.RandomAdjustSharpness, jitter.RandomAutocontrast,
    jitter.RandomEqualize, jitter.RandomGrayscale, jitter.RandomInvert, jitter.RandomPosterize, jitter.RandomSolarize,
    ConvertImageDtype, Grayscale, Normalize, ToTensor, tensors_and_pictures.LinearTransformation,
    tensors_and_pictures.PILToTensor, tensors_and_pictures.RandomErasing, policies.AugMix, policies.AutoAugment,
    policies.RandAugment, policies.TrivialAugmentWide,
]  # fmt: skip
ALIKE = {kind.__name__: of_samples(kind) for kind in _ALIKE}
