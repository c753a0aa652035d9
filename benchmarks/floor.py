"""The floor: how fast the machine could be at most, by its operations a second and its bytes a second."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.workloads.common import Work

SIZE, BYTES, ROUNDS = 1024, 1 << 27, 7


@dataclass(frozen=True)
class Machine:
    """Operations of float32 a second, and bytes read or written a second, with all cores."""

    operations: float
    nbytes: float

    def seconds(self, work: Work) -> float:
        """No step with this work can take less, as far as these two say."""
        return max(work.operations / self.operations, work.nbytes / self.nbytes)


def measured(environment: Mapping[str, str], cores: int) -> Machine:
    """What NumPy reaches in a process of its own: with products of matrices, and with copies of arrays."""
    command = [sys.executable, "-m", "benchmarks.floor", str(cores)]
    environment = {**environment, "OPENBLAS_NUM_THREADS": str(cores)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Machine(**json.loads(done.stdout))


def _best(call: Callable[[], object], cores: int) -> float:
    """The seconds of the best round, in which each of so many threads calls it once."""
    best = float("inf")
    for _ in range(ROUNDS):
        threads = [threading.Thread(target=call) for _ in range(cores)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        best = min(best, time.perf_counter() - start)
    return best


if __name__ == "__main__":
    cores = int(sys.argv[1])
    a = np.ones((SIZE, SIZE), np.float32)
    source = np.ones(BYTES // 4, np.float32)
    product = _best(lambda: a @ a, 1)  # OpenBLAS divides it among so many threads
    copy = _best(lambda: source.copy(), cores)
    print(json.dumps({"operations": 2 * SIZE**3 / product, "nbytes": cores * 2 * BYTES / copy}))
