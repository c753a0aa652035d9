"""Architectures that find things in pictures, by torchvision's names."""

from __future__ import annotations

from glassnet.vision.models.building import lookup

__all__, __getattr__ = lookup(__name__)
