"""CIFAR-10 and CIFAR-100: 60,000 photographs of 32 × 32 pixels, of 10 or of 100 classes."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy as np

from glassnet.files import opened, read_bytes
from glassnet.files.reading import expanded
from glassnet.ops.dtypes import Array
from glassnet.vision.datasets.folder import PictureError
from glassnet.vision.datasets.mirrors import Progress, download
from glassnet.vision.datasets.mnist import MissingDataError, data_folder, data_variable
from glassnet.vision.datasets.picture_dataset import PathLike, Pictures

_MOST = 2**28  # bytes of a part: five times as many as there are
_PIXELS = 3 * 32 * 32


class CIFAR10(Pictures):
    """60,000 photographs of animals and vehicles, 50,000 to train with and 10,000 to test (Krizhevsky, 2009).

    Sample i is ``(image, target)``. Without a ``transform``, an image is a NumPy array [32, 32, 3] of uint8, where
    torchvision has a PIL image. The files, as published (cifar-10-python.tar.gz) or unpacked (cifar-10-batches-py), are
    looked for in ``root``, then in the folder ``GLASSNET_DATA``; ``download=True`` downloads the archive where there is
    neither. They are pickles, which are read as data: nothing in them runs.

    Attributes: ``data``, uint8 [n, 32, 32, 3]; ``targets``, a list; ``classes``; ``class_to_idx``. Raises
    MissingDataError, PictureError for a damaged file, DownloadError.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.CIFAR10("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    CIFAR10: expected cifar-10-python.tar.gz, or the folder cifar-10-batches-py, in one of nowhere...
    """

    base_folder: ClassVar[str] = "cifar-10-batches-py"
    filename: ClassVar[str] = "cifar-10-python.tar.gz"
    url: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    tgz_md5: ClassVar[str] = "c58f30108f718f92721af3b95e74349a"
    _parts: ClassVar[dict[bool, tuple[str, ...]]] = {
        True: tuple(f"data_batch_{n}" for n in range(1, 6)),
        False: ("test_batch",),
    }
    _names: ClassVar[tuple[str, str]] = ("batches.meta", "label_names")
    _labels: ClassVar[str] = "labels"

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
        self.train, self.transform, self.target_transform = train, transform, target_transform
        if download:
            self.download(progress)
        parts = [self._part(name) for name in self._parts[train]]
        self.data: Array = np.concatenate([data for data, _ in parts])
        self.targets: list[int] = [target for _, targets in parts for target in targets]
        meta, key = self._names
        self.classes: list[str] = list(self._read(meta).get(key, ()))

    def __len__(self) -> int:
        return len(self.data)

    def picture(self, index: int) -> tuple[Any, Any]:
        """The image, as a NumPy array, and the target, as an int."""
        return self.data[index].copy(), self.targets[index]

    def download(self, progress: Progress | None = None) -> None:
        """Download the archive, if neither it nor the folder is in one of the places."""
        if not any((place / name).exists() for place in self._places() for name in (self.base_folder, self.filename)):
            download([self.url], self.root / self.filename, self.tgz_md5, progress)

    def _origin(self) -> list[str]:
        return [*super()._origin(), f"Split: {'Train' if self.train else 'Test'}"]

    def _places(self) -> list[Path]:
        return list(dict.fromkeys([self.root, data_variable() or self.root]))

    def _part(self, name: str) -> tuple[Array, list[int]]:
        """The pictures [n, 32, 32, 3] and the classes in a file."""
        content = self._read(name)
        data, labels = content.get("data"), content.get(self._labels)
        if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape[1:] != (_PIXELS,):
            self._wrong(name, f"expected pictures of {_PIXELS:,} bytes")
        if not isinstance(labels, list) or len(labels) != len(data) or not all(type(n) is int for n in labels):
            self._wrong(name, f"expected a class for each of {len(data):,} pictures")
        return np.ascontiguousarray(data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), labels

    def _read(self, name: str) -> dict[str, Any]:
        """What is in a file of the folder, or of the archive."""
        for place in self._places():
            if (place / self.base_folder / name).exists():
                return self._value(name, read_bytes(place / self.base_folder / name, _MOST))
            if (place / self.filename).exists():
                return self._value(name, _member(place / self.filename, f"{self.base_folder}/{name}"))
        raise MissingDataError(
            f"{type(self).__name__}: expected {self.filename}, or the folder {self.base_folder}, in one of "
            f"{', '.join(map(str, self._places()))}; download=True downloads it"
        )

    def _value(self, name: str, content: bytes) -> dict[str, Any]:
        from glassnet.serialization.pt.opcodes import Refused  # other datasets do without
        from glassnet.serialization.pt.value import read_value

        def no_storage(*_: Any) -> NoReturn:
            raise Refused("it holds tensors, not pictures")

        try:
            value, _ = read_value(memoryview(content), no_storage, len(content), modules=False)
        except Refused as refused:
            self._wrong(name, refused.problem)
        if not isinstance(value, dict):
            self._wrong(name, "expected pictures and classes by name")
        return value

    def _wrong(self, name: str, problem: str) -> NoReturn:
        raise PictureError(f"{self.base_folder}/{name}", problem, "use the file as it was published")


class CIFAR100(CIFAR10):
    """60,000 photographs of 100 classes. Otherwise as `CIFAR10`.

    >>> from glassnet.vision import datasets
    >>> datasets.CIFAR100.base_folder
    'cifar-100-python'
    """

    base_folder = "cifar-100-python"
    filename = "cifar-100-python.tar.gz"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    _parts: ClassVar[dict[bool, tuple[str, ...]]] = {True: ("train",), False: ("test",)}
    _names = ("meta", "fine_label_names")
    _labels = "fine_labels"


def _member(path: Path, name: str) -> bytes:
    """The content of a file of an archive."""
    advice = "use the archive as it was published"
    with opened(path, PictureError) as file:
        try:
            with tarfile.open(fileobj=file, mode="r:gz") as archive:
                member = archive.getmember(name)
                stream = archive.extractfile(member)
                if stream is None or member.size > _MOST:
                    raise PictureError(path, f"{name} is no file of a size that is expected", advice)
                return stream.read()
        except (tarfile.TarError, KeyError, EOFError, OSError) as error:
            raise PictureError(path, f"the archive was cut off or edited ({error})", advice) from None
