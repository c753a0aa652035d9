"""How a training step grows with the batch, the width and the depth: 784-…-10 with ReLU, cross-entropy, SGD."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads import common
from benchmarks.workloads.common import Compile, Run, Work

USUAL = {"batch": 64, "width": 128, "depth": 2}
POINTS = {"batch": (16, 64, 256, 1024), "width": (32, 128, 512, 2048), "depth": (1, 2, 4, 8)}
CORES = None  # all
ASKED = ()


def work(batch: int, width: int, depth: int) -> Work:
    """The work of a step."""
    return common.perceptron_work((784, *[width] * depth, 10), batch)


def _written(library: Any, compiled: Compile = common.as_it_is, *, batch: int, width: int, depth: int) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    x, y = map(library.from_numpy, common.made_images(batch))
    model = common.perceptron(library.nn, (784, *[width] * depth, 10))
    optimizer = library.optim.SGD(model.parameters(), lr=0.01)
    step = compiled(common.training_step(model, optimizer, library.nn.CrossEntropyLoss()))

    def run(steps: int) -> float:
        for _ in range(steps):
            loss = step(x, y)
        return float(loss.item())

    return run


CONTENDERS = {
    name: prepare
    for name, prepare in common.of_each_library(_written).items()
    if name in ("glassnet native", "glassnet compiled", "PyTorch eager")
}
