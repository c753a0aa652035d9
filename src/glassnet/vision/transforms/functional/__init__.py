"""Transforms as functions, by torchvision's names: ``import glassnet.vision.transforms.functional as TF``."""

from __future__ import annotations

from glassnet.vision.transforms.functional.as_functions import *  # noqa: F403
from glassnet.vision.transforms.functional.as_functions import __all__ as __all__
