"""The time of `import glassnet`, beside `import numpy` and `import torch`: whole processes, interleaved."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time


def seconds(modules: list[str], rounds: int = 8) -> dict[str, float]:
    """The best time of a process that imports each module, above that of one that imports nothing.

    Bytecode is cached, as it is from the second start on. A module that is not installed is left out.
    """
    best = dict.fromkeys(["", *modules], float("inf"))
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(rounds + 1):
            for module in list(best):
                command = [sys.executable, "-c", f"import {module}" if module else "pass"]
                start = time.perf_counter()
                done = subprocess.run(command, env=environment, capture_output=True, check=False)
                took = time.perf_counter() - start
                if done.returncode:
                    del best[module]
                elif turn:  # the first fills the cache
                    best[module] = min(best[module], took)
    nothing = best.pop("")
    return {module: took - nothing for module, took in best.items()}
