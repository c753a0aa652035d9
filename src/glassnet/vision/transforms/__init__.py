"""Transforms of pictures, by torchvision's names; those that can, act on a whole batch at once."""

from __future__ import annotations

from typing import Any

from glassnet.threads import loaded
from glassnet.vision.transforms.choices import RandomApply, RandomChoice, RandomOrder
from glassnet.vision.transforms.crops import FiveCrop, RandomResizedCrop, TenCrop
from glassnet.vision.transforms.distortions import ElasticTransform, RandomAffine, RandomPerspective
from glassnet.vision.transforms.geometry import CenterCrop, InterpolationMode, Pad, Resize
from glassnet.vision.transforms.jitter import (
    ColorJitter,
    GaussianBlur,
    RandomAdjustSharpness,
    RandomAutocontrast,
    RandomEqualize,
    RandomGrayscale,
    RandomInvert,
    RandomPosterize,
    RandomSolarize,
)
from glassnet.vision.transforms.pixels import ConvertImageDtype, Grayscale, Normalize, ToTensor
from glassnet.vision.transforms.policies import (
    AugMix,
    AutoAugment,
    AutoAugmentPolicy,
    RandAugment,
    TrivialAugmentWide,
)
from glassnet.vision.transforms.randomized import RandomCrop, RandomHorizontalFlip, RandomVerticalFlip
from glassnet.vision.transforms.rotation import RandomRotation
from glassnet.vision.transforms.tensors_and_pictures import (
    LinearTransformation,
    PILToTensor,
    RandomErasing,
    ToDtype,
    ToImage,
    ToPILImage,
)
from glassnet.vision.transforms.transform import Compose, Lambda, Transform

__all__ = [
    "AugMix",
    "AutoAugment",
    "AutoAugmentPolicy",
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "ElasticTransform",
    "FiveCrop",
    "GaussianBlur",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "LinearTransformation",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandAugment",
    "RandomAdjustSharpness",
    "RandomAffine",
    "RandomApply",
    "RandomAutocontrast",
    "RandomChoice",
    "RandomCrop",
    "RandomEqualize",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomInvert",
    "RandomOrder",
    "RandomPerspective",
    "RandomPosterize",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSolarize",
    "RandomVerticalFlip",
    "Resize",
    "TenCrop",
    "ToDtype",
    "ToImage",
    "ToPILImage",
    "ToTensor",
    "Transform",
    "TrivialAugmentWide",
]


def __getattr__(name: str) -> Any:
    if name == "functional":  # loaded when first used
        return loaded(f"{__name__}.functional")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r:.80}", name=name)
