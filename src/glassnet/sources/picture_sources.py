"""Pictures as a source: MNIST and its like, and folders of pictures by class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.encoders import PictureEncoder
from glassnet.encoders.picture_encoder import read_picture, resized
from glassnet.ops.dtypes import Array
from glassnet.sources.class_folders import check_some_are_held_out, classed_files
from glassnet.sources.source_data import CLASSIFICATION, Data, Part
from glassnet.tables.splitting import HELD_OUT
from glassnet.tensor.creation import from_numpy
from glassnet.text import shown
from glassnet.vision.datasets import IMG_EXTENSIONS, data_folder, load_mnist_like
from glassnet.vision.datasets.mnist import BY_NAME

LARGEST = 255  # of a byte: pixels become 0 to 1
SIDE = 32  # of the squares that pictures of different sizes, or larger than `MOST`, are scaled to
MOST = 64  # a side up to which pictures of one size are taken as they are


def idx_source(
    name: str, folder: str | PathLike[str] | None, progress: Callable[[str, int, int | None], Any] | None
) -> Data:
    """MNIST or one of its like, from ``folder``, or downloaded where that is None."""
    dataset = BY_NAME[name]
    files = load_mnist_like(name, folder, progress)
    where = data_folder() if folder is None else folder
    encoder = PictureEncoder(files.train_images.shape[1:], LARGEST)
    number, side = len(files.train_images), files.train_images.shape[1]
    return Data(
        source=name,
        task=CLASSIFICATION,
        what=f"{_counted(number + len(files.test_images), (side, side))}, in {len(dataset.classes)} classes",
        origin=f"{dataset.__name__}, {shown(where, 1000)}",
        split="its own test set",
        noun="pictures",
        classes=tuple(name.partition(" - ")[0] for name in dataset.classes),  # "7", where torchvision says "7 - seven"
        mirrored=name == "fashion-mnist",
        train=_part(encoder, files.train_images, files.train_labels),
        held_out=_part(encoder, files.test_images, files.test_labels),
        encoder=encoder,
    )


def folder_source(source: str, path: Path) -> Data:
    """The pictures in ``path``, whose folders are the classes; every fifth of each class is held out."""
    files, labels, classes = classed_files(path, IMG_EXTENSIONS, "pictures")
    choose, split = HELD_OUT[CLASSIFICATION]
    held_out = choose(labels)
    check_some_are_held_out(shown(path), held_out, "pictures")
    loaded, scaled = [], False
    for file in files:
        picture = read_picture(file, (SIDE, SIDE))
        if max(picture.shape) > MOST:  # at once, so that many of them fit in memory
            picture, scaled = resized(picture, (SIDE, SIDE)), True
        loaded.append(picture)
    sides = {picture.shape[1:] for picture in loaded}
    scaled = scaled or len(sides) > 1
    size = (SIDE, SIDE) if scaled else sides.pop()
    pictures = np.stack([resized(picture, size) for picture in loaded])
    if (pictures == pictures[:, :1]).all():
        pictures = pictures[:, 0]  # shades of grey
    encoder = PictureEncoder(pictures.shape[1:], LARGEST)
    colour = "" if pictures.ndim == 3 else " in colour"
    return Data(
        source=source,
        task=CLASSIFICATION,
        what=f"{_counted(len(labels), size)}{colour}{', scaled' if scaled else ''}, in {len(classes)} classes",
        origin=f"the folder {shown(path, 1000)}",
        split=split,
        noun="pictures",
        classes=tuple(classes),
        mirrored=not all(len(name) == 1 or name.isdigit() for name in classes),  # letters and digits are not
        train=_part(encoder, pictures[~held_out], labels[~held_out]),
        held_out=_part(encoder, pictures[held_out], labels[held_out]),
        encoder=encoder,
    )


def _counted(number: int, size: Sequence[int]) -> str:
    return f"{number:,} pictures of {size[0]} × {size[1]} pixels"


def _part(encoder: PictureEncoder, pictures: Array, labels: Array) -> Part:
    return Part(from_numpy(encoder.encode(pictures)), from_numpy(labels.astype(np.int64)))
