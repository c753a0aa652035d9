"""Keypoint R-CNN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.detection.faster_rcnn import FasterRCNN, resnet50_backbone
from glassnet.vision.models.shared_blocks import zero_bias
from glassnet.vision.ops.region_modules import MultiScaleRoIAlign


class KeypointRCNNHeads(nn.Sequential):
    """Convolutions of 3×3 on each region.

    >>> from glassnet.vision.models import detection
    >>> detection.KeypointRCNNHeads(4, [8, 8])(glassnet.zeros(2, 4, 6, 6)).shape
    (2, 8, 6, 6)
    """

    def __init__(self, in_channels: int, layers: Sequence[int]) -> None:
        parts: list[Module] = []
        for outputs in layers:
            parts += [nn.Conv2d(in_channels, outputs, 3, 1, 1), nn.ReLU(inplace=True)]
            in_channels = outputs
        super().__init__(*parts)
        _start(self)


class KeypointRCNNPredictor(Module):
    """A map for each point, four times as large as the region that is looked at.

    >>> from glassnet.vision.models import detection
    >>> detection.KeypointRCNNPredictor(8, 17)(glassnet.zeros(2, 8, 6, 6)).shape
    (2, 17, 24, 24)
    """

    def __init__(self, in_channels: int, num_keypoints: int) -> None:
        super().__init__()
        self.kps_score_lowres = nn.ConvTranspose2d(in_channels, num_keypoints, 4, 2, 1)
        self.out_channels = num_keypoints
        _start(self)

    def forward(self, x: Tensor) -> Tensor:
        """[regions, points, height, width]."""
        x = self.kps_score_lowres(x)
        return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def _start(module: Module) -> None:
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            zero_bias(layer)


class KeypointRCNN(FasterRCNN):
    """`FasterRCNN` that tells points of each thing as well (He et al., "Mask R-CNN", 2017).

    Targets have "keypoints" [n, num_keypoints, (x, y, whether it is seen)] as well; what is found, "keypoints" and
    "keypoints_scores" [n, num_keypoints]. ``keypoint_roi_pool``, ``keypoint_head`` and ``keypoint_predictor`` are the
    heads; the rest is `FasterRCNN`'s.

    >>> from glassnet.vision.models import detection
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3, 4, 1), nn.Conv2d(4, 8, 3, 2, 1))
    >>> backbone = detection.BackboneWithFPN(layers, {"0": "0", "1": "1"}, [4, 8], 8)
    >>> anchors = detection.AnchorGenerator(((16,), (32,), (64,)), ((1.0,),) * 3)
    >>> head, predictor = detection.KeypointRCNNHeads(8, [8]), detection.KeypointRCNNPredictor(8, 2)
    >>> model = detection.KeypointRCNN(backbone, 2, min_size=64, max_size=64, rpn_anchor_generator=anchors,
    ...                                keypoint_head=head, keypoint_predictor=predictor)
    >>> target = {"boxes": glassnet.tensor([[4.0, 4.0, 30.0, 40.0]]), "labels": glassnet.tensor([1]),
    ...           "keypoints": glassnet.tensor([[[10.0, 10.0, 1.0], [20.0, 30.0, 1.0]]])}
    >>> "loss_keypoint" in model([glassnet.rand(3, 64, 64)], [target])
    True
    """

    def __init__(
        self, backbone: Any, num_classes: int | None = None, *rest: Any, keypoint_roi_pool: Module | None = None,
        keypoint_head: Module | None = None, keypoint_predictor: Module | None = None,
        num_keypoints: int | None = None, **options: Any,
    ) -> None:  # fmt: skip
        if num_keypoints is not None and keypoint_predictor is not None:
            raise ValueError("KeypointRCNN: expected either num_keypoints or keypoint_predictor, not both")
        options |= {
            "keypoint_roi_pool": keypoint_roi_pool or MultiScaleRoIAlign(["0", "1", "2", "3"], 14, 2),
            "keypoint_head": keypoint_head or KeypointRCNNHeads(backbone.out_channels, (512,) * 8),
            "keypoint_predictor": keypoint_predictor or KeypointRCNNPredictor(512, num_keypoints or 17),
        }
        super().__init__(backbone, num_classes, *rest, **options)


def _keypoint_rcnn(
    num_classes: int = 2, num_keypoints: int = 17, weights_backbone: Any = None,
    trainable_backbone_layers: int | None = None, trained: bool = False, **options: Any,
) -> KeypointRCNN:  # fmt: skip
    backbone = resnet50_backbone(weights_backbone, trained, trainable_backbone_layers)
    return KeypointRCNN(backbone, num_classes, num_keypoints=num_keypoints, **options)


__all__ = [
    "KeypointRCNN",
    "KeypointRCNNHeads",
    "KeypointRCNNPredictor",
    *builders(_keypoint_rcnn, {"keypointrcnn_resnet50_fpn": ("KeypointRCNN_ResNet50_FPN", {})}, KeypointRCNN),
]
