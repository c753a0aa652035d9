"""Architectures for videos, by torchvision's names."""

from __future__ import annotations

from glassnet.vision.models.building import lookup
from glassnet.vision.models.video import video_resnet

__all__, __getattr__ = lookup(__name__, video_resnet)
