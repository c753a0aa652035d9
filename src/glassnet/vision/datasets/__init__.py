"""Datasets of pictures, by torchvision's names."""

from __future__ import annotations

from typing import Any

from glassnet.threads import loaded
from glassnet.vision.datasets.cifar import CIFAR10, CIFAR100
from glassnet.vision.datasets.fake import FakeData
from glassnet.vision.datasets.folder import IMG_EXTENSIONS, DatasetFolder, ImageFolder, PictureError, default_loader
from glassnet.vision.datasets.idx import IdxError, read_idx
from glassnet.vision.datasets.mirrors import DownloadError, download
from glassnet.vision.datasets.mnist import (
    KMNIST,
    MNIST,
    FashionMNIST,
    MissingDataError,
    MnistLike,
    data_folder,
    load_mnist_like,
)

# By the file: what is loaded when first used.
_FILES = {
    "annotated": "CocoCaptions CocoDetection VOCDetection VOCSegmentation",
    "emnist": "EMNIST QMNIST",
    "listed_files": "CelebA DTD EuroSAT Flowers102 Food101 OxfordIIITPet",
    "on_disk": "VisionDataset",
    "whole_files": "SEMEION STL10 SVHN USPS",
}
_LATER = {name: file for file, names in _FILES.items() for name in names.split()}

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "IMG_EXTENSIONS",
    "KMNIST",
    "MNIST",
    "DatasetFolder",
    "DownloadError",
    "FakeData",
    "FashionMNIST",
    "IdxError",
    "ImageFolder",
    "MissingDataError",
    "MnistLike",
    "PictureError",
    "data_folder",
    "default_loader",
    "download",
    "load_mnist_like",
    "read_idx",
]
__all__ += _LATER


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(loaded(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r:.80}", name=name)
