"""Lite R-ASPP, for segmentation."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import BUILDERS, builders
from glassnet.vision.models.intermediate_layers import IntermediateLayerGetter
from glassnet.vision.models.mobilenet import MobileNetV3, stages_of


class _Head(Module):
    def __init__(self, low: int, high: int, classes: int, within: int) -> None:
        super().__init__()
        self.cbr = nn.Sequential(nn.Conv2d(high, within, 1, bias=False), nn.BatchNorm2d(within), nn.ReLU(inplace=True))
        self.scale = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(high, within, 1, bias=False), nn.Sigmoid())
        self.low_classifier = nn.Conv2d(low, classes, 1)
        self.high_classifier = nn.Conv2d(within, classes, 1)

    def forward(self, maps: dict[str, Tensor]) -> Tensor:
        low, high = maps["low"], maps["high"]
        weighed = self.cbr(high) * self.scale(high)
        large = F.interpolate(weighed, size=low.shape[-2:], mode="bilinear", align_corners=False)
        scores: Tensor = self.low_classifier(low) + self.high_classifier(large)
        return scores


class LRASPP(Module):
    """Classes of pixels from a fine and a coarse map (Howard et al., "Searching for MobileNetV3", 2019).

    Input [n, 3, height, width]; output a dict, "out" [n, num_classes, height, width]. ``backbone`` gives a dict with
    the maps "low" and "high".

    >>> from glassnet.vision.models import segmentation
    >>> from glassnet.vision.models.intermediate_layers import IntermediateLayerGetter
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 8, 3, 2, 1))
    >>> backbone = IntermediateLayerGetter(layers, {"0": "low", "1": "high"})
    >>> segmentation.LRASPP(backbone, 4, 8, num_classes=5)(glassnet.zeros(2, 3, 16, 16))["out"].shape
    (2, 5, 16, 16)
    """

    def __init__(
        self, backbone: Module, low_channels: int, high_channels: int, num_classes: int, inter_channels: int = 128
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.classifier = _Head(low_channels, high_channels, num_classes, inter_channels)

    def forward(self, input: Tensor) -> dict[str, Tensor]:
        """Scores of each class for each pixel."""
        scores = self.classifier(self.backbone(input))
        large = F.interpolate(scores, size=input.shape[-2:], mode="bilinear", align_corners=False)
        return OrderedDict(out=large)


def _lraspp(num_classes: int = 21, weights_backbone: Any = None) -> LRASPP:
    whole = BUILDERS["mobilenet_v3_large"](weights=weights_backbone, dilated=True)
    assert isinstance(whole, MobileNetV3)
    network = whole.features
    stages = stages_of(network)
    low, high = stages[-4], stages[-1]
    backbone = IntermediateLayerGetter(network, {str(low): "low", str(high): "high"})
    return LRASPP(backbone, network[low].out_channels, network[high].out_channels, num_classes)


__all__ = [
    "LRASPP",
    *builders(_lraspp, {"lraspp_mobilenet_v3_large": ("LRASPP_MobileNet_V3_Large", {})}, LRASPP),
]
