"""The 1,797 handwritten digits that ship with the package."""

import gzip
from importlib import resources

import numpy as np
import numpy.typing as npt

__all__ = ["load_digits"]


def load_digits() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return the images and labels of the handwritten digits, in the order of the published file.

    Shapes: images ``(1797, 8, 8)`` float32; labels ``(1797,)`` int64. Both arrays are new on every call,
    so they may be changed freely.

    Units: a pixel counts the inked points, 0 to 16, of one 4x4 block of the 32x32 scan; a label is the digit
    written, 0 to 9.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, 1998, doi:10.24432/C50P49 (CC BY 4.0), the test part; ``digits.README.md`` says more.

    >>> images, labels = datasets.load_digits()
    >>> images.shape, labels[:3]
    ((1797, 8, 8), array([0, 1, 2]))
    """
    packed = resources.files(__package__).joinpath("digits.csv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    images = table[:, :64].astype(np.float32).reshape(-1, 8, 8)
    labels = table[:, 64].astype(np.int64)
    return images, labels
