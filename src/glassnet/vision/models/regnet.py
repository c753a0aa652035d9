"""RegNet."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import divisible, start_convolutions
from glassnet.vision.ops.building_blocks import Conv2dNormActivation, Maker, SqueezeExcitation


class _RegBlock(Module):
    """A grouped convolution between two of 1×1, with squeeze and excitation if ``se_ratio`` is not 0."""

    def __init__(self, inputs: int, outputs: int, stride: int, group_width: int, se_ratio: float, norm: Maker) -> None:
        super().__init__()
        alone = partial(Conv2dNormActivation, norm_layer=norm, activation_layer=None)
        if inputs != outputs or stride != 1:
            self.proj = alone(inputs, outputs, 1, stride)
        within = partial(Conv2dNormActivation, norm_layer=norm)
        parts: OrderedDict[str, Module] = OrderedDict()
        parts["a"] = within(inputs, outputs, 1)
        parts["b"] = within(outputs, outputs, 3, stride, groups=outputs // group_width)
        if se_ratio:
            parts["se"] = SqueezeExcitation(outputs, round(se_ratio * inputs))
        parts["c"] = alone(outputs, outputs, 1)
        self.f = nn.Sequential(parts)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        around = self.proj(x) if hasattr(self, "proj") else x
        out: Tensor = self.activation(around + self.f(x))
        return out


class RegNet(Module):
    """Four stages whose widths grow along a line (Radosavovic et al., "Designing Network Design Spaces", 2020).

    Input [n, 3, height, width], output [n, num_classes]. Block j is about ``w_0`` + ``w_a``·j wide, rounded to a power
    of ``w_m`` times ``w_0``, then to 8; blocks of one width are a stage.

    >>> from glassnet.vision import models
    >>> model = models.RegNet(depth=4, w_0=8, w_a=4.0, w_m=2.0, group_width=8, num_classes=10)
    >>> model(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self, depth: int, w_0: int, w_a: float, w_m: float, group_width: int, se_ratio: float = 0.0,
        num_classes: int = 1000, stem_width: int = 32, norm_layer: Maker | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        self.stem = Conv2dNormActivation(3, stem_width, 3, 2, norm_layer=norm)
        inputs = stem_width
        stages: OrderedDict[str, Module] = OrderedDict()
        for number, (width, count) in enumerate(_stages(depth, w_0, w_a, w_m), 1):
            group = min(group_width, width)
            outputs = divisible(width, group)
            blocks: OrderedDict[str, Module] = OrderedDict()
            for block in range(count):
                stride = 1 if block else 2
                blocks[f"block{number}-{block}"] = _RegBlock(inputs, outputs, stride, group, se_ratio, norm)
                inputs = outputs
            stages[f"block{number}"] = nn.Sequential(blocks)
        self.trunk_output = nn.Sequential(stages)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(inputs, num_classes)
        start_convolutions(self, linear=0.01, biases=False)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.fc(self.avgpool(self.trunk_output(self.stem(x))).flatten(1))
        return scores


def _stages(depth: int, w_0: int, w_a: float, w_m: float) -> Iterator[tuple[int, int]]:
    """The width of the blocks of each stage, and how many there are."""
    powers = np.rint(np.log((w_0 + w_a * np.arange(depth)) / w_0) / math.log(w_m))
    widths = (np.rint(w_0 * w_m**powers / 8) * 8).astype(int)
    return zip(*(part.tolist() for part in np.unique(widths, return_counts=True)), strict=True)


def _of(depth: int, w_0: int, w_a: float, w_m: float, group_width: int, se_ratio: float) -> dict[str, Any]:
    return {"depth": depth, "w_0": w_0, "w_a": w_a, "w_m": w_m, "group_width": group_width, "se_ratio": se_ratio}


_SIZES = {
    "y_400mf": (16, 48, 27.89, 2.09, 8), "y_800mf": (14, 56, 38.84, 2.4, 16), "y_1_6gf": (27, 48, 20.71, 2.65, 24),
    "y_3_2gf": (21, 80, 42.63, 2.66, 24), "y_8gf": (17, 192, 76.82, 2.19, 56), "y_16gf": (18, 200, 106.23, 2.48, 112),
    "y_32gf": (20, 232, 115.89, 2.53, 232), "y_128gf": (27, 456, 160.83, 2.52, 264),
    "x_400mf": (22, 24, 24.48, 2.54, 16), "x_800mf": (16, 56, 35.73, 2.28, 16), "x_1_6gf": (18, 80, 34.01, 2.25, 24),
    "x_3_2gf": (25, 88, 26.31, 2.25, 48), "x_8gf": (23, 80, 49.56, 2.88, 120), "x_16gf": (22, 216, 55.59, 2.1, 128),
    "x_32gf": (23, 320, 69.86, 2.0, 168),
}  # fmt: skip

__all__ = [
    "RegNet",
    *builders(
        RegNet,
        {
            f"regnet_{n}": (f"RegNet_{n.upper()}", _of(*size, 0.25 if n[0] == "y" else 0.0))
            for n, size in _SIZES.items()
        },
    ),
]
