"""Embeddings for TensorBoard's projector: files of numbers, labels and small pictures, and the list of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.files import replace_file
from glassnet.files.png_bytes import png_bytes
from glassnet.utils.tensorboard.summary_values import array_of

_LARGEST = 8192  # pixels to a side of the picture of all


def write_embedding(
    folder: Path, place: str, matrix: Any, labels: Sequence[Any] | None, pictures: Any, header: Sequence[str] | None
) -> str:
    """Write the files of an embedding into ``folder / place``; what the list of them says of it."""
    numbers = array_of(matrix)
    if numbers.ndim != 2:
        raise ValueError(f"add_embedding: expected a matrix [n, features], got a shape of {numbers.shape}")
    inside = folder / place
    inside.mkdir(parents=True, exist_ok=True)
    replace_file(inside / "tensors.tsv", _lines(numbers.tolist()))
    said = f'embeddings {{\ntensor_name: "{_quoted(place)}"\ntensor_path: "{_quoted(place)}/tensors.tsv"\n'
    if labels is not None:
        if len(labels) != len(numbers):
            raise ValueError(f"add_embedding: expected a label for each of {len(numbers)} rows, got {len(labels)}")
        rows = [[*header], *labels] if header else [[label] for label in labels]
        replace_file(inside / "metadata.tsv", _lines(rows))
        said += f'metadata_path: "{_quoted(place)}/metadata.tsv"\n'
    if pictures is not None:
        small = array_of(pictures)
        if small.ndim != 4 or len(small) != len(numbers):
            raise ValueError(
                f"add_embedding: expected a picture for each row, [{len(numbers)}, channels, height, width], got "
                f"{small.shape}"
            )
        height, width = small.shape[2:]
        replace_file(inside / "sprite.png", _sprite(small))
        said += f'sprite {{\nimage_path: "{_quoted(place)}/sprite.png"\n'
        said += f"single_image_dim: {width}\nsingle_image_dim: {height}\n}}\n"
    return said + "}\n"


def _sprite(pictures: Any) -> bytes:
    """All pictures in one square, row by row."""
    count, channels, height, width = pictures.shape
    across = int(np.ceil(np.sqrt(count)))
    if across * max(height, width) > _LARGEST:
        raise ValueError(f"add_embedding: expected smaller pictures: all of them are over {_LARGEST} pixels to a side")
    pixels = pictures if pictures.dtype == np.uint8 else (pictures.clip(0, 1) * 255).astype(np.uint8)
    square = np.zeros((across * across, channels, height, width), np.uint8)
    square[:count] = pixels
    whole = square.reshape(across, across, channels, height, width).transpose(0, 3, 1, 4, 2)
    return png_bytes(np.ascontiguousarray(whole.reshape(across * height, across * width, channels)), compression=6)


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    clean = ("\t".join(str(cell).replace("\t", " ").replace("\n", " ") for cell in row) for row in rows)
    return ("\n".join(clean) + "\n").encode("utf-8", "replace")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
