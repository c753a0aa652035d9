"""What computes for PyTorch: which libraries there are, and switches that scripts set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]


class _Backend:
    """A library that is not here. What a script sets on it is kept and changes nothing."""

    enabled = False
    benchmark = False
    deterministic = False
    allow_tf32 = False

    @staticmethod
    def is_available() -> bool:
        """False."""
        return False

    @staticmethod
    def is_built() -> bool:
        """False."""
        return False

    @staticmethod
    def version() -> None:
        """None."""

    @staticmethod
    @contextmanager
    def flags(*_: Any, **__: Any) -> Iterator[None]:
        """Nothing to set."""
        yield


class cudnn(_Backend):
    """NVIDIA's library for networks."""


class mps(_Backend):
    """Apple's GPUs."""


class mkl(_Backend):
    """Intel's library for matrices."""


class mkldnn(_Backend):
    """Intel's library for networks."""


class openmp(_Backend):
    """Threads of C."""


class cuda(_Backend):
    """NVIDIA's GPUs."""

    class matmul(_Backend):
        """Their matrix products."""


class cpu:
    """The CPU."""

    @staticmethod
    def get_cpu_capability() -> str:
        """What PyTorch says of a CPU of which it knows nothing."""
        return "DEFAULT"
