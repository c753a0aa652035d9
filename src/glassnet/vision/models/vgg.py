"""VGG, with and without batch norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import start_convolutions

# How many convolutions there are before each of the five poolings.
_DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
_WIDTHS = (64, 128, 256, 512, 512)


class VGG(Module):
    """Convolutions of 3×3 in five stages, three linear layers (Simonyan, Zisserman, "Very Deep Convolutional Networks",
    2014). Input [n, 3, 224, 224], output [n, num_classes]; ``features`` are the convolutions.

    >>> from glassnet.tensor.creation import without_drawing
    >>> from glassnet.vision import models
    >>> with without_drawing():  # quick: the weights are not needed
    ...     models.vgg11(num_classes=10).classifier[6]
    Linear(in_features=4096, out_features=10, bias=True)
    """

    def __init__(
        self, features: Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            start_convolutions(self, linear=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


def _features(depths: Sequence[int], batch_norm: bool) -> nn.Sequential:
    layers: list[Module] = []
    before = 3
    for depth, width in zip(depths, _WIDTHS, strict=True):
        for _ in range(depth):
            layers.append(nn.Conv2d(before, width, kernel_size=3, padding=1))
            layers += [nn.BatchNorm2d(width)] if batch_norm else []
            layers.append(nn.ReLU(inplace=True))
            before = width
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*layers)


def _vgg(depth: int, batch_norm: bool, **arguments: Any) -> VGG:
    return VGG(_features(_DEPTHS[depth], batch_norm), **arguments)


_vgg.__name__ = "VGG"
__all__ = ["VGG"]
for _depth in _DEPTHS:
    for _norm in (False, True):
        _name, _title = f"vgg{_depth}{'_bn' * _norm}", f"VGG{_depth}{'_BN' * _norm}"
        __all__ += builders(_vgg, {_name: (_title, {"depth": _depth, "batch_norm": _norm})})
