"""Arrays of numbers as small pictures inside the page: PNG, as data URIs."""

from __future__ import annotations

import base64

import numpy as np

from glassnet.files.png_bytes import png_bytes
from glassnet.ops.dtypes import Array

LARGEST = 96  # pixels to a side; larger pictures are shown smaller
LEVELS = 16  # of strength on either side of zero, for weights
POSITIVE, NEGATIVE = (217, 95, 2), (31, 119, 180)  # orange and blue: apart for every kind of colour vision


def picture(image: Array, low: float, high: float) -> str:
    """A picture [h, w] (grey) or [h, w, 3] (colours) as a data URI; ``low`` is black and ``high`` is white."""
    span = high - low or 1.0
    scaled = np.nan_to_num((smaller(image).astype(np.float64) - low) / span, nan=0.0, posinf=1.0, neginf=0.0)
    return _uri(np.rint(scaled.clip(0, 1) * 255).astype(np.uint8))


def weights(values: Array, largest: float) -> str:
    """Weights [h, w] as a data URI: orange above zero, blue below, the more opaque the larger, up to ``largest``.

    Zero is transparent: it shows the page behind it, light or dark.
    """
    share = np.nan_to_num(smaller(values).astype(np.float64) / (largest or 1.0), posinf=1.0, neginf=-1.0)
    levels = np.rint(share.clip(-1, 1) * LEVELS).astype(np.int64) + LEVELS
    palette = np.array([NEGATIVE] * LEVELS + [(128, 128, 128)] + [POSITIVE] * LEVELS, np.uint8)
    opacity = np.rint(np.abs(np.arange(-LEVELS, LEVELS + 1)) / LEVELS * 255).astype(np.uint8)
    return _uri(levels.astype(np.uint8), palette, opacity)


def smaller(image: Array) -> Array:
    """``image``, or every k-th pixel of it where it has more than `LARGEST` to a side."""
    step = -(-max(image.shape[:2]) // LARGEST)
    return image[::step, ::step]


def extent(images: Array) -> tuple[float, float]:
    """What is black and what is white in ``images``: 0 and 255 for bytes, 0 and 1 for what lies between, else
    the smallest and the largest number there is."""
    if images.dtype == np.uint8:
        return 0.0, 255.0
    finite = images[np.isfinite(images)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def _uri(pixels: Array, palette: Array | None = None, opacity: Array | None = None) -> str:
    return "data:image/png;base64," + base64.b64encode(png_bytes(pixels, palette, opacity)).decode()
