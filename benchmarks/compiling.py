"""What compiling costs: the call that traces a training step, beside the step itself."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock

from benchmarks.workloads import common, mlp, mlp_epoch

ROUNDS, STEPS = 10, 50


def seconds() -> dict[str, float]:
    """The best of several: a step in eager mode, the call that compiles it, a compiled step."""
    import glassnet

    images, labels = map(glassnet.from_numpy, common.made_images(mlp.BATCH))
    best = dict.fromkeys(("a step, eager", "the call that traces it", "a step, compiled"), float("inf"))
    for _ in range(ROUNDS):
        model = common.perceptron(glassnet.nn, mlp.SIZES)
        optimizer = glassnet.optim.SGD(model.parameters(), lr=mlp_epoch.LEARNING_RATE)
        eager = common.training_step(model, optimizer, glassnet.nn.CrossEntropyLoss())
        compiled = glassnet.compile(eager)
        for what, step, times in zip(best, (eager, compiled, compiled), (STEPS, 1, STEPS), strict=True):
            best[what] = min(best[what], _each(lambda step=step: step(images, labels), times))
    return best | _native(images, labels)


def _native(images: Any, labels: Any) -> dict[str, float]:
    """What a C compiler takes, where there is one: once, for what it makes is kept from then on."""
    import glassnet

    try:
        compiled = common.by_engine("native")
    except ImportError:
        return {}
    model = common.perceptron(glassnet.nn, mlp.SIZES)
    optimizer = glassnet.optim.SGD(model.parameters(), lr=mlp_epoch.LEARNING_RATE)
    times = {}
    with tempfile.TemporaryDirectory() as empty, mock.patch.dict(os.environ, XDG_CACHE_HOME=empty):
        compiled(lambda x: x + 1)(images)  # what all programs share is compiled too
        for what in ("the call that compiles it as C", "the same, found in the cache"):
            step = compiled(common.training_step(model, optimizer, glassnet.nn.CrossEntropyLoss()))
            times[what] = _each(partial(step, images, labels), 1)
    return times


def _each(call: Callable[[], Any], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times
