"""SqueezeNet."""

from __future__ import annotations

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.joining import cat
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import zero_bias


class Fire(Module):
    """A convolution of 1×1 that makes the channels few, and two, of 1×1 and of 3×3, that make them many."""

    def __init__(self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Both, one after the other in the channels."""
        x = self.squeeze_activation(self.squeeze(x))
        return cat([self.expand1x1_activation(self.expand1x1(x)), self.expand3x3_activation(self.expand3x3(x))], 1)


# Of each version: channels and kernel of the first convolution, and after it, "M" for a pooling, else a Fire of so many
# channels when squeezed, and of so many of each kind when expanded.
_VERSIONS: dict[str, tuple[int, int, list[str | tuple[int, int]]]] = {
    "1_0": (
        96,
        7,
        ["M", (16, 64), (16, 64), (32, 128), "M", (32, 128), (48, 192), (48, 192), (64, 256), "M", (64, 256)],
    ),
    "1_1": (
        64,
        3,
        ["M", (16, 64), (16, 64), "M", (32, 128), (32, 128), "M", (48, 192), (48, 192), (64, 256), (64, 256)],
    ),
}


class SqueezeNet(Module):
    """AlexNet's accuracy with a fiftieth of its parameters (Iandola et al., "SqueezeNet", 2016), in two versions.

    Input [n, 3, 224, 224], output [n, num_classes].

    >>> from glassnet.vision import models
    >>> sum(p.numel() for p in models.SqueezeNet("1_1").parameters())
    1235496
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        if version not in _VERSIONS:
            raise ValueError(f"SqueezeNet: expected a version, one of {', '.join(_VERSIONS)}, got {version!r:.40}")
        channels, kernel, plan = _VERSIONS[version]
        layers: list[Module] = [nn.Conv2d(3, channels, kernel, stride=2), nn.ReLU(inplace=True)]
        for each in plan:
            if isinstance(each, str):
                layers.append(nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
            else:
                layers.append(Fire(channels, each[0], each[1], each[1]))
                channels = 2 * each[1]
        self.num_classes = num_classes
        self.features = nn.Sequential(*layers)
        last = nn.Conv2d(512, num_classes, kernel_size=1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), last, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1)))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                init.kaiming_uniform_(layer.weight) if layer is not last else init.normal_(last.weight, 0.0, 0.01)
                zero_bias(layer)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.classifier(self.features(x)).flatten(1)
        return scores


__all__ = [
    "SqueezeNet",
    *builders(SqueezeNet, {f"squeezenet{v}": (f"SqueezeNet{v}", {"version": v}) for v in _VERSIONS}),
]
