"""torch._C: of PyTorch's insides, what packages that stand on it call."""

from __future__ import annotations

__all__ = ["_log_api_usage_once"]


def _log_api_usage_once(event: str) -> None:
    """Nothing is counted."""
