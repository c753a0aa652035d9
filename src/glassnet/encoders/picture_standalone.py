"""The functions of an exported file whose network was trained on pictures.

They are copied into it as they stand here, so they know nothing of glassnet. Stand-ins for what the file defines come
first.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.vision.datasets.folder import made_smaller
from glassnet.vision.transforms.geometry import triangles

# what a file defines, for any pictures ---------------------------------------------------------------

SHAPE: Sequence[int] = (28, 28)
ENDINGS = (".jpg", ".png")
FORMATS = ("JPEG", "PNG")
MOST_PIXELS = 2**26
WHITE = 255.0


def numbers_of(path: str) -> list[list[float]]:
    """The samples in a CSV file, one in each row."""
    raise NotImplementedError(path)


# copied ----------------------------------------------------------------------------------------------


def pixels_of(X: Any) -> Any:
    """The samples X, in a list of which a picture may be the path of a file, or an array of bytes of any size."""
    if isinstance(X, str | os.PathLike):
        X = [X]
    return [pixels_of_one(x) for x in X] if isinstance(X, list | tuple) else X


def pixels_of_one(x: Any) -> Any:
    """The pixels of a picture, scaled to SHAPE; what is a sample already stays as it is."""
    if isinstance(x, str | os.PathLike):
        return scaled(read_picture(x))
    of_bytes = isinstance(x, np.ndarray) and x.dtype == np.uint8 and x.shape != tuple(SHAPE)
    if of_bytes and x.ndim == 2:
        return scaled(np.stack([x] * 3, axis=2))
    return scaled(x) if of_bytes and x.ndim == 3 and x.shape[2] == 3 else x


def read_picture(path: Any) -> np.ndarray:
    """The picture in a file: [height, width, 3], of bytes; of a large one no more than scaling it needs."""
    try:
        from PIL import Image
    except ImportError:
        raise ValueError(f"{path}: to read a picture, install Pillow: pip install pillow") from None
    try:
        with open(path, "rb") as file:
            opened = Image.open(file, formats=FORMATS)
            if opened.width * opened.height > MOST_PIXELS:
                raise ValueError(f"expected at most {MOST_PIXELS:,} pixels, got {opened.width:,} × {opened.height:,}")
            image = made_smaller(opened, SHAPE[-2:])
            image.load()
            return np.array(image.convert("RGB"))
    except Exception as error:  # whatever Pillow's readers of formats raise
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None):
            raise
        raise ValueError(f"{path}: expected a picture, but it cannot be read ({error})") from None


def scaled(picture: np.ndarray) -> np.ndarray:
    """A picture [height, width, 3] of bytes as a sample: [3, …] in colour or shades of grey, of the size in SHAPE."""
    x = np.moveaxis(picture, 2, 0).astype(np.float32)
    rows, columns = (triangles(n, m, True, np.float32) for n, m in zip(x.shape[1:], SHAPE[-2:], strict=True))
    if x.shape[1:] != tuple(SHAPE[-2:]):
        x = np.rint(rows @ (x @ columns.T))
    return (x if len(SHAPE) == 3 else np.asarray(x.mean(axis=0, dtype=np.float64))) * (WHITE / 255)


def read(path: str) -> Any:
    """The picture in a file, as one sample; of any other file, the numbers in its rows."""
    return [pixels_of_one(path)] if path.lower().endswith(ENDINGS) else numbers_of(path)
