"""Pictures put together, drawn on and saved, by torchvision's names."""

from __future__ import annotations

from glassnet.vision.utils.drawn_on import draw_bounding_boxes, draw_keypoints, draw_segmentation_masks
from glassnet.vision.utils.flow_colours import flow_to_image
from glassnet.vision.utils.grids import make_grid, save_image

__all__ = [
    "draw_bounding_boxes",
    "draw_keypoints",
    "draw_segmentation_masks",
    "flow_to_image",
    "make_grid",
    "save_image",
]
