"""Datasets that are read from where they lie: nothing is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from glassnet.files.reading import expanded
from glassnet.vision.datasets.folder import default_loader
from glassnet.vision.datasets.mnist import MissingDataError, data_folder, data_variable
from glassnet.vision.datasets.picture_dataset import PathLike, Pictures


class VisionDataset(Pictures):
    """The base of datasets in files: ``root``, where they are, and the transforms of pictures and targets.

    ``transforms``, of a picture and its target together, is instead of the other two. Files are looked for in ``root``,
    then in the folder ``GLASSNET_DATA``.

    >>> from glassnet.vision import datasets
    >>> datasets.VisionDataset("somewhere", transform=len).transform([1, 2])
    2
    """

    origin: ClassVar[str] = ""  # where the files are published

    def __init__(
        self, root: PathLike | None = None, transforms: Any = None, transform: Any = None, target_transform: Any = None
    ) -> None:
        if transforms is not None and (transform is not None or target_transform is not None):
            raise ValueError(
                f"{type(self).__name__}: expected either transforms, or transform and target_transform, not both"
            )
        self.root: Path = data_folder() if root is None else expanded(root)
        self.transforms, self.transform, self.target_transform = transforms, transform, target_transform

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if self.transforms is None:
            return super().__getitem__(index)
        changed: tuple[Any, Any] = self.transforms(*self.picture(index))
        return changed

    def found(self, *names: str) -> Path:
        """The first of the files or folders ``names`` that is there. Raises MissingDataError."""
        places = list(dict.fromkeys([self.root, data_variable() or self.root]))
        for place in places:
            for name in names:
                if (place / name).exists():
                    return place / name
        where = f"get it from {self.origin}" if self.origin else "put it there"
        raise MissingDataError(
            f"{type(self).__name__}: expected {' or '.join(names)} in one of {', '.join(map(str, places))}; glassnet "
            f"downloads no such files: {where}"
        )


class PictureFiles(VisionDataset):
    """Pictures in files ``paths``, each with its target in ``targets``."""

    paths: Sequence[Path]
    targets: Sequence[Any]

    def __len__(self) -> int:
        return len(self.paths)

    def picture(self, index: int) -> tuple[Any, Any]:
        """The picture, a PIL image in RGB, and its target."""
        return default_loader(self.paths[index]), self.targets[index]


def one_of(name: str, what: str, value: Any, known: Sequence[Any]) -> Any:
    """``value``, which has to be one of ``known``."""
    if value not in known:
        raise ValueError(f"{name}: expected {what}, one of {', '.join(map(str, known))}, got {value!r:.40}")
    return value
