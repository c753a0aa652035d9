"""What workloads share: the same network for every library.

glassnet and PyTorch run the same code, with either library as ``library``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

Run = Callable[[int], float]
Compile = Callable[[Any], Any]  # makes of a step, or a module, what is called in its place


@dataclass(frozen=True)
class Asked:
    """What is asked of a contender: at most so many times as long as another takes; ``aim`` is what would be better."""

    contender: str
    peer: str
    most: float
    aim: float


@dataclass(frozen=True)
class Work:
    """What a step cannot do without: operations of floating numbers, and bytes that come from memory or go there."""

    operations: float
    nbytes: float


def perceptron(nn: Any, sizes: Sequence[int], *last: Any) -> Any:
    """Linear layers of these sizes with ReLU between them, and ``last`` at the end."""
    layers: list[Any] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1], *last)


def as_it_is(function: Any) -> Any:
    """Not compiled."""
    return function


def by_engine(engine: str) -> Compile:
    """Compiled by glassnet for ``engine``. Raises ImportError where that cannot run here."""
    from glassnet import compile
    from glassnet.engines import engine_class

    try:
        engine_class(engine)
    except RuntimeError as missing:
        raise ImportError(str(missing)) from None
    return lambda function: compile(function, engine=engine)


def of_each_library(written: Callable[..., Run]) -> dict[str, Callable[..., Run]]:
    """The contenders that run one text, ``written(library, compiled)``; each imports its library when called."""
    return {
        "glassnet native": lambda **size: written(import_module("glassnet"), by_engine("native"), **size),
        "glassnet compiled": lambda **size: written(import_module("glassnet"), by_engine("numpy"), **size),
        "glassnet eager": lambda **size: written(import_module("glassnet"), **size),
        "PyTorch eager": lambda **size: written(import_module("torch"), **size),
        "torch.compile": lambda **size: written(import_module("torch"), import_module("torch").compile, **size),
    }


def in_epochs(step: Any, batch_size: int, *arrays: np.ndarray, shuffle: bool = False) -> Run:
    """The compiled ``step`` over the batches of a loader, whole epochs in one call: gives the last loss."""
    from glassnet.data import DataLoader, TensorDataset

    def run(steps: int) -> float:
        rows = min(steps * batch_size, len(arrays[0]))
        loader = DataLoader(TensorDataset(*(x[:rows] for x in arrays)), batch_size=batch_size, shuffle=shuffle)
        for _ in range(max(1, steps // len(loader))):
            losses = step.epoch(loader)
        return float(losses[-1])

    return run


def perceptron_work(sizes: Sequence[int], batch: int, slots: int = 0, is_near: bool = True) -> Work:
    """The work of a training step of linear layers; ``slots`` numbers an optimizer keeps for each parameter.

    Each layer has a product forward and two backward, the first one fewer. Parameters that are ``is_near`` stay in a
    cache; others are read forward, read backward, and read and written in the update, with what the optimizer keeps.
    """
    products = [2 * batch * before * after for before, after in pairwise(sizes)]
    parameters = sum((before + 1) * after for before, after in pairwise(sizes))
    moved = 0 if is_near else parameters * (4 + 2 * slots)
    return Work(3 * sum(products) - products[0], 4 * (batch * sizes[0] + moved))


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
