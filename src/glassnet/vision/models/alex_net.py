"""AlexNet."""

from __future__ import annotations

import glassnet.nn as nn
from glassnet.nn.module import Module
from glassnet.tensor import Tensor
from glassnet.vision.models.building import builders


class AlexNet(Module):
    """Five convolutions and three linear layers (Krizhevsky, "One weird trick for parallelizing CNNs", 2014).

    Input [n, 3, 224, 224], output [n, num_classes].

    >>> from glassnet.tensor.creation import without_drawing
    >>> from glassnet.vision import models
    >>> with without_drawing():  # quick: the weights are not needed
    ...     sum(p.numel() for p in models.AlexNet().parameters())
    61100840
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """A score for each class."""
        scores: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return scores


__all__ = ["AlexNet", *builders(AlexNet, {"alexnet": ("AlexNet", {})})]
