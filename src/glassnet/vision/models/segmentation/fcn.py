"""Fully convolutional networks for segmentation."""

from __future__ import annotations

from typing import Any

import glassnet.nn as nn
from glassnet.vision.models.building import builders
from glassnet.vision.models.segmentation.simple_segmentation import SimpleSegmentation, dilated_backbone


class FCNHead(nn.Sequential):
    """A convolution of 3×3 and one of 1×1: scores from a map of ``in_channels``.

    >>> from glassnet.vision.models import segmentation
    >>> segmentation.FCNHead(8, 3)(glassnet.zeros(2, 8, 4, 4)).shape
    (2, 3, 4, 4)
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        within = in_channels // 4
        super().__init__(
            nn.Conv2d(in_channels, within, 3, padding=1, bias=False),
            nn.BatchNorm2d(within),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv2d(within, channels, 1),
        )


class FCN(SimpleSegmentation):
    """Classes of pixels by convolutions alone (Long et al., "Fully Convolutional Networks", 2014).

    Input [n, 3, height, width]; output a dict, "out" [n, num_classes, height, width]. ``backbone`` gives a dict with a
    map "out", ``classifier`` scores it; ``aux_classifier`` does a map "aux", for a second loss in training.

    >>> from glassnet.vision.models import segmentation
    >>> from glassnet.vision.models.intermediate_layers import IntermediateLayerGetter
    >>> backbone = IntermediateLayerGetter(nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1)), {"0": "out"})
    >>> segmentation.FCN(backbone, segmentation.FCNHead(8, 5))(glassnet.zeros(2, 3, 16, 16))["out"].shape
    (2, 5, 16, 16)
    """


def _fcn(
    backbone: str, num_classes: int = 21, aux_loss: bool | None = None, weights_backbone: Any = None,
    trained: bool = False,
) -> FCN:  # fmt: skip
    with_aux = trained if aux_loss is None else aux_loss
    network, channels, aux = dilated_backbone(backbone, weights_backbone, with_aux)
    return FCN(network, FCNHead(channels, num_classes), FCNHead(aux, num_classes) if with_aux else None)


__all__ = [
    "FCN",
    "FCNHead",
    *builders(_fcn, {f"fcn_resnet{n}": (f"FCN_ResNet{n}", {"backbone": f"resnet{n}"}) for n in (50, 101)}, FCN),
]
