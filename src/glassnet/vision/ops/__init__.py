"""Operations on boxes, and losses of detection, by torchvision's names."""

from __future__ import annotations

from glassnet.vision.ops.box_geometry import (
    batched_nms,
    box_area,
    box_convert,
    box_iou,
    clip_boxes_to_image,
    generalized_box_iou,
    nms,
    remove_small_boxes,
)
from glassnet.vision.ops.focal_loss import sigmoid_focal_loss

__all__ = [
    "batched_nms",
    "box_area",
    "box_convert",
    "box_iou",
    "clip_boxes_to_image",
    "generalized_box_iou",
    "nms",
    "remove_small_boxes",
    "sigmoid_focal_loss",
]
