"""torch.utils.hooks: what a hook is removed by."""

from __future__ import annotations

from glassnet.tensor import RemovableHandle

__all__ = ["RemovableHandle"]
