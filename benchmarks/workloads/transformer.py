"""A transformer encoder layer of width 128 with 4 heads, 64 tokens, batches of 32, dropout 0.1, cross-entropy, Adam."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Asked, Compile, Run

WIDTH, HEADS, HIDDEN, TOKENS, BATCH, CLASSES, DROPOUT = 128, 4, 2048, 64, 32, 10, 0.1
BATCHES, LEARNING_RATE = 4, 0.001
STEPS, PER = 8, "8 steps"
ASKED = (Asked("glassnet native", "PyTorch eager", 0.9, 0.7),)


def _made() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.standard_normal((BATCHES, BATCH, TOKENS, WIDTH), dtype=np.float32)
    return x, random.integers(0, CLASSES, (BATCHES, BATCH))


def _written(library: Any, compiled: Compile = common.as_it_is) -> Run:
    """As a user of glassnet or PyTorch writes it: the classes of sequences, by the mean over their tokens."""
    library.manual_seed(0)
    x, y = map(library.from_numpy, _made())
    layer = library.nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, DROPOUT, batch_first=True)
    head = library.nn.Linear(WIDTH, CLASSES)
    optimizer = library.optim.Adam([*layer.parameters(), *head.parameters()], lr=LEARNING_RATE)
    step = compiled(common.training_step(lambda x: head(layer(x).mean(1)), optimizer, library.nn.CrossEntropyLoss()))

    return common.in_turn(step, list(zip(x, y, strict=True)))


def jax_jit() -> Run:
    """A jitted function a step, dropout by keys."""
    import jax
    import jax.numpy as jnp

    x, y = map(jnp.asarray, _made())
    random = np.random.default_rng(0)
    parameters = jax_layer(random, WIDTH, HIDDEN), jax_linear(random, WIDTH, CLASSES)

    def loss_of(parameters: Any, x: Any, y: Any, key: Any) -> Any:
        layer, head = parameters
        scores = jax_apply(head, jax_encoder_layer(layer, x, HEADS, jax.nn.relu, key=key).mean(1))
        return -jnp.take_along_axis(jax.nn.log_softmax(scores), y[:, None], axis=1).mean()

    step = jax.jit(common.jax_adam(loss_of, LEARNING_RATE))
    state = common.jax_adam_state(parameters)
    keys = jax.random.split(jax.random.key(0), STEPS)

    return common.jax_in_turn(step, state, [(x[i % BATCHES], y[i % BATCHES], keys[i]) for i in range(STEPS)])


# an encoder layer in JAX, which has none of its own ------------------------------------------------


def jax_linear(random: np.random.Generator, before: int, after: int) -> dict[str, Any]:
    """A weight and a bias, drawn as PyTorch draws them."""
    import jax.numpy as jnp

    bound = before**-0.5
    shapes = {"weight": (before, after), "bias": (after,)}
    return {name: jnp.asarray(random.uniform(-bound, bound, shape), jnp.float32) for name, shape in shapes.items()}


def jax_layer(random: np.random.Generator, width: int, hidden: int) -> dict[str, Any]:
    """The parameters of an encoder layer."""
    import jax.numpy as jnp

    norm = {"weight": jnp.ones(width), "bias": jnp.zeros(width)}
    return {
        "in_proj": jax_linear(random, width, 3 * width),
        "out_proj": jax_linear(random, width, width),
        "linear1": jax_linear(random, width, hidden),
        "linear2": jax_linear(random, hidden, width),
        "norm1": norm,
        "norm2": norm,
    }


def jax_apply(linear: Any, x: Any) -> Any:
    """x·W + b."""
    return x @ linear["weight"] + linear["bias"]


def jax_norm(norm: Any, x: Any, eps: float) -> Any:
    """Layer norm over the last dimension."""
    import jax.numpy as jnp

    deviation = x - x.mean(-1, keepdims=True)
    return deviation / jnp.sqrt((deviation**2).mean(-1, keepdims=True) + eps) * norm["weight"] + norm["bias"]


def jax_encoder_layer(
    p: Any, x: Any, heads: int, activation: Any, eps: float = 1e-5, mask: Any = 0.0, key: Any = None
) -> Any:
    """An encoder layer on x [N, L, width], with ``mask`` added to the scores; dropout where a ``key`` is given."""
    import jax
    import jax.numpy as jnp

    keys = iter(() if key is None else jax.random.split(key, 4))

    def dropped(x: Any) -> Any:
        if key is None:
            return x
        return jnp.where(jax.random.bernoulli(next(keys), 1 - DROPOUT, x.shape), x / (1 - DROPOUT), 0)

    n, length, width = x.shape
    q, k, v = jax_apply(p["in_proj"], x).reshape(n, length, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
    shares = dropped(jax.nn.softmax(q @ k.swapaxes(2, 3) / (width // heads) ** 0.5 + mask))
    taken = (shares @ v).swapaxes(1, 2).reshape(n, length, width)
    x = jax_norm(p["norm1"], x + dropped(jax_apply(p["out_proj"], taken)), eps)
    fed = jax_apply(p["linear2"], dropped(activation(jax_apply(p["linear1"], x))))
    return jax_norm(p["norm2"], x + dropped(fed), eps)


CONTENDERS = {
    **common.of_each_library(_written),
    "JAX jit a step": jax_jit,
}
