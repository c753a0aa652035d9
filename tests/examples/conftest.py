"""What tests of examples share: MNIST's files, made of the digits inside the package."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from glassnet.datasets import load_digits


@pytest.fixture
def digits_as_mnist(tmp_path: Path) -> Path:
    """A folder with the digits inside the package, made as large as MNIST's and written in MNIST's format."""
    images, labels = load_digits()
    large = np.pad(np.kron(images, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2))) * 15.9375
    folder = tmp_path / "mnist"
    folder.mkdir()
    for part, rows in (("train", slice(1500)), ("t10k", slice(1500, None))):
        x, t = large[rows].astype(np.uint8), labels[rows].astype(np.uint8)
        with gzip.open(folder / f"{part}-images-idx3-ubyte.gz", "wb") as file:
            file.write(struct.pack(">IIII", 2051, len(x), 28, 28) + x.tobytes())
        with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(struct.pack(">II", 2049, len(t)) + t.tobytes())
    return folder
