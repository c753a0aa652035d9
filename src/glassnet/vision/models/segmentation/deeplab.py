"""DeepLab v3, for segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.joining import cat
from glassnet.vision.models.building import builders
from glassnet.vision.models.segmentation.fcn import FCNHead
from glassnet.vision.models.segmentation.simple_segmentation import SimpleSegmentation, dilated_backbone


def _conv(inputs: int, outputs: int, kernel: int = 1, dilation: int = 1) -> list[Module]:
    padding = dilation if kernel > 1 else 0
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


class _OfThePicture(nn.Sequential):
    """The mean of all pixels, at every pixel."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), *_conv(inputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """As large as ``x``."""
        return F.interpolate(super().forward(x), size=x.shape[-2:], mode="bilinear", align_corners=False)


class ASPP(Module):
    """A map looked at through kernels of several widths, and as a whole: "atrous spatial pyramid pooling".

    >>> from glassnet.vision.models import segmentation
    >>> segmentation.ASPP(8, [2, 4], 16)(glassnet.zeros(2, 8, 6, 6)).shape
    (2, 16, 6, 6)
    """

    def __init__(self, in_channels: int, atrous_rates: Sequence[int], out_channels: int = 256) -> None:
        super().__init__()
        wide = (nn.Sequential(*_conv(in_channels, out_channels, 3, rate)) for rate in atrous_rates)
        point, whole = nn.Sequential(*_conv(in_channels, out_channels)), _OfThePicture(in_channels, out_channels)
        self.convs = nn.ModuleList([point, *wide, whole])
        self.project = nn.Sequential(*_conv(len(self.convs) * out_channels, out_channels), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        """[n, out_channels, height, width]."""
        out: Tensor = self.project(cat([convolution(x) for convolution in self.convs], 1))
        return out


class DeepLabHead(nn.Sequential):
    """`ASPP`, a convolution of 3×3 and one of 1×1.

    >>> from glassnet.vision.models import segmentation
    >>> segmentation.DeepLabHead(8, 3).eval()(glassnet.zeros(1, 8, 4, 4)).shape
    (1, 3, 4, 4)
    """

    def __init__(self, in_channels: int, num_classes: int, atrous_rates: Sequence[int] = (12, 24, 36)) -> None:
        super().__init__(ASPP(in_channels, atrous_rates), *_conv(256, 256, 3), nn.Conv2d(256, num_classes, 1))


class DeepLabV3(SimpleSegmentation):
    """Classes of pixels, seen in surroundings of several sizes (Chen et al., "Rethinking Atrous Convolution", 2017).

    Input [n, 3, height, width]; output a dict, "out" [n, num_classes, height, width]; see `FCN`.

    >>> from glassnet.vision.models import segmentation
    >>> from glassnet.vision.models.intermediate_layers import IntermediateLayerGetter
    >>> backbone = IntermediateLayerGetter(nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1)), {"0": "out"})
    >>> model = segmentation.DeepLabV3(backbone, segmentation.DeepLabHead(8, 5))
    >>> model(glassnet.zeros(2, 3, 16, 16))["out"].shape
    (2, 5, 16, 16)
    """


def _deeplab(
    backbone: str, num_classes: int = 21, aux_loss: bool | None = None, weights_backbone: Any = None,
    trained: bool = False,
) -> DeepLabV3:  # fmt: skip
    with_aux = trained if aux_loss is None else aux_loss
    network, channels, aux = dilated_backbone(backbone, weights_backbone, with_aux)
    return DeepLabV3(network, DeepLabHead(channels, num_classes), FCNHead(aux, num_classes) if with_aux else None)


_BACKBONES = {"resnet50": "ResNet50", "resnet101": "ResNet101", "mobilenet_v3_large": "MobileNet_V3_Large"}

__all__ = [
    "ASPP",
    "DeepLabHead",
    "DeepLabV3",
    *builders(
        _deeplab,
        {f"deeplabv3_{name}": (f"DeepLabV3_{title}", {"backbone": name}) for name, title in _BACKBONES.items()},
        DeepLabV3,
    ),
]
