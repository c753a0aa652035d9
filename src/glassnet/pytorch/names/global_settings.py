"""Settings of PyTorch's that have nothing to set here: each takes what it is given, and says what PyTorch would."""

from __future__ import annotations

from typing import Any

from glassnet.ops.dtypes import set_default_dtype
from glassnet.pytorch.homes import home_of
from glassnet.tensor import Tensor, device
from glassnet.tensor.device import on_cpu
from glassnet.tensor.typed import dtype_named

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_default_device",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "set_default_device",
    "set_default_tensor_type",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_num_threads",
    "set_warn_always",
    "typename",
    "use_deterministic_algorithms",
]

_settings: dict[str, Any] = {"threads": 1, "interop_threads": 1, "deterministic": False, "precision": "highest"}


def set_num_threads(number: int) -> None:
    """Keep the number; NumPy's own threads are set before it is loaded (OMP_NUM_THREADS)."""
    _settings["threads"] = number


def get_num_threads() -> int:
    """The number that was set, else 1."""
    return int(_settings["threads"])


def set_num_interop_threads(number: int) -> None:
    """Keep the number."""
    _settings["interop_threads"] = number


def get_num_interop_threads() -> int:
    """The number that was set, else 1."""
    return int(_settings["interop_threads"])


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """All algorithms here are deterministic."""
    _settings["deterministic"] = mode


def are_deterministic_algorithms_enabled() -> bool:
    """What was said last."""
    return bool(_settings["deterministic"])


def set_float32_matmul_precision(precision: str) -> None:
    """Keep the word; products are in the precision of their numbers."""
    _settings["precision"] = precision


def get_float32_matmul_precision() -> str:
    """The word that was set last."""
    return str(_settings["precision"])


def set_default_device(device_: Any) -> None:
    """Raise RuntimeError for any but the CPU."""
    on_cpu(device_)


def get_default_device() -> device:
    """The CPU."""
    return device("cpu")


def set_default_tensor_type(kind: Any) -> None:
    """Make the dtype of this type of tensors, ``torch.DoubleTensor`` or its name, the default."""
    set_default_dtype(dtype_named(kind))


def set_warn_always(always: bool) -> None:
    """Nothing to set."""


def set_flush_denormal(mode: bool) -> bool:
    """False: NumPy cannot."""
    return False


def typename(value: Any) -> str:
    """The name of the type of ``value``: a tensor's by its dtype, torch.FloatTensor; of a class or function its own.

    That is with the module PyTorch has it in: torch.nn.modules.linear.Linear.
    """
    if isinstance(value, Tensor):
        return str(value.type())
    named = value if hasattr(value, "__qualname__") else type(value)
    return named.__qualname__ if named.__module__ == "builtins" else f"{home_of(named)}.{named.__qualname__}"
