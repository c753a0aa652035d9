"""torch.backends.cuda: which of PyTorch's ways to compute attention may be used: here there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = [
    "cudnn_sdp_enabled", "enable_cudnn_sdp", "enable_flash_sdp", "enable_math_sdp", "enable_mem_efficient_sdp",
    "flash_sdp_enabled", "math_sdp_enabled", "mem_efficient_sdp_enabled", "sdp_kernel",
]  # fmt: skip


def enable_flash_sdp(enabled: bool) -> None:
    """Nothing to set."""


enable_cudnn_sdp = enable_math_sdp = enable_mem_efficient_sdp = enable_flash_sdp


def flash_sdp_enabled() -> bool:
    """False."""
    return False


cudnn_sdp_enabled = mem_efficient_sdp_enabled = flash_sdp_enabled


def math_sdp_enabled() -> bool:
    """True: attention is the products and the softmax that it is written as."""
    return True


@contextmanager
def sdp_kernel(*_: Any, **__: Any) -> Iterator[None]:
    """Nothing to choose."""
    yield
