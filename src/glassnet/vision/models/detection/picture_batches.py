"""Pictures of different sizes as one batch, and what was found in them as it lies in the pictures that were given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import glassnet.functional as F
from glassnet.errors import ShapeError
from glassnet.nn.module import Module
from glassnet.ops.shapes import written
from glassnet.random import chosen
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.creation import tensor
from glassnet.vision.models.detection.pasted_masks import paste_masks

__all__ = ["GeneralizedRCNNTransform", "ImageList"]

Target = Mapping[str, Any]
Size = tuple[int, int]


class ImageList:
    """Pictures as one tensor [n, 3, height, width], and the size that each has within it.

    >>> from glassnet.vision.models import detection
    >>> detection.ImageList(glassnet.zeros(1, 3, 32, 32), [(20, 30)]).image_sizes
    [(20, 30)]
    """

    def __init__(self, tensors: Tensor, image_sizes: Sequence[Size]) -> None:
        self.tensors = tensors
        self.image_sizes = list(image_sizes)

    def to(self, device: Any) -> ImageList:
        """The same: there is no device but one."""
        return self


class GeneralizedRCNNTransform(Module):
    """Normalizes and resizes pictures, with their boxes, masks and key points, and puts them into one batch.

    The shorter side becomes ``min_size`` (one of several, drawn in training), the longer at most ``max_size``, or the
    picture ``fixed_size`` (width, height). The batch has sides that ``size_divisible`` divides.

    >>> from glassnet.vision.models import detection
    >>> transform = detection.GeneralizedRCNNTransform(16, 32, [0.0] * 3, [1.0] * 3)
    >>> pictures, _ = transform([glassnet.ones(3, 8, 12)])
    >>> pictures.image_sizes, pictures.tensors.shape
    ([(16, 24)], (1, 3, 32, 32))
    """

    def __init__(
        self, min_size: int | Sequence[int], max_size: int, image_mean: Sequence[float], image_std: Sequence[float],
        size_divisible: int = 32, fixed_size: Size | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.min_size = (min_size,) if isinstance(min_size, int) else tuple(min_size)
        self.max_size, self.image_mean, self.image_std = max_size, list(image_mean), list(image_std)
        self.size_divisible, self.fixed_size = size_divisible, fixed_size

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
    ) -> tuple[ImageList, list[dict[str, Any]] | None]:
        """The batch, and the targets as they lie in it."""
        pictures, changed = [], [dict(target) for target in targets] if targets is not None else None
        for number, image in enumerate(images):
            if image.ndim != 3:
                raise ShapeError(f"expected a list of pictures [3, height, width], got one {written(image.shape)}")
            picture, target = self.resize(self.normalize(image), changed[number] if changed is not None else None)
            pictures.append(picture)
            if changed is not None and target is not None:
                changed[number] = target
        return ImageList(self.batch(pictures), [(x.shape[1], x.shape[2]) for x in pictures]), changed

    def normalize(self, image: Tensor) -> Tensor:
        """(x − mean) / deviation, of each channel."""
        if not image.is_floating_point():
            raise TypeError(f"expected pictures of floating numbers from 0 to 1, got {image.dtype}; divide by 255")
        mean, deviation = (tensor(x, dtype=image.dtype)[:, None, None] for x in (self.image_mean, self.image_std))
        scaled: Tensor = (image - mean) / deviation
        return scaled

    def resize(self, image: Tensor, target: dict[str, Any] | None = None) -> tuple[Tensor, dict[str, Any] | None]:
        """A picture and its target in the size that pictures are looked at in."""
        old = image.shape[1:]
        new = self._size(*old)
        options: dict[str, Any] = {"size": new, "mode": "bilinear", "align_corners": False}
        image = F.interpolate(image[None], **options)[0]
        if target is None:
            return image, None
        target["boxes"] = resize_boxes(target["boxes"], old, new)
        if "masks" in target:
            masks = F.interpolate(target["masks"][:, None].float(), size=new)[:, 0]
            target["masks"] = masks.to(target["masks"].dtype)
        if "keypoints" in target:
            target["keypoints"] = resize_keypoints(target["keypoints"], old, new)
        return image, target

    def _size(self, height: int, width: int) -> Size:
        if self.fixed_size is not None:
            return self.fixed_size[1], self.fixed_size[0]
        number = int(chosen(None).integers(len(self.min_size))) if self.training else -1
        scales = np.float32(self.min_size[number]) / min(height, width), np.float32(self.max_size) / max(height, width)
        scale = float(np.float32(min(scales)))  # as torchvision computes it: of 480 pixels, 799 may be left of 800
        return int(height * scale), int(width * scale)

    def batch(self, images: Sequence[Tensor]) -> Tensor:
        """All pictures in one, each at the upper left of zeros."""
        sides = (max(image.shape[side] for image in images) for side in (1, 2))
        height, width = (math.ceil(side / self.size_divisible) * self.size_divisible for side in sides)
        whole = np.zeros((len(images), images[0].shape[0], height, width), images[0].array.dtype)
        for place, image in zip(whole, images, strict=True):
            place[:, : image.shape[1], : image.shape[2]] = as_array(image)
        return wrap(whole)

    def postprocess(
        self, result: list[dict[str, Tensor]], image_shapes: Sequence[Size], original_image_sizes: Sequence[Size]
    ) -> list[dict[str, Tensor]]:
        """What was found, as it lies in the pictures as they were."""
        if self.training:
            return result
        for found, now, before in zip(result, image_shapes, original_image_sizes, strict=True):
            found["boxes"] = resize_boxes(found["boxes"], now, before)
            if "masks" in found:
                found["masks"] = paste_masks(found["masks"], found["boxes"], before)
            if "keypoints" in found:
                found["keypoints"] = resize_keypoints(found["keypoints"], now, before)
        return result

    def extra_repr(self) -> str:
        """The sizes, and what pictures are normalized with."""
        return (
            f"Normalize(mean={self.image_mean}, std={self.image_std}), Resize(min_size={self.min_size}, "
            f"max_size={self.max_size}, mode='bilinear')"
        )


def resize_boxes(boxes: Tensor, original_size: Sequence[int], new_size: Sequence[int]) -> Tensor:
    """Boxes [n, 4] of a picture that has become another size."""
    down, right = (np.float32(new) / np.float32(old) for new, old in zip(new_size, original_size, strict=True))
    return boxes * wrap(np.array([right, down, right, down], np.float32))


def resize_keypoints(keypoints: Tensor, original_size: Sequence[int], new_size: Sequence[int]) -> Tensor:
    """Key points [n, points, (x, y, whether it is seen)] of a picture that has become another size."""
    down, right = (np.float32(new) / np.float32(old) for new, old in zip(new_size, original_size, strict=True))
    return keypoints * wrap(np.array([right, down, 1], np.float32))
