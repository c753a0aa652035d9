"""Masks of regions: what the maps of a mask head say, and how wrong they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import glassnet.functional as F
from glassnet.ops.dtypes import Array
from glassnet.tensor import Tensor, as_array, wrap
from glassnet.vision.ops.regions import roi_align

Positive = Sequence[tuple[Array, Array]]  # of each picture, the class of each region, and the number of its true box


def mask_loss(maps: Tensor, regions: Sequence[Tensor], masks: Sequence[Tensor], positive: Positive) -> Tensor:
    """Binary cross entropy of the map [classes, m, m] of each region's class, and its part of the true mask."""
    if not len(maps):
        return maps.sum() * 0
    side, dtype = maps.shape[-1], maps.array.dtype
    wanted = []
    for boxes, mask, (_, of) in zip(regions, masks, positive, strict=True):
        numbered = np.concatenate([of[:, None].astype(dtype), as_array(boxes)], 1)
        if len(of):
            pictures = wrap(as_array(mask)[:, None].astype(dtype))
            wanted.append(as_array(roi_align(pictures, wrap(numbered), (side, side)))[:, 0])
    labels = np.concatenate([label for label, _ in positive])
    of_class: Any = maps[wrap(np.arange(len(labels))), wrap(labels)]
    return F.binary_cross_entropy_with_logits(of_class, wrap(np.concatenate(wanted)))


def found_masks(maps: Tensor, found: list[dict[str, Tensor]]) -> None:
    """Add to what was found in each picture the masks [n, 1, m, m] of its boxes, from 0 to 1."""
    chances, first = as_array(maps.sigmoid()), 0
    for each in found:
        labels = as_array(each["labels"])
        these = np.arange(first, first + len(labels))
        each["masks"] = wrap(chances[these, labels][:, None])
        first += len(labels)
