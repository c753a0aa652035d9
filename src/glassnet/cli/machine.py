"""The machine as NumPy sees it: processor, cores, the kernels that its BLAS chose, and how fast they are.

Matrix products are most of what a network costs, and NumPy leaves them to a BLAS. The one in its
wheels, OpenBLAS, has kernels for many processors and chooses when it is loaded. Which ones, only the
loaded library itself can say. ``python -m glassnet.cli.machine`` measures, and prints the figures as JSON: it is
a process of its own because OpenBLAS chooses its kernels once, when NumPy loads it.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

# What keeps OpenBLAS to the kernels that it names. glassnet never sets it: with every NumPy from 2.0 on,
# OpenBLAS has AVX-512 kernels for processors that have AVX-512, AMD's included, and chooses them itself
# (seen with NumPy 2.0.0, 2.1.3, 2.2.6, 2.3.5 and 2.4.6 on Zen 5; the same speed as SkylakeX by force). Kernels
# by force have faults of their own: https://github.com/OpenMathLib/OpenBLAS/issues/6021.
CORETYPE = "OPENBLAS_CORETYPE"
UNKNOWN = "unknown"
# OpenBLAS's names for sets of kernels, by the widest instructions that are in them.
AVX512 = ("SkylakeX", "Cooperlake", "SapphireRapids")
AVX2 = ("Haswell", "Zen", "Excavator")


@dataclass(frozen=True)
class Blas:
    """The BLAS that NumPy uses. ``kernels`` and ``threads`` are those of the library that is loaded."""

    name: str
    version: str
    kernels: str
    threads: int | None

    @property
    def instructions(self) -> str:
        """The widest instructions in its kernels, where that is known."""
        return "AVX-512" if self.kernels in AVX512 else "AVX2" if self.kernels in AVX2 else ""


def blas() -> Blas:
    """The BLAS that NumPy uses here."""
    config: Any = np.show_config(mode="dicts")
    built = config.get("Build Dependencies", {}).get("blas", {})
    name, version = built.get("name", UNKNOWN), built.get("version", "")
    for library in _libraries():
        for prefix in ("scipy_openblas_", "openblas_"):
            for suffix in ("64_", "_64", ""):
                corename = getattr(library, f"{prefix}get_corename{suffix}", None)
                threads = getattr(library, f"{prefix}get_num_threads{suffix}", None)
                if corename is not None and threads is not None:
                    corename.restype = ctypes.c_char_p
                    return Blas(name, version, (corename() or b"").decode("ascii", "replace") or UNKNOWN, threads())
    return Blas(name, version, UNKNOWN, None)


def _libraries() -> Iterator[ctypes.CDLL]:
    """The OpenBLAS libraries that this process has loaded, that of NumPy before others."""
    for path in sorted(_loaded(), key=lambda path: "numpy" not in path):
        try:
            yield ctypes.CDLL(path)  # loaded already: the same one
        except OSError:
            continue


def _loaded() -> set[str]:
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        return {line.split(maxsplit=5)[5] for line in lines if "openblas" in line}
    except (OSError, IndexError):  # not Linux: what lies beside NumPy is what it loads
        here = Path(np.__file__).parent
        places = (here.parent / "numpy.libs", here / ".dylibs")
        return {str(path) for place in places for path in place.glob("*openblas*")}


def processor() -> str:
    """The processor's name."""
    return _cpuinfo("model name") or platform.processor() or platform.machine() or UNKNOWN


def has_avx512() -> bool:
    """Whether the processor has the instructions that OpenBLAS's AVX-512 kernels need."""
    return {"avx512f", "avx512bw", "avx512vl"} <= {*_cpuinfo("flags").split()}


def _cpuinfo(field: str) -> str:
    """A field of /proc/cpuinfo for the first processor; "" where there is none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next((line.partition(":")[2].strip() for line in file if line.startswith(field)), "")
    except OSError:
        return ""


# how fast it is ---------------------------------------------------------------------------------------------

SECONDS = 0.15  # for each of the two
SIZE = 512
BATCH = 64


class Speed(NamedTuple):
    """The kernels, float32 matrix products of 512 × 512 in 10⁹ operations a second, and a step in seconds."""

    kernels: str
    gigaflops: float
    step: float


def measured(coretype: str | None) -> Speed | None:
    """The speed of a process whose ``OPENBLAS_CORETYPE`` is ``coretype`` (None: not set); None if it fails."""
    environment = {k: v for k, v in os.environ.items() if k != CORETYPE}
    if coretype is not None:
        environment[CORETYPE] = coretype
    command = [sys.executable, "-m", "glassnet.cli.machine"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return Speed(*json.loads(done.stdout)) if done.returncode == 0 else None


def speed() -> Speed:
    """The speed of this process."""
    return Speed(blas().kernels, 2 * SIZE**3 / best(_product()) / 1e9, best(_step()))


def best(work: Callable[[], object]) -> float:
    """The seconds that ``work`` takes when it is least disturbed."""
    work()
    shortest, end = float("inf"), time.perf_counter() + SECONDS
    while (start := time.perf_counter()) < end:
        work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


def _product() -> Callable[[], object]:
    a = np.random.default_rng(0).random((SIZE, SIZE), dtype=np.float32)
    b, product = a.T.copy(), np.empty_like(a)
    return lambda: np.matmul(a, b, out=product)


def _step() -> Callable[[], object]:
    """A compiled training step of 784-128-64-10 with ReLU, a batch of 64, SGD."""
    import glassnet
    from glassnet import nn

    glassnet.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = glassnet.optim.SGD(model.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()
    x, y = glassnet.rand(BATCH, 784), glassnet.randint(0, 10, (BATCH,))

    @glassnet.compile(engine="numpy")
    def step() -> glassnet.Tensor:
        optimizer.zero_grad()
        loss: glassnet.Tensor = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


if __name__ == "__main__":
    sys.stdout.write(json.dumps(speed()))
