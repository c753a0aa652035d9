"""torch.signal, of which there is `windows` alone."""

from __future__ import annotations

__all__: list[str] = []
