"""torch.types: names for annotations."""

from __future__ import annotations

from glassnet.tensor import device

__all__ = ["Device", "Number"]

Device = device | str | int | None
Number = int | float | bool
