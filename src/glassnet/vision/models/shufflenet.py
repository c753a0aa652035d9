"""ShuffleNet v2."""

from __future__ import annotations

from collections.abc import Sequence

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.joining import cat
from glassnet.vision.models.building import builders


def _depthwise(channels: int, stride: int) -> list[Module]:
    return [nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False), nn.BatchNorm2d(channels)]


def _pointwise(inputs: int, outputs: int) -> list[Module]:
    return [nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


class _Block(Module):
    """Half of the channels pass (at stride 1), the other half is changed; then they are shuffled."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride, half = stride, outputs // 2
        aside = [] if stride == 1 else [*_depthwise(inputs, stride), *_pointwise(inputs, half)]
        self.branch1 = nn.Sequential(*aside)
        self.branch2 = nn.Sequential(
            *_pointwise(inputs if stride > 1 else half, half), *_depthwise(half, stride), *_pointwise(half, half)
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == 1:
            passing, changed = x.chunk(2, 1)
            out = cat([passing, self.branch2(changed)], 1)
        else:
            out = cat([self.branch1(x), self.branch2(x)], 1)
        return F.channel_shuffle(out, 2)


class ShuffleNetV2(Module):
    """Blocks of half the channels, shuffled in between (Ma et al., "Practical Guidelines", 2018).

    Input [n, 3, 224, 224], output [n, num_classes]. ``stages_repeats`` are the blocks of three stages,
    ``stages_out_channels`` the channels of the first convolution, of each stage and of the last.

    >>> from glassnet.vision import models
    >>> models.ShuffleNetV2((2, 2, 2), (8, 16, 32, 64, 128), 10)(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self, stages_repeats: Sequence[int], stages_out_channels: Sequence[int], num_classes: int = 1000
    ) -> None:
        super().__init__()
        if len(stages_repeats) != 3 or len(stages_out_channels) != 5:
            raise ValueError("ShuffleNetV2: expected stages_repeats of 3 numbers and stages_out_channels of 5")
        first, *stages, last = stages_out_channels
        self.conv1 = nn.Sequential(
            nn.Conv2d(3, first, 3, 2, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU(inplace=True)
        )
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        channels = first
        for number, (outputs, count) in enumerate(zip(stages, stages_repeats, strict=True), 2):
            blocks = [_Block(channels, outputs, 2), *(_Block(outputs, outputs, 1) for _ in range(count - 1))]
            self.add_module(f"stage{number}", nn.Sequential(*blocks))
            channels = outputs
        self.conv5 = nn.Sequential(*_pointwise(channels, last))
        self.fc = nn.Linear(last, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        x = self.maxpool(self.conv1(x))
        for number in (2, 3, 4):
            x = getattr(self, f"stage{number}")(x)
        scores: Tensor = self.fc(self.conv5(x).mean((2, 3)))
        return scores


_WIDTHS = {"0_5": (24, 48, 96, 192, 1024), "1_0": (24, 116, 232, 464, 1024), "1_5": (24, 176, 352, 704, 1024),
           "2_0": (24, 244, 488, 976, 2048)}  # fmt: skip
__all__ = [
    "ShuffleNetV2",
    *builders(
        ShuffleNetV2,
        {
            f"shufflenet_v2_x{size}": (
                f"ShuffleNet_V2_X{size}",
                {"stages_repeats": (4, 8, 4), "stages_out_channels": widths},
            )
            for size, widths in _WIDTHS.items()
        },
    ),
]
