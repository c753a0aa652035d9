"""Transforms of whole samples, by the names of torchvision's ``transforms.v2``: pictures, boxes, masks, key points.

A picture by itself, and a batch, are changed as by ``glassnet.vision.transforms``.
"""

from __future__ import annotations

from typing import Any

from glassnet.threads import loaded
from glassnet.vision import transforms as _older
from glassnet.vision.transforms.v2 import pictures_only as _pictures_only
from glassnet.vision.transforms.v2.box_transforms import (
    ClampBoundingBoxes,
    ClampKeyPoints,
    ConvertBoundingBoxFormat,
    RandomIoUCrop,
    SanitizeBoundingBoxes,
)
from glassnet.vision.transforms.v2.containers import Compose, RandomApply, RandomChoice, RandomOrder
from glassnet.vision.transforms.v2.geometric import (
    CenterCrop,
    Pad,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResize,
    RandomResizedCrop,
    RandomRotation,
    RandomShortestSize,
    RandomVerticalFlip,
    RandomZoomOut,
    Resize,
    ScaleJitter,
)
from glassnet.vision.transforms.v2.joint import Transform
from glassnet.vision.transforms.v2.mixing import CutMix, MixUp
from glassnet.vision.transforms.v2.pictures_only import (
    RGB,
    GaussianNoise,
    Identity,
    RandomChannelPermutation,
    RandomPhotometricDistort,
    ToDtype,
    ToImage,
    ToPureTensor,
)

__all__ = [
    "RGB", "CenterCrop", "ClampBoundingBoxes", "ClampKeyPoints", "Compose", "ConvertBoundingBoxFormat", "CutMix",
    "GaussianNoise", "Identity", "MixUp", "Pad", "RandomAffine", "RandomApply", "RandomChannelPermutation",
    "RandomChoice", "RandomCrop", "RandomHorizontalFlip", "RandomIoUCrop", "RandomOrder", "RandomPhotometricDistort",
    "RandomResize", "RandomResizedCrop", "RandomRotation", "RandomShortestSize", "RandomVerticalFlip", "RandomZoomOut",
    "Resize", "SanitizeBoundingBoxes", "ScaleJitter", "ToDtype", "ToImage", "ToPureTensor", "Transform",
]  # fmt: skip
__all__ += _pictures_only.ALIKE
__all__ += (_SAME := [name for name in _older.__all__ if name not in __all__])


def __getattr__(name: str) -> Any:
    if name in _pictures_only.ALIKE:
        return _pictures_only.ALIKE[name]
    if name == "functional":
        return loaded(f"{__name__}.sample_functions")
    if name in _SAME:
        return getattr(_older, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r:.80}", name=name)
