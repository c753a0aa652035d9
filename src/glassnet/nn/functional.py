"""`glassnet.functional` under the name that PyTorch users write: ``import glassnet.nn.functional as F``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import glassnet.functional as functional
from glassnet.functional import *  # noqa: F403

__all__: list[str] = []
__all__ += functional.__all__


if not TYPE_CHECKING:  # else a type checker takes any name for one of the module's

    def __getattr__(name: str) -> Any:
        raise functional.missing(__name__, name)
