"""`glassnet.data` under the name that PyTorch gives it."""

from __future__ import annotations

from glassnet.data import *  # noqa: F403
from glassnet.data import __all__ as __all__
