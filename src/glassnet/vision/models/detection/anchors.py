"""Anchors: the boxes of some sizes and shapes that lie at every place of a map, and are moved to what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.nn.module import Module
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, wrap
from glassnet.vision.models.detection.picture_batches import ImageList

__all__ = ["AnchorGenerator"]

Ratios = Sequence[Sequence[float]]


class AnchorGenerator(Module):
    """Boxes of all ``sizes`` and ``aspect_ratios`` (height by width) around every place; a tuple of each for each map.

    >>> from glassnet.vision.models import detection
    >>> anchors = detection.AnchorGenerator(sizes=((8,),), aspect_ratios=((1.0,),))
    >>> pictures = detection.ImageList(glassnet.zeros(1, 3, 16, 16), [(16, 16)])
    >>> anchors(pictures, [glassnet.zeros(1, 8, 1, 2)])
    [tensor([[-4., -4.,  4.,  4.],
            [ 4., -4., 12.,  4.]])]
    """

    def __init__(self, sizes: Any = ((128, 256, 512),), aspect_ratios: Any = ((0.5, 1.0, 2.0),)) -> None:
        super().__init__()
        many = isinstance(sizes[0], Sequence)
        self.sizes: Ratios = sizes if many else tuple((size,) for size in sizes)
        of_all = isinstance(aspect_ratios[0], Sequence)
        self.aspect_ratios: Ratios = aspect_ratios if of_all else (aspect_ratios,) * len(self.sizes)

    def num_anchors_per_location(self) -> list[int]:
        """How many there are at a place of each map."""
        return [len(sizes) * len(ratios) for sizes, ratios in zip(self.sizes, self.aspect_ratios, strict=True)]

    def forward(self, image_list: ImageList, feature_maps: Sequence[Tensor]) -> list[Tensor]:
        """For each picture all boxes of all maps [n, 4], row by row."""
        if not len(feature_maps) == len(self.sizes) == len(self.aspect_ratios):
            raise AssertionError(
                f"AnchorGenerator: expected sizes and aspect_ratios for each of {len(feature_maps)} maps, got "
                f"{len(self.sizes)} and {len(self.aspect_ratios)}"
            )
        height, width = image_list.tensors.shape[-2:]
        found = []
        for x, sizes, ratios in zip(feature_maps, self.sizes, self.aspect_ratios, strict=True):
            rows, columns = x.shape[-2:]
            tops, lefts = np.arange(rows) * (height // rows), np.arange(columns) * (width // columns)
            at = np.stack([*np.broadcast_arrays(lefts, tops[:, None])] * 2, -1).reshape(-1, 1, 4)
            found.append((at + _around_0(sizes, ratios)).reshape(-1, 4))
        anchors = wrap(np.concatenate(found).astype(feature_maps[0].array.dtype))
        return [anchors] * len(image_list.image_sizes)

    def extra_repr(self) -> str:
        """The sizes and shapes."""
        return f"sizes={self.sizes}, aspect_ratios={self.aspect_ratios}"


def _around_0(sizes: Sequence[float], ratios: Sequence[float]) -> Array:
    """A box of each size in each shape, around (0, 0), with whole corners."""
    roots = np.sqrt(np.asarray(ratios, np.float32))[:, None]
    wide, tall = (1 / roots * np.asarray(sizes, np.float32)).ravel(), (roots * np.asarray(sizes, np.float32)).ravel()
    return np.asarray(np.rint(np.stack([-wide, -tall, wide, tall], 1) / 2))
