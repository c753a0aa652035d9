"""IDX files to test with."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

TYPES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx_bytes(array: np.ndarray) -> bytes:
    """``array`` as an IDX file has it."""
    header = struct.pack(f">HBB{array.ndim}I", 0, TYPES[array.dtype.str[1:]], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def small(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """``n`` pictures of 28 x 28 random bytes, and labels from 0 to 9."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (n, 28, 28), np.uint8), random.integers(0, 10, n).astype(np.uint8)


def write_dataset(folder: Path, train: int = 20, test: int = 10, packed: bool = True) -> list[np.ndarray]:
    """The four files of a small dataset in ``folder``; their arrays, in the order of `NAMES`."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = [*small(train, 0), *small(test, 1)]
    for name, array in zip(NAMES, arrays, strict=True):
        content = idx_bytes(array)
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)
    return arrays
