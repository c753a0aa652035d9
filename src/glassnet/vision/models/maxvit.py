"""MaxViT."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.init import trunc_normal_
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.creation import zeros
from glassnet.vision.models.building import builders
from glassnet.vision.models.relative_positions import from_windows, pair_numbers, to_windows
from glassnet.vision.ops.building_blocks import Conv2dNormActivation, Maker, SqueezeExcitation
from glassnet.vision.ops.dropped import StochasticDepth


class _MBConv(Module):
    """A convolution within wider channels, weighed, around which the input goes."""

    def __init__(self, inputs: int, outputs: int, stride: int, norm: Maker, drop_rate: float) -> None:
        super().__init__()
        around: list[Module] = []
        if stride != 1 or inputs != outputs:
            around = [nn.AvgPool2d(3, stride, 1)] * (stride == 2) + [nn.Conv2d(inputs, outputs, 1)]
        self.proj = nn.Sequential(*around) if around else nn.Identity()
        within = 4 * outputs
        block = partial(Conv2dNormActivation, norm_layer=norm, activation_layer=nn.GELU, inplace=None)
        parts: OrderedDict[str, Module] = OrderedDict()
        parts["pre_norm"] = norm(inputs)
        parts["conv_a"] = block(inputs, within, 1)
        parts["conv_b"] = block(within, within, 3, stride, groups=within)
        parts["squeeze_excitation"] = SqueezeExcitation(within, outputs // 4, nn.SiLU)
        parts["conv_c"] = nn.Conv2d(within, outputs, 1)
        self.layers = nn.Sequential(parts)
        self.stochastic_depth = StochasticDepth(drop_rate, "row") if drop_rate else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.proj(x) + self.stochastic_depth(self.layers(x))
        return out


class _RelativeAttention(Module):
    """Attention among the pixels of a square, with a bias for the way from one to the other."""

    def __init__(self, dim: int, head_dim: int, side: int) -> None:
        super().__init__()
        if dim % head_dim:
            raise ValueError(f"MaxVit: expected channels that head_dim {head_dim} divides, got {dim}")
        self.heads, self.pixels = dim // head_dim, side * side
        self.to_qkv = nn.Linear(dim, 3 * dim)
        self.merge = nn.Linear(dim, dim)
        self.relative_position_bias_table = nn.Parameter(
            trunc_normal_(zeros((2 * side - 1) ** 2, self.heads), std=0.02)
        )
        self.register_buffer("relative_position_index", pair_numbers(side, side).reshape(self.pixels, self.pixels))

    def forward(self, x: Tensor) -> Tensor:
        split: Any = self.to_qkv(x).reshape(*x.shape[:2], 3, self.heads, -1)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        scores = q @ (k * x.shape[-1] ** -0.5).transpose(-2, -1)
        bias: Any = self.relative_position_bias_table[self.relative_position_index.reshape(-1)]
        scores = scores + bias.reshape(self.pixels, self.pixels, -1).permute(2, 0, 1)
        out: Tensor = self.merge((scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape))
        return out


class _PartitionAttention(Module):
    """Attention within squares of neighbours ("window"), or among pixels that lie as far apart as can be ("grid")."""

    def __init__(
        self, dim: int, head_dim: int, side: int, is_grid: bool, mlp_ratio: int, mlp_dropout: float,
        attention_dropout: float, drop_rate: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.side, self.is_grid = side, is_grid
        self.attn_layer = nn.Sequential(
            nn.LayerNorm(dim), _RelativeAttention(dim, head_dim, side), nn.Dropout(attention_dropout)
        )
        self.mlp_layer = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, dim * mlp_ratio), nn.GELU(), nn.Linear(dim * mlp_ratio, dim),
            nn.Dropout(mlp_dropout),
        )  # fmt: skip
        self.stochastic_dropout = StochasticDepth(drop_rate, "row")

    def forward(self, x: Tensor) -> Tensor:
        n, c, tall, wide = x.shape
        if tall % self.side or wide % self.side:
            raise ValueError(f"MaxVit: expected sides that {self.side} divides, got {tall} × {wide}")
        height, width = (tall // self.side, wide // self.side) if self.is_grid else (self.side, self.side)
        parts = to_windows(x.permute(0, 2, 3, 1), height, width)
        if self.is_grid:  # pixels at one place of all windows belong together
            parts = parts.reshape(n, -1, height * width, c).transpose(1, 2).reshape(-1, self.side**2, c)
        parts = parts + self.stochastic_dropout(self.attn_layer(parts))
        parts = parts + self.stochastic_dropout(self.mlp_layer(parts))
        if self.is_grid:
            parts = parts.reshape(n, height * width, -1, c).transpose(1, 2).reshape(-1, height * width, c)
        out: Tensor = from_windows(parts, height, width, tall, wide).permute(0, 3, 1, 2)
        return out


class _MaxVitLayer(Module):
    def __init__(
        self, inputs: int, outputs: int, stride: int, norm: Maker, head_dim: int, side: int, drop_rate: float,
        options: dict[str, Any],
    ) -> None:  # fmt: skip
        super().__init__()
        parts: OrderedDict[str, Module] = OrderedDict()
        parts["MBconv"] = _MBConv(inputs, outputs, stride, norm, drop_rate)
        for name in ("window", "grid"):
            parts[f"{name}_attention"] = _PartitionAttention(
                outputs, head_dim, side, name == "grid", drop_rate=drop_rate, **options
            )
        self.layers = nn.Sequential(parts)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


class _MaxVitBlock(Module):
    def __init__(self, layers: list[_MaxVitLayer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class MaxVit(Module):
    """Convolutions, attention within windows and attention across them, in turn (Tu et al., "MaxViT", 2022).

    Input [n, 3, *input_size], output [n, num_classes]; ``partition_size`` must divide the sides in every block.

    >>> from glassnet.vision import models
    >>> model = models.MaxVit((32, 32), 8, 2, [8], [1], 4, 0.0, num_classes=10)
    >>> model(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self,
        input_size: tuple[int, int],
        stem_channels: int,
        partition_size: int,
        block_channels: Sequence[int],
        block_layers: Sequence[int],
        head_dim: int,
        stochastic_depth_prob: float,
        norm_layer: Maker | None = None,
        mlp_ratio: int = 4,
        mlp_dropout: float = 0.0,
        attention_dropout: float = 0.0,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        norm = norm_layer or partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)
        self.stem = nn.Sequential(
            Conv2dNormActivation(3, stem_channels, 3, 2, norm_layer=norm, activation_layer=nn.GELU, inplace=None,
                                 bias=False),
            Conv2dNormActivation(stem_channels, stem_channels, 3, norm_layer=None, activation_layer=None, bias=True),
        )  # fmt: skip
        sides = [math.ceil(side / 2) for side in input_size]
        self.partition_size = partition_size
        rates = iter(np.linspace(0, stochastic_depth_prob, sum(block_layers)).tolist())
        options = {"mlp_ratio": mlp_ratio, "mlp_dropout": mlp_dropout, "attention_dropout": attention_dropout}
        inputs, blocks = stem_channels, []
        for outputs, count in zip(block_channels, block_layers, strict=True):
            sides = [math.ceil(side / 2) for side in sides]
            if any(side % partition_size for side in sides):
                raise ValueError(
                    f"MaxVit: expected an input_size of which partition_size {partition_size} divides the sides in "
                    f"every block, got {tuple(input_size)}, which become {sides}"
                )
            layers = []
            for number in range(count):
                layers.append(_MaxVitLayer(inputs, outputs, 1 if number else 2, norm, head_dim, partition_size,
                                           next(rates), options))  # fmt: skip
                inputs = outputs
            blocks.append(_MaxVitBlock(layers))
        self.blocks = nn.ModuleList(blocks)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(inputs), nn.Linear(inputs, inputs), nn.Tanh(),
            nn.Linear(inputs, num_classes, bias=False),
        )  # fmt: skip
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                init.normal_(layer.weight, std=0.02)
                if layer.bias is not None:
                    init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        scores: Tensor = self.classifier(x)
        return scores


__all__ = [
    "MaxVit",
    *builders(
        MaxVit,
        {"maxvit_t": ("MaxVit_T", {"input_size": (224, 224), "stem_channels": 64, "partition_size": 7,
                                   "block_channels": [64, 128, 256, 512], "block_layers": [2, 2, 5, 2], "head_dim": 32,
                                   "stochastic_depth_prob": 0.2})},
    ),
]  # fmt: skip
