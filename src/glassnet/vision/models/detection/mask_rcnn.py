"""Mask R-CNN."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.vision.models.building import builders
from glassnet.vision.models.detection.faster_rcnn import FasterRCNN, resnet50_backbone, second_version
from glassnet.vision.ops.building_blocks import Conv2dNormActivation, Maker
from glassnet.vision.ops.region_modules import MultiScaleRoIAlign


class MaskRCNNHeads(nn.Sequential):
    """Convolutions of 3×3 on each region.

    >>> from glassnet.vision.models import detection
    >>> detection.MaskRCNNHeads(4, [8, 8], 1)(glassnet.zeros(2, 4, 6, 6)).shape
    (2, 8, 6, 6)
    """

    def __init__(self, in_channels: int, layers: Sequence[int], dilation: int, norm_layer: Maker | None = None) -> None:
        widths = [in_channels, *layers]
        super().__init__(*(
            Conv2dNormActivation(before, after, 3, 1, dilation, norm_layer=norm_layer, dilation=dilation)
            for before, after in pairwise(widths)
        ))  # fmt: skip
        _start(self)


class MaskRCNNPredictor(nn.Sequential):
    """A map for each class, twice as large as the region that is looked at.

    >>> from glassnet.vision.models import detection
    >>> detection.MaskRCNNPredictor(8, 16, 3)(glassnet.zeros(2, 8, 6, 6)).shape
    (2, 3, 12, 12)
    """

    def __init__(self, in_channels: int, dim_reduced: int, num_classes: int) -> None:
        super().__init__(OrderedDict(
            conv5_mask=nn.ConvTranspose2d(in_channels, dim_reduced, 2, 2),
            relu=nn.ReLU(inplace=True),
            mask_fcn_logits=nn.Conv2d(dim_reduced, num_classes, 1),
        ))  # fmt: skip
        _start(self)


def _start(module: Module) -> None:
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                init.zeros_(layer.bias)


class MaskRCNN(FasterRCNN):
    """`FasterRCNN` that tells the mask of each thing as well (He et al., "Mask R-CNN", 2017).

    Targets have "masks" [n, height, width] of 0 and 1 as well; what is found, "masks" [n, 1, height, width] from 0 to
    1. ``mask_roi_pool``, ``mask_head`` and ``mask_predictor`` are the heads; the rest is `FasterRCNN`'s.

    >>> from glassnet.vision.models import detection
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3, 4, 1), nn.Conv2d(4, 8, 3, 2, 1))
    >>> backbone = detection.BackboneWithFPN(layers, {"0": "0", "1": "1"}, [4, 8], 8)
    >>> anchors = detection.AnchorGenerator(((16,), (32,), (64,)), ((1.0,),) * 3)
    >>> model = detection.MaskRCNN(backbone, 2, min_size=64, max_size=64, rpn_anchor_generator=anchors)
    >>> target = {"boxes": glassnet.tensor([[4.0, 4.0, 30.0, 40.0]]), "labels": glassnet.tensor([1]),
    ...           "masks": glassnet.ones(1, 64, 64, dtype=glassnet.uint8)}
    >>> "loss_mask" in model([glassnet.rand(3, 64, 64)], [target])
    True
    """

    def __init__(
        self, backbone: Any, num_classes: int | None = None, *rest: Any, mask_roi_pool: Module | None = None,
        mask_head: Module | None = None, mask_predictor: Module | None = None, **options: Any,
    ) -> None:  # fmt: skip
        if num_classes is not None and mask_predictor is not None:
            raise ValueError("MaskRCNN: expected either num_classes or mask_predictor, not both")
        pool = mask_roi_pool or MultiScaleRoIAlign(["0", "1", "2", "3"], 14, 2)
        head = mask_head or MaskRCNNHeads(backbone.out_channels, (256,) * 4, 1)
        predictor = mask_predictor or MaskRCNNPredictor(256, 256, num_classes or 0)
        options |= {"mask_roi_pool": pool, "mask_head": head, "mask_predictor": predictor}
        super().__init__(backbone, num_classes, *rest, **options)


def _mask_rcnn(
    num_classes: int = 91, weights_backbone: Any = None, trainable_backbone_layers: int | None = None,
    trained: bool = False, **options: Any,
) -> MaskRCNN:  # fmt: skip
    return MaskRCNN(resnet50_backbone(weights_backbone, trained, trainable_backbone_layers), num_classes, **options)


def _mask_rcnn2(
    num_classes: int = 91, weights_backbone: Any = None, trainable_backbone_layers: int | None = None,
    trained: bool = False, **options: Any,
) -> MaskRCNN:  # fmt: skip
    backbone, heads = second_version(weights_backbone, trained, trainable_backbone_layers)
    heads["mask_head"] = MaskRCNNHeads(256, [256] * 4, 1, nn.BatchNorm2d)
    return MaskRCNN(backbone, num_classes, **{**heads, **options})


__all__ = [
    "MaskRCNN",
    "MaskRCNNHeads",
    "MaskRCNNPredictor",
    *builders(_mask_rcnn, {"maskrcnn_resnet50_fpn": ("MaskRCNN_ResNet50_FPN", {})}, MaskRCNN),
    *builders(_mask_rcnn2, {"maskrcnn_resnet50_fpn_v2": ("MaskRCNN_ResNet50_FPN_V2", {})}, MaskRCNN),
]
