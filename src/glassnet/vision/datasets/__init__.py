"""Datasets of pictures, by torchvision's names."""

from __future__ import annotations

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
