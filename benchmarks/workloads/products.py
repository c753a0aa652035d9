"""Square products of matrices of float32, on one core: the native engine's, and those of NumPy's BLAS."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Asked, Run, Work

USUAL: dict[str, Any] = {"size": 512, "of": "a·b"}
POINTS = {"size": (64, 128, 256, 512, 1024, 2048), "of": ("a·b", "a·bᵀ", "aᵀ·b")}
CORES = 1
ASKED = (Asked("glassnet native", "NumPy", 1.25, 1.0),)


def work(size: int, of: str) -> Work:
    """The operations of a chain; its bytes are few beside them."""
    times = _times(size)
    return Work(times * 2 * size**3, times * 3 * 4 * size**2)


def _times(size: int) -> int:
    """How many products follow one another in a step: so many that a call costs nothing beside."""
    return max(2, min(64, 2**27 // size**3))


def _made(size: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    a, b = (random.standard_normal((size, size), dtype=np.float32) for _ in range(2))
    return a, b / np.float32(size**0.5)  # so that products stay as large


def native(size: int, of: str) -> Run:
    """A compiled function that multiplies again and again; what is transposed is transposed inside."""
    import glassnet

    products = {"a·b": lambda y, b: y @ b, "a·bᵀ": lambda y, b: y @ b.t(), "aᵀ·b": lambda y, b: y.t() @ b}
    a, b = map(glassnet.from_numpy, _made(size))

    def chain(y: Any, b: Any) -> Any:
        for _ in range(_times(size)):
            y = products[of](y, b)
        return y

    return _each(common.by_engine("native")(chain), a, b)


def by_numpy(size: int, of: str) -> Run:
    """NumPy's matmul, in memory that is there."""
    a, b = _made(size)
    memory = np.empty_like(a), np.empty_like(a)

    def chain(y: np.ndarray, b: np.ndarray) -> np.ndarray:
        for i in range(_times(size)):
            y = np.matmul(y.T if of == "aᵀ·b" else y, b.T if of == "a·bᵀ" else b, out=memory[i % 2])
        return y

    return _each(chain, a, b)


def _each(chain: Any, a: Any, b: Any) -> Run:
    """A step is a chain of products."""

    def run(steps: int) -> float:
        for _ in range(steps):
            y = chain(a, b)
        return float(y[0, 0])

    return run


CONTENDERS = {"glassnet native": native, "NumPy": by_numpy}
