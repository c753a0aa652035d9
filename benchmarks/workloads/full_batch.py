"""4-32-16-4 with ReLU, all 10,000 rows at once, cross-entropy, Adam."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Asked, Compile, Run

SIZES, ROWS, LEARNING_RATE = (4, 32, 16, 4), 10_000, 0.01
STEPS, PER = 64, "64 steps"
WORK = common.perceptron_work(SIZES, ROWS)
ASKED = (Asked("glassnet native", "PyTorch eager", 0.10, 0.03),)


def _made() -> tuple[np.ndarray, np.ndarray]:
    return common.made_images(ROWS, SIZES[0], SIZES[-1])


def _step(library: Any, compiled: Compile) -> Any:
    library.manual_seed(0)
    model = common.perceptron(library.nn, SIZES)
    optimizer = library.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    return compiled(common.training_step(model, optimizer, library.nn.CrossEntropyLoss()))


def _written(library: Any, compiled: Compile = common.as_it_is) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    return common.in_turn(_step(library, compiled), [tuple(map(library.from_numpy, _made()))])


def glassnet_epoch() -> Run:
    """As many epochs as a round has steps: each is one batch."""
    import glassnet

    return common.in_epochs(_step(glassnet, common.by_engine("native")), ROWS, *_made())


def jax_jit() -> Run:
    """A jitted function a step."""
    import jax
    import jax.numpy as jnp

    step = jax.jit(common.jax_adam(common.jax_cross_entropy, LEARNING_RATE))
    state = common.jax_adam_state(common.jax_parameters(SIZES))
    return common.jax_in_turn(step, state, [tuple(map(jnp.asarray, _made()))])


CONTENDERS = {
    "glassnet epoch": glassnet_epoch,
    **common.of_each_library(_written),
    "JAX jit a step": jax_jit,
}
