"""Devices other than the CPU, as on a machine that has none: torch.cuda, torch.mps, torch.xpu."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from glassnet.tensor.device import on_cpu

__all__ = [
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state",
    "get_rng_state_all",
    "init",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_summary",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "set_rng_state",
    "stream",
    "synchronize",
]


def is_available() -> bool:
    """False."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def _refuse(*_: Any, **__: Any) -> Any:
    """Raise what a machine without the device raises."""
    raise RuntimeError("there is no device but the CPU; ask torch.cuda.is_available() first")


current_device = get_device_name = get_device_properties = get_device_capability = init = set_device = _refuse


def _nothing(*_: Any, **__: Any) -> None:
    """Nothing to do."""


empty_cache = ipc_collect = manual_seed = manual_seed_all = seed = seed_all = synchronize = _nothing
reset_peak_memory_stats = set_rng_state = _nothing


def _none(*_: Any, **__: Any) -> int:
    """0: a device that is not there uses no memory."""
    return 0


max_memory_allocated = max_memory_reserved = memory_allocated = memory_reserved = _none


def memory_summary(*_: Any, **__: Any) -> str:
    """Nothing to tell."""
    return ""


def get_rng_state(*_: Any) -> Any:
    """Raise: there is no generator of another device."""
    return _refuse()


def get_rng_state_all() -> list[Any]:
    """None of any device."""
    return []


def stream(*_: Any) -> AbstractContextManager[None]:
    """Nothing to wait for."""
    return nullcontext()


def device(which: Any) -> AbstractContextManager[None]:
    """A context in which ``which``, None or below 0, is no device. Raises for any other."""
    if which is None or (isinstance(which, int) and which < 0):
        return nullcontext()
    on_cpu(which)
    return nullcontext()
