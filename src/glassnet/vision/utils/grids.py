"""Several pictures put together as one, and saved."""

from __future__ import annotations

import io
import math
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from glassnet.errors import ShapeError
from glassnet.extras import needed_to
from glassnet.files import PathLike, replace_file
from glassnet.files.png_bytes import png_bytes
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, as_array, wrap


def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Pictures [n, channels, height, width], or a list of them, as one: ``nrow`` in a row, ``padding`` around each.

    Grey ones become three channels. ``normalize`` shifts and scales the numbers to 0 to 1, from ``value_range`` or
    from the least and the largest, of each picture if ``scale_each``.

    >>> from glassnet.vision.utils import make_grid
    >>> make_grid(glassnet.zeros(10, 1, 28, 28), nrow=5).shape
    (3, 62, 152)
    """
    if isinstance(tensor, list | tuple):
        pictures = np.stack([as_array(each) for each in tensor])
    elif isinstance(tensor, Tensor | np.ndarray):
        pictures = as_array(tensor)
    else:
        raise TypeError(f"make_grid: expected a tensor or a list of tensors, got {type(tensor).__name__}")
    pictures = pictures[None] if pictures.ndim == 2 else pictures
    pictures = pictures[None] if pictures.ndim == 3 else pictures
    if pictures.ndim != 4:
        raise ShapeError(f"make_grid: expected pictures [n, channels, height, width], got {written(pictures.shape)}")
    if pictures.shape[1] == 1:
        pictures = pictures.repeat(3, axis=1)
    if normalize:
        pictures = pictures.astype(np.result_type(pictures, np.float32))
        parts = pictures if scale_each else [pictures]
        scaled = [_scaled(part, value_range) for part in parts]
        pictures = np.stack(scaled) if scale_each else scaled[0]
    if len(pictures) == 1:
        return wrap(pictures[0].copy())
    count, channels, height, width = pictures.shape
    across = min(nrow, count)
    down = math.ceil(count / across)
    tall, wide = height + padding, width + padding
    grid = np.full((channels, tall * down + padding, wide * across + padding), pad_value, pictures.dtype)
    for number, picture in enumerate(pictures):
        top, left = number // across * tall + padding, number % across * wide + padding
        grid[:, top : top + height, left : left + width] = picture
    return wrap(grid)


def _scaled(numbers: Array, bounds: tuple[float, float] | None) -> Array:
    low, high = (float(numbers.min()), float(numbers.max())) if bounds is None else bounds
    result: Array = (numbers.clip(low, high) - low) / max(high - low, 1e-5)
    return result.astype(numbers.dtype)


def save_image(tensor: Any, fp: PathLike | BinaryIO, format: str | None = None, **kwargs: Any) -> None:
    """Save pictures with numbers from 0 to 1 as one file, put together by `make_grid`, which ``kwargs`` are for.

    The ending says the format; .png needs no package, the others need Pillow. ``fp`` is a path or an open file.

    >>> from pathlib import Path
    >>> from glassnet.vision.utils import save_image
    >>> save_image(glassnet.rand(4, 3, 8, 8), "four.png", nrow=2)
    >>> Path("four.png").read_bytes()[:4]
    b'\\x89PNG'
    """
    grid = make_grid(tensor, **kwargs).array
    pixels = np.clip(grid * 255 + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)
    ending = (format or (Path(fp).suffix[1:] if isinstance(fp, str | os.PathLike) else "")).lower()
    data = encoded(pixels, ending)
    if isinstance(fp, str | os.PathLike):
        replace_file(fp, data)
    else:
        fp.write(data)


def encoded(pixels: Array, ending: str, **options: Any) -> bytes:
    """The picture [height, width, channels] of bytes as a file of the format that ``ending`` names."""
    if ending in ("png", ""):
        return png_bytes(pixels, compression=options.get("compress_level", 6))
    with needed_to(f"write .{ending} files"):
        from PIL import Image
    name = Image.registered_extensions().get(f".{ending}", ending.upper())
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, name, **options)
    return file.getvalue()
