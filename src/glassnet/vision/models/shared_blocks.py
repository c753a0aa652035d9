"""What several architectures share: a short form of their commonest block, widths, how they begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.vision.ops.building_blocks import Conv2dNormActivation, Maker


def conv_norm(
    inputs: int,
    outputs: int,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activation: Maker | None = nn.ReLU,
    norm: Maker | None = None,
) -> Conv2dNormActivation:
    """`Conv2dNormActivation` with a kernel of 1 unless told, and a batch norm."""
    return Conv2dNormActivation(inputs, outputs, kernel, stride, None, groups, norm or nn.BatchNorm2d, activation)


def divisible(channels: float, by: int = 8) -> int:
    """The whole number of channels near ``channels`` that ``by`` divides, and not less than nine tenths of it."""
    rounded = max(by, int(channels + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * channels else rounded


def start_convolutions(
    model: Module, mode: Literal["fan_in", "fan_out"] = "fan_out", linear: float | None = None, biases: bool = True
) -> None:
    """Draw the weights of convolutions by He's rule, begin biases at 0; linear layers by a deviation, if given."""
    for layer in _layers(model, nn.Conv2d):
        init.kaiming_normal_(layer.weight, mode=mode, nonlinearity="relu")
        if biases:
            zero_bias(layer)
    for layer in () if linear is None else _layers(model, nn.Linear):
        init.normal_(layer.weight, 0.0, linear or 0.0)
        init.zeros_(layer.bias)


def zero_bias(layer: Any) -> None:
    """Begin the bias of a layer at 0, if it has one."""
    if layer.bias is not None:
        init.zeros_(layer.bias)


def _layers(model: Module, kind: Any) -> Iterator[Any]:
    return (layer for layer in model.modules() if isinstance(layer, kind))
