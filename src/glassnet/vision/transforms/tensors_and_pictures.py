"""Between tensors and PIL images, and what is done to tensors: erased parts, products with a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.extras import needed_to
from glassnet.ops.dtypes import Array, as_dtype
from glassnet.ops.shapes import written
from glassnet.random import chosen
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.vision.transforms.images import array_of, is_pil, pil_of
from glassnet.vision.transforms.jitter import Sometimes
from glassnet.vision.transforms.pixels import ConvertImageDtype
from glassnet.vision.transforms.rectangles import drawn_corner, drawn_sides
from glassnet.vision.transforms.transform import Transform


class PILToTensor(Transform):
    """Converts a PIL image, or an array [height, width(, channels)], to a tensor [channels, height, width] of bytes.

    >>> from glassnet.vision import transforms
    >>> transforms.PILToTensor()(np.array([[0, 255]], np.uint8))
    tensor([[[  0, 255]]], dtype=uint8)
    """

    batched = False

    def forward(self, pic: Any) -> Tensor:
        """The pixels, not scaled."""
        if not is_pil(pic) and not isinstance(pic, np.ndarray):
            raise TypeError(f"PILToTensor: expected a PIL image or an array, got {type(pic).__name__}")
        pixels = array_of(pic) if is_pil(pic) else pic
        return wrap(np.array(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1), order="C"))


class ToImage(PILToTensor):
    """`PILToTensor`, which gives a tensor as it is: the first of torchvision's newer transforms (v2).

    >>> from glassnet.vision import transforms
    >>> transforms.ToImage()(np.array([[0, 255]], np.uint8))
    tensor([[[  0, 255]]], dtype=uint8)
    """

    def forward(self, pic: Any) -> Tensor:
        """The pixels, not scaled."""
        return pic if isinstance(pic, Tensor) else super().forward(pic)


@dataclass(eq=False, repr=False)
class ToDtype(Transform):
    """Converts pictures to another dtype, and, with ``scale``, to its range, as `ConvertImageDtype` does.

    >>> from glassnet.vision import transforms
    >>> transforms.ToDtype(glassnet.float32, scale=True)(glassnet.tensor([[[0, 255]]], dtype=glassnet.uint8))
    tensor([[[0., 1.]]])
    """

    dtype: Any
    scale: bool = False

    def changed(self, pixels: Array) -> Array:
        """Scaled or not, and cast."""
        return ConvertImageDtype(self.dtype).changed(pixels) if self.scale else pixels.astype(as_dtype(self.dtype))


@dataclass(eq=False)
class ToPILImage:
    """Converts a tensor [channels, height, width], or an array [height, width(, channels)], to a PIL image.

    Floating numbers of a tensor, from 0 to 1, become bytes. ``mode`` is Pillow's name of the kind of image. Needs
    Pillow.

    >>> from glassnet.vision import transforms
    >>> transforms.ToPILImage()(glassnet.ones(3, 2, 4)).size
    (4, 2)
    """

    mode: str | None = None
    batched = False

    def __repr__(self) -> str:
        return f"ToPILImage({'' if self.mode is None else f'mode={self.mode}'})"

    def __call__(self, pic: Any) -> Any:
        """As an image."""
        if not isinstance(pic, Tensor | np.ndarray):
            raise TypeError(f"ToPILImage: expected a tensor or an array, got {type(pic).__name__}")
        with needed_to("make PIL images"):
            from PIL import Image
        pixels = as_array(pic)
        if isinstance(pic, Tensor):
            if pixels.ndim not in (2, 3):
                raise ShapeError(f"ToPILImage: expected [channels, height, width], got {written(pixels.shape)}")
            pixels = pixels[None] if pixels.ndim == 2 else pixels
            if pixels.dtype.kind == "f" and self.mode != "F":
                pixels = (pixels * 255).astype(np.uint8)
            pixels = pixels.transpose(1, 2, 0)
        pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
        if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4):
            raise ShapeError(f"ToPILImage: expected 1 to 4 channels, got {written(pixels.shape)}")
        if pixels.shape[2] == 2:
            image: Any = Image.fromarray(np.ascontiguousarray(pixels), "LA")
        else:
            image = pil_of(np.ascontiguousarray(pixels))
        return image if self.mode in (None, image.mode) else image.convert(self.mode)


@dataclass(eq=False, repr=False)
class RandomErasing(Sometimes):
    """Erases a random rectangle of each tensor [channels, height, width], with probability ``p`` (Zhong et al., 2017).

    Its area is a share within ``scale``, its aspect within ``ratio``. ``value`` takes its place: a number, one for each
    channel, or "random" numbers. ``inplace`` is taken, and changes nothing.

    >>> from glassnet.vision import transforms
    >>> transforms.RandomErasing(p=1.0, scale=(1, 1), ratio=(1, 1))(glassnet.ones(1, 2, 2)).sum()
    tensor(4.)
    """

    scale: Sequence[float] = (0.02, 0.33)
    ratio: Sequence[float] = (0.3, 3.3)
    value: Any = 0

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__(p)
        if not 0 <= scale[0] <= scale[1] <= 1 or not 0 < ratio[0] <= ratio[1]:
            raise ValueError(f"RandomErasing: scale and ratio must be (least, most), got {scale} and {ratio}")
        if isinstance(value, str) and value != "random":
            raise ValueError(
                f'RandomErasing: value must be a number, one for each channel, or "random", got {value!r:.40}'
            )
        self.scale, self.ratio, self.value, self.inplace = scale, ratio, value, inplace

    def shown(self) -> dict[str, Any]:
        """Its fields, ``inplace`` too."""
        return super().shown() | {"inplace": self.inplace}

    def happens(self, pixels: Array) -> Array:
        """At a place of its own."""
        self._erase(pixels[0])
        return pixels

    def _erase(self, picture: Array) -> None:
        channels, height, width = picture.shape
        for tall, wide in drawn_sides(height, width, self.scale, self.ratio):
            if tall < height and wide < width:
                top, left = drawn_corner(height - tall, width - wide)
                place = picture[:, top : top + tall, left : left + wide]
                if self.value == "random":
                    place[:] = chosen(None).standard_normal(place.shape)
                else:
                    values = np.asarray(self.value).reshape(-1, 1, 1)
                    if len(values) not in (1, channels):
                        raise ValueError(f"RandomErasing: expected a value, or one for each of {channels} channels")
                    place[:] = values
                return


@dataclass(eq=False, repr=False)
class LinearTransformation(Transform):
    """Multiplies each picture, as one row of numbers less ``mean_vector``, with a square matrix: whitening.

    >>> from glassnet.vision import transforms
    >>> transforms.LinearTransformation(2 * glassnet.eye(2), glassnet.ones(2))(glassnet.tensor([[[1.0, 3.0]]]))
    tensor([[[0., 4.]]])
    """

    transformation_matrix: Tensor
    mean_vector: Tensor

    def __post_init__(self) -> None:
        matrix, mean = as_array(self.transformation_matrix), as_array(self.mean_vector)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or mean.shape != matrix.shape[:1]:
            raise ShapeError(
                f"LinearTransformation: expected a matrix [n, n] and a mean [n], got {written(matrix.shape)} and "
                f"{written(mean.shape)}"
            )

    def shown(self) -> dict[str, Any]:
        """The numbers, as lists."""
        return {name: value.tolist() for name, value in super().shown().items()}

    def changed(self, pixels: Array) -> Array:
        """Multiplied."""
        matrix, mean = as_array(self.transformation_matrix), as_array(self.mean_vector)
        if pixels[0].size != len(mean):
            raise ShapeError(
                f"LinearTransformation: expected pictures of {len(mean)} numbers, got {written(pixels.shape[1:])}"
            )
        rows = (pixels.reshape(len(pixels), -1) - mean) @ matrix
        return rows.reshape(pixels.shape).astype(pixels.dtype)
