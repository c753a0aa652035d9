"""One epoch over 60,000 images, 784-128-64-10 with ReLU, batches of 64, cross-entropy, SGD."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Run

IMAGES, BATCH, LEARNING_RATE = 60_000, 64, 0.1
SIZES = (784, 128, 64, 10)
STEPS, PER = -(-IMAGES // BATCH), "epoch"


def _written(library: Any, compiled: bool = False) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    images, labels = map(library.from_numpy, common.made_images(IMAGES))
    model = common.perceptron(library.nn, SIZES)
    optimizer = library.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    step = common.training_step(model, optimizer, library.nn.CrossEntropyLoss())
    if compiled:
        step = library.compile(step)

    def run(steps: int) -> float:
        order = library.randperm(IMAGES)
        for start in range(0, steps * BATCH, BATCH):
            batch = order[start : start + BATCH]
            loss = step(images[batch], labels[batch])
        return float(loss.item())

    return run


def jax_jit() -> Run:
    """A jitted function a step, which also gathers the batch."""
    import jax.numpy as jnp

    step = _jax_step()
    images, labels = map(jnp.asarray, common.made_images(IMAGES))
    parameters = common.jax_parameters(SIZES)

    def run(steps: int) -> float:
        nonlocal parameters
        order = np.random.default_rng().permutation(IMAGES)
        for start in range(0, steps * BATCH, BATCH):
            parameters, loss = step(parameters, images, labels, order[start : start + BATCH])
        return float(loss)

    return run


def jax_scan() -> Run:
    """One jitted function for all steps of a round; a last smaller batch has one of its own."""
    import jax
    import jax.numpy as jnp

    step = _jax_step()
    images, labels = map(jnp.asarray, common.made_images(IMAGES))
    parameters = common.jax_parameters(SIZES)

    @jax.jit
    def scan(parameters: Any, batches: Any) -> Any:
        return jax.lax.scan(lambda carried, batch: step(carried, images, labels, batch), parameters, batches)

    def run(steps: int) -> float:
        nonlocal parameters
        order = np.random.default_rng().permutation(IMAGES)
        whole = min(steps, IMAGES // BATCH)
        parameters, losses = scan(parameters, order[: whole * BATCH].reshape(whole, BATCH))
        if steps > whole:
            parameters, losses = step(parameters, images, labels, order[whole * BATCH :])
        return float(losses.ravel()[-1])

    return run


def _jax_step() -> Any:
    import jax

    @jax.jit
    def step(parameters: Any, images: Any, labels: Any, batch: Any) -> Any:
        loss, gradients = jax.value_and_grad(common.jax_cross_entropy)(parameters, images[batch], labels[batch])
        return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, parameters, gradients), loss

    return step


def scikit_learn() -> Run:
    """MLPClassifier, one partial_fit over all images of a round in batches of 64."""
    from sklearn.neural_network import MLPClassifier

    images, labels = common.made_images(IMAGES)
    model = MLPClassifier(
        SIZES[1:-1], solver="sgd", batch_size=BATCH, learning_rate_init=LEARNING_RATE, momentum=0.0, alpha=0.0,
        random_state=0,
    )  # fmt: skip

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
