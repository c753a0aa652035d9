"""`glassnet.functional` under the name that PyTorch users write: ``import glassnet.nn.functional as F``."""

from __future__ import annotations

import glassnet.functional as functional
from glassnet.functional import *  # noqa: F403

__all__: list[str] = []
__all__ += functional.__all__
