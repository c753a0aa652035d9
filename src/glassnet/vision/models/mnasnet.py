"""MNASNet."""

from __future__ import annotations

from functools import partial

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import divisible, start_convolutions

_norm = partial(nn.BatchNorm2d, momentum=1 - 0.9997)
# Of each stage: channels, kernel, stride, how much wider within, blocks.
_STAGES = ((24, 3, 2, 3, 3), (40, 5, 2, 3, 3), (80, 5, 2, 6, 3), (96, 3, 1, 6, 2), (192, 5, 2, 6, 4), (320, 3, 1, 6, 1))


class _Block(Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, ratio: int) -> None:
        super().__init__()
        within = inputs * ratio
        self.apply_residual = inputs == outputs and stride == 1
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, within, 1, bias=False),
            _norm(within),
            nn.ReLU(inplace=True),
            nn.Conv2d(within, within, kernel, stride, kernel // 2, groups=within, bias=False),
            _norm(within),
            nn.ReLU(inplace=True),
            nn.Conv2d(within, outputs, 1, bias=False),
            _norm(outputs),
        )

    def forward(self, input: Tensor) -> Tensor:
        out: Tensor = self.layers(input)
        return out + input if self.apply_residual else out


class MNASNet(Module):
    """A network for telephones, found by search (Tan et al., "MnasNet", 2019); ``alpha`` makes it wider.

    Input [n, 3, height, width], output [n, num_classes].

    >>> from glassnet.vision import models
    >>> models.MNASNet(0.1, num_classes=10)(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(self, alpha: float, num_classes: int = 1000, dropout: float = 0.2) -> None:
        super().__init__()
        if alpha <= 0:
            raise ValueError(f"MNASNet: expected alpha above 0, got {alpha}")
        self.alpha, self.num_classes = alpha, num_classes
        first, channels = divisible(32 * alpha), divisible(16 * alpha)
        layers: list[Module] = [
            nn.Conv2d(3, first, 3, stride=2, padding=1, bias=False),
            _norm(first),
            nn.ReLU(inplace=True),
            nn.Conv2d(first, first, 3, padding=1, groups=first, bias=False),
            _norm(first),
            nn.ReLU(inplace=True),
            nn.Conv2d(first, channels, 1, bias=False),
            _norm(channels),
        ]
        for width, kernel, stride, ratio, count in _STAGES:
            outputs = divisible(width * alpha)
            blocks = [_Block(channels, outputs, kernel, stride, ratio)]
            blocks += [_Block(outputs, outputs, kernel, 1, ratio) for _ in range(count - 1)]
            layers.append(nn.Sequential(*blocks))
            channels = outputs
        layers += [nn.Conv2d(channels, 1280, 1, bias=False), _norm(1280), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout, inplace=True), nn.Linear(1280, num_classes))
        start_convolutions(self)
        init.kaiming_uniform_(self.classifier[1].weight, mode="fan_out", nonlinearity="sigmoid")
        init.zeros_(self.classifier[1].bias)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.classifier(self.layers(x).mean((2, 3)))
        return scores


_SIZES = {"0_5": 0.5, "0_75": 0.75, "1_0": 1.0, "1_3": 1.3}
__all__ = [
    "MNASNet",
    *builders(MNASNet, {f"mnasnet{name}": (f"MNASNet{name}", {"alpha": alpha}) for name, alpha in _SIZES.items()}),
]
