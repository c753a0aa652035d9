"""`python -m benchmarks.layers [NAME …]`: a training step of each layer by itself, as a multiple of PyTorch's.

Forward, and backward to the input and the parameters, in eager mode. Both run in this process on one thread each, in
turns; what is counted is the processor's time, the least of many turns, so that other processes disturb little. That
glassnet has freed memory kept for the next step holds for PyTorch too, here.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

SECONDS, LEAST = 2.0, 8  # of turns for each layer; and how many turns at least
PIXELS = (16, 64, 28, 28)
ACTIVATIONS = (
    *("ReLU", "LeakyReLU", "Sigmoid", "Tanh", "SiLU", "Mish", "GELU", "Softplus", "LogSigmoid"),
    *("ELU", "SELU", "CELU", "Softsign", "Hardswish"),
)

Make = Callable[[Any], Callable[[Any], Any]]


def _grid_sample(library: Any) -> Callable[[Any], Any]:
    import numpy as np

    places = np.random.default_rng(1).uniform(-1, 1, (8, 32, 32, 2)).astype(np.float32)
    grid = library.from_numpy(places).requires_grad_()
    return lambda x: library.nn.functional.grid_sample(x, grid, align_corners=False)


# by name: how a library makes it, and the shape of its input
LAYERS: dict[str, tuple[Make, tuple[int, ...]]] = {
    **{name: (lambda lib, name=name: getattr(lib.nn, name)(), (256, 2048)) for name in ACTIVATIONS},
    "Softmax": (lambda lib: lib.nn.Softmax(-1), (256, 2048)),
    "LayerNorm": (lambda lib: lib.nn.LayerNorm(256), (64, 64, 256)),
    "RMSNorm": (lambda lib: lib.nn.RMSNorm(256), (64, 64, 256)),
    "GroupNorm": (lambda lib: lib.nn.GroupNorm(8, 64), PIXELS),
    "BatchNorm2d": (lambda lib: lib.nn.BatchNorm2d(64), PIXELS),
    "Conv2d": (lambda lib: lib.nn.Conv2d(64, 64, 3, padding=1), PIXELS),
    "Conv2d depthwise": (lambda lib: lib.nn.Conv2d(64, 64, 3, padding=1, groups=64), PIXELS),
    "Conv2d 5×5": (lambda lib: lib.nn.Conv2d(16, 32, 5, padding=2), (100, 16, 14, 14)),
    "Conv2d stride 2": (lambda lib: lib.nn.Conv2d(16, 32, 4, 2, padding=1), (64, 16, 16, 16)),
    "ConvTranspose2d": (lambda lib: lib.nn.ConvTranspose2d(32, 16, 4, 2, padding=1), (64, 32, 8, 8)),
    "MaxPool2d": (lambda lib: lib.nn.MaxPool2d(2), (100, 16, 28, 28)),
    "grid_sample": (_grid_sample, (8, 16, 32, 32)),
}


def _runs(library: Any, make: Make, shape: tuple[int, ...]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """A training step, and its forward pass."""
    import numpy as np

    random = np.random.default_rng(0)
    layer = make(library)
    x = library.from_numpy(random.standard_normal(shape, np.float32)).requires_grad_()
    slope = library.from_numpy(random.standard_normal(tuple(layer(x).shape), np.float32))

    def step() -> None:
        x.grad = None
        layer(x).backward(slope)

    return step, lambda: layer(x)


def ratios(name: str) -> tuple[float, float, float]:
    """The milliseconds of glassnet's step, and how many times PyTorch's the step and the forward pass take."""
    own, peer = (_runs(import_module(library), *LAYERS[name]) for library in ("glassnet", "torch"))
    runs = (*own, *peer)
    best = [float("inf")] * len(runs)
    start, turns = time.perf_counter(), 0
    while turns < LEAST or time.perf_counter() - start < SECONDS:
        turns += 1
        for i, run in enumerate(runs):
            before = time.process_time()
            run()
            best[i] = min(best[i], time.process_time() - before)
    return best[0] * 1e3, best[0] / best[2], best[1] / best[3]


def main() -> None:
    """Print a line for each layer, or for those named."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy is not imported yet
    import_module("torch").set_num_threads(1)
    for name in sys.argv[1:] or LAYERS:
        milliseconds, step, forward = ratios(name)
        print(f"{name:18} {milliseconds:7.2f} ms  {step:5.2f} x PyTorch  forward {forward:5.2f}", flush=True)


if __name__ == "__main__":
    main()
