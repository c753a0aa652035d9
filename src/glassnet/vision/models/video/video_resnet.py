"""ResNets for videos: convolutions over time and space, one after the other, or over time at first only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import zero_bias

_conv3d = partial(nn.Conv3d, bias=False)


class _OverAll:
    """A kernel over time and space."""

    @staticmethod
    def convolution(inputs: int, outputs: int, within: int, stride: int) -> Module:
        return _conv3d(inputs, outputs, 3, stride, 1)

    @staticmethod
    def strides(stride: int) -> tuple[int, int, int]:
        return (stride, stride, stride)


class _OverSpace(_OverAll):
    """A kernel over space alone."""

    @staticmethod
    def convolution(inputs: int, outputs: int, within: int, stride: int) -> Module:
        return _conv3d(inputs, outputs, (1, 3, 3), (1, stride, stride), (0, 1, 1))

    @staticmethod
    def strides(stride: int) -> tuple[int, int, int]:
        return (1, stride, stride)


class _SpaceThenTime(_OverAll):
    """A kernel over space, then one over time."""

    @staticmethod
    def convolution(inputs: int, outputs: int, within: int, stride: int) -> Module:
        return nn.Sequential(
            _conv3d(inputs, within, (1, 3, 3), (1, stride, stride), (0, 1, 1)),
            nn.BatchNorm3d(within),
            nn.ReLU(inplace=True),
            _conv3d(within, outputs, (3, 1, 1), (stride, 1, 1), (1, 0, 0)),
        )


class _VideoBlock(Module):
    expansion: ClassVar[int] = 1

    def __init__(self, inputs: int, planes: int, over: type[_OverAll], stride: int, downsample: Module | None) -> None:
        super().__init__()
        within = (inputs * planes * 27) // (inputs * 9 + 3 * planes)  # as many weights as one kernel over all has
        self.conv1 = nn.Sequential(
            over.convolution(inputs, planes, within, stride), nn.BatchNorm3d(planes), nn.ReLU(inplace=True)
        )
        self.conv2 = nn.Sequential(over.convolution(planes, planes, within, 1), nn.BatchNorm3d(planes))
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        around = x if self.downsample is None else self.downsample(x)
        out: Tensor = self.relu(self.conv2(self.conv1(x)) + around)
        return out


_KINDS: dict[str, tuple[list[type[_OverAll]], bool]] = {
    "r3d": ([_OverAll] * 4, False),
    "mc3": ([_OverAll, _OverSpace, _OverSpace, _OverSpace], False),
    "r2plus1d": ([_SpaceThenTime] * 4, True),
}


class VideoResNet(Module):
    """A ResNet over videos (Tran et al., "A Closer Look at Spatiotemporal Convolutions", 2017).

    Input [n, 3, frames, height, width], output [n, num_classes]. ``kind`` is "r3d" (kernels over time and space),
    "mc3" (over time in the first stage only) or "r2plus1d" (over space, then over time).

    >>> from glassnet.vision.models import video
    >>> video.VideoResNet("mc3", [1, 1, 1, 1], num_classes=10)(glassnet.zeros(1, 3, 2, 16, 16)).shape
    (1, 10)
    """

    def __init__(
        self, kind: str, layers: Sequence[int], num_classes: int = 400, zero_init_residual: bool = False
    ) -> None:
        super().__init__()
        if kind not in _KINDS:
            raise ValueError(f"VideoResNet: expected kind, one of {', '.join(_KINDS)}, got {kind!r:.40}")
        kernels, is_split = _KINDS[kind]
        stem: list[Any] = [_conv3d(3, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3))]
        if is_split:
            stem = [
                _conv3d(3, 45, (1, 7, 7), (1, 2, 2), (0, 3, 3)), nn.BatchNorm3d(45), nn.ReLU(inplace=True),
                _conv3d(45, 64, (3, 1, 1), 1, (1, 0, 0)),
            ]  # fmt: skip
        self.stem = nn.Sequential(*stem, nn.BatchNorm3d(64), nn.ReLU(inplace=True))
        inputs = 64
        for number, (over, count) in enumerate(zip(kernels, layers, strict=True)):
            planes, blocks = 64 << number, []
            for block in range(count):
                stride, downsample = 2 if number and not block else 1, None
                if stride != 1 or inputs != planes:
                    around = _conv3d(inputs, planes, 1, over.strides(stride))
                    downsample = nn.Sequential(around, nn.BatchNorm3d(planes))
                blocks.append(_VideoBlock(inputs, planes, over, stride, downsample))
                inputs = planes
            setattr(self, f"layer{number + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool3d((1, 1, 1))
        self.fc = nn.Linear(inputs, num_classes)
        self._start(zero_init_residual)

    def _start(self, zero_init_residual: bool) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv3d):
                init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(layer, _VideoBlock) and zero_init_residual:
                init.zeros_(layer.conv2[1].weight)
        init.normal_(self.fc.weight, 0, 0.01)
        zero_bias(self.fc)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))
        scores: Tensor = self.fc(self.avgpool(x).flatten(1))
        return scores


_TITLES = {"r3d": "R3D_18", "mc3": "MC3_18", "r2plus1d": "R2Plus1D_18"}

__all__ = [
    "VideoResNet",
    *builders(
        VideoResNet,
        {f"{kind}_18": (title, {"kind": kind, "layers": [2, 2, 2, 2]}) for kind, title in _TITLES.items()},
    ),
]
