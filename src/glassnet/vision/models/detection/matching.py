"""Boxes and what they should be: the true box each belongs to, which are trained with, how one lies to another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.random import chosen
from glassnet.tensor import Tensor
from glassnet.tensor.joining import stack

__all__ = ["BoxCoder"]

BELOW, BETWEEN = -1, -2  # of a box that overlaps no true one enough, and of one that is left out of the training


def matched(overlaps: Array, low: float, high: float, allow_low_quality: bool) -> Array:
    """For each box the number of the true one that it overlaps most; BELOW ``low``, BETWEEN it and ``high``.

    ``overlaps`` are [true boxes, boxes]. With ``allow_low_quality``, a true box always has those that overlap it most.

    >>> from glassnet.vision.models.detection.matching import matched
    >>> matched(np.array([[0.9, 0.5, 0.1, 0.0], [0.0, 0.0, 0.2, 0.1]]), 0.3, 0.7, True)
    array([ 0, -2,  1, -1])
    """
    if not len(overlaps):
        return np.full(overlaps.shape[1], BELOW)
    best, number = overlaps.max(0), overlaps.argmax(0)
    found = np.where(best < low, BELOW, np.where(best < high, BETWEEN, number))
    if allow_low_quality:
        is_best = (overlaps == overlaps.max(1, keepdims=True)).any(0)
        found = np.where(is_best, number, found)
    return np.asarray(found)


def sampled(labels: Array, count: int, positive_fraction: float) -> tuple[Array, Array]:
    """The numbers of some boxes whose label is 1 or more, at most a share of ``count``, and of some whose label is 0.

    >>> from glassnet.vision.models.detection.matching import sampled
    >>> [len(part) for part in sampled(np.array([1, 2, 3, 0, 0, 0, -1]), 4, 0.5)]
    [2, 2]
    """
    positive, negative = np.flatnonzero(labels >= 1), np.flatnonzero(labels == 0)
    positive = chosen(None).permutation(positive)[: int(count * positive_fraction)]
    negative = chosen(None).permutation(negative)[: count - len(positive)]
    return np.sort(positive), np.sort(negative)


class BoxCoder:
    """How a box lies to another: how far its centre, in sides of the other, and the logarithm of how much larger.

    Each of the four numbers is multiplied with its one of ``weights``.

    >>> from glassnet.vision.models import detection
    >>> coder = detection.BoxCoder((1.0, 1.0, 1.0, 1.0))
    >>> boxes, others = glassnet.tensor([[1.0, 0.0, 3.0, 4.0]]), glassnet.tensor([[0.0, 0.0, 2.0, 4.0]])
    >>> coder.encode_single(boxes, others)
    tensor([[0.5000, 0.0000, 0.0000, 0.0000]])
    >>> coder.decode_single(coder.encode_single(boxes, others), others)
    tensor([[1., 0., 3., 4.]])
    """

    def __init__(self, weights: Sequence[float], bbox_xform_clip: float = math.log(1000.0 / 16)) -> None:
        self.weights = tuple(weights)
        self.bbox_xform_clip = bbox_xform_clip

    def encode_single(self, reference_boxes: Tensor, proposals: Tensor) -> Tensor:
        """How ``reference_boxes`` [n, 4] lie to ``proposals`` [n, 4]."""
        x, y, wide, tall = _centred(proposals)
        to_x, to_y, to_wide, to_tall = _centred(reference_boxes)
        parts = ((to_x - x) / wide, (to_y - y) / tall, (to_wide / wide).log(), (to_tall / tall).log())
        return stack([weight * part for weight, part in zip(self.weights, parts, strict=True)], 1)

    def decode_single(self, rel_codes: Tensor, boxes: Tensor) -> Tensor:
        """The boxes that lie so to ``boxes`` [n, 4]; of codes [n, 4·k], k of each: [n, 4·k]."""
        x, y, wide, tall = (part[:, None] for part in _centred(boxes))
        codes: Any = rel_codes.reshape(rel_codes.shape[0], -1, 4)
        right, down, wider, taller = (codes[:, :, i] / weight for i, weight in enumerate(self.weights))
        x, y = x + right * wide, y + down * tall
        half_wide = wide * wider.clamp(max=self.bbox_xform_clip).exp() / 2
        half_tall = tall * taller.clamp(max=self.bbox_xform_clip).exp() / 2
        corners: Any = stack([x - half_wide, y - half_tall, x + half_wide, y + half_tall], 2)
        decoded: Tensor = corners.reshape(rel_codes.shape)
        return decoded


def _centred(boxes: Tensor) -> tuple[Any, Any, Any, Any]:
    """The centre of each, and its width and height."""
    left, top, right, bottom = boxes.unbind(1)
    wide, tall = right - left, bottom - top
    return left + wide / 2, top + tall / 2, wide, tall
