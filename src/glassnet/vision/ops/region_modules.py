"""The poolings of regions as layers, and the one that reads each box from the feature map that fits its size."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.nn.module import Module
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.tensor.joining import cat
from glassnet.vision.ops.regions import Sides, ps_roi_align, ps_roi_pool, roi_align, roi_pool


class _OfRegions(Module):
    """A function of images and boxes, with the options that this layer was made with."""

    def __init__(self, function: Callable[..., Tensor], **options: Any) -> None:
        super().__init__()
        self._function = function
        self._options = options
        for name, value in options.items():
            setattr(self, name, value)

    def forward(self, input: Tensor, rois: Any) -> Tensor:
        """Each box as an image of one size."""
        return self._function(input, rois, **self._options)

    def extra_repr(self) -> str:
        """The options."""
        return ", ".join(f"{name}={value}" for name, value in self._options.items())


class RoIAlign(_OfRegions):
    """`roi_align` as a layer.

    >>> from glassnet.vision import ops
    >>> ops.RoIAlign(2, 1.0, -1)(glassnet.ones(1, 3, 4, 4), [glassnet.tensor([[0.0, 0.0, 2.0, 2.0]])]).shape
    (1, 3, 2, 2)
    """

    def __init__(self, output_size: Sides, spatial_scale: float, sampling_ratio: int, aligned: bool = False) -> None:
        super().__init__(roi_align, output_size=output_size, spatial_scale=spatial_scale,
                         sampling_ratio=sampling_ratio, aligned=aligned)  # fmt: skip


class PSRoIAlign(_OfRegions):
    """`ps_roi_align` as a layer.

    >>> from glassnet.vision import ops
    >>> ops.PSRoIAlign(2, 1.0, -1)(glassnet.ones(1, 4, 4, 4), [glassnet.tensor([[0.0, 0.0, 2.0, 2.0]])]).shape
    (1, 1, 2, 2)
    """

    def __init__(self, output_size: Sides, spatial_scale: float, sampling_ratio: int) -> None:
        super().__init__(ps_roi_align, output_size=output_size, spatial_scale=spatial_scale,
                         sampling_ratio=sampling_ratio)  # fmt: skip


class RoIPool(_OfRegions):
    """`roi_pool` as a layer.

    >>> from glassnet.vision import ops
    >>> ops.RoIPool(2, 1.0)(glassnet.ones(1, 3, 4, 4), [glassnet.tensor([[0.0, 0.0, 2.0, 2.0]])]).shape
    (1, 3, 2, 2)
    """

    def __init__(self, output_size: Sides, spatial_scale: float) -> None:
        super().__init__(roi_pool, output_size=output_size, spatial_scale=spatial_scale)


class PSRoIPool(_OfRegions):
    """`ps_roi_pool` as a layer.

    >>> from glassnet.vision import ops
    >>> ops.PSRoIPool(2, 1.0)(glassnet.ones(1, 4, 4, 4), [glassnet.tensor([[0.0, 0.0, 2.0, 2.0]])]).shape
    (1, 1, 2, 2)
    """

    def __init__(self, output_size: Sides, spatial_scale: float) -> None:
        super().__init__(ps_roi_pool, output_size=output_size, spatial_scale=spatial_scale)


class MultiScaleRoIAlign(Module):
    """`roi_align` of each box from one of several feature maps: the larger the box, the coarser the map.

    ``featmap_names`` are those that are read. A box as large as ``canonical_scale`` belongs to ``canonical_level``,
    the map of which 2^level pixels of the picture make a pixel (Lin et al., "Feature Pyramid Networks", 2017).

    >>> from glassnet.vision import ops
    >>> pool = ops.MultiScaleRoIAlign(["fine", "coarse"], 3, 2)
    >>> maps = {"fine": glassnet.ones(1, 5, 16, 16), "coarse": glassnet.ones(1, 5, 8, 8)}
    >>> pool(maps, [glassnet.tensor([[0.0, 0.0, 20.0, 20.0]])], [(64, 64)]).shape
    (1, 5, 3, 3)
    """

    def __init__(
        self, featmap_names: Sequence[str], output_size: Sides, sampling_ratio: int, *, canonical_scale: int = 224,
        canonical_level: int = 4,
    ) -> None:  # fmt: skip
        super().__init__()
        self.featmap_names = list(featmap_names)
        self.output_size = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
        self.sampling_ratio = sampling_ratio
        self.canonical_scale, self.canonical_level = canonical_scale, canonical_level

    def forward(self, x: Mapping[str, Tensor], boxes: Sequence[Tensor], image_shapes: Sequence[Any]) -> Tensor:
        """[boxes of all images, channels, height, width]; ``image_shapes`` are (height, width) of each picture."""
        maps = [x[name] for name in self.featmap_names if name in x]
        if not maps:
            raise ShapeError(f"MultiScaleRoIAlign: expected maps {', '.join(self.featmap_names)}, got {', '.join(x)}")
        tallest = max(int(shape[0]) for shape in image_shapes)
        scales = [2.0 ** round(math.log2(each.shape[2] / tallest)) for each in maps]
        of = np.repeat(np.arange(len(boxes)), [len(each) for each in boxes])
        corners = np.concatenate([as_array(each).reshape(-1, 4) for each in boxes])
        numbered = np.concatenate([of[:, None].astype(corners.dtype), corners], 1)
        level = self._levels(corners, -math.log2(scales[0]), -math.log2(scales[-1]))
        pooled = [
            roi_align(each, wrap(numbered[level == number]), self.output_size, scale, self.sampling_ratio)
            for number, (each, scale) in enumerate(zip(maps, scales, strict=True))
        ]
        places = np.argsort(np.argsort(level, kind="stable"), kind="stable")
        return pooled[0] if len(pooled) == 1 else cat(pooled)[wrap(places)]

    def _levels(self, corners: Any, least: float, most: float) -> Any:
        """Which of the maps each box is read from."""
        sides = np.sqrt((corners[:, 2:] - corners[:, :2]).prod(1).clip(1e-12))
        level = np.floor(self.canonical_level + np.log2(sides / self.canonical_scale) + 1e-6)
        return level.clip(least, most).astype(int) - int(least)

    def extra_repr(self) -> str:
        """The maps and the size."""
        return (
            f"featmap_names={self.featmap_names}, output_size={self.output_size}, sampling_ratio={self.sampling_ratio}"
        )
