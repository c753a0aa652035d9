"""784-2048-2048-10 with ReLU, batches of 256, cross-entropy, Adam."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Asked, Compile, Run

SIZES = (784, 2048, 2048, 10)
BATCH, BATCHES, LEARNING_RATE = 256, 4, 0.001
STEPS, PER = 8, "8 steps"
WORK = common.perceptron_work(SIZES, BATCH, slots=2, is_near=False)
ASKED = (Asked("glassnet native", "PyTorch eager", 0.7, 0.55), Asked("glassnet native", "JAX jit a step", 1.0, 0.9))


def _written(library: Any, compiled: Compile = common.as_it_is) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    images, labels = map(library.from_numpy, common.made_images(BATCH * BATCHES))
    batches = list(zip(images.split(BATCH), labels.split(BATCH), strict=True))
    model = common.perceptron(library.nn, SIZES)
    optimizer = library.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    step = compiled(common.training_step(model, optimizer, library.nn.CrossEntropyLoss()))

    return common.in_turn(step, batches)


def jax_jit() -> Run:
    """A jitted function a step."""
    step, state, images, labels = _jax()

    return common.jax_in_turn(step, state, list(zip(images, labels, strict=True)))


def jax_scan() -> Run:
    """One jitted function for all steps of a round."""
    import jax

    step, state, images, labels = _jax()

    @jax.jit
    def scan(state: Any, order: Any) -> Any:
        return jax.lax.scan(lambda carried, i: step(carried, images[i], labels[i]), state, order)

    def run(steps: int) -> float:
        nonlocal state
        state, losses = scan(state, np.arange(steps) % BATCHES)
        return float(losses[-1])

    return run


def _jax() -> tuple[Any, Any, Any, Any]:
    import jax
    import jax.numpy as jnp

    images, labels = common.made_images(BATCH * BATCHES)
    step = jax.jit(common.jax_adam(common.jax_cross_entropy, LEARNING_RATE))
    state = common.jax_adam_state(common.jax_parameters(SIZES))
    batched = images.reshape(BATCHES, BATCH, -1), labels.reshape(BATCHES, BATCH)
    return step, state, *map(jnp.asarray, batched)


def scikit_learn() -> Run:
    """MLPClassifier, one partial_fit over all images of a round in batches of 256."""
    from sklearn.neural_network import MLPClassifier

    images, labels = common.made_images(BATCH * STEPS)
    model = MLPClassifier(
        SIZES[1:-1], solver="adam", batch_size=BATCH, learning_rate_init=LEARNING_RATE, alpha=0.0, random_state=0
    )

    def run(steps: int) -> float:
        model.partial_fit(images[: steps * BATCH], labels[: steps * BATCH], classes=range(10))
        return float(model.loss_)

    return run


CONTENDERS = {
    **common.of_each_library(_written),
    "JAX lax.scan": jax_scan,
    "JAX jit a step": jax_jit,
    "scikit-learn": scikit_learn,
}
