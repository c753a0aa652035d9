"""Datasets of pictures with what is in them: Pascal VOC and COCO."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glassnet.files import read_bytes
from glassnet.vision.datasets.folder import PictureError, default_loader, read_image
from glassnet.vision.datasets.on_disk import VisionDataset, one_of
from glassnet.vision.datasets.picture_dataset import PathLike


class _Voc(VisionDataset):
    origin = "http://host.robots.ox.ac.uk/pascal/VOC"
    _lists, _kind = "", ""

    def __init__(
        self, root: PathLike | None = None, year: str = "2012", image_set: str = "train", download: bool = False,
        transform: Any = None, target_transform: Any = None, transforms: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(root, transforms, transform, target_transform)
        name = type(self).__name__
        self.year = one_of(name, "year", year, tuple(str(each) for each in range(2007, 2013)))
        self.image_set = one_of(name, "image_set", image_set, ("train", "trainval", "val", "test"))
        folder = self.found(f"VOCdevkit/VOC{year}", f"TrainVal/VOCdevkit/VOC{year}", f"VOC{year}")
        listed = read_bytes(folder / "ImageSets" / self._lists / f"{image_set}.txt").decode().split("\n")
        names = [line.strip() for line in listed if line.strip()]
        end = ".xml" if self._kind == "Annotations" else ".png"
        self.images: Sequence[Path] = [folder / "JPEGImages" / f"{name}.jpg" for name in names]
        self.targets: Sequence[Path] = [folder / self._kind / f"{name}{end}" for name in names]

    def __len__(self) -> int:
        return len(self.images)


class VOCSegmentation(_Voc):
    """Photographs with the class of each pixel (Everingham et al., "Pascal VOC", 2010): 255 is a border.

    The folder VOCdevkit/VOC2012, or that of another ``year``, is looked for in ``root``. Targets are PIL images.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.VOCSegmentation("nowhere")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    VOCSegmentation: expected VOCdevkit/VOC2012 or ...
    """

    _lists, _kind = "Segmentation", "SegmentationClass"

    def picture(self, index: int) -> tuple[Any, Any]:
        """The picture, and the picture of classes."""
        return default_loader(self.images[index]), read_image(self.targets[index], mode=None)


class VOCDetection(_Voc):
    """Photographs with what is in them and where (Everingham et al., "Pascal VOC", 2010).

    Targets are dicts as in the XML files: target["annotation"]["object"] is a list of dicts with "name" and "bndbox",
    of texts. Otherwise as `VOCSegmentation`.

    >>> from glassnet.vision import datasets
    >>> try:
    ...     datasets.VOCDetection("nowhere", year="2007")
    ... except datasets.MissingDataError as error:
    ...     print(error)
    VOCDetection: expected VOCdevkit/VOC2007 or ...
    """

    _lists, _kind = "Main", "Annotations"

    def picture(self, index: int) -> tuple[Any, Any]:
        """The picture, and what is said of it."""
        content = read_bytes(self.targets[index], 2**24)
        if b"<!ENTITY" in content:
            raise PictureError(self.targets[index], "expected annotations without entities", "take it as published")
        return default_loader(self.images[index]), _as_dict(ET.fromstring(content))


def _as_dict(node: ET.Element) -> dict[str, Any]:
    """An element and what is in it: texts, dicts, lists where there are several of one name; objects always a list."""
    children: dict[str, list[Any]] = {}
    for child in node:
        for name, value in _as_dict(child).items():
            children.setdefault(name, []).append(value)
    if not children:
        return {node.tag: (node.text or "").strip()}
    return {
        node.tag: {
            name: values if len(values) > 1 or (node.tag == "annotation" and name == "object") else values[0]
            for name, values in children.items()
        }
    }


class CocoDetection(VisionDataset):
    """Photographs with what is in them (Lin et al., "Microsoft COCO", 2014).

    ``root`` is the folder of the pictures, ``annFile`` the JSON file with what is said of them. A target is the list of
    the picture's annotations: dicts with "bbox" (left, top, width, height), "category_id", "segmentation" …

    Attributes: ``ids``, of the pictures; ``categories``, the names of classes by their number.

    >>> import json
    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> content = {"images": [{"id": 5, "file_name": "5.jpg"}], "annotations": [{"image_id": 5, "category_id": 1}],
    ...            "categories": [{"id": 1, "name": "cat"}]}
    >>> _ = Path("instances.json").write_text(json.dumps(content))
    >>> coco = datasets.CocoDetection(".", "instances.json")
    >>> len(coco), coco.target(0), coco.categories
    (1, [{'image_id': 5, 'category_id': 1}], {1: 'cat'})
    """

    origin = "https://cocodataset.org"

    def __init__(
        self, root: PathLike, annFile: PathLike, transform: Any = None, target_transform: Any = None,
        transforms: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(root, transforms, transform, target_transform)
        content = json.loads(read_bytes(annFile, 2**31))
        if not isinstance(content, dict) or "images" not in content:
            raise PictureError(annFile, "expected a list of images and annotations", "use the file as published")
        self._files = {image["id"]: image["file_name"] for image in content["images"]}
        self.ids = sorted(self._files)
        self._said: dict[Any, list[Any]] = {}
        for annotation in content.get("annotations", ()):
            self._said.setdefault(annotation["image_id"], []).append(annotation)
        self.categories = {each["id"]: each["name"] for each in content.get("categories", ())}

    def __len__(self) -> int:
        return len(self.ids)

    def target(self, index: int) -> Any:
        """What is said of a picture."""
        return list(self._said.get(self.ids[index], ()))

    def picture(self, index: int) -> tuple[Any, Any]:
        """The picture, and what is said of it."""
        return default_loader(self.root / self._files[self.ids[index]]), self.target(index)


class CocoCaptions(CocoDetection):
    """`CocoDetection` of captions: a target is the list of the sentences about a picture.

    >>> import json
    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> content = {"images": [{"id": 5, "file_name": "5.jpg"}], "annotations": [{"image_id": 5, "caption": "A cat."}]}
    >>> _ = Path("captions.json").write_text(json.dumps(content))
    >>> datasets.CocoCaptions(".", "captions.json").target(0)
    ['A cat.']
    """

    def target(self, index: int) -> Any:
        """The sentences."""
        return [annotation["caption"] for annotation in super().target(index)]
