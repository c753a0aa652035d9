"""Transforms of the values of pixels: to tensors, scaled, normalised, without colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.dtypes import Array, Dtype, as_dtype, get_default_dtype
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, wrap
from glassnet.vision.transforms.images import opened, opened_batch
from glassnet.vision.transforms.transform import Transform


@dataclass(eq=False, repr=False)
class ToTensor(Transform):
    """Converts a PIL image or a NumPy array [height, width(, channels)] to a tensor [channels, height, width].

    Bytes from 0 to 255 become floating numbers from 0 to 1; other values stay as they are.
    A tensor is taken only if it is [height, width], or [n, height, width] as a batch.

    >>> from glassnet.vision import transforms
    >>> transforms.ToTensor()(np.array([[0, 255]], np.uint8))
    tensor([[[0., 1.]]])
    """

    def forward(self, image: Any) -> Tensor:
        """``image`` as a tensor [channels, height, width]."""
        self._check(image, 2)
        pixels, _ = opened(image, "ToTensor")
        return wrap(self.changed(pixels)[0])

    def batch(self, images: Tensor) -> Tensor:
        """All of ``images`` [n, height, width] at once, as [n, 1, height, width]."""
        self._check(images, 3)
        pixels, _ = opened_batch(images, "ToTensor")
        return wrap(self.changed(pixels))

    def changed(self, pixels: Array) -> Array:
        """Bytes divided by 255, others copied."""
        if pixels.dtype != np.uint8:
            return pixels.copy()
        scaled: Array = np.divide(pixels, get_default_dtype().type(255), order="C")
        return scaled

    @staticmethod
    def _check(image: Any, dimensions: int) -> None:
        if isinstance(image, Tensor) and image.ndim > dimensions:
            raise TypeError(
                f"ToTensor: expected a NumPy array or a PIL image, got a tensor {written(image.shape)} already; leave "
                "ToTensor out, and scale bytes by ConvertImageDtype(glassnet.float32)"
            )


@dataclass(eq=False, repr=False)
class Normalize(Transform):
    """``(x − mean) / std``, for each channel: of tensors [..., channels, height, width] of floating numbers.

    ``mean`` and ``std`` have a number for each channel, or one for all. ``inplace`` writes into the given tensor.

    >>> from glassnet.vision import transforms
    >>> transforms.Normalize(mean=[0.5], std=[0.25])(glassnet.tensor([[[0.5, 1.0]]]))
    tensor([[[0., 2.]]])
    """

    mean: Sequence[float]
    std: Sequence[float]
    inplace: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        for name, values in (("mean", self.mean), ("std", self.std)):
            array = np.atleast_1d(np.asarray(values, np.float64))
            if array.ndim != 1 or not array.size or not np.isfinite(array).all():
                raise ValueError(f"Normalize: expected {name} as finite numbers, one for each channel, got {values}")
        if not np.all(np.asarray(self.std)):
            raise ValueError(f"Normalize: std must not be 0, which would be a division by 0, got {self.std}")

    def forward(self, image: Any) -> Tensor:
        """``image`` normalised."""
        if not isinstance(image, Tensor):
            raise TypeError(f"Normalize: expected a tensor, got {type(image).__name__}; put ToTensor() before it")
        if image.ndim < 3:
            raise ShapeError(
                f"Normalize: expected a tensor [..., channels, height, width], got {written(image.shape)}; put "
                "ToTensor() before it, or give it x.unsqueeze(-3)"
            )
        mean, std = self._columns(image.dtype, image.shape[-3])
        shifted: Tensor = image.sub_(mean) if self.inplace else image.sub(mean)
        shifted /= std
        return shifted

    def batch(self, images: Tensor) -> Tensor:
        """All of ``images`` [n, channels, height, width] at once."""
        return self.forward(images)

    def _columns(self, dtype: Dtype, channels: int) -> list[Tensor]:
        """Mean and deviation in ``dtype``, each [channels, 1, 1] or [1, 1, 1]."""
        if dtype.kind != "f":
            raise DtypeError(f"Normalize: expected floating numbers, got {dtype}; put ToTensor() before it")
        columns = [wrap(np.asarray(values, dtype).reshape(-1, 1, 1)) for values in (self.mean, self.std)]
        for name, column in zip(("mean", "std"), columns, strict=True):
            if len(column) not in (1, channels):
                raise ShapeError(
                    f"Normalize: {name} has a number for each of {len(column)} channels, but the picture has {channels}"
                )
        return columns


@dataclass(eq=False, repr=False)
class ConvertImageDtype(Transform):
    """Converts pictures to another dtype and scales them to its range: 0 to 1 for floats, 0 to the largest integer.

    >>> from glassnet.vision import transforms
    >>> transforms.ConvertImageDtype(glassnet.float32)(glassnet.tensor([[[0, 255]]], dtype=glassnet.uint8))
    tensor([[[0., 1.]]])
    """

    dtype: Any = field(repr=False)

    def __post_init__(self) -> None:
        self.dtype = as_dtype(self.dtype)
        if self.dtype.kind == "b":
            raise TypeError("ConvertImageDtype: expected a floating or an integer dtype, got bool")

    def changed(self, pixels: Array) -> Array:
        """Scaled and cast."""
        old, new = pixels.dtype, self.dtype
        if old == new or old.kind == "b" or (old.kind == new.kind == "f"):
            return pixels.astype(new)
        if new.kind == "f":
            return np.asarray(pixels / np.iinfo(old).max, new)
        most = np.iinfo(new).max
        if old.kind == "f":
            if np.finfo(old).nmant + 1 < np.iinfo(new).bits - (new.kind == "i"):
                raise DtypeError(f"ConvertImageDtype: {old} has not digits enough for {new}; take a smaller dtype")
            wide = np.result_type(old, np.float32)
            return np.asarray(pixels * wide.type(most + 1 - 1e-3), new)
        known = np.iinfo(old).max
        if known > most:
            return np.asarray(pixels // ((known + 1) // (most + 1)), new)
        scaled: Array = pixels.astype(new) * new.type((most + 1) // (known + 1))
        return scaled


@dataclass(eq=False, repr=False)
class Grayscale(Transform):
    """Converts colour to brightness, 0.2989 R + 0.587 G + 0.114 B (ITU-R BT.601), in 1 or 3 channels.

    >>> from glassnet.vision import transforms
    >>> red = np.array([[[255, 0, 0]]], np.uint8)
    >>> transforms.Grayscale()(red)
    array([[[76]]], dtype=uint8)
    """

    num_output_channels: int = 1

    def __post_init__(self) -> None:
        if self.num_output_channels not in (1, 3):
            raise ValueError(f"Grayscale: num_output_channels must be 1 or 3, got {self.num_output_channels}")

    def changed(self, pixels: Array) -> Array:
        """The brightness of each pixel, in the dtype of the picture, rounded down if that is of whole numbers."""
        channels = pixels.shape[1]
        if channels not in (1, 3):
            raise ShapeError(f"Grayscale: expected a picture of 1 or 3 channels, got {channels}")
        if channels == 3:
            kind = pixels.dtype if pixels.dtype.kind == "f" else np.dtype(np.float32)
            red, green, blue = (pixels[:, i : i + 1].astype(kind) for i in range(3))
            pixels = (red * kind.type(0.2989) + green * kind.type(0.587) + blue * kind.type(0.114)).astype(pixels.dtype)
        return pixels.repeat(self.num_output_channels, axis=1)
