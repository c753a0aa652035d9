"""EMNIST and QMNIST: more handwritten characters in MNIST's format."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.tensor import wrap
from glassnet.vision.datasets.idx import IdxError, read_idx
from glassnet.vision.datasets.mnist import MNIST
from glassnet.vision.datasets.on_disk import VisionDataset, one_of
from glassnet.vision.datasets.picture_dataset import PathLike, PicturesInMemory

_MERGED = set("cijklmopsuvwxyz")  # small letters that look like large ones


class _Idx(PicturesInMemory, VisionDataset):
    def _numbers(self, name: str) -> Array:
        """What is in an IDX file, packed or not, in one of the usual folders."""
        folders = [f"{type(self).__name__}/raw/", "gzip/", ""]
        return read_idx(self.found(*(f"{folder}{name}{end}" for folder in folders for end in ("", ".gz"))), 2**30)


class EMNIST(_Idx):
    """Handwritten letters and digits in MNIST's format (Cohen et al., "EMNIST", 2017).

    ``split`` is "byclass", "bymerge", "balanced", "letters", "digits" or "mnist". Pictures lie on their side, as
    published: ``image.T`` turns them. The files emnist-SPLIT-train-images-idx3-ubyte and its like, packed or not, are
    looked for in ``root``/EMNIST/raw, ``root``/gzip and ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.EMNIST("nowhere", split="letters")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    EMNIST: expected EMNIST/raw/emnist-letters-train-images-idx3-ubyte or ...
    """

    origin = "https://www.nist.gov/itl/products-and-services/emnist-dataset"
    splits: ClassVar[tuple[str, ...]] = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")

    def __init__(
        self, root: PathLike | None = None, split: str = "balanced", train: bool = True, **options: Any
    ) -> None:
        self.split, self.train = one_of("EMNIST", "split", split, self.splits), train
        options.pop("download", None)
        super().__init__(root, **options)
        all_of_them = string.digits + string.ascii_letters
        merged = sorted(set(all_of_them) - _MERGED)
        self.classes = {
            "byclass": sorted(all_of_them), "bymerge": merged, "balanced": merged,
            "letters": ["N/A", *string.ascii_lowercase], "digits": list(string.digits), "mnist": list(string.digits),
        }[split]  # fmt: skip
        half = f"emnist-{split}-{'train' if train else 'test'}"
        self.data = wrap(self._numbers(f"{half}-images-idx3-ubyte"))
        self.targets = wrap(self._numbers(f"{half}-labels-idx1-ubyte").astype(np.int64))


class QMNIST(_Idx):
    """MNIST made anew, with all 60,000 digits to test with (Yadav and Bottou, "Cold Case", 2019).

    ``what`` is "train", "test", "test10k", "test50k" or "nist". The target is the digit, or, without ``compat``, a
    tensor of eight numbers about it. The files qmnist-train-images-idx3-ubyte and its like, packed or not, are looked
    for in ``root``/QMNIST/raw and ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.QMNIST("nowhere", what="test")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    QMNIST: expected QMNIST/raw/qmnist-test-images-idx3-ubyte or ...
    """

    origin = "https://github.com/facebookresearch/qmnist"

    def __init__(
        self, root: PathLike | None = None, what: str | None = None, compat: bool = True, train: bool = True,
        **options: Any,
    ) -> None:  # fmt: skip
        self.what = one_of("QMNIST", "what", what or ("train" if train else "test"),
                           ("train", "test", "test10k", "test50k", "nist"))  # fmt: skip
        self.compat, self.classes = compat, MNIST.classes
        options.pop("download", None)
        super().__init__(root, **options)
        name = "xnist" if self.what == "nist" else "qmnist-train" if self.what == "train" else "qmnist-test"
        data, targets = self._numbers(f"{name}-images-idx3-ubyte"), self._labels(name)
        kept = {"test10k": slice(0, 10000), "test50k": slice(10000, 60000)}.get(self.what, slice(None))
        self.data, self.targets = wrap(data[kept]), wrap(targets[kept].astype(np.int64))

    def _labels(self, name: str) -> Array:
        labels = self._numbers(f"{name}-labels-idx2-int")
        if labels.ndim != 2:
            problem = f"expected eight numbers for each digit, got {list(labels.shape)}"
            raise IdxError(Path(name), problem, "take the file as it was published")
        return labels[:, 0] if self.compat else labels

    def picture(self, index: int) -> tuple[Any, Any]:
        """The image, as a NumPy array, and the digit, or all that is known of it."""
        if self.compat:
            return super().picture(index)
        return self.data.array[index].copy(), self.targets[index]
