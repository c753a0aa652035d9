"""Architectures that find things in pictures, by torchvision's names."""

from __future__ import annotations

from glassnet.vision.models.building import lookup
from glassnet.vision.models.detection import (
    anchors,
    backbones,
    faster_rcnn,
    generalized_rcnn,
    keypoint_rcnn,
    mask_rcnn,
    matching,
    picture_batches,
    region_heads,
    region_proposals,
    retinanet,
)

__all__, __getattr__ = lookup(
    __name__, anchors, backbones, faster_rcnn, generalized_rcnn, keypoint_rcnn, mask_rcnn, matching, picture_batches,
    region_heads, region_proposals, retinanet,
)  # fmt: skip
