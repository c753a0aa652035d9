"""Small masks of boxes put where the boxes are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import glassnet.functional as F
from glassnet.tensor import Tensor, as_array, wrap


def paste_masks(masks: Tensor, boxes: Tensor, size: Sequence[int]) -> Tensor:
    """Masks [n, 1, m, m] of boxes [n, 4] as masks [n, 1, height, width] of the picture.

    >>> from glassnet.vision.models.detection.pasted_masks import paste_masks
    >>> paste_masks(glassnet.ones(1, 1, 4, 4), glassnet.tensor([[1.0, 0.0, 3.0, 1.0]]), (3, 4))[0, 0].round()
    tensor([[0., 1., 1., 1.],
            [0., 1., 1., 1.],
            [0., 0., 0., 0.]])
    """
    height, width = size
    side = masks.shape[-1]
    corners, wider = as_array(boxes), (side + 2) / side
    centres, halves = (corners[:, :2] + corners[:, 2:]) / 2, (corners[:, 2:] - corners[:, :2]) / 2 * wider
    places = np.concatenate([centres - halves, centres + halves], 1).astype(np.int64)
    whole = np.zeros((len(places), 1, height, width), as_array(masks).dtype)
    padded: Any = F.pad(masks, (1, 1, 1, 1))  # so that what is at the border fades out
    for number, (left, top, right, bottom) in enumerate(places):
        tall, wide = max(bottom - top + 1, 1), max(right - left + 1, 1)
        large = F.interpolate(padded[number][None], size=(int(tall), int(wide)), mode="bilinear", align_corners=False)
        rows = slice(max(top, 0), min(bottom + 1, height))
        columns = slice(max(left, 0), min(right + 1, width))
        if rows.start < rows.stop and columns.start < columns.stop:
            inside = large.array[0, 0, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
            whole[number, 0, rows, columns] = inside
    return wrap(whole)
