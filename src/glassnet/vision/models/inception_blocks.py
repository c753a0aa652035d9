"""What GoogLeNet and Inception v3 share: a convolution with batch norm, branches side by side, outputs of training."""

from __future__ import annotations

from typing import Any

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn.init import trunc_normal_
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.joining import cat

_MEANS, _DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pictures


class BasicConv2d(Module):
    """A convolution, batch norm, relu."""

    def __init__(self, in_channels: int, out_channels: int, **options: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **options)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """Of the input."""
        return F.relu(self.bn(self.conv(x)))


def joined(*branches: Tensor) -> Tensor:
    """What the branches found, one after the other in the channels."""
    return cat(list(branches), 1)


def as_trained_elsewhere(x: Tensor) -> Tensor:
    """Pictures with ImageNet's mean and deviation, as ones from -1 to 1: the weights of these networks are for such."""
    parts = [x[:, i : i + 1] * (deviation / 0.5) + (mean - 0.5) / 0.5
             for i, (mean, deviation) in enumerate(zip(_MEANS, _DEVIATIONS, strict=True))]  # fmt: skip
    return cat(parts, 1)


def start_truncated(model: Module) -> None:
    """Draw the weights of convolutions and linear layers from a normal distribution that is cut at 2."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            trunc_normal_(layer.weight, 0.0, float(getattr(layer, "stddev", 0.1)), -2, 2)
