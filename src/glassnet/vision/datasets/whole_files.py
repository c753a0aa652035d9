"""Datasets whose pictures lie in one file: STL-10, SVHN, USPS, Semeion."""

from __future__ import annotations

import bz2
from typing import Any, ClassVar

import numpy as np

from glassnet.files import read_bytes
from glassnet.ops.dtypes import Array
from glassnet.vision.datasets.folder import PictureError
from glassnet.vision.datasets.mat_files import read_mat
from glassnet.vision.datasets.on_disk import VisionDataset, one_of
from glassnet.vision.datasets.picture_dataset import PathLike

_MOST = 2**32  # bytes


class _InOneFile(VisionDataset):
    """Pictures ``data``, and their classes ``labels``."""

    data: Array
    labels: Array
    channels_first: ClassVar[bool] = False

    def __init__(self, root: PathLike | None = None, download: bool = False, **options: Any) -> None:
        super().__init__(root, **options)

    def __len__(self) -> int:
        return len(self.data)

    def picture(self, index: int) -> tuple[Any, Any]:
        """The image, as a NumPy array, and its class, as an int."""
        image = self.data[index]
        return (image.transpose(1, 2, 0) if self.channels_first else image).copy(), int(self.labels[index])


class STL10(_InOneFile):
    """113,000 photographs of 96 × 96 pixels, few of them with one of ten classes (Coates et al., 2011).

    ``split`` is "train", "test", "unlabeled" (the class is −1) or "train+unlabeled"; of the training pictures,
    ``folds``, from 0 to 9, takes one part. The folder stl10_binary is looked for in ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.STL10("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    STL10: expected stl10_binary in one of nowhere...
    """

    origin = "https://cs.stanford.edu/~acoates/stl10"
    channels_first = True
    classes: ClassVar[list[str]] = [
        "airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck",
    ]  # fmt: skip

    def __init__(
        self, root: PathLike | None = None, split: str = "train", folds: int | None = None, **options: Any
    ) -> None:
        self.split = one_of("STL10", "split", split, ("train", "test", "unlabeled", "train+unlabeled"))
        self.folds = folds
        super().__init__(root, **options)
        folder = self.found("stl10_binary")
        pictures, labels = [], []
        for part in split.split("+"):
            raw = np.frombuffer(read_bytes(folder / f"{part}_X.bin", _MOST), np.uint8)
            found = raw.reshape(-1, 3, 96, 96).transpose(0, 1, 3, 2)
            classes = np.full(len(found), -1)
            if part != "unlabeled":
                classes = np.frombuffer(read_bytes(folder / f"{part}_y.bin"), np.uint8).astype(np.int64) - 1
            if folds is not None and part == "train":
                line = read_bytes(folder / "fold_indices.txt").decode().splitlines()[folds]
                kept = np.array(line.split(), np.int64)
                found, classes = found[kept], classes[kept]
            pictures.append(found)
            labels.append(classes)
        self.data, self.labels = np.concatenate(pictures), np.concatenate(labels)


class SVHN(_InOneFile):
    """Digits of house numbers, 32 × 32 pixels (Netzer et al., 2011).

    ``split`` is "train", "test" or "extra"; the file SPLIT_32x32.mat is looked for in ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.SVHN("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    SVHN: expected train_32x32.mat in one of nowhere...
    """

    origin = "http://ufldl.stanford.edu/housenumbers"
    channels_first = True

    def __init__(self, root: PathLike | None = None, split: str = "train", **options: Any) -> None:
        self.split = one_of("SVHN", "split", split, ("train", "test", "extra"))
        super().__init__(root, **options)
        path = self.found(f"{split}_32x32.mat")
        arrays = read_mat(path)
        if "X" not in arrays or arrays["X"].ndim != 4 or "y" not in arrays or arrays["y"].size != arrays["X"].shape[3]:
            raise PictureError(path, "expected pictures X and their digits y", "use the file as it was published")
        self.data = np.ascontiguousarray(arrays["X"].transpose(3, 2, 0, 1))
        self.labels = arrays["y"].astype(np.int64).ravel() % 10  # 10 stands for 0 there


class USPS(_InOneFile):
    """9,298 digits of postal codes, 16 × 16 pixels (Hull, 1994), from usps.bz2 and usps.t.bz2 in ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.USPS("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    USPS: expected usps.bz2 in one of nowhere...
    """

    origin = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps"

    def __init__(self, root: PathLike | None = None, train: bool = True, **options: Any) -> None:
        self.train = train
        super().__init__(root, **options)
        path = self.found("usps.bz2" if train else "usps.t.bz2")
        try:
            rows = [line.split() for line in bz2.decompress(read_bytes(path)).decode().splitlines()]
            pixels = np.array([[float(pair.rpartition(":")[2]) for pair in row[1:]] for row in rows])
            self.data = ((pixels.reshape(-1, 16, 16) + 1) / 2 * 255).astype(np.uint8)
            self.labels = np.array([int(float(row[0])) - 1 for row in rows], np.int64)
        except (OSError, ValueError) as error:
            problem = f"expected lines of a class and 256 pixels ({error})"
            raise PictureError(path, problem, "use the file as it was published") from None

    @property
    def targets(self) -> list[int]:
        """The digits."""
        found: list[int] = self.labels.tolist()
        return found


class SEMEION(_InOneFile):
    """1,593 digits of 16 × 16 pixels, black or white (Buscema, 1998), from semeion.data in ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.SEMEION("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    SEMEION: expected semeion.data in one of nowhere...
    """

    origin = "https://archive.ics.uci.edu/dataset/178/semeion+handwritten+digit"

    def __init__(self, root: PathLike | None = None, **options: Any) -> None:
        super().__init__(root, **options)
        rows = np.array([line.split() for line in read_bytes(self.found("semeion.data")).decode().splitlines()], float)
        self.data = (rows[:, :256] * 255).astype(np.uint8).reshape(-1, 16, 16)
        self.labels = rows[:, 256:266].argmax(1)
