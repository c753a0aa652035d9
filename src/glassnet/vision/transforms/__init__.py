"""Transforms of pictures, by torchvision's names; those that can, act on a whole batch at once."""

from __future__ import annotations

from glassnet.vision.transforms.geometry import CenterCrop, InterpolationMode, Pad, Resize
from glassnet.vision.transforms.pixels import ConvertImageDtype, Grayscale, Normalize, ToTensor
from glassnet.vision.transforms.randomized import RandomCrop, RandomHorizontalFlip, RandomVerticalFlip
from glassnet.vision.transforms.rotation import RandomRotation
from glassnet.vision.transforms.transform import Compose, Lambda, Transform

__all__ = [
    "CenterCrop",
    "Compose",
    "ConvertImageDtype",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToTensor",
    "Transform",
]
