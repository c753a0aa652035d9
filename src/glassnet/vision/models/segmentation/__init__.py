"""Architectures that tell the class of each pixel, by torchvision's names."""

from __future__ import annotations

from glassnet.vision.models.building import lookup
from glassnet.vision.models.segmentation import deeplab, fcn, lraspp

__all__, __getattr__ = lookup(__name__, fcn, deeplab, lraspp)
