"""Transforms as functions. Each takes a picture as transforms do, and gives the same kind back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor
from glassnet.vision.transforms import colours, warping
from glassnet.vision.transforms.crops import FiveCrop, TenCrop
from glassnet.vision.transforms.geometry import (
    CenterCrop,
    Fill,
    InterpolationMode,
    Pad,
    PaddingMode,
    Resize,
    Size,
    padded,
)
from glassnet.vision.transforms.images import opened
from glassnet.vision.transforms.pixels import ConvertImageDtype, Grayscale, Normalize, ToTensor
from glassnet.vision.transforms.rotation import RandomRotation
from glassnet.vision.transforms.tensors_and_pictures import PILToTensor, ToPILImage

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
    "adjust_sharpness", "affine", "autocontrast", "center_crop", "convert_image_dtype", "crop", "equalize", "erase",
    "five_crop", "gaussian_blur", "get_dimensions", "get_image_num_channels", "get_image_size", "hflip", "invert",
    "normalize", "pad", "perspective", "pil_to_tensor", "posterize", "resize", "resized_crop", "rgb_to_grayscale",
    "rotate", "solarize", "ten_crop", "to_grayscale", "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip

_NEAREST, _BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR


def _on(name: str, img: Any, change: Callable[[Array], Array]) -> Any:
    pixels, back = opened(img, name)
    return back(change(pixels))


def to_tensor(pic: Any) -> Tensor:
    """A tensor [channels, height, width] from 0 to 1; see `ToTensor`."""
    return ToTensor().forward(pic)


def pil_to_tensor(pic: Any) -> Tensor:
    """A tensor [channels, height, width] of bytes; see `PILToTensor`."""
    return PILToTensor().forward(pic)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A PIL image; see `ToPILImage`."""
    return ToPILImage(mode)(pic)


def convert_image_dtype(image: Tensor, dtype: Any = np.float32) -> Tensor:
    """Another dtype, scaled to its range; see `ConvertImageDtype`."""
    result: Tensor = ConvertImageDtype(dtype)(image)
    return result


def normalize(tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Tensor:
    """(x − mean) / std of each channel; see `Normalize`."""
    return Normalize(mean, std, inplace).forward(tensor)


def resize(
    img: Any,
    size: Size,
    interpolation: InterpolationMode = _BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """Another size; see `Resize`."""
    return Resize(size, interpolation, max_size, antialias)(img)


def pad(img: Any, padding: Size, fill: Fill = 0, padding_mode: PaddingMode = "constant") -> Any:
    """With a border; see `Pad`."""
    return Pad(padding, fill, padding_mode)(img)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part that begins at (top, left); what is outside of the picture is 0.

    >>> from glassnet.vision.transforms import functional as TF
    >>> TF.crop(np.array([[1, 2, 3]], np.uint8), 0, 1, 1, 3)
    array([[2, 3, 0]], dtype=uint8)
    """
    return _on("crop", img, lambda pixels: _cropped(pixels, top, left, height, width))


def _cropped(pixels: Array, top: int, left: int, height: int, width: int) -> Array:
    old_height, old_width = pixels.shape[2:]
    border = (max(-left, 0), max(-top, 0), max(left + width - old_width, 0), max(top + height - old_height, 0))
    wide = padded(pixels, border)
    top, left = top + border[1], left + border[0]
    return wide[:, :, top : top + height, left : left + width].copy()


def center_crop(img: Any, output_size: Size) -> Any:
    """The middle; see `CenterCrop`."""
    return CenterCrop(output_size)(img)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Size,
    interpolation: InterpolationMode = _BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A part of the picture, of another size: `crop`, then `resize`."""
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)


def five_crop(img: Any, size: Size) -> tuple[Any, ...]:
    """Corners and middle; see `FiveCrop`."""
    return FiveCrop(size).forward(img)


def ten_crop(img: Any, size: Size, vertical_flip: bool = False) -> tuple[Any, ...]:
    """Corners and middle, of the mirror image too; see `TenCrop`."""
    return TenCrop(size, vertical_flip).forward(img)


def hflip(img: Any) -> Any:
    """Left for right.

    >>> from glassnet.vision.transforms import functional as TF
    >>> TF.hflip(np.array([[1, 2, 3]], np.uint8))
    array([[3, 2, 1]], dtype=uint8)
    """
    return _on("hflip", img, lambda pixels: np.flip(pixels, 3).copy())


def vflip(img: Any) -> Any:
    """Top for bottom."""
    return _on("vflip", img, lambda pixels: np.flip(pixels, 2).copy())


def rotate(
    img: Any,
    angle: float,
    interpolation: InterpolationMode = _NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Fill | None = None,
) -> Any:
    """Turned counterclockwise by ``angle``, in degrees; see `RandomRotation`."""
    return RandomRotation((angle, angle), interpolation, expand, center, 0 if fill is None else fill)(img)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: float | Sequence[float],
    interpolation: InterpolationMode = _NEAREST,
    fill: Fill | None = None,
    center: Sequence[float] | None = None,
) -> Any:
    """Sheared, scaled, turned clockwise by ``angle``, moved by ``translate`` pixels (x, y); see `RandomAffine`.

    >>> from glassnet.vision.transforms import functional as TF
    >>> TF.affine(np.array([[1, 2, 3]], np.uint8), 0, (1, 0), 1.0, 0.0)
    array([[0, 1, 2]], dtype=uint8)
    """
    if scale <= 0:
        raise ValueError(f"affine: scale must be above 0, got {scale}")
    leans = [shear, 0.0] if isinstance(shear, int | float) else [*shear, 0.0][:2]
    place = (interpolation, 0 if fill is None else fill, center)
    return _on("affine", img, lambda pixels: warping.moved(pixels, angle, translate, scale, leans, *place))


def perspective(
    img: Any,
    startpoints: Sequence[Sequence[int]],
    endpoints: Sequence[Sequence[int]],
    interpolation: InterpolationMode = _BILINEAR,
    fill: Fill | None = None,
) -> Any:
    """Seen from aside: four points (x, y) come to be at four others; see `RandomPerspective`."""
    outside = 0 if fill is None else fill
    return _on("perspective", img, lambda x: warping.seen_from_aside(x, startpoints, endpoints, interpolation, outside))


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Tensor:
    """A tensor [..., height, width] with ``v`` in the rectangle that begins at (i, j)."""
    result = img if inplace else img.clone()
    result[..., i : i + h, j : j + w] = v
    return result


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """0 is black, 1 the picture, 2 twice as bright.

    >>> from glassnet.vision.transforms import functional as TF
    >>> TF.adjust_brightness(np.array([[100, 200]], np.uint8), 2)
    array([[200, 255]], dtype=uint8)
    """
    _check("brightness_factor", brightness_factor)
    return _on("adjust_brightness", img, lambda pixels: colours.brightened(pixels, brightness_factor))


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """0 is grey, 1 the picture, 2 twice the contrast."""
    _check("contrast_factor", contrast_factor)
    return _on("adjust_contrast", img, lambda pixels: colours.contrasted(pixels, contrast_factor))


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """0 is without colour, 1 the picture."""
    _check("saturation_factor", saturation_factor)
    return _on("adjust_saturation", img, lambda pixels: colours.saturated(pixels, saturation_factor))


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Hues turned by ``hue_factor`` of the circle of colours, from −0.5 to 0.5."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"adjust_hue: hue_factor must be from -0.5 to 0.5, got {hue_factor}")
    return _on("adjust_hue", img, lambda pixels: colours.hued(pixels, hue_factor))


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """gain · x^gamma."""
    return _on("adjust_gamma", img, lambda pixels: colours.gamma_corrected(pixels, gamma, gain))


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """0 is blurred, 1 the picture, 2 twice as sharp."""
    _check("sharpness_factor", sharpness_factor)
    return _on("adjust_sharpness", img, lambda pixels: colours.sharpened(pixels, sharpness_factor))


def _check(name: str, factor: float) -> None:
    if factor < 0:
        raise ValueError(f"{name} must be 0 or more, got {factor}")


def invert(img: Any) -> Any:
    """The negative."""
    return _on("invert", img, colours.inverted)


def posterize(img: Any, bits: int) -> Any:
    """The highest ``bits`` of each byte."""
    return _on("posterize", img, lambda pixels: colours.posterized(pixels, bits))


def solarize(img: Any, threshold: float) -> Any:
    """The negative of pixels of ``threshold`` or more."""
    return _on("solarize", img, lambda pixels: colours.solarized(pixels, threshold))


def autocontrast(img: Any) -> Any:
    """Of each channel, the darkest pixel black and the brightest white."""
    return _on("autocontrast", img, colours.stretched)


def equalize(img: Any) -> Any:
    """Every brightness as often as any other."""
    return _on("equalize", img, colours.equalized)


def gaussian_blur(img: Any, kernel_size: int | Sequence[int], sigma: float | Sequence[float] | None = None) -> Any:
    """Blurred by a Gaussian of deviation ``sigma``; without it, one that fits ``kernel_size``."""
    sizes = (kernel_size, kernel_size) if isinstance(kernel_size, int) else (kernel_size[0], kernel_size[-1])
    if not all(size > 0 and size % 2 for size in sizes):
        raise ValueError(f"gaussian_blur: kernel_size must be odd and above 0, got {kernel_size!r:.60}")
    if sigma is None:
        sigma = [0.3 * ((size - 1) * 0.5 - 1) + 0.8 for size in sizes]
    sigmas = (sigma, sigma) if isinstance(sigma, int | float) else (sigma[0], sigma[-1])
    return _on("gaussian_blur", img, lambda pixels: colours.blurred(pixels, sizes, sigmas))


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The brightness; see `Grayscale`."""
    return Grayscale(num_output_channels)(img)


rgb_to_grayscale = to_grayscale


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]."""
    pixels, _ = opened(img, "get_dimensions")
    return list(pixels.shape[1:])


def get_image_size(img: Any) -> list[int]:
    """[width, height]."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """The number of channels."""
    return get_dimensions(img)[0]
