"""What compiling costs: the call that traces a training step, beside the step itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.workloads import common, mlp_epoch

ROUNDS, STEPS = 10, 50


def seconds() -> dict[str, float]:
    """The best of several: a step in eager mode, the call that compiles it, a compiled step."""
    import glassnet

    images, labels = map(glassnet.from_numpy, common.made_images(mlp_epoch.BATCH))
    best = dict.fromkeys(("a step, eager", "the call that traces it", "a step, compiled"), float("inf"))
    for _ in range(ROUNDS):
        model = common.perceptron(glassnet.nn, mlp_epoch.SIZES)
        optimizer = glassnet.optim.SGD(model.parameters(), lr=mlp_epoch.LEARNING_RATE)
        eager = common.training_step(model, optimizer, glassnet.nn.CrossEntropyLoss())
        compiled = glassnet.compile(eager)
        for what, step, times in zip(best, (eager, compiled, compiled), (STEPS, 1, STEPS), strict=True):
            best[what] = min(best[what], _each(lambda step=step: step(images, labels), times))
    return best


def _each(call: Callable[[], Any], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times
