"""Feature pyramids: maps of all scales, each with what the coarser ones know."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.ops.building_blocks import Conv2dNormActivation, Maker

Maps = list[Tensor]


class FeaturePyramidNetwork(Module):
    """Maps of one number of channels from those of a network, finest first (Lin et al., 2017).

    Each is a convolution of the network's own and the next coarser result, made larger; then a convolution of 3×3.
    ``extra_blocks`` adds coarser maps.

    >>> from glassnet.vision import ops
    >>> pyramid = ops.FeaturePyramidNetwork([8, 16], 5)
    >>> maps = pyramid({"fine": glassnet.zeros(1, 8, 6, 6), "coarse": glassnet.zeros(1, 16, 3, 3)})
    >>> {name: tuple(x.shape) for name, x in maps.items()}
    {'fine': (1, 5, 6, 6), 'coarse': (1, 5, 3, 3)}
    """

    def __init__(
        self,
        in_channels_list: Sequence[int],
        out_channels: int,
        extra_blocks: Any = None,
        norm_layer: Maker | None = None,
    ) -> None:
        super().__init__()
        if 0 in in_channels_list:
            raise ValueError("FeaturePyramidNetwork: expected more than 0 channels of each map")
        options: dict[str, Any] = {"norm_layer": norm_layer, "activation_layer": None}
        self.inner_blocks = nn.ModuleList(
            Conv2dNormActivation(channels, out_channels, 1, **options) for channels in in_channels_list
        )
        self.layer_blocks = nn.ModuleList(
            Conv2dNormActivation(out_channels, out_channels, 3, **options) for _ in in_channels_list
        )
        start_pyramid(self)
        self.extra_blocks = extra_blocks

    def forward(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The maps, by the names of ``x``, and those that are added."""
        names, maps = list(x), list(x.values())
        inner = self.inner_blocks[-1](maps[-1])
        results = [self.layer_blocks[-1](inner)]
        for number in range(len(maps) - 2, -1, -1):
            lateral = self.inner_blocks[number](maps[number])
            inner = lateral + F.interpolate(inner, size=lateral.shape[-2:], mode="nearest")
            results.insert(0, self.layer_blocks[number](inner))
        if self.extra_blocks is not None:
            results, names = self.extra_blocks(results, maps, names)
        return OrderedDict(zip(names, results, strict=True))


class LastLevelMaxPool(Module):
    """Adds every second pixel of the coarsest map, as "pool".

    >>> from glassnet.vision.ops.feature_pyramid import LastLevelMaxPool
    >>> [x.shape for x in LastLevelMaxPool()([glassnet.zeros(1, 2, 5, 5)], [], ["0"])[0]]
    [(1, 2, 5, 5), (1, 2, 3, 3)]
    """

    def forward(self, x: Maps, y: Maps, names: list[str]) -> tuple[Maps, list[str]]:
        """The maps and their names, with the one that is added."""
        return [*x, F.max_pool2d(x[-1], 1, 2, 0)], [*names, "pool"]


class LastLevelP6P7(Module):
    """Adds two maps, each a convolution of stride 2 of the one before, as "p6" and "p7" (Lin et al., 2017).

    >>> from glassnet.vision.ops.feature_pyramid import LastLevelP6P7
    >>> [x.shape for x in LastLevelP6P7(2, 2)([glassnet.zeros(1, 2, 8, 8)], [], ["0"])[0]]
    [(1, 2, 8, 8), (1, 2, 4, 4), (1, 2, 2, 2)]
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.p6 = nn.Conv2d(in_channels, out_channels, 3, 2, 1)
        self.p7 = nn.Conv2d(out_channels, out_channels, 3, 2, 1)
        start_pyramid(self)
        self.use_P5 = in_channels == out_channels

    def forward(self, p: Maps, c: Maps, names: list[str]) -> tuple[Maps, list[str]]:
        """The maps and their names, with the two that are added."""
        p6 = self.p6(p[-1] if self.use_P5 else c[-1])
        return [*p, p6, self.p7(F.relu(p6))], [*names, "p6", "p7"]


def start_pyramid(module: Module) -> None:
    """Draw the weights of the convolutions within by He's rule for what is not rectified, begin their biases at 0."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            init.kaiming_uniform_(layer.weight, a=1)
            if layer.bias is not None:
                init.zeros_(layer.bias)
