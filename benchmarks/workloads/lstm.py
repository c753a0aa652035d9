"""LSTM: 28 steps of 28 numbers, 128 units, the last state to 10 classes; batches of 100, Adam."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Asked, Compile, Run

SIZE, UNITS, BATCH, BATCHES, LEARNING_RATE = 28, 128, 100, 4, 0.001
STEPS, PER = 16, "16 steps"
ASKED = (Asked("glassnet native", "PyTorch eager", 0.8, 0.55),)


def _made() -> tuple[np.ndarray, np.ndarray]:
    """Pictures, read row by row."""
    images, labels = common.made_images(BATCH * BATCHES, SIZE * SIZE)
    return images.reshape(BATCHES, BATCH, SIZE, SIZE), labels.reshape(BATCHES, BATCH)


def _written(library: Any, compiled: Compile = common.as_it_is) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    nn = library.nn
    images, labels = map(library.from_numpy, _made())

    class Reader(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(SIZE, UNITS, batch_first=True)
            self.out = nn.Linear(UNITS, 10)

        def forward(self, x: Any) -> Any:
            states, _ = self.lstm(x)
            return self.out(states[:, -1])

    model = Reader()
    optimizer = library.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    step = compiled(common.training_step(model, optimizer, nn.CrossEntropyLoss()))

    return common.in_turn(step, list(zip(images, labels, strict=True)))


def jax_scan() -> Run:
    """A jitted function a step, in which `lax.scan` goes through time."""
    import jax
    import jax.numpy as jnp

    images, labels = map(jnp.asarray, _made())
    random, bound = np.random.default_rng(0), UNITS**-0.5
    shapes = ((SIZE, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,))
    lstm = [jnp.asarray(random.uniform(-bound, bound, shape), jnp.float32) for shape in shapes]
    parameters = lstm, common.jax_parameters((UNITS, 10))
    step = jax.jit(common.jax_adam(_jax_loss, LEARNING_RATE))
    state = common.jax_adam_state(parameters)

    return common.jax_in_turn(step, state, list(zip(images, labels, strict=True)))


def _jax_loss(parameters: Any, x: Any, y: Any) -> Any:
    import jax
    import jax.numpy as jnp

    (of_input, of_state, bias), linear = parameters

    def one_step(states: Any, gates: Any) -> Any:
        h, c = states
        i, f, g, o = jnp.split(gates + h @ of_state, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zeros = jnp.zeros((len(x), UNITS), x.dtype)
    (h, _), _ = jax.lax.scan(one_step, (zeros, zeros), x.swapaxes(0, 1) @ of_input + bias)
    return common.jax_cross_entropy(linear, h, y)


CONTENDERS = {
    **common.of_each_library(_written),
    "JAX lax.scan": jax_scan,
}
