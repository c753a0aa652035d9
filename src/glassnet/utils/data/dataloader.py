"""The loader, where PyTorch keeps it."""

from __future__ import annotations

from glassnet.data import DataLoader, default_collate, default_convert, get_worker_info

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]
