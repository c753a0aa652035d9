"""3-3-1, batch 1: ReLU hidden, sigmoid output, binary cross-entropy, SGD."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Asked, Compile, Run

SIZES, LEARNING_RATE = (3, 3, 1), 0.1
STEPS, PER = 2_000, "2,000 steps"
WORK = common.perceptron_work(SIZES, 1)
ASKED = (Asked("glassnet epoch", "JAX lax.scan", 1.0, 0.5), Asked("glassnet native", "PyTorch eager", 0.05, 0.03))


def _parity() -> tuple[np.ndarray, np.ndarray]:
    """The eight triples of 0 and 1, and whether the number of ones is odd."""
    x = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], np.float32)
    return x, (x.sum(1, keepdims=True) % 2).astype(np.float32)


def _written(library: Any, compiled: Compile = common.as_it_is) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    x, y = map(library.from_numpy, _parity())
    samples = [(x[i : i + 1], y[i : i + 1]) for i in range(8)]

    return common.in_turn(_step(library, compiled), samples)


def _step(library: Any, compiled: Compile) -> Any:
    model = common.perceptron(library.nn, SIZES, library.nn.Sigmoid())
    optimizer = library.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    return compiled(common.training_step(model, optimizer, library.nn.BCELoss()))


def glassnet_epoch() -> Run:
    """All steps of a round in one call."""
    import glassnet

    glassnet.manual_seed(0)
    x, y = (np.tile(part, (STEPS // 8, 1)) for part in _parity())
    return common.in_epochs(_step(glassnet, common.by_engine("native")), 1, x, y)


def jax_jit() -> Run:
    """A jitted function a step."""
    import jax.numpy as jnp

    step = _jax_step()
    x, y = map(jnp.asarray, _parity())
    samples = [(x[i : i + 1], y[i : i + 1]) for i in range(8)]
    parameters = common.jax_parameters(SIZES)

    return common.jax_in_turn(step, parameters, samples)


def jax_scan() -> Run:
    """One jitted function for all steps of a round."""
    import jax
    import jax.numpy as jnp

    step = _jax_step()
    x, y = (jnp.asarray(part)[:, None] for part in _parity())
    parameters = common.jax_parameters(SIZES)

    @jax.jit
    def scan(parameters: Any, order: Any) -> Any:
        return jax.lax.scan(lambda carried, i: step(carried, x[i], y[i]), parameters, order)

    def run(steps: int) -> float:
        nonlocal parameters
        parameters, losses = scan(parameters, np.arange(steps) % 8)
        return float(losses[-1])

    return run


def _jax_step() -> Any:
    import jax
    import jax.numpy as jnp

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        p = jax.nn.sigmoid(common.jax_scores(parameters, x))
        return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()

    @jax.jit
    def step(parameters: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, y)
        return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, parameters, gradients), loss

    return step


def scikit_learn() -> Run:
    """MLPClassifier, whose output for two classes is a sigmoid; one partial_fit over the samples of a round."""
    from sklearn.neural_network import MLPClassifier

    x, y = _parity()
    model = MLPClassifier(
        SIZES[1:-1], solver="sgd", batch_size=1, learning_rate_init=LEARNING_RATE, momentum=0.0, alpha=0.0,
        random_state=0,
    )  # fmt: skip

    def run(steps: int) -> float:
        order = np.arange(steps) % 8
        model.partial_fit(x[order], y[order, 0], classes=(0, 1))
        return float(model.loss_)

    return run


CONTENDERS = {
    "glassnet epoch": glassnet_epoch,
    **common.of_each_library(_written),
    "JAX lax.scan": jax_scan,
    "JAX jit a step": jax_jit,
    "scikit-learn": scikit_learn,
}
