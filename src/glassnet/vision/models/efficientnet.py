"""EfficientNet, b0 to b7, and its second version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import conv_norm, divisible, start_convolutions
from glassnet.vision.ops.building_blocks import Maker, SqueezeExcitation
from glassnet.vision.ops.dropped import StochasticDepth

# Of each stage of b0: how much wider within, kernel, stride, channels before and after, blocks.
_STAGES = (
    (1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3), (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1),
)  # fmt: skip


class MBConv(Module):
    """A convolution of each channel by itself, wide within, squeezed and weighed; see `EfficientNet`."""

    def __init__(
        self, ratio: int, kernel: int, stride: int, inputs: int, outputs: int, left_out: float, norm: Maker
    ) -> None:
        super().__init__()
        within = divisible(inputs * ratio)
        first = [conv_norm(inputs, within, activation=nn.SiLU, norm=norm)] if within != inputs else []
        self.block = nn.Sequential(
            *first,
            conv_norm(within, within, kernel, stride, within, nn.SiLU, norm),
            SqueezeExcitation(within, max(1, inputs // 4), nn.SiLU),
            conv_norm(within, outputs, activation=None, norm=norm),
        )
        self.stochastic_depth = StochasticDepth(left_out)
        self.use_res_connect = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """The block, and around it."""
        out: Tensor = self.block(x)
        return x + self.stochastic_depth(out) if self.use_res_connect else out


class FusedMBConv(Module):
    """`MBConv` in which the first two convolutions are one, over all channels."""

    def __init__(
        self, ratio: int, kernel: int, stride: int, inputs: int, outputs: int, left_out: float, norm: Maker
    ) -> None:
        super().__init__()
        within = divisible(inputs * ratio)
        if within == inputs:
            layers = [conv_norm(inputs, outputs, kernel, stride, activation=nn.SiLU, norm=norm)]
        else:
            first = conv_norm(inputs, within, kernel, stride, activation=nn.SiLU, norm=norm)
            layers = [first, conv_norm(within, outputs, activation=None, norm=norm)]
        self.block = nn.Sequential(*layers)
        self.stochastic_depth = StochasticDepth(left_out)
        self.use_res_connect = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """The block, and around it."""
        out: Tensor = self.block(x)
        return x + self.stochastic_depth(out) if self.use_res_connect else out


class EfficientNet(Module):
    """A network found by search, and seven larger ones of the same proportions (Tan, Le, "EfficientNet", 2019).

    Input [n, 3, height, width], output [n, num_classes]. ``width_mult`` and ``depth_mult`` say how much wider and
    deeper than b0 it is. ``stages`` are those of another network, of which the first ``fused`` are `FusedMBConv`, and
    ``last_channel`` are the channels before the classifier: so is the second version (Tan, Le, "EfficientNetV2", 2021).

    >>> from glassnet.vision import models
    >>> models.EfficientNet(0.2, 0.3, num_classes=10)(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self,
        width_mult: float = 1.0,
        depth_mult: float = 1.0,
        dropout: float = 0.2,
        stochastic_depth_prob: float = 0.2,
        num_classes: int = 1000,
        norm_layer: Maker | None = None,
        stages: Sequence[Sequence[int]] = _STAGES,
        fused: int = 0,
        last_channel: int | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        counts = [math.ceil(stage[-1] * depth_mult) for stage in stages]
        first = divisible(stages[0][3] * width_mult)
        layers: list[Module] = [conv_norm(3, first, 3, 2, activation=nn.SiLU, norm=norm)]
        done = 0
        for which, ((ratio, kernel, stride, before, after, _), count) in enumerate(zip(stages, counts, strict=True)):
            block = FusedMBConv if which < fused else MBConv
            inputs, outputs = divisible(before * width_mult), divisible(after * width_mult)
            stage: list[Module] = []
            for number in range(count):
                left_out = stochastic_depth_prob * done / sum(counts)
                place = (1, outputs) if number else (stride, inputs)
                stage.append(block(ratio, kernel, *place, outputs, left_out, norm))
                done += 1
            layers.append(nn.Sequential(*stage))
        last = last_channel or 4 * outputs
        layers.append(conv_norm(outputs, last, activation=nn.SiLU, norm=norm))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout, inplace=True), nn.Linear(last, num_classes))
        start_convolutions(self)
        reach = 1.0 / math.sqrt(num_classes)
        init.uniform_(self.classifier[1].weight, -reach, reach)
        init.zeros_(self.classifier[1].bias)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


_SIZES = ((1.0, 1.0, 0.2), (1.0, 1.1, 0.2), (1.1, 1.2, 0.3), (1.2, 1.4, 0.3), (1.4, 1.8, 0.4), (1.6, 2.2, 0.4),
          (1.8, 2.6, 0.5), (2.0, 3.1, 0.5))  # fmt: skip
__all__ = ["EfficientNet"]
for _number, (_wide, _deep, _dropout) in enumerate(_SIZES):
    _arguments = {"width_mult": _wide, "depth_mult": _deep, "dropout": _dropout}
    if _number >= 5:
        _arguments["norm_layer"] = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)  # type: ignore[assignment]
    __all__ += builders(EfficientNet, {f"efficientnet_b{_number}": (f"EfficientNet_B{_number}", _arguments)})

_SECOND = {  # as _STAGES, how many are fused, and dropout
    "s": (((1, 3, 1, 24, 24, 2), (4, 3, 2, 24, 48, 4), (4, 3, 2, 48, 64, 4), (4, 3, 2, 64, 128, 6),
           (6, 3, 1, 128, 160, 9), (6, 3, 2, 160, 256, 15)), 3, 0.2),
    "m": (((1, 3, 1, 24, 24, 3), (4, 3, 2, 24, 48, 5), (4, 3, 2, 48, 80, 5), (4, 3, 2, 80, 160, 7),
           (6, 3, 1, 160, 176, 14), (6, 3, 2, 176, 304, 18), (6, 3, 1, 304, 512, 5)), 3, 0.3),
    "l": (((1, 3, 1, 32, 32, 4), (4, 3, 2, 32, 64, 7), (4, 3, 2, 64, 96, 7), (4, 3, 2, 96, 192, 10),
           (6, 3, 1, 192, 224, 19), (6, 3, 2, 224, 384, 25), (6, 3, 1, 384, 640, 7)), 3, 0.4),
}  # fmt: skip
for _size, (_stages, _fused, _dropout) in _SECOND.items():
    _options = {"stages": _stages, "fused": _fused, "dropout": _dropout, "last_channel": 1280,
                "norm_layer": partial(nn.BatchNorm2d, eps=0.001)}  # fmt: skip
    __all__ += builders(EfficientNet, {f"efficientnet_v2_{_size}": (f"EfficientNet_V2_{_size.upper()}", _options)})
