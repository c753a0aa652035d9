"""How a training step grows with the batch, the width and the depth: 784-…-10 with ReLU, cross-entropy, SGD."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads import common
from benchmarks.workloads.common import Run

USUAL = {"batch": 64, "width": 128, "depth": 2}
POINTS = {"batch": (16, 64, 256, 1024), "width": (32, 128, 512, 2048), "depth": (1, 2, 4, 8)}
STEPS, PER = 100, "step"


def _written(library: Any, batch: int, width: int, depth: int, compiled: bool = False) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    x, y = map(library.from_numpy, common.made_images(batch))
    model = common.perceptron(library.nn, (784, *[width] * depth, 10))
    optimizer = library.optim.SGD(model.parameters(), lr=0.01)
    step = common.training_step(model, optimizer, library.nn.CrossEntropyLoss())
    if compiled:
        step = library.compile(step)

    def run(steps: int) -> float:
        for _ in range(steps):
            loss = step(x, y)
        return float(loss.item())

    return run


def glassnet_compiled(**size: int) -> Run:
    import glassnet

    return _written(glassnet, **size, compiled=True)


def torch_eager(**size: int) -> Run:
    import torch

    return _written(torch, **size)


CONTENDERS = {"glassnet compiled": glassnet_compiled, "PyTorch eager": torch_eager}
