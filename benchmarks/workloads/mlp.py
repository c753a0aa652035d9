"""An epoch over 60,000 images, 784-128-64-10 with ReLU, batches of 64, cross-entropy: what its workloads share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Compile, Run

IMAGES, BATCH = 60_000, 64
SIZES = (784, 128, 64, 10)
STEPS, PER = -(-IMAGES // BATCH), "epoch"

Optimizer = Callable[[Any, Any], Any]  # of a library and parameters


def contenders(optimizer: Optimizer) -> dict[str, Callable[..., Run]]:
    """glassnet and PyTorch, with the ``optimizer`` that is made of a library and parameters."""

    def step_of(library: Any, compiled: Compile) -> Any:
        model = common.perceptron(library.nn, SIZES)
        made = optimizer(library, model.parameters())
        return compiled(common.training_step(model, made, library.nn.CrossEntropyLoss()))

    def written(library: Any, compiled: Compile = common.as_it_is) -> Run:
        """As a user of glassnet or PyTorch writes it."""
        library.manual_seed(0)
        images, labels = map(library.from_numpy, common.made_images(IMAGES))
        step = step_of(library, compiled)

        def run(steps: int) -> float:
            order = library.randperm(IMAGES)
            for start in range(0, steps * BATCH, BATCH):
                batch = order[start : start + BATCH]
                loss = step(images[batch], labels[batch])
            return float(loss.item())

        return run

    def epoch() -> Run:
        """The whole epoch in one call."""
        import glassnet

        glassnet.manual_seed(0)
        step = step_of(glassnet, common.by_engine("native"))
        return common.in_epochs(step, BATCH, *common.made_images(IMAGES), shuffle=True)

    return {"glassnet epoch": epoch, **common.of_each_library(written)}


# JAX -----------------------------------------------------------------------------------------------


def jax_jit(step: Callable[..., Any], state: Any) -> Run:
    """A jitted function a step, ``step(state, x, y)``, which also gathers the batch."""
    import jax
    import jax.numpy as jnp

    images, labels = map(jnp.asarray, common.made_images(IMAGES))
    gathering = jax.jit(lambda state, images, labels, batch: step(state, images[batch], labels[batch]))

    def run(steps: int) -> float:
        nonlocal state
        order = np.random.default_rng().permutation(IMAGES)
        for start in range(0, steps * BATCH, BATCH):
            state, loss = gathering(state, images, labels, order[start : start + BATCH])
        return float(loss)

    return run


def jax_scan(step: Callable[..., Any], state: Any) -> Run:
    """One jitted function for all steps of a round; a last smaller batch has one of its own."""
    import jax
    import jax.numpy as jnp

    images, labels = map(jnp.asarray, common.made_images(IMAGES))

    @jax.jit
    def scan(state: Any, batches: Any) -> Any:
        return jax.lax.scan(lambda state, batch: step(state, images[batch], labels[batch]), state, batches)

    last = jax.jit(lambda state, batch: step(state, images[batch], labels[batch]))

    def run(steps: int) -> float:
        nonlocal state
        order = np.random.default_rng().permutation(IMAGES)
        whole = min(steps, IMAGES // BATCH)
        state, losses = scan(state, order[: whole * BATCH].reshape(whole, BATCH))
        if steps > whole:
            state, losses = last(state, order[whole * BATCH :])
        return float(losses.ravel()[-1])

    return run
