"""torchvision's own level."""

from __future__ import annotations

from typing import Any

__all__ = ["disable_beta_transforms_warning", "get_image_backend", "set_image_backend"]


def get_image_backend() -> str:
    """Pictures are read by Pillow."""
    return "PIL"


def set_image_backend(backend: str) -> None:
    """Pictures are read by Pillow, whatever is asked."""


def disable_beta_transforms_warning(*_: Any) -> None:
    """There is no such warning."""
