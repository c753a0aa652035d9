"""Inception v3."""

from __future__ import annotations

from typing import Any, NamedTuple

import glassnet.functional as F
import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders
from glassnet.vision.models.inception_blocks import BasicConv2d, as_trained_elsewhere, joined, start_truncated


class InceptionOutputs(NamedTuple):
    """What `Inception3` gives in training: the scores, and those of a classifier on the way.

    >>> from glassnet.vision import models
    >>> models.InceptionOutputs(1, 2).aux_logits
    2
    """

    logits: Any
    aux_logits: Any


def _conv(inputs: int, outputs: int, kernel: Any, stride: int = 1) -> BasicConv2d:
    """One that keeps the size; at stride 2, without a border."""
    sides = (kernel, kernel) if isinstance(kernel, int) else kernel
    padding = (0, 0) if stride == 2 else (sides[0] // 2, sides[1] // 2)
    return BasicConv2d(inputs, outputs, kernel_size=kernel, stride=stride, padding=padding)


def _chain(module: Module, name: str, numbers: Any, inputs: int, *steps: tuple[int, Any]) -> None:
    """Add the convolutions ``name_1``, ``name_2`` … to ``module``, each of so many channels and such a kernel."""
    for number, (outputs, kernel) in zip(numbers, steps, strict=True):
        module.add_module(f"{name}_{number}", _conv(inputs, outputs, kernel))
        inputs = outputs


def _run(module: Module, name: str, count: int, x: Tensor) -> Tensor:
    for number in range(1, count + 1):
        x = getattr(module, f"{name}_{number}")(x)
    return x


class _A(Module):
    def __init__(self, inputs: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = _conv(inputs, 64, 1)
        _chain(self, "branch5x5", (1, 2), inputs, (48, 1), (64, 5))
        _chain(self, "branch3x3dbl", (1, 2, 3), inputs, (64, 1), (96, 3), (96, 3))
        self.branch_pool = _conv(inputs, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.branch_pool(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))
        return joined(self.branch1x1(x), _run(self, "branch5x5", 2, x), _run(self, "branch3x3dbl", 3, x), pooled)


class _B(Module):
    """Half the size."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3 = _conv(inputs, 384, 3, 2)
        _chain(self, "branch3x3dbl", (1, 2), inputs, (64, 1), (96, 3))
        self.branch3x3dbl_3 = _conv(96, 96, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return joined(self.branch3x3(x), _run(self, "branch3x3dbl", 3, x), F.max_pool2d(x, kernel_size=3, stride=2))


class _C(Module):
    """Kernels of 7×7 as 1×7 and 7×1."""

    def __init__(self, inputs: int, within: int) -> None:
        super().__init__()
        flat, tall = (1, 7), (7, 1)
        self.branch1x1 = _conv(inputs, 192, 1)
        _chain(self, "branch7x7", (1, 2, 3), inputs, (within, 1), (within, flat), (192, tall))
        steps = ((within, 1), (within, tall), (within, flat), (within, tall), (192, flat))
        _chain(self, "branch7x7dbl", range(1, 6), inputs, *steps)
        self.branch_pool = _conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.branch_pool(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))
        return joined(self.branch1x1(x), _run(self, "branch7x7", 3, x), _run(self, "branch7x7dbl", 5, x), pooled)


class _D(Module):
    """Half the size."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3_1 = _conv(inputs, 192, 1)
        self.branch3x3_2 = _conv(192, 320, 3, 2)
        _chain(self, "branch7x7x3", (1, 2, 3), inputs, (192, 1), (192, (1, 7)), (192, (7, 1)))
        self.branch7x7x3_4 = _conv(192, 192, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.max_pool2d(x, kernel_size=3, stride=2)
        return joined(_run(self, "branch3x3", 2, x), _run(self, "branch7x7x3", 4, x), pooled)


class _E(Module):
    """Kernels of 3×3 as 1×3 beside 3×1."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch1x1 = _conv(inputs, 320, 1)
        self.branch3x3_1 = _conv(inputs, 384, 1)
        self.branch3x3_2a, self.branch3x3_2b = _conv(384, 384, (1, 3)), _conv(384, 384, (3, 1))
        _chain(self, "branch3x3dbl", (1, 2), inputs, (448, 1), (384, 3))
        self.branch3x3dbl_3a, self.branch3x3dbl_3b = _conv(384, 384, (1, 3)), _conv(384, 384, (3, 1))
        self.branch_pool = _conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        single, double = self.branch3x3_1(x), _run(self, "branch3x3dbl", 2, x)
        pooled = self.branch_pool(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))
        singles = joined(self.branch3x3_2a(single), self.branch3x3_2b(single))
        doubles = joined(self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double))
        return joined(self.branch1x1(x), singles, doubles, pooled)


class _Classifier(Module):
    def __init__(self, inputs: int, num_classes: int) -> None:
        super().__init__()
        self.conv0 = BasicConv2d(inputs, 128, kernel_size=1)
        self.conv1 = BasicConv2d(128, 768, kernel_size=5)
        self.fc = nn.Linear(768, num_classes)
        self.conv1.stddev, self.fc.stddev = 0.01, 0.001

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(self.conv0(F.avg_pool2d(x, kernel_size=5, stride=3)))
        scores: Tensor = self.fc(F.adaptive_avg_pool2d(x, (1, 1)).flatten(1))
        return scores


class Inception3(Module):
    """Eleven blocks of branches (Szegedy et al., "Rethinking the Inception Architecture", 2015).

    Input [n, 3, 299, 299], output [n, num_classes]; in training with ``aux_logits``, `InceptionOutputs`.

    >>> from glassnet.tensor.creation import without_drawing
    >>> from glassnet.vision import models
    >>> with without_drawing():  # quick: the weights are not needed
    ...     models.Inception3(num_classes=10, init_weights=False).fc
    Linear(in_features=2048, out_features=10, bias=True)
    """

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        inception_blocks: Any = None,
        init_weights: bool | None = None,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.aux_logits, self.transform_input = aux_logits, transform_input
        self.Conv2d_1a_3x3 = _conv(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = BasicConv2d(32, 32, kernel_size=3)
        self.Conv2d_2b_3x3 = _conv(32, 64, 3)
        self.maxpool1 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.Conv2d_3b_1x1 = _conv(64, 80, 1)
        self.Conv2d_4a_3x3 = BasicConv2d(80, 192, kernel_size=3)
        self.maxpool2 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = _A(192, 32), _A(256, 64), _A(288, 64)
        self.Mixed_6a = _B(288)
        self.Mixed_6b, self.Mixed_6c, self.Mixed_6d, self.Mixed_6e = (_C(768, n) for n in (128, 160, 160, 192))
        self.AuxLogits = _Classifier(768, num_classes) if aux_logits else None
        self.Mixed_7a = _D(768)
        self.Mixed_7b, self.Mixed_7c = _E(1280), _E(2048)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(2048, num_classes)
        if init_weights is not False:
            start_truncated(self)

    def forward(self, x: Tensor) -> Any:
        """A score for each class."""
        x = as_trained_elsewhere(x) if self.transform_input else x
        x = self.maxpool1(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = self.maxpool2(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        for block in (self.Mixed_5b, self.Mixed_5c, self.Mixed_5d, self.Mixed_6a):
            x = block(x)
        for inner in (self.Mixed_6b, self.Mixed_6c, self.Mixed_6d, self.Mixed_6e):
            x = inner(x)
        aside = self.AuxLogits(x) if self.AuxLogits is not None and self.training else None
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        scores: Tensor = self.fc(self.dropout(self.avgpool(x)).flatten(1))
        return scores if aside is None else InceptionOutputs(scores, aside)


__all__ = ["Inception3", "InceptionOutputs", *builders(Inception3, {"inception_v3": ("Inception_V3", {})})]
