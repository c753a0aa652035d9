"""ConvNeXt."""

from __future__ import annotations

from collections.abc import Sequence

import glassnet.nn as nn
from glassnet.nn.init import trunc_normal_
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.creation import full
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import zero_bias
from glassnet.vision.ops.dropped import StochasticDepth


class _Permute(Module):
    def __init__(self, *dims: int) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        moved: Tensor = x.permute(*self.dims)
        return moved


class _LayerNorm2d(nn.LayerNorm):
    """A norm over the channels of each pixel."""

    def forward(self, input: Tensor) -> Tensor:
        normalized: Tensor = super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return normalized


class _Block(Module):
    def __init__(self, dim: int, layer_scale: float, left_out: float) -> None:
        super().__init__()
        self.layer_scale = nn.Parameter(full((dim, 1, 1), layer_scale))
        self.block = nn.Sequential(
            nn.Conv2d(dim, dim, kernel_size=7, padding=3, groups=dim),
            _Permute(0, 2, 3, 1),
            nn.LayerNorm(dim, eps=1e-6),
            nn.Linear(dim, 4 * dim),
            nn.GELU(),
            nn.Linear(4 * dim, dim),
            _Permute(0, 3, 1, 2),
        )
        self.stochastic_depth = StochasticDepth(left_out)

    def forward(self, input: Tensor) -> Tensor:
        out: Tensor = input + self.stochastic_depth(self.layer_scale * self.block(input))
        return out


class ConvNeXt(Module):
    """Convolutions put together as in a transformer (Liu et al., "A ConvNet for the 2020s", 2022).

    Input [n, 3, height, width], output [n, num_classes]. ``widths`` are the channels of the stages, ``depths`` their
    blocks.

    >>> from glassnet.vision import models
    >>> models.ConvNeXt((4, 8), (1, 1), num_classes=3)(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 3)
    """

    def __init__(
        self,
        widths: Sequence[int],
        depths: Sequence[int],
        stochastic_depth_prob: float = 0.0,
        layer_scale: float = 1e-6,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        parts: list[Module] = [
            nn.Sequential(nn.Conv2d(3, widths[0], kernel_size=4, stride=4), _LayerNorm2d(widths[0], eps=1e-6))
        ]
        done = 0
        for number, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            blocks = []
            for _ in range(depth):
                blocks.append(_Block(width, layer_scale, stochastic_depth_prob * done / max(sum(depths) - 1, 1)))
                done += 1
            parts.append(nn.Sequential(*blocks))
            if number + 1 < len(widths):
                smaller = nn.Conv2d(width, widths[number + 1], kernel_size=2, stride=2)
                parts.append(nn.Sequential(_LayerNorm2d(width, eps=1e-6), smaller))
        self.features = nn.Sequential(*parts)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            _LayerNorm2d(widths[-1], eps=1e-6), nn.Flatten(1), nn.Linear(widths[-1], num_classes)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                trunc_normal_(layer.weight, std=0.02)
                zero_bias(layer)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.classifier(self.avgpool(self.features(x)))
        return scores


_SIZES = {
    "tiny": ((96, 192, 384, 768), (3, 3, 9, 3), 0.1), "small": ((96, 192, 384, 768), (3, 3, 27, 3), 0.4),
    "base": ((128, 256, 512, 1024), (3, 3, 27, 3), 0.5), "large": ((192, 384, 768, 1536), (3, 3, 27, 3), 0.5),
}  # fmt: skip
__all__ = [
    "ConvNeXt",
    *builders(
        ConvNeXt,
        {
            f"convnext_{name}": (
                f"ConvNeXt_{name.title()}",
                {"widths": widths, "depths": depths, "stochastic_depth_prob": left_out},
            )
            for name, (widths, depths, left_out) in _SIZES.items()
        },
    ),
]
