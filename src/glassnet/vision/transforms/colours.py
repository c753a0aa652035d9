"""How colours of pixels are changed: brightness, contrast, saturation, hue, sharpness and others.

Each function takes pixels [n, channels, height, width] and gives new ones of the same dtype; bytes go from 0 to 255,
floating numbers from 0 to 1, and what would be outside is brought to the nearest of them.
"""

from __future__ import annotations

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.vision.transforms.geometry import padded


def most(pixels: Array) -> float:
    """The largest number of a pixel."""
    return 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)


def _cast(values: Array, pixels: Array) -> Array:
    """``values`` within bounds, in the dtype of ``pixels``; whole numbers are rounded down."""
    return np.asarray(np.clip(values, 0, most(pixels)), pixels.dtype)


def _float(pixels: Array) -> Array:
    return pixels if pixels.dtype.kind == "f" else pixels.astype(np.float32)


def blended(pixels: Array, other: Array, factor: float) -> Array:
    """``factor`` of the picture and 1 − ``factor`` of another; above 1, away from the other."""
    return _cast(_float(pixels) * np.float32(factor) + other * np.float32(1 - factor), pixels)


def grey(pixels: Array) -> Array:
    """The brightness of each pixel, in one channel; of whole numbers, rounded down."""
    if pixels.shape[1] == 1:
        return pixels
    check_colours(pixels)
    red, green, blue = (_float(pixels[:, i : i + 1]) for i in range(3))
    brightness: Array = red * np.float32(0.2989) + green * np.float32(0.587) + blue * np.float32(0.114)
    return brightness.astype(pixels.dtype)


def check_colours(pixels: Array) -> None:
    """Raise ShapeError where there are neither one channel nor three."""
    if pixels.shape[1] not in (1, 3):
        raise ShapeError(f"expected a picture of 1 or 3 channels, got {pixels.shape[1]}")


def brightened(pixels: Array, factor: float) -> Array:
    """0 is black, 1 the picture, 2 twice as bright."""
    return blended(pixels, np.zeros_like(pixels), factor)


def contrasted(pixels: Array, factor: float) -> Array:
    """0 is grey all over, 1 the picture."""
    mean = _float(grey(pixels)).mean((1, 2, 3), keepdims=True)
    return blended(pixels, mean, factor)


def saturated(pixels: Array, factor: float) -> Array:
    """0 is without colour, 1 the picture."""
    return pixels.copy() if pixels.shape[1] == 1 else blended(pixels, _float(grey(pixels)), factor)


def hued(pixels: Array, shift: float) -> Array:
    """Every hue turned by ``shift`` of the circle of colours, from −0.5 to 0.5."""
    if pixels.shape[1] == 1:
        return pixels.copy()
    check_colours(pixels)
    share = pixels if pixels.dtype.kind == "f" else pixels.astype(np.float32) / np.float32(most(pixels))
    red, green, blue = share.transpose(1, 0, 2, 3)
    high, low = share.max(1), share.min(1)
    spread = high - low
    flat = spread == 0
    saturation = spread / np.where(high == 0, 1, high)
    divisor = np.where(flat, 1, spread)
    hue = np.where(
        high == red,
        (green - blue) / divisor,
        np.where(high == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    sixths = ((np.where(flat, 0, hue) / 6 + shift) % 1.0) * 6
    sector = np.floor(sixths)
    within = sixths - sector
    low_part = high * (1 - saturation)
    falling, rising = high * (1 - saturation * within), high * (1 - saturation * (1 - within))
    which = sector.astype(np.int64) % 6
    turned = np.stack([
        np.choose(which, [high, falling, low_part, low_part, rising, high]),
        np.choose(which, [rising, high, high, falling, low_part, low_part]),
        np.choose(which, [low_part, low_part, rising, high, high, falling]),
    ], axis=1)  # fmt: skip
    if pixels.dtype.kind == "f":
        return turned.clip(0, 1).astype(pixels.dtype)
    return (turned.clip(0, 1) * (most(pixels) + 1 - 1e-3)).astype(pixels.dtype)


def gamma_corrected(pixels: Array, gamma: float, gain: float = 1) -> Array:
    """gain · x^gamma, of x from 0 to 1: above 1 dark pixels become darker."""
    if gamma < 0:
        raise ValueError(f"adjust_gamma: expected gamma of 0 or more, got {gamma}")
    share = _float(pixels) / np.float32(most(pixels))
    changed = (gain * share**gamma).clip(0, 1)
    return np.asarray(changed * (1 if pixels.dtype.kind == "f" else most(pixels) + 1 - 1e-3), pixels.dtype)


def inverted(pixels: Array) -> Array:
    """The negative."""
    return np.asarray(most(pixels) - _float(pixels), pixels.dtype)


def solarized(pixels: Array, threshold: float) -> Array:
    """The negative of pixels of ``threshold`` or more."""
    return np.where(pixels >= threshold, inverted(pixels), pixels)


def posterized(pixels: Array, bits: int) -> Array:
    """Of each byte, the highest ``bits`` alone."""
    if pixels.dtype != np.uint8:
        raise TypeError(f"posterize: expected bytes, got {pixels.dtype}")
    return pixels & np.uint8(256 - (1 << (8 - bits)))


def stretched(pixels: Array) -> Array:
    """Of each channel, the darkest pixel black and the brightest white."""
    low = _float(pixels.min((2, 3), keepdims=True))
    spread = _float(pixels.max((2, 3), keepdims=True)) - low
    flat = spread == 0
    scale = np.where(flat, 1, np.float32(most(pixels)) * (1 / np.where(flat, 1, spread)))
    return _cast((_float(pixels) - np.where(flat, 0, low)) * scale, pixels)


def equalized(pixels: Array) -> Array:
    """Of each channel of bytes, every brightness as often as any other, as far as that can be."""
    if pixels.dtype != np.uint8:
        raise TypeError(f"equalize: expected bytes, got {pixels.dtype}")
    result = pixels.copy()
    for channel in result.reshape(-1, *pixels.shape[2:]):
        counts = np.bincount(channel.reshape(-1), minlength=256)
        step = (counts.sum() - counts[np.flatnonzero(counts)[-1]]) // 255
        if step:
            table = np.concatenate([[0], (counts.cumsum() + step // 2)[:-1] // step]).clip(0, 255)
            channel[:] = table.astype(np.uint8)[channel]
    return result


def sharpened(pixels: Array, factor: float) -> Array:
    """0 is blurred, 1 the picture, 2 twice as sharp; the outermost pixels stay."""
    height, width = pixels.shape[2:]
    if height <= 2 or width <= 2:
        return pixels.copy()
    soft = _float(pixels).copy()
    weights = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13
    inner = sum(
        weights[i, j] * _float(pixels)[:, :, i : height - 2 + i, j : width - 2 + j] for i in range(3) for j in range(3)
    )
    soft[:, :, 1:-1, 1:-1] = inner if pixels.dtype.kind == "f" else np.rint(inner)
    return blended(pixels, soft, factor)


def blurred(pixels: Array, sizes: tuple[int, int], sigmas: tuple[float, float]) -> Array:
    """Each pixel the mean of those around it, weighted by a Gaussian; ``sizes`` and ``sigmas`` are (width, height)."""
    values = _float(pixels)
    for axis, (size, sigma) in zip((3, 2), zip(sizes, sigmas, strict=True), strict=True):
        places = np.arange(size) - (size - 1) / 2
        weights = np.exp(-0.5 * (places / sigma) ** 2)
        weights = (weights / weights.sum()).astype(values.dtype)
        half = size // 2
        border = (half, 0, half, 0) if axis == 3 else (0, half, 0, half)
        wide = padded(values, border, 0, "reflect")
        count = values.shape[axis]
        parts = [np.take(wide, range(k, k + count), axis) * weight for k, weight in enumerate(weights)]
        values = np.sum(parts, axis=0, dtype=values.dtype)
    return np.asarray(values if pixels.dtype.kind == "f" else np.rint(values), pixels.dtype)
