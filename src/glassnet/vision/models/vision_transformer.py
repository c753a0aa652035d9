"""Vision transformers."""

from __future__ import annotations

import math
from collections import OrderedDict
from functools import partial

import glassnet.nn as nn
from glassnet.nn import init
from glassnet.nn.init import trunc_normal_
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.tensor.creation import empty, zeros
from glassnet.tensor.joining import cat
from glassnet.vision.models.building import builders
from glassnet.vision.models.shared_blocks import zero_bias
from glassnet.vision.ops.building_blocks import Maker


class _Block(Module):
    def __init__(
        self, heads: int, hidden: int, mlp: int, dropout: float, attention_dropout: float, norm: Maker
    ) -> None:
        super().__init__()
        self.ln_1 = norm(hidden)
        self.self_attention = nn.MultiheadAttention(hidden, heads, dropout=attention_dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.ln_2 = norm(hidden)
        self.mlp = nn.Sequential(
            nn.Linear(hidden, mlp), nn.GELU(), nn.Dropout(dropout), nn.Linear(mlp, hidden), nn.Dropout(dropout)
        )
        for layer in (self.mlp[0], self.mlp[3]):
            init.xavier_uniform_(layer.weight)
            init.normal_(layer.bias, std=1e-6)

    def forward(self, input: Tensor) -> Tensor:
        x = self.ln_1(input)
        x, _ = self.self_attention(x, x, x, need_weights=False)
        x = self.dropout(x) + input
        out: Tensor = x + self.mlp(self.ln_2(x))
        return out


class _Encoder(Module):
    def __init__(
        self, length: int, layers: int, heads: int, hidden: int, mlp: int, dropout: float, attention_dropout: float,
        norm: Maker,
    ) -> None:  # fmt: skip
        super().__init__()
        self.pos_embedding = nn.Parameter(init.normal_(empty(1, length, hidden), std=0.02))
        self.dropout = nn.Dropout(dropout)
        blocks = {
            f"encoder_layer_{n}": _Block(heads, hidden, mlp, dropout, attention_dropout, norm) for n in range(layers)
        }
        self.layers = nn.Sequential(OrderedDict(blocks))
        self.ln = norm(hidden)

    def forward(self, input: Tensor) -> Tensor:
        out: Tensor = self.ln(self.layers(self.dropout(input + self.pos_embedding)))
        return out


class VisionTransformer(Module):
    """A transformer over the patches of a picture (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020).

    Input [n, 3, image_size, image_size], output [n, num_classes]. The picture is cut into patches of ``patch_size``,
    each of which becomes ``hidden_dim`` numbers; a token in front of them gathers what the classes are told from.

    >>> from glassnet.vision import models
    >>> model = models.VisionTransformer(32, 8, num_layers=1, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=10)
    >>> model(glassnet.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self,
        image_size: int,
        patch_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        num_classes: int = 1000,
        representation_size: int | None = None,
        norm_layer: Maker | None = None,
    ) -> None:
        super().__init__()
        if image_size % patch_size:
            raise ValueError(f"expected an image_size that patch_size {patch_size} divides, got {image_size}")
        self.image_size, self.patch_size, self.hidden_dim = image_size, patch_size, hidden_dim
        self.conv_proj = nn.Conv2d(3, hidden_dim, kernel_size=patch_size, stride=patch_size)
        self.class_token = nn.Parameter(zeros(1, 1, hidden_dim))
        length = (image_size // patch_size) ** 2 + 1
        norm = norm_layer or partial(nn.LayerNorm, eps=1e-6)
        self.encoder = _Encoder(length, num_layers, num_heads, hidden_dim, mlp_dim, dropout, attention_dropout, norm)
        self.seq_length = length
        last = nn.Linear(representation_size or hidden_dim, num_classes)
        heads: OrderedDict[str, Module] = OrderedDict()
        if representation_size is not None:
            heads["pre_logits"] = nn.Linear(hidden_dim, representation_size)
            heads["act"] = nn.Tanh()
        heads["head"] = last
        self.heads = nn.Sequential(heads)
        trunc_normal_(self.conv_proj.weight, std=math.sqrt(1 / (3 * patch_size**2)))
        zero_bias(self.conv_proj)
        init.zeros_(last.weight)
        zero_bias(last)

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        if tuple(x.shape[2:]) != (self.image_size, self.image_size):
            raise ValueError(f"expected pictures of {self.image_size} pixels to a side, got {tuple(x.shape)}")
        tokens = self.conv_proj(x).flatten(2).permute(0, 2, 1)
        first = self.class_token.expand(x.shape[0], -1, -1)
        scores: Tensor = self.heads(self.encoder(cat([first, tokens], 1))[:, 0])
        return scores


def _size(patch: int, layers: int, heads: int, hidden: int, mlp: int) -> dict[str, int]:
    return {"image_size": 224, "patch_size": patch, "num_layers": layers, "num_heads": heads, "hidden_dim": hidden,
            "mlp_dim": mlp}  # fmt: skip


__all__ = [
    "VisionTransformer",
    *builders(
        VisionTransformer,
        {
            "vit_b_16": ("ViT_B_16", _size(16, 12, 12, 768, 3072)),
            "vit_b_32": ("ViT_B_32", _size(32, 12, 12, 768, 3072)),
            "vit_l_16": ("ViT_L_16", _size(16, 24, 16, 1024, 4096)),
            "vit_l_32": ("ViT_L_32", _size(32, 24, 16, 1024, 4096)),
            "vit_h_14": ("ViT_H_14", _size(14, 32, 16, 1280, 5120)),
        },
    ),
]
