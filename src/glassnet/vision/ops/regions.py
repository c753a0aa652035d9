"""Boxes of images as small images of one size: pooled by averages between pixels, or by the largest pixel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import glassnet.functional as F
from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.layers.region_pooling import region_pool
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, apply, as_array, wrap
from glassnet.tensor.creation import zeros
from glassnet.tensor.joining import cat, stack

Sides = int | Sequence[int]
Weights = Callable[[Array, Array, int, int], Array]  # of starts, ends, places and pixels: [k, places, pixels]


def roi_align(
    input: Tensor,
    boxes: Any,
    output_size: Sides,
    spatial_scale: float = 1.0,
    sampling_ratio: int = -1,
    aligned: bool = False,
) -> Tensor:
    """Each box of images [n, channels, height, width] as an image of ``output_size``: [boxes, channels, p, q].

    ``boxes`` are [k, 5] (number of the image, left, top, right, bottom), or a list of [·, 4], one for each image, in
    units of which ``spatial_scale`` make a pixel. The box is cut into p × q parts; of each, ``sampling_ratio`` places
    a side are read between the pixels, and averaged; −1 takes as many as there are pixels. ``aligned``: a pixel's
    middle is at its number and a half. No gradient flows to the boxes.

    Source: He et al., "Mask R-CNN", 2017.

    >>> from glassnet.vision import ops
    >>> x = glassnet.arange(16.0).reshape(1, 1, 4, 4)
    >>> ops.roi_align(x, [glassnet.tensor([[0.0, 0.0, 2.0, 2.0]])], 1, sampling_ratio=1)
    tensor([[[[5.]]]])
    """
    shift, least = (0.5, 0.0) if aligned else (0.0, 1.0)
    return _pooled("roi_align", input, boxes, output_size, spatial_scale, _between(sampling_ratio, shift, least))


def ps_roi_align(
    input: Tensor, boxes: Any, output_size: Sides, spatial_scale: float = 1.0, sampling_ratio: int = -1
) -> Tensor:
    """`roi_align`, where each of the p × q parts is read from channels of its own: [boxes, channels / (p·q), p, q].

    Source: Li et al., "Light-Head R-CNN", 2017.

    >>> from glassnet.vision import ops
    >>> x = glassnet.arange(4.0).reshape(1, 4, 1, 1).expand(1, 4, 4, 4)
    >>> ops.ps_roi_align(x, [glassnet.tensor([[0.0, 0.0, 2.0, 2.0]])], 2)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    return _by_place("ps_roi_align", input, boxes, output_size, spatial_scale, _between(sampling_ratio, 0.5, 0.0))


def ps_roi_pool(input: Tensor, boxes: Any, output_size: Sides, spatial_scale: float = 1.0) -> Tensor:
    """The mean of the pixels in each of the p × q parts of a box, each part read from channels of its own.

    Source: Dai et al., "R-FCN", 2016.

    >>> from glassnet.vision import ops
    >>> x = glassnet.arange(4.0).reshape(1, 4, 1, 1).expand(1, 4, 4, 4)
    >>> ops.ps_roi_pool(x, [glassnet.tensor([[0.0, 0.0, 4.0, 4.0]])], 2)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    return _by_place("ps_roi_pool", input, boxes, output_size, spatial_scale, _means)


def roi_pool(input: Tensor, boxes: Any, output_size: Sides, spatial_scale: float = 1.0) -> Tensor:
    """The largest pixel in each of the p × q parts of a box, whose sides are rounded to pixels; 0 where there is none.

    Source: Girshick, "Fast R-CNN", 2015.

    >>> from glassnet.vision import ops
    >>> x = glassnet.arange(16.0).reshape(1, 1, 4, 4)
    >>> ops.roi_pool(x, [glassnet.tensor([[0.0, 0.0, 3.0, 3.0]])], 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    of, corners, (tall, wide) = _read("roi_pool", input, boxes, output_size)
    if not len(of):
        return zeros(0, input.shape[1], tall, wide, dtype=input.dtype)
    height, width = input.shape[2:]
    found = []
    for image, (left, top, right, bottom) in zip(of, _rounded(corners * spatial_scale).astype(int), strict=True):
        right, bottom = max(right, left) + 1, max(bottom, top) + 1
        inside = input[image, :, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        beyond = [max(0, n) for n in (min(-left, right - left), right - max(width, left),
                                      min(-top, bottom - top), bottom - max(height, top))]  # fmt: skip
        found.append(F.adaptive_max_pool2d(F.pad(inside, beyond, value=-np.inf), (tall, wide)))
    pooled = stack(found)
    return pooled.masked_fill(pooled == -np.inf, 0.0)


def _pooled(name: str, input: Tensor, boxes: Any, size: Sides, scale: float, weights: Weights) -> Tensor:
    of, corners, (tall, wide) = _read(name, input, boxes, size)
    left, top, right, bottom = (corners * scale).T
    rows = weights(top, bottom, tall, input.shape[2]).astype(input.dtype.type, copy=False)
    columns = weights(left, right, wide, input.shape[3]).astype(input.dtype.type, copy=False)
    pooled: Tensor = apply(region_pool, input, wrap(rows), wrap(columns), wrap(of))
    return pooled


def _by_place(name: str, input: Tensor, boxes: Any, size: Sides, scale: float, weights: Weights) -> Tensor:
    of, corners, (tall, wide) = _read(name, input, boxes, size)
    if input.shape[1] % (tall * wide):
        raise ShapeError(f"{name}: expected channels in {tall * wide} parts, got {input.shape[1]} channels")
    left, top, right, bottom = (corners * scale).T
    rows = weights(top, bottom, tall, input.shape[2]).astype(input.dtype.type, copy=False)
    columns = weights(left, right, wide, input.shape[3]).astype(input.dtype.type, copy=False)
    parts = input.reshape(input.shape[0], -1, tall, wide, *input.shape[2:])
    found = [
        apply(region_pool, parts[:, :, p, q], wrap(rows[:, p : p + 1]), wrap(columns[:, q : q + 1]), wrap(of))
        for p in range(tall)
        for q in range(wide)
    ]
    return cat(found, 3).reshape(len(of), -1, tall, wide)


def _between(sampling_ratio: int, shift: float, least: float) -> Weights:
    """What `roi_align` weighs pixels with: the mean of places, each between two pixels."""

    def weights(start: Array, end: Array, places: int, pixels: int) -> Array:
        start = start - shift
        length = np.maximum(end - shift - start, least or -np.inf)
        counts = np.full(len(start), sampling_ratio) if sampling_ratio > 0 else np.ceil(length / places).astype(int)
        found = np.zeros((len(start), places, pixels))
        for count in np.unique(counts[counts > 0]):
            these = counts == count
            steps = (np.arange(places * count) + 0.5) / (places * count)
            place = start[these, None] + steps * length[these, None]
            near = np.clip(1 - np.abs(place.clip(0, pixels - 1)[..., None] - np.arange(pixels)), 0, None)
            near[(place < -1) | (place > pixels)] = 0
            found[these] = near.reshape(len(place), places, count, pixels).mean(2)
        return found

    return weights


def _means(start: Array, end: Array, places: int, pixels: int) -> Array:
    """The mean of the pixels of each part of a box with rounded sides."""
    start, end = _rounded(start), _rounded(end)
    part = np.maximum(end - start, 1) / places
    edges = start[:, None] + part[:, None] * np.arange(places + 1)
    last = pixels - 1  # as far as a part reaches in torchvision: the last pixel is in none
    low, high = np.floor(edges[:, :-1]).clip(0, last), np.ceil(edges[:, 1:]).clip(0, last)
    inside = (np.arange(pixels) >= low[..., None]) & (np.arange(pixels) < high[..., None])
    return np.asarray(inside / np.maximum(high - low, 1)[..., None])


def _rounded(numbers: Array) -> Array:
    """To the nearest whole number, halves away from 0."""
    return np.asarray(np.trunc(numbers + np.copysign(0.5, numbers)))


def _read(name: str, input: Tensor, boxes: Any, size: Sides) -> tuple[Array, Array, tuple[int, int]]:
    """Of which image each box is, its corners [k, 4], and the size that it becomes."""
    if input.ndim != 4:
        raise ShapeError(f"{name}: expected images [n, channels, height, width], got {written(input.shape)}")
    if isinstance(boxes, Tensor):
        if boxes.ndim != 2 or boxes.shape[1] != 5:
            raise ShapeError(
                f"{name}: expected boxes [k, 5], each with the number of its image, or a list of [k, 4], got "
                f"{written(boxes.shape)}"
            )
        of, corners = boxes.array[:, 0].astype(np.int64), boxes.array[:, 1:]
    else:
        listed = [as_array(each) for each in boxes]
        if not all(each.ndim == 2 and each.shape[1] == 4 for each in listed):
            raise ShapeError(f"{name}: expected boxes [k, 4] of each image, got {[each.shape for each in listed]}")
        of = np.repeat(np.arange(len(listed)), [len(each) for each in listed])
        corners = np.concatenate([*listed, np.empty((0, 4), np.float32)])
    if of.size and not 0 <= of.min() <= of.max() < len(input):
        raise ShapeError(f"{name}: expected boxes of {len(input)} images, got one of image {of.max()}")
    tall, wide = (size, size) if isinstance(size, int) else size
    return of, corners, (int(tall), int(wide))
