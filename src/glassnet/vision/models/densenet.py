"""DenseNet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.joining import cat
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import zero_bias


class _DenseLayer(Module):
    def __init__(self, inputs: int, growth: int, bottleneck: int, drop_rate: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(inputs, bottleneck * growth, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(bottleneck * growth)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(bottleneck * growth, growth, kernel_size=3, padding=1, bias=False)
        self.drop_rate = drop_rate

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        new: Tensor = self.conv1(self.relu1(self.norm1(cat(list(features), 1))))
        new = self.conv2(self.relu2(self.norm2(new)))
        return F.dropout(new, self.drop_rate, self.training) if self.drop_rate else new


class _DenseBlock(nn.ModuleDict):
    """Layers, each of which reads what all before it have found."""

    def __init__(self, layers: int, inputs: int, growth: int, bottleneck: int, drop_rate: float) -> None:
        super().__init__({
            f"denselayer{n + 1}": _DenseLayer(inputs + n * growth, growth, bottleneck, drop_rate) for n in range(layers)
        })  # fmt: skip

    def forward(self, features: Tensor) -> Tensor:
        found = [features]
        for layer in self.values():
            found.append(layer(found))
        return cat(found, 1)


class DenseNet(Module):
    """Blocks in which every layer reads all before it (Huang et al., "Densely Connected Networks", 2017).

    Input [n, 3, 224, 224], output [n, num_classes]. ``growth_rate`` channels are added by each layer, ``bn_size`` times
    as many are within it.

    >>> from glassnet.vision import models
    >>> models.DenseNet(8, (1, 1), 16, num_classes=5)(glassnet.zeros(1, 3, 32, 32)).shape
    (1, 5)
    """

    def __init__(
        self,
        growth_rate: int = 32,
        block_config: Sequence[int] = (6, 12, 24, 16),
        num_init_features: int = 64,
        bn_size: int = 4,
        drop_rate: float = 0,
        num_classes: int = 1000,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        channels = num_init_features
        parts: OrderedDict[str, Module] = OrderedDict(
            conv0=nn.Conv2d(3, channels, kernel_size=7, stride=2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(channels),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        )
        for number, layers in enumerate(block_config, 1):
            parts[f"denseblock{number}"] = _DenseBlock(layers, channels, growth_rate, bn_size, drop_rate)
            channels += layers * growth_rate
            if number < len(block_config):
                parts[f"transition{number}"] = nn.Sequential(
                    OrderedDict(
                        norm=nn.BatchNorm2d(channels),
                        relu=nn.ReLU(inplace=True),
                        conv=nn.Conv2d(channels, channels // 2, kernel_size=1, bias=False),
                        pool=nn.AvgPool2d(kernel_size=2, stride=2),
                    )
                )
                channels //= 2
        parts["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(parts)
        self.classifier = nn.Linear(channels, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                init.kaiming_normal_(layer.weight)
        zero_bias(self.classifier)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        features = F.relu(self.features(x))
        scores: Tensor = self.classifier(F.adaptive_avg_pool2d(features, (1, 1)).flatten(1))
        return scores


_SIZES = {121: (32, (6, 12, 24, 16), 64), 161: (48, (6, 12, 36, 24), 96), 169: (32, (6, 12, 32, 32), 64),
          201: (32, (6, 12, 48, 32), 64)}  # fmt: skip
__all__ = [
    "DenseNet",
    *builders(
        DenseNet,
        {
            f"densenet{depth}": (
                f"DenseNet{depth}",
                dict(zip(("growth_rate", "block_config", "num_init_features"), size, strict=True)),
            )
            for depth, size in _SIZES.items()
        },
    ),
]
