"""Pictures: datasets of them, transforms of them, networks for them, by torchvision's names."""

from __future__ import annotations

from typing import Any

from glassnet.threads import loaded
from glassnet.vision import datasets, transforms

_LATER = ("io", "models", "ops", "tv_tensors", "utils")  # loaded when first used

__all__ = ["datasets", "transforms", *_LATER]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return loaded(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r:.80}", name=name)
