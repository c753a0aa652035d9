"""Names that PyTorch's scripts ask for and glassnet has no use for itself: devices, threads, versions."""

from __future__ import annotations
