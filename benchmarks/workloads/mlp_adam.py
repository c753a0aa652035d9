"""One epoch over 60,000 images, 784-128-64-10 with ReLU, batches of 64, cross-entropy, Adam."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads import common, mlp
from benchmarks.workloads.common import Asked
from benchmarks.workloads.mlp import BATCH, PER, SIZES, STEPS

LEARNING_RATE = 0.001
WORK = common.perceptron_work(SIZES, BATCH)
ASKED = (Asked("glassnet epoch", "PyTorch eager", 0.35, 0.25),)


def _jax() -> tuple[Any, Any]:
    step = common.jax_adam(common.jax_cross_entropy, LEARNING_RATE)
    return step, common.jax_adam_state(common.jax_parameters(SIZES))


CONTENDERS = {
    **mlp.contenders(lambda library, parameters: library.optim.Adam(parameters, lr=LEARNING_RATE)),
    "JAX lax.scan": lambda: mlp.jax_scan(*_jax()),
    "JAX jit a step": lambda: mlp.jax_jit(*_jax()),
}
__all__ = ["ASKED", "CONTENDERS", "PER", "STEPS", "WORK"]
