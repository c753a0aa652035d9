"""Speed: what a processor makes of a matrix product and of a training step; for `glassnet info --measure`.

``python -m glassnet.cli.speed`` measures, and prints the figures as JSON. It is a process of its own
because OpenBLAS chooses its kernels once, when NumPy loads it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from glassnet.cli.machine import CORETYPE, blas

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
    command = [sys.executable, "-m", "glassnet.cli.speed"]
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
    import numpy as np

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

    @glassnet.compile
    def step() -> glassnet.Tensor:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss  # type: ignore[no-any-return]

    return step


if __name__ == "__main__":
    sys.stdout.write(json.dumps(speed()))
