"""ResNet, ResNeXt and Wide ResNet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import start_convolutions
from glassnet.vision.ops.building_blocks import Maker


class BasicBlock(Module):
    """Two convolutions of 3×3, and what goes around them; see `ResNet`.

    >>> from glassnet.vision import models
    >>> models.BasicBlock(4, 4)(glassnet.zeros(1, 4, 8, 8)).shape
    (1, 4, 8, 8)
    """

    expansion: ClassVar[int] = 1

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Module | None = None, groups: int = 1,
        base_width: int = 64, dilation: int = 1, norm_layer: Maker | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        if groups != 1 or base_width != 64 or dilation > 1:
            raise ValueError("BasicBlock: expected groups=1, base_width=64 and dilation=1; take Bottleneck")
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = norm(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """relu(x + two convolutions of x)."""
        around = x if self.downsample is None else self.downsample(x)
        out: Tensor = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + around)
        return out


class Bottleneck(Module):
    """A convolution of 3×3 between two of 1×1, which make the channels fewer and more again; see `ResNet`.

    >>> from glassnet.vision import models
    >>> models.Bottleneck(16, 4)(glassnet.zeros(1, 16, 8, 8)).shape
    (1, 16, 8, 8)
    """

    expansion: ClassVar[int] = 4

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Module | None = None, groups: int = 1,
        base_width: int = 64, dilation: int = 1, norm_layer: Maker | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1 = nn.Conv2d(inplanes, width, 1, bias=False)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, dilation, dilation, groups, bias=False)
        self.bn2 = norm(width)
        self.conv3 = nn.Conv2d(width, planes * self.expansion, 1, bias=False)
        self.bn3 = norm(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """relu(x + three convolutions of x)."""
        around = x if self.downsample is None else self.downsample(x)
        inner = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        out: Tensor = self.relu(self.bn3(self.conv3(inner)) + around)
        return out


class ResNet(Module):
    """Four stages of blocks that add to their input (He et al., "Deep Residual Learning", 2015).

    With groups it is ResNeXt (Xie et al., 2017), wider, Wide ResNet (Zagoruyko, Komodakis, 2016). Input
    [n, 3, 224, 224], output [n, num_classes].

    >>> from glassnet.vision import models
    >>> models.ResNet(models.BasicBlock, [1, 1, 1, 1], num_classes=10)(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self,
        block: Any,
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None,
        norm_layer: Maker | None = None,
    ) -> None:
        super().__init__()
        self._norm_layer = norm_layer or nn.BatchNorm2d
        self.inplanes, self.dilation = 64, 1
        self.groups, self.base_width = groups, width_per_group
        dilated = [False] * 3 if replace_stride_with_dilation is None else list(replace_stride_with_dilation)
        if len(dilated) != 3:
            raise ValueError(f"replace_stride_with_dilation should be three truth values or None, got {dilated}")
        self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilated[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilated[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilated[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        start_convolutions(self)
        for inner in self.modules() if zero_init_residual else ():
            if isinstance(inner, Bottleneck | BasicBlock):  # each block begins as the identity
                init.zeros_(inner.bn3.weight if isinstance(inner, Bottleneck) else inner.bn2.weight)

    def _make_layer(self, block: Any, planes: int, blocks: int, stride: int = 1, dilate: bool = False) -> nn.Sequential:
        """A stage: the first of its blocks makes the picture smaller, or its kernels wider."""
        before, outputs, downsample = self.dilation, planes * block.expansion, None
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        if stride != 1 or self.inplanes != outputs:
            downsample = nn.Sequential(
                nn.Conv2d(self.inplanes, outputs, 1, stride, bias=False), self._norm_layer(outputs)
            )
        shared = (self.groups, self.base_width)
        made = [block(self.inplanes, planes, stride, downsample, *shared, before, self._norm_layer)]
        self.inplanes = outputs
        made += [block(outputs, planes, 1, None, *shared, self.dilation, self._norm_layer) for _ in range(1, blocks)]
        return nn.Sequential(*made)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        scores: Tensor = self.fc(self.avgpool(x).flatten(1))
        return scores


def _of(block: Any, *layers: int, groups: int = 1, width: int = 64) -> dict[str, Any]:
    return {"block": block, "layers": layers, "groups": groups, "width_per_group": width}


__all__ = [
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    *builders(
        ResNet,
        {
            "resnet18": ("ResNet18", _of(BasicBlock, 2, 2, 2, 2)),
            "resnet34": ("ResNet34", _of(BasicBlock, 3, 4, 6, 3)),
            "resnet50": ("ResNet50", _of(Bottleneck, 3, 4, 6, 3)),
            "resnet101": ("ResNet101", _of(Bottleneck, 3, 4, 23, 3)),
            "resnet152": ("ResNet152", _of(Bottleneck, 3, 8, 36, 3)),
            "resnext50_32x4d": ("ResNeXt50_32X4D", _of(Bottleneck, 3, 4, 6, 3, groups=32, width=4)),
            "resnext101_32x8d": ("ResNeXt101_32X8D", _of(Bottleneck, 3, 4, 23, 3, groups=32, width=8)),
            "resnext101_64x4d": ("ResNeXt101_64X4D", _of(Bottleneck, 3, 4, 23, 3, groups=64, width=4)),
            "wide_resnet50_2": ("Wide_ResNet50_2", _of(Bottleneck, 3, 4, 6, 3, width=128)),
            "wide_resnet101_2": ("Wide_ResNet101_2", _of(Bottleneck, 3, 4, 23, 3, width=128)),
        },
    ),
]
