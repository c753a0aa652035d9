"""The blocks that several architectures are made of: convolution, norm and activation; squeeze and excitation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.module import Module
from glassnet.random import chosen
from glassnet.tensor import Tensor, wrap

Maker = Callable[..., Module]


def conv_norm(
    inputs: int,
    outputs: int,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activation: Maker | None = nn.ReLU,
    norm: Maker | None = None,
) -> nn.Sequential:
    """A convolution that keeps the size (at stride 1), a norm of its outputs, an activation."""
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        (norm or nn.BatchNorm2d)(outputs),
    ]
    return nn.Sequential(*layers, *([] if activation is None else [activation(inplace=True)]))


class SqueezeExcitation(Module):
    """Weighs channels by the mean of all pixels of each (Hu et al., "Squeeze-and-Excitation Networks", 2018)."""

    def __init__(
        self, channels: int, squeezed: int, activation: Maker = nn.ReLU, scale_activation: Maker = nn.Sigmoid
    ) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = activation()
        self.scale_activation = scale_activation()

    def forward(self, input: Tensor) -> Tensor:
        """The input, each channel times its weight."""
        scale: Tensor = self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(input)))))
        return scale * input


class StochasticDepth(Module):
    """In training, leaves whole samples of a batch out, with probability ``p``.

    Source: Huang et al., "Deep Networks with Stochastic Depth", 2016.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        """The input, some samples of it 0, the others larger by as much."""
        if not self.training or not self.p:
            return input
        kept = chosen(None).random((input.shape[0], *[1] * (input.ndim - 1))) >= self.p
        return input * wrap((kept / max(1 - self.p, 1e-12)).astype(input.array.dtype))

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"


def divisible(channels: float, by: int = 8) -> int:
    """The whole number of channels near ``channels`` that ``by`` divides, and not less than nine tenths of it."""
    rounded = max(by, int(channels + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * channels else rounded


def start_convolutions(
    model: Module, mode: Literal["fan_in", "fan_out"] = "fan_out", linear: float | None = None
) -> None:
    """Draw the weights of convolutions by He's rule, begin norms at 1 and 0; linear layers by a deviation, if given."""
    for layer in _layers(model, nn.Conv2d):
        init.kaiming_normal_(layer.weight, mode=mode, nonlinearity="relu")
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
