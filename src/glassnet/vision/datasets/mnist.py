"""MNIST and the two sets of pictures made to replace it: 28 x 28 pixels of grey, ten classes."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from glassnet.errors import GlassnetError, GlassnetWarning
from glassnet.files.own_folders import cache_folder
from glassnet.files.reading import expanded
from glassnet.ops.dtypes import Array
from glassnet.tensor import wrap
from glassnet.vision.datasets.idx import IdxError, read_idx
from glassnet.vision.datasets.mirrors import Progress, download, md5_of
from glassnet.vision.datasets.picture_dataset import PathLike, PicturesInMemory

_OTHER = "it is of another dataset: put the right file in its place"
_MOST = 2**28  # bytes of pictures: more than five times as many as there are


class MissingDataError(GlassnetError, RuntimeError, FileNotFoundError):
    """The files of a dataset are in none of the places where they are looked for.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.MNIST("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    MNIST: expected the files train-images-idx3-ubyte.gz and ...; download=True downloads them
    """


class MNIST(PicturesInMemory):
    """70,000 handwritten digits, 60,000 to train with and 10,000 to test (LeCun, Cortes and Burges, 1998).

    Sample i is ``(image, target)``. Without a ``transform``, an image is a NumPy array [28, 28] of uint8, where
    torchvision has a PIL image: ``np.asarray(image)`` is the same of both, all of `glassnet.vision.transforms` take
    it, and `DataLoader` makes a tensor [n, 28, 28] of several. A target is an int. Where the transforms can, they act
    on a whole batch at once.

    The four IDX files, as published (.gz) or unpacked, are looked for in ``root``/MNIST/raw (torchvision's place),
    ``root``/mnist and ``root`` itself, then in the same places of the folder ``GLASSNET_DATA``. With
    ``download=True``, files that are nowhere are downloaded into ``root``/MNIST/raw and checked against their published
    MD5; ``progress(name, done, total)`` is told. ``root=None`` is ``GLASSNET_DATA``, or the user's cache folder.

    Attributes: ``data``, the images, uint8 [n, 28, 28]; ``targets``, int64 [n]; ``classes``; ``class_to_idx``.
    Raises MissingDataError (a RuntimeError, as in torchvision), IdxError for a damaged file, DownloadError.

    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> sizes = [0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28]  # a set of one picture
    >>> _ = Path("t10k-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3, *sizes, *[0] * 784]))
    >>> _ = Path("t10k-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    >>> test = datasets.MNIST(".", train=False)
    >>> image, label = test[0]
    >>> image.shape, test.classes[label]
    ((28, 28), '7 - seven')
    """

    folder: ClassVar[str] = "mnist"
    mirrors: ClassVar[list[str]] = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    classes: ClassVar[list[str]] = [
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four",
        "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine",
    ]  # fmt: skip

    def __init__(
        self,
        root: PathLike | None = None,
        train: bool = True,
        transform: Any = None,
        target_transform: Any = None,
        download: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.root: Path = data_folder() if root is None else expanded(root)
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        if download:
            self.download(progress)
        data, targets = self._read(train, self._places(), "download=True downloads them")
        self.data, self.targets = wrap(data), wrap(targets)

    @property
    def train_data(self) -> Any:
        """``data``, by a name of long ago; so are ``test_data``, ``train_labels`` and ``test_labels``, the targets."""
        return self._renamed("train_data", "data")

    @property
    def test_data(self) -> Any:
        """``data``."""
        return self._renamed("test_data", "data")

    @property
    def train_labels(self) -> Any:
        """``targets``."""
        return self._renamed("train_labels", "targets")

    @property
    def test_labels(self) -> Any:
        """``targets``."""
        return self._renamed("test_labels", "targets")

    def _renamed(self, before: str, now: str) -> Any:
        warnings.warn(f"{type(self).__name__}: {before} is now called {now}", GlassnetWarning, stacklevel=3)
        return getattr(self, now)

    @property
    def raw_folder(self) -> Path:
        """Where downloads go: torchvision's place."""
        return _places_in(self.root, type(self))[0]

    def download(self, progress: Progress | None = None) -> None:
        """Download those of the four files that are in none of the places."""
        self._fetch(self._places(), progress)

    def _origin(self) -> list[str]:
        return [*super()._origin(), f"Split: {'Train' if self.train else 'Test'}"]

    def _places(self) -> list[Path]:
        """Where files are looked for, the surest first."""
        roots = dict.fromkeys([self.root, data_variable() or self.root])
        return [place for root in roots for place in _places_in(root, type(self))]

    @classmethod
    def _fetch(cls, places: list[Path], progress: Progress | None) -> None:
        """Download the files that are in none of ``places`` into the first of them."""
        for name, md5 in cls.resources:
            if _located(name, md5, places) is None:
                download([mirror + name for mirror in cls.mirrors], places[0] / name, md5, progress)

    @classmethod
    def _read(cls, train: bool, places: list[Path], hint: str) -> tuple[Array, Array]:
        """The pictures, uint8 [n, 28, 28], and the numbers of their classes, int64 [n], of one half."""
        half = cls.resources[:2] if train else cls.resources[2:]
        images, labels = (_located(name, md5, places) for name, md5 in half)
        if images is None or labels is None:
            raise MissingDataError(
                f"{cls.__name__}: expected the files {half[0][0]} and {half[1][0]}, or unpacked without .gz, in one of "
                f"{', '.join(map(str, places))}; {hint}"
            )
        data, targets = read_idx(images, _MOST), read_idx(labels, _MOST)
        if data.dtype != np.uint8 or data.shape[1:] != (28, 28):
            raise IdxError(images, f"expected pictures of 28 x 28 bytes, got {data.dtype} {list(data.shape)}", _OTHER)
        if targets.dtype != np.uint8 or targets.shape != data.shape[:1]:
            problem = f"expected a byte for each of the {len(data):,} pictures of {images.name}"
            raise IdxError(labels, f"{problem}, got {targets.dtype} {list(targets.shape)}", _OTHER)
        if targets.size and targets.max() >= len(cls.classes):
            raise IdxError(labels, f"expected labels from 0 to {len(cls.classes) - 1}, got {targets.max()}", _OTHER)
        return data, targets.astype(np.int64)


class FashionMNIST(MNIST):
    """70,000 pictures of clothes in MNIST's format (Xiao, Rasul and Vollgraf, 2017). Otherwise as `MNIST`.

    >>> from glassnet.vision import datasets
    >>> datasets.FashionMNIST.classes[:3]
    ['T-shirt/top', 'Trouser', 'Pullover']
    """

    folder = "fashion-mnist"
    mirrors: ClassVar[list[str]] = [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes: ClassVar[list[str]] = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip


class KMNIST(MNIST):
    """70,000 cursive Japanese characters in MNIST's format (Clanuwat et al., 2018). Otherwise as `MNIST`.

    >>> from glassnet.vision import datasets
    >>> datasets.KMNIST.classes[:3]
    ['o', 'ki', 'su']
    """

    folder = "kmnist"
    mirrors: ClassVar[list[str]] = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes: ClassVar[list[str]] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


BY_NAME: dict[str, type[MNIST]] = {dataset.folder: dataset for dataset in (MNIST, FashionMNIST, KMNIST)}


class MnistLike(NamedTuple):
    """Both halves of a dataset: pictures, uint8 [n, 28, 28], and the numbers of their classes, int64 [n].

    >>> from glassnet.vision import datasets
    >>> datasets.MnistLike._fields
    ('train_images', 'train_labels', 'test_images', 'test_labels')
    """

    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array


def load_mnist_like(name: str, folder: PathLike | None = None, progress: Progress | None = None) -> MnistLike:
    """ "mnist", "fashion-mnist" or "kmnist", from ``folder``, where `MNIST` says, and from nowhere else.

    Without a ``folder`` it is ``GLASSNET_DATA`` if that is set, and else the user's cache folder: then only, files
    that are not there yet are downloaded. Raises what `MNIST` raises; ValueError for another name.

    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> for half in ("train", "t10k"):  # sets of one picture
    ...     sizes = [0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28]
    ...     _ = Path(f"{half}-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3, *sizes, *[0] * 784]))
    ...     _ = Path(f"{half}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7]))
    >>> mnist = datasets.load_mnist_like("mnist", ".")
    >>> mnist.train_images.shape, mnist.test_labels
    ((1, 28, 28), array([7]))
    """
    if name not in BY_NAME:
        raise ValueError(f"load_mnist_like: expected one of {', '.join(BY_NAME)}, got {name!r:.80}")
    dataset = BY_NAME[name]
    places = _places_in(data_folder() if folder is None else expanded(folder), dataset)
    if folder is None and data_variable() is None:
        dataset._fetch(places, progress)
    hint = "name the folder that has them, or none, and they are downloaded"
    return MnistLike(*dataset._read(True, places, hint), *dataset._read(False, places, hint))


def data_folder() -> Path:
    """Where data is kept unless a folder is given: ``GLASSNET_DATA``, or the user's cache folder.

    >>> import os
    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> os.environ["GLASSNET_DATA"] = "my-data"
    >>> datasets.data_folder() == Path("my-data")
    True
    >>> del os.environ["GLASSNET_DATA"]
    """
    if folder := data_variable():
        return folder
    return cache_folder()


def data_variable() -> Path | None:
    """The folder ``GLASSNET_DATA``, if the variable is set."""
    folder = os.environ.get("GLASSNET_DATA")
    return expanded(folder) if folder else None


def _places_in(root: Path, dataset: type[MNIST]) -> list[Path]:
    """Where in ``root`` files are looked for, the surest first; downloads go to the first."""
    return [root / dataset.__name__ / "raw", root / dataset.folder, root]


def _located(name: str, md5: str, places: list[Path]) -> Path | None:
    """The file of this name, packed or not. All three datasets use one name, so one of another is passed over."""
    others = {m for dataset in BY_NAME.values() for n, m in dataset.resources if n == name} - {md5}
    for place in places:
        for path in (place / name.removesuffix(".gz"), place / name):
            may_be_another = path.suffix == ".gz" and place.name != "raw"
            if path.is_file() and not (may_be_another and path.stat().st_size <= _MOST and md5_of(path) in others):
                return path
    return None
