"""Datasets of pictures in folders, with lists of which belong to what: pets, flowers, meals, textures, faces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.files import read_bytes
from glassnet.tensor import wrap
from glassnet.vision.datasets.folder import IMG_EXTENSIONS, default_loader, read_image
from glassnet.vision.datasets.mat_files import read_mat
from glassnet.vision.datasets.on_disk import PictureFiles, one_of
from glassnet.vision.datasets.picture_dataset import PathLike


def _lines(path: Path) -> list[str]:
    return [line for line in read_bytes(path).decode().splitlines() if line.strip()]


class OxfordIIITPet(PictureFiles):
    """7,349 photographs of 37 kinds of cats and dogs (Parkhi et al., "Cats and Dogs", 2012).

    ``target_types``: "category", "binary-category" (0 cat, 1 dog) or "segmentation" (a picture: 1 the animal, 2 behind
    it, 3 neither), or several, for a tuple. The folder oxford-iiit-pet, with images and annotations, is in ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.OxfordIIITPet("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    OxfordIIITPet: expected oxford-iiit-pet in one of nowhere...
    """

    origin = "https://www.robots.ox.ac.uk/~vgg/data/pets"

    def __init__(
        self, root: PathLike | None = None, split: str = "trainval", target_types: str | Sequence[str] = "category",
        transforms: Any = None, transform: Any = None, target_transform: Any = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transforms, transform, target_transform)
        self.split = one_of("OxfordIIITPet", "split", split, ("trainval", "test"))
        self.target_types = [target_types] if isinstance(target_types, str) else list(target_types)
        for kind in self.target_types:
            one_of("OxfordIIITPet", "target_types", kind, ("category", "binary-category", "segmentation"))
        folder = self.found("oxford-iiit-pet")
        rows = [line.split() for line in _lines(folder / "annotations" / f"{split}.txt")]
        self.paths = [folder / "images" / f"{row[0]}.jpg" for row in rows]
        self.targets = [(int(row[1]) - 1, int(row[2]) - 1, folder / "annotations" / "trimaps" / f"{row[0]}.png")
                        for row in rows]  # fmt: skip
        kinds = {int(row[1]): " ".join(part.title() for part in row[0].split("_")[:-1]) for row in rows}
        self.classes = [kinds[number] for number in sorted(kinds)]

    def picture(self, index: int) -> tuple[Any, Any]:
        """The picture, and what was asked for of it."""
        kind, species, trimap = self.targets[index]
        known = {
            "category": lambda: kind,
            "binary-category": lambda: species,
            "segmentation": lambda: read_image(trimap, mode=None),
        }
        found = tuple(known[name]() for name in self.target_types)
        return default_loader(self.paths[index]), found[0] if len(found) == 1 else found or None


class Flowers102(PictureFiles):
    """8,189 photographs of 102 kinds of flowers (Nilsback and Zisserman, 2008).

    ``split`` is "train", "val" or "test". The folder flowers-102, with jpg, imagelabels.mat and setid.mat, is in
    ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.Flowers102("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    Flowers102: expected flowers-102 in one of nowhere...
    """

    origin = "https://www.robots.ox.ac.uk/~vgg/data/flowers/102"

    def __init__(
        self, root: PathLike | None = None, split: str = "train", transform: Any = None, target_transform: Any = None,
        download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, None, transform, target_transform)
        sets = {"train": "trnid", "val": "valid", "test": "tstid"}
        self.split = one_of("Flowers102", "split", split, tuple(sets))
        folder = self.found("flowers-102")
        numbers = read_mat(folder / "setid.mat")[sets[split]].ravel().astype(int)
        labels = read_mat(folder / "imagelabels.mat")["labels"].ravel().astype(int)
        self.paths = [folder / "jpg" / f"image_{number:05d}.jpg" for number in numbers]
        self.targets = [int(labels[number - 1]) - 1 for number in numbers]


class Food101(PictureFiles):
    """101,000 photographs of 101 meals (Bossard et al., "Food-101", 2014), from the folder food-101 in ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.Food101("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    Food101: expected food-101 in one of nowhere...
    """

    origin = "https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101"

    def __init__(
        self, root: PathLike | None = None, split: str = "train", transform: Any = None, target_transform: Any = None,
        download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, None, transform, target_transform)
        self.split = one_of("Food101", "split", split, ("train", "test"))
        folder = self.found("food-101")
        by_class = json.loads(read_bytes(folder / "meta" / f"{split}.json"))
        self.classes = sorted(by_class)
        listed = [(name, self.class_to_idx[kind]) for kind, names in by_class.items() for name in names]
        self.paths = [folder / "images" / f"{name}.jpg" for name, _ in listed]
        self.targets = [number for _, number in listed]


class DTD(PictureFiles):
    """5,640 photographs of 47 textures (Cimpoi et al., 2014), from the folder dtd/dtd or dtd in ``root``.

    ``split`` is "train", "val" or "test", ``partition`` from 1 to 10.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.DTD("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    DTD: expected dtd/dtd or dtd in one of nowhere...
    """

    origin = "https://www.robots.ox.ac.uk/~vgg/data/dtd"

    def __init__(
        self, root: PathLike | None = None, split: str = "train", partition: int = 1, transform: Any = None,
        target_transform: Any = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, None, transform, target_transform)
        self.split = one_of("DTD", "split", split, ("train", "val", "test"))
        folder = self.found("dtd/dtd", "dtd")
        names = _lines(folder / "labels" / f"{split}{partition}.txt")
        self.classes = sorted({name.partition("/")[0] for name in names})
        self.paths = [folder / "images" / name for name in names]
        self.targets = [self.class_to_idx[name.partition("/")[0]] for name in names]


class CelebA(PictureFiles):
    """202,599 photographs of faces with 40 attributes (Liu et al., 2015), from the folder celeba in ``root``.

    ``split`` is "train", "valid", "test" or "all"; ``target_type`` "attr" (40 of 0 and 1), "identity", "bbox" or
    "landmarks" (as tensors), or several, for a tuple.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.CelebA("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    CelebA: expected celeba in one of nowhere...
    """

    origin = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"

    def __init__(
        self, root: PathLike | None = None, split: str = "train", target_type: str | Sequence[str] = "attr",
        transform: Any = None, target_transform: Any = None, download: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, None, transform, target_transform)
        files = {"attr": "list_attr_celeba.txt", "identity": "identity_CelebA.txt", "bbox": "list_bbox_celeba.txt",
                 "landmarks": "list_landmarks_align_celeba.txt"}  # fmt: skip
        kinds = {"train": 0, "valid": 1, "test": 2, "all": None}
        self.split = one_of("CelebA", "split", split, tuple(kinds))
        self.target_type = [target_type] if isinstance(target_type, str) else list(target_type)
        folder = self.found("celeba")
        parts = [line.split() for line in _lines(folder / "list_eval_partition.txt")]
        kept = [number for number, part in enumerate(parts) if kinds[split] in (None, int(part[1]))]
        self.paths = [folder / "img_align_celeba" / parts[number][0] for number in kept]
        self.attr_names: list[str] = []
        tables = []
        for kind in self.target_type:
            lines = _lines(folder / files[one_of("CelebA", "target_type", kind, tuple(files))])
            if kind != "identity":  # a count, and names, stand before the rest
                self.attr_names = lines[1].split() if kind == "attr" else self.attr_names
                lines = lines[2:]
            numbers = np.array([line.split()[1:] for line in lines], np.int64)[kept]
            tables.append((numbers + 1) // 2 if kind == "attr" else numbers[:, 0] if kind == "identity" else numbers)
        self.targets = list(zip(*tables, strict=True)) if tables else [()] * len(kept)

    def picture(self, index: int) -> tuple[Any, Any]:
        """The picture, and what was asked for of it."""
        found = tuple(wrap(np.array(part)) for part in self.targets[index])
        return default_loader(self.paths[index]), found[0] if len(found) == 1 else found or None


class EuroSAT(PictureFiles):
    """27,000 satellite pictures of 10 kinds of land (Helber et al., 2019), from eurosat/2750 in ``root``.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.EuroSAT("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    EuroSAT: expected eurosat/2750 or 2750 in one of nowhere...
    """

    origin = "https://github.com/phelber/EuroSAT"

    def __init__(
        self, root: PathLike | None = None, transform: Any = None, target_transform: Any = None, download: bool = False
    ) -> None:
        super().__init__(root, None, transform, target_transform)
        folder = self.found("eurosat/2750", "2750")
        self.classes = sorted(each.name for each in folder.iterdir() if each.is_dir())
        self.paths = [
            path for name in self.classes for path in sorted((folder / name).iterdir())
            if path.suffix.lower() in IMG_EXTENSIONS
        ]  # fmt: skip
        self.targets = [self.class_to_idx[path.parent.name] for path in self.paths]
