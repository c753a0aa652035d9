"""Swin transformers, of the first and the second version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn.init import trunc_normal_
from glassnet.nn.module import Module
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import full, zeros
from glassnet.tensor.joining import cat
from glassnet.vision.models.building import builders
from glassnet.vision.models.relative_positions import from_windows, pair_numbers, to_windows
from glassnet.vision.models.shared_blocks import zero_bias
from glassnet.vision.ops.building_blocks import MLP, Maker, Permute
from glassnet.vision.ops.dropped import StochasticDepth

_FAR = -100.0  # added to the score of two pixels that only meet because the picture was rolled


class _Merging(Module):
    """Four neighbours become one pixel of twice the channels."""

    def __init__(self, dim: int, norm_layer: Maker) -> None:
        super().__init__()
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = norm_layer(4 * dim)

    def forward(self, x: Tensor) -> Tensor:
        merged: Tensor = self.reduction(self.norm(self.neighbours(x)))
        return merged

    @staticmethod
    def neighbours(x: Tensor) -> Tensor:
        """Of [n, height, width, c], each pixel with those below, right, and below right of it: [n, h/2, w/2, 4c]."""
        padded = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        places = ((0, 0), (1, 0), (0, 1), (1, 1))
        return cat([padded[:, down::2, right::2] for down, right in places], -1)


class _Merging2(_Merging):
    def __init__(self, dim: int, norm_layer: Maker) -> None:
        super().__init__(dim, norm_layer)
        self.norm = norm_layer(2 * dim)

    def forward(self, x: Tensor) -> Tensor:
        merged: Tensor = self.norm(self.reduction(self.neighbours(x)))
        return merged


class _Attention(Module):
    """Attention within windows, which may be shifted: the picture is rolled, and rolled back."""

    def __init__(
        self, dim: int, window_size: Sequence[int], shift_size: Sequence[int], num_heads: int, attention_dropout: float,
        dropout: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.window_size, self.shift_size, self.num_heads = tuple(window_size), tuple(shift_size), num_heads
        self.attention_dropout, self.dropout = attention_dropout, dropout
        self.begin()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def begin(self) -> None:
        """What a bias for each pair of pixels is made of."""
        height, width = self.window_size
        table = zeros((2 * height - 1) * (2 * width - 1), self.num_heads)
        self.relative_position_bias_table = nn.Parameter(trunc_normal_(table, std=0.02))
        self.register_buffer("relative_position_index", pair_numbers(height, width))

    def bias(self) -> Tensor:
        """What is added to the scores, [heads, pixels, pixels]."""
        return self._of_pairs(self.relative_position_bias_table)

    def _of_pairs(self, table: Any) -> Tensor:
        pixels = math.prod(self.window_size)
        each: Tensor = table[self.relative_position_index].reshape(pixels, pixels, -1).permute(2, 0, 1)
        return each

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """Of each pixel for each other, [windows, heads, pixels, pixels]."""
        scores: Tensor = (q * (1 / math.sqrt(q.shape[-1]))) @ k.transpose(-2, -1)
        return scores

    def inputs(self, x: Tensor) -> Tensor:
        """Queries, keys and values of each pixel."""
        return F.linear(x, self.qkv.weight, self.qkv.bias)

    def forward(self, x: Tensor) -> Tensor:
        height, width = self.window_size
        n, tall, wide, c = x.shape
        x = F.pad(x, (0, 0, 0, -wide % width, 0, -tall % height))
        inner = x.shape[1], x.shape[2]
        shift = [
            0 if side >= whole else by for side, whole, by in zip(self.window_size, inner, self.shift_size, strict=True)
        ]
        x = x.roll((-shift[0], -shift[1]), (1, 2)) if any(shift) else x
        qkv: Any = self.inputs(to_windows(x, height, width))
        q, k, v = qkv.reshape(*qkv.shape[:2], 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        scores = self.scores(q, k) + self.bias()
        if any(shift):
            apart = wrap(_apart(inner, self.window_size, shift).astype(scores.array.dtype))
            by_picture = scores.reshape(n, -1, *scores.shape[1:]) + apart[None, :, None]
            scores = by_picture.reshape(scores.shape)
        weights = F.dropout(scores.softmax(-1), self.attention_dropout, self.training)
        out: Any = (weights @ v).transpose(1, 2).reshape(-1, height * width, c)
        out = from_windows(F.dropout(self.proj(out), self.dropout, self.training), height, width, *inner)
        out = out.roll((shift[0], shift[1]), (1, 2)) if any(shift) else out
        kept: Tensor = out[:, :tall, :wide]
        return kept


def _apart(inner: tuple[int, int], window: tuple[int, ...], shift: Sequence[int]) -> Any:
    """`_FAR` for pixels of a window that were not together before the picture was rolled: [windows, pixels, pixels]."""
    part = np.zeros((1, *inner, 1), np.int64)
    for side, (whole, size, by) in enumerate(zip(inner, window, shift, strict=True)):
        along = np.zeros(whole, np.int64)
        if by:
            along[whole - size : whole - by], along[whole - by :] = 1, 2
        part = 3 * part + along.reshape((1, -1, 1, 1) if side == 0 else (1, 1, -1, 1))
    parts = to_windows(wrap(part), *window).array[..., 0]
    return np.where(parts[:, :, None] == parts[:, None], 0.0, _FAR)


class _Attention2(_Attention):
    """Attention by the angle between queries and keys, with a bias that is learned from how far apart pixels are."""

    def begin(self) -> None:
        """A network from the way between two pixels to the bias of each head."""
        self.logit_scale = nn.Parameter(full((self.num_heads, 1, 1), math.log(10)))
        height, width = self.window_size
        ways = np.stack(
            np.meshgrid(*(np.arange(1 - s, s, dtype=np.float32) for s in (height, width)), indexing="ij"), -1
        )
        ways *= 8 / np.maximum([height - 1, width - 1], 1)
        ways = np.sign(ways) * np.log2(np.abs(ways) + 1) / 3
        self.register_buffer("relative_coords_table", wrap(ways[None].astype(np.float32)))
        self.register_buffer("relative_position_index", pair_numbers(height, width))

    def __init__(self, dim: int, *options: Any) -> None:
        super().__init__(dim, *options)
        self.cpb_mlp = nn.Sequential(
            nn.Linear(2, 512), nn.ReLU(inplace=True), nn.Linear(512, self.num_heads, bias=False)
        )

    def bias(self) -> Tensor:
        """From 0 to 16, by the network."""
        table = self.cpb_mlp(self.relative_coords_table).reshape(-1, self.num_heads)
        return 16 * self._of_pairs(table).sigmoid()

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """The cosine, times a number of each head that is learned, 100 at most."""
        cosine = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
        scores: Tensor = cosine * self.logit_scale.clamp(max=math.log(100)).exp()
        return scores

    def inputs(self, x: Tensor) -> Tensor:
        """Keys have no bias: it would change no angle but by chance."""
        c = x.shape[-1]
        kept = wrap(np.repeat(np.array([1, 0, 1], x.array.dtype), c))
        return F.linear(x, self.qkv.weight, kept * self.qkv.bias)


class _SwinBlock(Module):
    attention: type[_Attention] = _Attention

    def __init__(
        self, dim: int, num_heads: int, window_size: Sequence[int], shift_size: Sequence[int], mlp_ratio: float,
        dropout: float, attention_dropout: float, stochastic_depth_prob: float, norm_layer: Maker,
    ) -> None:  # fmt: skip
        super().__init__()
        self.norm1 = norm_layer(dim)
        self.attn = self.attention(dim, window_size, shift_size, num_heads, attention_dropout, dropout)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")
        self.norm2 = norm_layer(dim)
        self.mlp = MLP(dim, [int(dim * mlp_ratio), dim], activation_layer=nn.GELU, dropout=dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.stochastic_depth(self.attn(self.norm1(x)))
        out: Tensor = x + self.stochastic_depth(self.mlp(self.norm2(x)))
        return out


class _SwinBlock2(_SwinBlock):
    attention = _Attention2

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.stochastic_depth(self.norm1(self.attn(x)))
        out: Tensor = x + self.stochastic_depth(self.norm2(self.mlp(x)))
        return out


class SwinTransformer(Module):
    """A transformer over patches that attends within windows, shifted in every second block (Liu et al., 2021).

    Input [n, 3, height, width], output [n, num_classes]. ``version`` 2 attends by angles (Liu et al., "Swin Transformer
    V2", 2022).

    >>> from glassnet.vision import models
    >>> model = models.SwinTransformer([4, 4], 8, [1, 2], [1, 2], [2, 2], num_classes=10)
    >>> model(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self,
        patch_size: Sequence[int],
        embed_dim: int,
        depths: Sequence[int],
        num_heads: Sequence[int],
        window_size: Sequence[int],
        mlp_ratio: float = 4.0,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        stochastic_depth_prob: float = 0.1,
        num_classes: int = 1000,
        norm_layer: Maker | None = None,
        version: int = 1,
    ) -> None:
        super().__init__()
        block, merging = (_SwinBlock, _Merging) if version == 1 else (_SwinBlock2, _Merging2)
        norm = norm_layer or partial(nn.LayerNorm, eps=1e-5)
        patch = tuple(patch_size)
        layers: list[Module] = [
            nn.Sequential(nn.Conv2d(3, embed_dim, patch, patch), Permute([0, 2, 3, 1]), norm(embed_dim))
        ]
        rates = iter(np.linspace(0, stochastic_depth_prob, sum(depths)).tolist())
        dim = embed_dim
        for number, (depth, heads) in enumerate(zip(depths, num_heads, strict=True)):
            if number:
                layers.append(merging(dim, norm))
                dim *= 2
            shifts = ([0 if n % 2 == 0 else side // 2 for side in window_size] for n in range(depth))
            layers.append(nn.Sequential(*(
                block(dim, heads, window_size, shift, mlp_ratio, dropout, attention_dropout, next(rates), norm)
                for shift in shifts
            )))  # fmt: skip
        self.features = nn.Sequential(*layers)
        self.norm = norm(dim)
        self.permute = Permute([0, 3, 1, 2])
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten(1)
        self.head = nn.Linear(dim, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                trunc_normal_(layer.weight, std=0.02)
                zero_bias(layer)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        x = self.permute(self.norm(self.features(x)))
        scores: Tensor = self.head(self.flatten(self.avgpool(x)))
        return scores


def _size(dim: int, depth: int, heads: int, rate: float, version: int) -> dict[str, Any]:
    window = 7 if version == 1 else 8
    return {"patch_size": [4, 4], "embed_dim": dim, "depths": [2, 2, depth, 2], "window_size": [window, window],
            "num_heads": [heads << n for n in range(4)], "stochastic_depth_prob": rate, "version": version}  # fmt: skip


_SIZES = {"t": (96, 6, 3, 0.2), "s": (96, 18, 3, 0.3), "b": (128, 18, 4, 0.5)}

__all__ = [
    "SwinTransformer",
    *builders(SwinTransformer, {f"swin_{n}": (f"Swin_{n.upper()}", _size(*size, 1)) for n, size in _SIZES.items()}),
    *builders(
        SwinTransformer, {f"swin_v2_{n}": (f"Swin_V2_{n.upper()}", _size(*size, 2)) for n, size in _SIZES.items()}
    ),
]
