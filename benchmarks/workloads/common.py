"""What workloads share: the same network for every library.

glassnet and PyTorch run the same code, with either library as ``library``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

Run = Callable[[int], float]


def perceptron(nn: Any, sizes: Sequence[int], *last: Any) -> Any:
    """Linear layers of these sizes with ReLU between them, and ``last`` at the end."""
    layers: list[Any] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1], *last)


def of_each_library(written: Callable[..., Run]) -> dict[str, Callable[[], Run]]:
    """The contenders that run one text, ``written(library, compiled=…)``; each imports its library when called."""
    return {
        "glassnet compiled": lambda: written(import_module("glassnet"), compiled=True),
        "glassnet eager": lambda: written(import_module("glassnet")),
        "PyTorch eager": lambda: written(import_module("torch")),
    }


def in_turn(step: Callable[..., Any], batches: Sequence[tuple[Any, ...]]) -> Run:
    """``step`` on one batch after another, again and again: gives the last loss."""

    def run(steps: int) -> float:
        for i in range(steps):
            loss = step(*batches[i % len(batches)])
        return float(loss.item())

    return run


def training_step(model: Any, optimizer: Any, criterion: Any) -> Callable[[Any, Any], Any]:
    """Forward, backward, and one step of the optimizer."""

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def made_images(n: int, pixels: int = 784, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """``n`` images of random pixels, and labels that a network can learn from them."""
    random = np.random.default_rng(0)
    images = random.random((n, pixels), dtype=np.float32)
    labels = (images @ random.standard_normal((pixels, classes), dtype=np.float32)).argmax(1)
    return images, labels


# JAX, which has no layers of its own ---------------------------------------------------------------


def jax_parameters(sizes: Sequence[int]) -> list[tuple[Any, Any]]:
    """A weight and a bias for each layer, drawn as PyTorch draws them."""
    import jax.numpy as jnp

    random = np.random.default_rng(0)
    parameters = []
    for before, after in pairwise(sizes):
        bound = before**-0.5
        weight, bias = (random.uniform(-bound, bound, shape) for shape in ((before, after), (after,)))
        parameters.append((jnp.asarray(weight, jnp.float32), jnp.asarray(bias, jnp.float32)))
    return parameters


def jax_scores(parameters: Any, x: Any) -> Any:
    """The scores of a batch."""
    import jax

    for weight, bias in parameters[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = parameters[-1]
    return x @ weight + bias


def jax_cross_entropy(parameters: Any, x: Any, y: Any) -> Any:
    """The mean of −log p of the right class."""
    import jax
    import jax.numpy as jnp

    log_p = jax.nn.log_softmax(jax_scores(parameters, x))
    return -jnp.take_along_axis(log_p, y[:, None], axis=1).mean()


def jax_in_turn(step: Callable[..., Any], state: Any, batches: Sequence[tuple[Any, ...]]) -> Run:
    """As `in_turn`, of a step that is given a state and gives the next one, and the loss."""

    def run(steps: int) -> float:
        nonlocal state
        for i in range(steps):
            state, loss = step(state, *batches[i % len(batches)])
        return float(loss)

    return run


def jax_adam_state(parameters: Any) -> Any:
    """The state of `jax_adam` at first: the parameters, the means of gradients and of their squares, the step."""
    import jax
    import jax.numpy as jnp

    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return parameters, zeros, zeros, jnp.float32(0)


def jax_adam(loss_of: Callable[..., Any], rate: float) -> Callable[..., Any]:
    """A step of Adam, written out, as JAX has no optimizers: (state, batch) gives (state, loss)."""
    import jax
    import jax.numpy as jnp

    def step(state: Any, *batch: Any) -> Any:
        parameters, m, v, t = state
        loss, g = jax.value_and_grad(loss_of)(parameters, *batch)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        now, root = rate / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
        parameters = jax.tree.map(lambda p, m, v: p - now * m / (jnp.sqrt(v) / root + 1e-8), parameters, m, v)
        return (parameters, m, v, t), loss

    return step
