"""What a picture can be, and the one form in which transforms work: an array [n, channels, height, width].

==============================  =============================================================
picture                         read as
==============================  =============================================================
NumPy array                     [height, width] or [height, width, channels]
PIL image                       the same, as ``numpy.asarray`` has it; only if Pillow is installed
tensor                          [..., channels, height, width], or [height, width]
==============================  =============================================================

A batch is a tensor [n, channels, height, width], or [n, height, width] of grey pictures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import GradientError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, wrap

Opened = tuple[Array, Callable[[Array], Any]]  # the pixels, and what makes of others a picture of the same kind
OpenedTensor = tuple[Array, Callable[[Array], Tensor]]


def opened(image: Any, name: str) -> Opened:
    """A picture as pixels [n, channels, height, width], and the way back."""
    if isinstance(image, Tensor):
        return _of_tensor(image, name, batch=False)
    if isinstance(image, np.ndarray):
        return _of_array(image, name)
    if is_pil(image):
        pixels, back = _of_array(array_of(image), name)
        return pixels, lambda changed: pil_of(back(changed))
    raise TypeError(f"{name}: expected a tensor, a NumPy array or a PIL image, got {type(image).__name__}")


def opened_batch(images: Any, name: str) -> OpenedTensor:
    """A batch as pixels [n, channels, height, width], and the way back."""
    if not isinstance(images, Tensor):
        raise TypeError(f"{name}: expected a batch of pictures as a tensor, got {type(images).__name__}")
    return _of_tensor(images, name, batch=True)


def _of_tensor(image: Tensor, name: str, batch: bool) -> OpenedTensor:
    if image.requires_grad:
        raise GradientError(f"{name}: transforms are for data and have no derivative; give it x.detach()")
    pixels, least = image.array, 3 if batch else 2
    if pixels.ndim < least:
        what = "[n, height, width] or [n, channels" if batch else "[height, width] or [..., channels"
        raise ShapeError(f"{name}: expected {what}, height, width], got {written(pixels.shape)}")
    _check_pixels(pixels, name)
    if pixels.ndim == least:
        return _grey(pixels, name, batch)
    before = pixels.shape[:-3]
    return pixels.reshape(-1, *pixels.shape[-3:]), lambda y: wrap(y.reshape(*before, *y.shape[1:]))


def _grey(pixels: Array, name: str, batch: bool) -> OpenedTensor:
    """Pictures without a dimension for channels; if they come to have several, the dimension appears."""

    def back(y: Array) -> Tensor:
        y = y[:, 0] if y.shape[1] == 1 else y
        return wrap(y if batch else y[0])

    return pixels[:, None] if batch else pixels[None, None], back


def _of_array(image: Array, name: str) -> Opened:
    if image.ndim not in (2, 3):
        raise ShapeError(
            f"{name}: expected an array [height, width] or [height, width, channels], got {written(image.shape)}"
        )
    _check_pixels(image, name)
    flat = image.ndim == 2

    def back(y: Array) -> Array:
        return np.ascontiguousarray(y[0, 0] if flat and y.shape[1] == 1 else y[0].transpose(1, 2, 0))

    return (image[None, None] if flat else image.transpose(2, 0, 1)[None]), back


def _check_pixels(pixels: Array, name: str) -> None:
    if pixels.dtype.kind not in "buif":
        raise TypeError(f"{name}: expected numbers, got an array of {pixels.dtype}")
    if 0 in pixels.shape[-3:]:
        raise ShapeError(f"{name}: expected a picture of at least one pixel, got {written(pixels.shape)}")


def is_pil(image: Any) -> bool:
    """Whether ``image`` is a PIL image; Pillow is not loaded to find out."""
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(image, pil.Image)


def array_of(image: Any) -> Array:
    """The pixels of a PIL image, [height, width] or [height, width, channels]; a palette is looked up, and what
    would not be known again by its channels becomes RGB."""
    modes = {"1": "L", "P": "RGB", "PA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "HSV": "RGB"}
    return np.array(image.convert(modes[image.mode]) if image.mode in modes else image)


def pil_of(array: Array) -> Any:
    """A PIL image of ``array``."""
    from PIL import Image

    return Image.fromarray(array[:, :, 0] if array.shape[2:] == (1,) else array)
