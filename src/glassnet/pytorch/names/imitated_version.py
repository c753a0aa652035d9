"""torch.version: which PyTorch this is like."""

from __future__ import annotations

__all__ = ["cuda", "git_version", "hip"]

__version__ = "2.13.0"
cuda = hip = None
git_version = ""
