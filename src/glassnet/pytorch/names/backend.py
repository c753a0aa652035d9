"""A library that computes for PyTorch, torch.backends.cudnn or another: none is here.

What a script sets on one is kept, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = [
    "allow_tf32",
    "benchmark",
    "deterministic",
    "enabled",
    "flags",
    "is_available",
    "is_built",
    "matmul",
    "version",
]

enabled = benchmark = deterministic = allow_tf32 = False


class matmul:
    """Matrix products on it."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = False


def is_available() -> bool:
    """False."""
    return False


def is_built() -> bool:
    """False."""
    return False


def version() -> None:
    """None."""


@contextmanager
def flags(*_: Any, **__: Any) -> Iterator[None]:
    """Nothing to set."""
    yield
