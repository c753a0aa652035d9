"""Pictures: datasets of them and transforms of them, by torchvision's names."""

from __future__ import annotations

from glassnet.vision import datasets, transforms

__all__ = ["datasets", "transforms"]
