"""What PyTorch is asked about its own modes: most are as where nothing was set, and what is set changes nothing."""

from __future__ import annotations

from typing import Any

from glassnet.autograd import set_detect_anomaly
from glassnet.autograd.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled
from glassnet.observer import mode
from glassnet.ops.bfloat16 import bfloat16
from glassnet.pytorch.named_dtypes import named

__all__ = [
    "autocast_decrement_nesting", "autocast_increment_nesting", "clear_autocast_cache", "compiled_with_cxx11_abi",
    "get_autocast_cpu_dtype", "get_autocast_dtype", "get_autocast_gpu_dtype", "get_deterministic_debug_mode",
    "get_device_module", "has_lapack", "has_mkl", "has_openmp", "has_spectral", "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled", "is_autocast_cache_enabled",
    "is_deterministic_algorithms_warn_only_enabled", "is_inference_mode_enabled", "is_warn_always_enabled",
    "set_anomaly_enabled", "set_autocast_cache_enabled", "set_autocast_cpu_dtype", "set_autocast_cpu_enabled",
    "set_autocast_dtype", "set_autocast_enabled", "set_autocast_gpu_dtype", "set_deterministic_debug_mode",
]  # fmt: skip

has_lapack = has_spectral = True
has_mkl = has_openmp = False


def _false(*_: Any) -> bool:
    """False."""
    return False


def _nothing(*_: Any, **__: Any) -> None:
    """Nothing to set."""


def _zero(*_: Any) -> int:
    """0."""
    return 0


compiled_with_cxx11_abi = is_autocast_cache_enabled = _false
is_deterministic_algorithms_warn_only_enabled = _false
is_warn_always_enabled = _false
clear_autocast_cache = set_autocast_cache_enabled = set_autocast_cpu_dtype = _nothing
set_autocast_cpu_enabled = set_autocast_dtype = set_autocast_enabled = set_autocast_gpu_dtype = _nothing
set_deterministic_debug_mode = _nothing
autocast_decrement_nesting = autocast_increment_nesting = get_deterministic_debug_mode = _zero


def get_autocast_dtype(*_: Any) -> Any:
    """bfloat16, as in PyTorch where nothing was set."""
    return named(bfloat16)


get_autocast_cpu_dtype = get_autocast_gpu_dtype = get_autocast_dtype


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """As `glassnet.autograd.set_detect_anomaly`, from here on."""
    set_detect_anomaly(mode, check_nan)


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` is on; `no_grad` is not that."""
    return mode.inference


def get_device_module(device: Any = None) -> Any:
    """torch.cpu."""
    from glassnet.pytorch.names import cpu

    return cpu
