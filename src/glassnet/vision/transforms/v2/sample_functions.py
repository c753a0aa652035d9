"""Transforms of v2 as functions: each takes a picture, or boxes, masks or key points, which move as pictures do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.tensor import Tensor
from glassnet.vision import tv_tensors
from glassnet.vision.transforms import functional
from glassnet.vision.transforms.geometry import InterpolationMode
from glassnet.vision.transforms.v2 import box_transforms, geometric, pictures_only
from glassnet.vision.transforms.v2.joint import size_of

__all__ = [
    "affine", "center_crop", "clamp_bounding_boxes", "clamp_keypoints", "convert_bounding_box_format", "crop",
    "gaussian_noise", "get_num_channels", "get_size", "hflip", "horizontal_flip", "is_pure_tensor", "pad", "resize",
    "resized_crop", "rotate", "to_dtype", "to_image", "vertical_flip", "vflip",
]  # fmt: skip

_BILINEAR, _NEAREST = InterpolationMode.BILINEAR, InterpolationMode.NEAREST


def _placed(transform: Any, inpt: Any) -> Any:
    return transform.placed(*size_of([inpt]))(inpt)


def get_size(inpt: Any) -> list[int]:
    """[height, width] of a picture, or of that which boxes, masks and points are of."""
    return list(size_of([inpt]))


def get_num_channels(inpt: Any) -> int:
    """The number of channels."""
    return functional.get_image_num_channels(inpt)


def is_pure_tensor(inpt: Any) -> bool:
    """Whether it is a tensor that does not say what it is."""
    return isinstance(inpt, Tensor) and not isinstance(inpt, tv_tensors.TVTensor)


def horizontal_flip(inpt: Any) -> Any:
    """Left for right."""
    return _placed(geometric.RandomHorizontalFlip(1.0), inpt)


def vertical_flip(inpt: Any) -> Any:
    """Top for bottom."""
    return _placed(geometric.RandomVerticalFlip(1.0), inpt)


hflip, vflip = horizontal_flip, vertical_flip


def resize(
    inpt: Any, size: Any, interpolation: Any = _BILINEAR, max_size: int | None = None, antialias: bool | None = True
) -> Any:
    """Another size; see `v2.Resize`."""
    return _placed(geometric.Resize(size, interpolation, max_size, antialias), inpt)


def crop(inpt: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part that begins at (top, left); what is outside of the picture is 0."""
    return geometric.cropped(top, left, height, width)(inpt)


def center_crop(inpt: Any, output_size: Any) -> Any:
    """The middle; see `v2.CenterCrop`."""
    return _placed(geometric.CenterCrop(output_size), inpt)


def resized_crop(
    inpt: Any, top: int, left: int, height: int, width: int, size: Any, interpolation: Any = _BILINEAR,
    antialias: bool | None = True,
) -> Any:  # fmt: skip
    """A part of the picture, of another size: `crop`, then `resize`."""
    return resize(crop(inpt, top, left, height, width), size, interpolation, None, antialias)


def pad(inpt: Any, padding: Any, fill: Any = 0, padding_mode: Any = "constant") -> Any:
    """With a border; see `v2.Pad`."""
    return _placed(geometric.Pad(padding, fill or 0, padding_mode), inpt)


def rotate(
    inpt: Any, angle: float, interpolation: Any = _NEAREST, expand: bool = False,
    center: Sequence[float] | None = None, fill: Any = None,
) -> Any:  # fmt: skip
    """Turned counterclockwise by ``angle``, in degrees; see `v2.RandomRotation`."""
    return _placed(geometric.RandomRotation((angle, angle), interpolation, expand, center, fill or 0), inpt)


def affine(
    inpt: Any, angle: float, translate: Sequence[float], scale: float, shear: Any, interpolation: Any = _NEAREST,
    fill: Any = None, center: Sequence[float] | None = None,
) -> Any:  # fmt: skip
    """Sheared, scaled, turned clockwise by ``angle``, moved by ``translate`` pixels (x, y); see `v2.RandomAffine`."""
    leans = [shear, 0.0] if isinstance(shear, int | float) else [*shear, 0.0][:2]
    height, width = size_of([inpt])
    placement = geometric.affine_placement(
        (height, width), (angle, list(translate), scale, leans), interpolation, fill or 0, center
    )
    return placement(inpt)


def to_image(inpt: Any) -> Any:
    """A `tv_tensors.Image`; see `v2.ToImage`."""
    return pictures_only.ToImage()(inpt)


def to_dtype(inpt: Any, dtype: Any = np.float32, scale: bool = False) -> Any:
    """Another dtype, scaled to its range if ``scale``; see `v2.ToDtype`."""
    if isinstance(inpt, tv_tensors.TVTensor) and not isinstance(inpt, tv_tensors.Image | tv_tensors.Video):
        return tv_tensors.wrap(inpt.to(dtype), like=inpt)
    return pictures_only.ToDtype(dtype, scale)(inpt)


def gaussian_noise(inpt: Any, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> Any:
    """With noise; see `v2.GaussianNoise`."""
    return pictures_only.GaussianNoise(mean, sigma, clip)(inpt)


def convert_bounding_box_format(inpt: Any, old_format: Any = None, new_format: Any = None) -> Any:
    """Boxes in another format; those of a plain tensor are in ``old_format``, and stay plain."""
    if isinstance(inpt, tv_tensors.BoundingBoxes):
        return box_transforms.ConvertBoundingBoxFormat(new_format)(inpt)
    boxes = tv_tensors.BoundingBoxes(inpt, format=old_format, canvas_size=(0, 0))
    return pictures_only.ToPureTensor()(box_transforms.ConvertBoundingBoxFormat(new_format)(boxes))


def clamp_bounding_boxes(inpt: Any, format: Any = None, canvas_size: Any = None) -> Any:
    """Boxes with their corners within the picture; those of a plain tensor are in ``format``, and stay plain."""
    if isinstance(inpt, tv_tensors.BoundingBoxes):
        return box_transforms.ClampBoundingBoxes()(inpt)
    boxes = tv_tensors.BoundingBoxes(inpt, format=format, canvas_size=canvas_size)
    return pictures_only.ToPureTensor()(box_transforms.ClampBoundingBoxes()(boxes))


def clamp_keypoints(inpt: Any, canvas_size: Any = None) -> Any:
    """Points within the picture; those of a plain tensor stay plain."""
    if isinstance(inpt, tv_tensors.KeyPoints):
        return box_transforms.ClampKeyPoints()(inpt)
    points = tv_tensors.KeyPoints(inpt, canvas_size=canvas_size)
    return pictures_only.ToPureTensor()(box_transforms.ClampKeyPoints()(points))


def __getattr__(name: str) -> Any:
    return getattr(functional, name)  # what changes pictures alone is the same
