"""MobileNet v2 and v3."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import conv_norm, divisible, start_convolutions
from glassnet.vision.ops.building_blocks import Conv2dNormActivation, Maker, SqueezeExcitation


class _Inverted2(Module):
    def __init__(self, inputs: int, outputs: int, stride: int, ratio: int, norm: Maker | None) -> None:
        super().__init__()
        within = inputs * ratio
        first = [conv_norm(inputs, within, activation=nn.ReLU6, norm=norm)] if ratio != 1 else []
        self.conv = nn.Sequential(
            *first,
            conv_norm(within, within, 3, stride, within, nn.ReLU6, norm),
            nn.Conv2d(within, outputs, 1, bias=False),
            (norm or nn.BatchNorm2d)(outputs),
        )
        self.use_res_connect = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return x + out if self.use_res_connect else out


_PLAN2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class MobileNetV2(Module):
    """Blocks that are wide within and narrow between (Sandler et al., "Inverted Residuals", 2018).

    Input [n, 3, 224, 224], output [n, num_classes]. ``width_mult`` makes all layers wider; a stage is (how much wider
    within, channels, blocks, stride).

    >>> from glassnet.vision import models
    >>> models.MobileNetV2(10, width_mult=0.25)(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: Sequence[Sequence[int]] | None = None,
        round_nearest: int = 8,
        block: Any = None,
        norm_layer: Maker | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        channels = divisible(32 * width_mult, round_nearest)
        self.last_channel = divisible(1280 * max(1.0, width_mult), round_nearest)
        layers: list[Module] = [conv_norm(3, channels, 3, 2, activation=nn.ReLU6, norm=norm_layer)]
        for ratio, width, count, stride in inverted_residual_setting or _PLAN2:
            outputs = divisible(width * width_mult, round_nearest)
            for number in range(count):
                layers.append((block or _Inverted2)(channels, outputs, 1 if number else stride, ratio, norm_layer))
                channels = outputs
        layers.append(conv_norm(channels, self.last_channel, activation=nn.ReLU6, norm=norm_layer))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.last_channel, num_classes))
        start_convolutions(self, linear=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.classifier(self.features(x).mean((2, 3)))
        return scores


_norm3 = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)


class _Inverted3(Module):
    def __init__(
        self, inputs: int, kernel: int, within: int, outputs: int, squeezes: bool, activation: Maker, stride: int,
        norm: Maker, dilation: int = 1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.is_stage, self.out_channels = stride > 1, outputs
        stride = 1 if dilation > 1 else stride
        first = [conv_norm(inputs, within, activation=activation, norm=norm)] if within != inputs else []
        weighing = [SqueezeExcitation(within, divisible(within // 4), scale_activation=nn.Hardsigmoid)]
        self.block = nn.Sequential(
            *first,
            Conv2dNormActivation(within, within, kernel, stride, None, within, norm, activation, dilation),
            *(weighing if squeezes else []),
            conv_norm(within, outputs, activation=None, norm=norm),
        )
        self.use_res_connect = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block(x)
        return x + out if self.use_res_connect else out


_RE, _HS = nn.ReLU, nn.Hardswish
# Of each block: kernel, channels within, channels after, whether they are squeezed, activation, stride.
_PLANS3: dict[str, tuple[list[tuple[int, int, int, bool, Any, int]], int]] = {
    "large": ([
        (3, 16, 16, False, _RE, 1), (3, 64, 24, False, _RE, 2), (3, 72, 24, False, _RE, 1),
        (5, 72, 40, True, _RE, 2), (5, 120, 40, True, _RE, 1), (5, 120, 40, True, _RE, 1),
        (3, 240, 80, False, _HS, 2), (3, 200, 80, False, _HS, 1), (3, 184, 80, False, _HS, 1),
        (3, 184, 80, False, _HS, 1), (3, 480, 112, True, _HS, 1), (3, 672, 112, True, _HS, 1),
        (5, 672, 160, True, _HS, 2), (5, 960, 160, True, _HS, 1), (5, 960, 160, True, _HS, 1),
    ], 1280),
    "small": ([
        (3, 16, 16, True, _RE, 2), (3, 72, 24, False, _RE, 2), (3, 88, 24, False, _RE, 1),
        (5, 96, 40, True, _HS, 2), (5, 240, 40, True, _HS, 1), (5, 240, 40, True, _HS, 1),
        (5, 120, 48, True, _HS, 1), (5, 144, 48, True, _HS, 1), (5, 288, 96, True, _HS, 2),
        (5, 576, 96, True, _HS, 1), (5, 576, 96, True, _HS, 1),
    ], 1024),
}  # fmt: skip


class MobileNetV3(Module):
    """MobileNet v2 with squeeze and excitation, found by search (Howard et al., "Searching for MobileNetV3", 2019).

    Input [n, 3, 224, 224], output [n, num_classes]. ``arch`` is "large" or "small". ``dilated``: the last stage widens
    its kernels rather than shrink the picture; ``reduced_tail``: its channels, and those after it, are half as many.

    >>> from glassnet.vision import models
    >>> models.MobileNetV3("small", num_classes=10)(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self, arch: str = "large", num_classes: int = 1000, norm_layer: Maker | None = None, dropout: float = 0.2,
        dilated: bool = False, reduced_tail: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if arch not in _PLANS3:
            raise ValueError(f"MobileNetV3: expected arch, one of {', '.join(_PLANS3)}, got {arch!r:.40}")
        plan, last = _PLANS3[arch]
        norm = norm_layer or _norm3
        channels = 16
        layers: list[Module] = [conv_norm(3, channels, 3, 2, activation=nn.Hardswish, norm=norm)]
        halved = 2 if reduced_tail else 1
        last_stage = max(number for number, (*_, stride) in enumerate(plan) if stride == 2)
        for number, (kernel, within, outputs, squeezes, activation, stride) in enumerate(plan):
            dilation = 2 if dilated and number >= last_stage else 1
            wide = within // halved if number > last_stage else within
            narrow = outputs // halved if number >= last_stage else outputs
            layers.append(_Inverted3(channels, kernel, wide, narrow, squeezes, activation, stride, norm, dilation))
            channels = narrow
        layers.append(conv_norm(channels, 6 * channels, activation=nn.Hardswish, norm=norm))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Linear(6 * channels, last // halved), nn.Hardswish(True), nn.Dropout(dropout, True),
            nn.Linear(last // halved, num_classes),
        )  # fmt: skip
        start_convolutions(self, linear=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


def stages_of(features: nn.Sequential) -> list[int]:
    """The numbers of the layers of a MobileNet v3 with which stages begin, from 0 to the last layer."""
    begins = [number for number, layer in enumerate(features) if getattr(layer, "is_stage", False)]
    return [0, *begins, len(features) - 1]


__all__ = [
    "MobileNetV2",
    "MobileNetV3",
    *builders(MobileNetV2, {"mobilenet_v2": ("MobileNet_V2", {})}),
    *builders(
        MobileNetV3, {f"mobilenet_v3_{arch}": (f"MobileNet_V3_{arch.title()}", {"arch": arch}) for arch in _PLANS3}
    ),
]
