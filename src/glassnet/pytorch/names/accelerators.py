"""torch.accelerator: whatever computes faster than the CPU, and there is none."""

from __future__ import annotations

from typing import Any

from glassnet.pytorch.names.devices import (
    CUDAGraph,
    current_device,
    device_count,
    empty_cache,
    get_device_capability,
    is_available,
    memory_allocated,
    memory_stats,
    set_stream,
)

__all__ = [
    "Graph", "current_accelerator", "current_device_idx", "current_device_index", "current_stream", "device_count",
    "device_index", "empty_cache", "empty_host_cache", "get_device_capability", "get_memory_info", "is_available",
    "max_memory_allocated", "max_memory_reserved", "memory_allocated", "memory_reserved", "memory_stats",
    "reset_accumulated_memory_stats", "reset_peak_memory_stats", "set_device_idx", "set_device_index", "set_stream",
    "synchronize",
]  # fmt: skip

Graph = CUDAGraph

max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated
synchronize = empty_host_cache = reset_accumulated_memory_stats = reset_peak_memory_stats = empty_cache
current_stream = device_index = get_memory_info = current_device
current_device_idx = current_device_index = set_device_idx = set_device_index = current_device


def current_accelerator(check_available: bool = False) -> Any:
    """None."""
    return None
