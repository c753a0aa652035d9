"""GoogLeNet."""

from __future__ import annotations

from typing import Any, NamedTuple

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.inception_blocks import BasicConv2d, as_trained_elsewhere, joined, start_truncated


class GoogLeNetOutputs(NamedTuple):
    """What `GoogLeNet` gives in training: the scores, and those of two classifiers on the way.

    >>> from glassnet.vision import models
    >>> models.GoogLeNetOutputs(1, 2, 3).logits
    1
    """

    logits: Any
    aux_logits2: Any
    aux_logits1: Any


class _Inception(Module):
    """Four branches: 1×1, 3×3, a second 3×3, pooling; ``plan`` are their channels, those within before those after."""

    def __init__(self, inputs: int, plan: tuple[int, ...]) -> None:
        super().__init__()
        one, within3, three, within5, five, pooled = plan
        self.branch1 = BasicConv2d(inputs, one, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(inputs, within3, kernel_size=1), BasicConv2d(within3, three, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(inputs, within5, kernel_size=1), BasicConv2d(within5, five, kernel_size=3, padding=1)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True), BasicConv2d(inputs, pooled, kernel_size=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return joined(self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x))


class _Classifier(Module):
    def __init__(self, inputs: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.conv = BasicConv2d(inputs, 128, kernel_size=1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.adaptive_avg_pool2d(x, (4, 4))).flatten(1)
        scores: Tensor = self.fc2(self.dropout(F.relu(self.fc1(x))))
        return scores


_PLANS = {  # inputs, and the channels of the branches
    "3a": (192, (64, 96, 128, 16, 32, 32)), "3b": (256, (128, 128, 192, 32, 96, 64)),
    "4a": (480, (192, 96, 208, 16, 48, 64)), "4b": (512, (160, 112, 224, 24, 64, 64)),
    "4c": (512, (128, 128, 256, 24, 64, 64)), "4d": (512, (112, 144, 288, 32, 64, 64)),
    "4e": (528, (256, 160, 320, 32, 128, 128)), "5a": (832, (256, 160, 320, 32, 128, 128)),
    "5b": (832, (384, 192, 384, 48, 128, 128)),
}  # fmt: skip


class GoogLeNet(Module):
    """Nine blocks of four branches (Szegedy et al., "Going Deeper with Convolutions", 2014), and batch norm.

    Input [n, 3, 224, 224], output [n, num_classes]; in training with ``aux_logits``, `GoogLeNetOutputs`.

    >>> from glassnet.tensor.creation import without_drawing
    >>> from glassnet.vision import models
    >>> with without_drawing():  # quick: the weights are not needed
    ...     models.GoogLeNet(num_classes=10, init_weights=False).fc
    Linear(in_features=1024, out_features=10, bias=True)
    """

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        init_weights: bool | None = None,
        blocks: Any = None,
        dropout: float = 0.2,
        dropout_aux: float = 0.7,
    ) -> None:
        super().__init__()
        self.aux_logits, self.transform_input = aux_logits, transform_input
        self.conv1 = BasicConv2d(3, 64, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = BasicConv2d(64, 64, kernel_size=1)
        self.conv3 = BasicConv2d(64, 192, kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        for name, (inputs, plan) in _PLANS.items():
            self.add_module(f"inception{name}", _Inception(inputs, plan))
            if name == "3b":
                self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
            elif name == "4e":
                self.maxpool4 = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        self.aux1 = _Classifier(512, num_classes, dropout_aux) if aux_logits else None
        self.aux2 = _Classifier(528, num_classes, dropout_aux) if aux_logits else None
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(1024, num_classes)
        if init_weights is not False:
            start_truncated(self)

    def forward(self, x: Tensor) -> Any:
        """A score for each class."""
        x = as_trained_elsewhere(x) if self.transform_input else x
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(x)))))
        found = {}
        for name in _PLANS:
            x = getattr(self, f"inception{name}")(x)
            found[name] = x
            x = self.maxpool3(x) if name == "3b" else self.maxpool4(x) if name == "4e" else x
        scores: Tensor = self.fc(self.dropout(self.avgpool(x).flatten(1)))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return GoogLeNetOutputs(scores, self.aux2(found["4d"]), self.aux1(found["4a"]))
        return scores


__all__ = ["GoogLeNet", "GoogLeNetOutputs", *builders(GoogLeNet, {"googlenet": ("GoogLeNet", {})})]
