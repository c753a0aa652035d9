"""Devices other than the CPU, as on a machine that has none: torch.cuda, torch.mps, torch.xpu."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from glassnet.errors import DeviceError
from glassnet.pytorch.names.dtypes_beyond import OutOfMemoryError
from glassnet.tensor.device import on_cpu

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CUDAGraph", "CUDAPluggableAllocator", "CharTensor",
    "DoubleTensor", "Event", "ExternalStream", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor",
    "MemPool", "OutOfMemoryError", "ShortTensor", "Stream", "StreamContext", "can_device_access_peer",
    "clock_rate", "compile_shader", "cudart", "current_allocated_memory", "current_blas_handle",
    "current_device", "current_stream", "default_generators", "default_stream", "device", "device_count",
    "device_memory_used", "device_of", "driver_allocated_memory", "empty_cache", "get_arch_list",
    "get_device_capability", "get_device_name", "get_device_properties", "get_gencode_flags",
    "get_per_process_memory_fraction", "get_rng_state", "get_rng_state_all", "get_sync_debug_mode", "graph",
    "has_half", "has_magma", "host_memory_stats", "host_memory_stats_as_nested_dict", "init", "initial_seed",
    "ipc_collect", "is_available", "is_bf16_supported", "is_current_stream_capturing", "is_initialized",
    "is_tf32_supported", "list_gpu_processes", "make_graphed_callables", "manual_seed", "manual_seed_all",
    "max_memory_allocated", "max_memory_cached", "max_memory_reserved", "mem_get_info", "memory_allocated",
    "memory_cached", "memory_reserved", "memory_snapshot", "memory_stats", "memory_stats_as_nested_dict",
    "memory_summary", "memory_usage", "power_draw", "recommended_max_memory",
    "reset_accumulated_host_memory_stats", "reset_accumulated_memory_stats", "reset_max_memory_allocated",
    "reset_max_memory_cached", "reset_peak_host_memory_stats", "reset_peak_memory_stats", "seed", "seed_all",
    "set_device", "set_per_process_memory_fraction", "set_rng_state", "set_rng_state_all", "set_stream",
    "set_sync_debug_mode", "stream", "synchronize", "temperature", "utilization",
]  # fmt: skip


def is_available() -> bool:
    """False."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(*_: Any) -> bool:
    """False."""
    return False


is_tf32_supported = is_bf16_supported
has_half = has_magma = False
default_generators: tuple[Any, ...] = ()
StreamContext = nullcontext


def device_count() -> int:
    """0."""
    return 0


def _refuse(*_: Any, **__: Any) -> Any:
    """Raise what a machine without the device raises."""
    raise DeviceError("there is no device but the CPU; ask torch.cuda.is_available() first")


current_device = get_device_name = get_device_properties = get_device_capability = init = set_device = _refuse
can_device_access_peer = current_blas_handle = current_stream = default_stream = _refuse
device_of = get_sync_debug_mode = graph = initial_seed = _refuse
is_current_stream_capturing = list_gpu_processes = make_graphed_callables = mem_get_info = _refuse
memory_usage = power_draw = set_per_process_memory_fraction = get_per_process_memory_fraction = _refuse
set_stream = set_sync_debug_mode = temperature = utilization = _refuse
clock_rate = cudart = current_allocated_memory = driver_allocated_memory = _refuse
recommended_max_memory = compile_shader = _refuse


class _Absent:
    """What only another device has. Raises RuntimeError when one is made."""

    def __init__(self, *_: Any, **__: Any) -> None:
        _refuse()


class Stream(_Absent):
    """What a device computes one after another."""


class Event(_Absent):
    """A moment of a device."""


class ExternalStream(_Absent):
    """A stream made elsewhere."""


class CUDAGraph(_Absent):
    """What a device is to compute."""


class CUDAPluggableAllocator(_Absent):
    """Who gives a device's memory away."""


class MemPool(_Absent):
    """A device's memory."""


class _Typed(type):
    """Types of tensors of another device: no tensor is one, and none can be made."""

    def __call__(cls, *_: Any, **__: Any) -> Any:
        _refuse()

    def __instancecheck__(cls, instance: Any) -> bool:
        return False


def _typed(name: str) -> Any:
    return _Typed(name, (), {"__doc__": "Tensors of another device.", "__module__": __name__})


BFloat16Tensor, BoolTensor, ByteTensor, CharTensor, DoubleTensor = map(
    _typed, ("BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor")
)
FloatTensor, HalfTensor, IntTensor, LongTensor, ShortTensor = map(
    _typed, ("FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "ShortTensor")
)


def _nothing(*_: Any, **__: Any) -> None:
    """Nothing to do."""


empty_cache = ipc_collect = manual_seed = manual_seed_all = seed = seed_all = synchronize = _nothing
reset_peak_memory_stats = set_rng_state = _nothing
reset_accumulated_memory_stats = reset_max_memory_allocated = reset_max_memory_cached = _nothing
set_rng_state_all = reset_accumulated_host_memory_stats = reset_peak_host_memory_stats = _nothing


def _none(*_: Any, **__: Any) -> int:
    """0: a device that is not there uses no memory."""
    return 0


max_memory_allocated = max_memory_reserved = memory_allocated = memory_reserved = _none
max_memory_cached = memory_cached = device_memory_used = _none


def memory_stats(*_: Any, **__: Any) -> dict[str, Any]:
    """Nothing to tell."""
    return {}


memory_stats_as_nested_dict = host_memory_stats = host_memory_stats_as_nested_dict = memory_stats


def get_arch_list(*_: Any) -> list[Any]:
    """None."""
    return []


memory_snapshot = get_arch_list


def get_gencode_flags() -> str:
    """None."""
    return ""


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
