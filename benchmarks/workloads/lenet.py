"""LeNet: two convolutions of 5×5, ReLU and max-pooling, then 400-120-84-10; 28×28, batches of 64, Adam."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Asked, Compile, Run

SIDE, BATCH, BATCHES, LEARNING_RATE = 28, 64, 4, 0.001
STEPS, PER = 16, "16 steps"
ASKED = (Asked("glassnet native", "PyTorch eager", 0.7, 0.45),)


def _made() -> tuple[np.ndarray, np.ndarray]:
    images, labels = common.made_images(BATCH * BATCHES, SIDE * SIDE)
    return images.reshape(BATCHES, BATCH, 1, SIDE, SIDE), labels.reshape(BATCHES, BATCH)


def _written(library: Any, compiled: Compile = common.as_it_is) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    nn = library.nn
    images, labels = map(library.from_numpy, _made())
    model = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    optimizer = library.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    step = compiled(common.training_step(model, optimizer, nn.CrossEntropyLoss()))

    return common.in_turn(step, list(zip(images, labels, strict=True)))


def jax_jit() -> Run:
    """A jitted function a step."""
    import jax
    import jax.numpy as jnp

    images, labels = map(jnp.asarray, _made())
    kernels = [_jax_kernels(*shape) for shape in ((6, 1, 5, 5), (16, 6, 5, 5))]
    parameters = kernels, common.jax_parameters((400, 120, 84, 10))
    step = jax.jit(common.jax_adam(_jax_loss, LEARNING_RATE))
    state = common.jax_adam_state(parameters)

    return common.jax_in_turn(step, state, list(zip(images, labels, strict=True)))


def _jax_kernels(*shape: int) -> tuple[Any, Any]:
    """Kernels and a bias, drawn as PyTorch draws them."""
    import jax.numpy as jnp

    random = np.random.default_rng(0)
    bound = float(np.prod(shape[1:])) ** -0.5
    weight, bias = random.uniform(-bound, bound, shape), random.uniform(-bound, bound, (shape[0], 1, 1))
    return jnp.asarray(weight, jnp.float32), jnp.asarray(bias, jnp.float32)


def _jax_loss(parameters: Any, x: Any, y: Any) -> Any:
    import jax

    kernels, linear = parameters
    for (weight, bias), padding in zip(kernels, ("SAME", "VALID"), strict=True):
        x = jax.nn.relu(jax.lax.conv_general_dilated(x, weight, (1, 1), padding) + bias)
        x = jax.lax.reduce_window(x, -np.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return common.jax_cross_entropy(linear, x.reshape(len(x), -1), y)


CONTENDERS = {
    **common.of_each_library(_written),
    "JAX jit a step": jax_jit,
}
