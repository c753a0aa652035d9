"""Inference of all-MiniLM-L6-v2's network, with random weights: the vectors of 16 sentences of 32 tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Compile, Run
from benchmarks.workloads.transformer import jax_encoder_layer, jax_layer, jax_norm

EXAMPLE = Path(__file__).parents[2] / "examples" / "minilm" / "minilm.py"
SENTENCES, TOKENS, EPS = 16, 32, 1e-12
STEPS, PER = 8, "8 times 16 sentences"


def network(library: str = "glassnet") -> Any:
    """The module of the example, written with this library: names that it defines are attributes."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace(
        "import glassnet\nfrom glassnet import nn", f"import {library} as glassnet\nfrom {library} import nn"
    )
    names: dict[str, Any] = {"__name__": f"minilm in {library}"}
    exec(compile(text, EXAMPLE, "exec"), names)
    return type("Example", (), names)


def _made() -> tuple[np.ndarray, np.ndarray]:
    pieces = np.random.default_rng(0).integers(1000, 30_000, (SENTENCES, TOKENS))
    return pieces, np.ones((SENTENCES, TOKENS), bool)


def _written(library: Any, compiled: Compile = common.as_it_is) -> Run:
    library.manual_seed(0)
    model = network(library.__name__).MiniLM().eval()
    pieces, real = map(library.from_numpy, _made())
    model = compiled(model)

    def run(steps: int) -> float:
        with library.no_grad():
            for _ in range(steps):
                vectors = model(pieces, real)
        return float(vectors[0, 0])

    return run


def jax_jit() -> Run:
    """A jitted function."""
    import jax
    import jax.numpy as jnp

    sizes, random = network(), np.random.default_rng(0)
    table = jnp.asarray(random.standard_normal((sizes.WORDS, sizes.WIDTH)), jnp.float32)
    places = jnp.asarray(random.standard_normal((TOKENS, sizes.WIDTH)), jnp.float32)
    layers = [jax_layer(random, sizes.WIDTH, sizes.HIDDEN) for _ in range(sizes.LAYERS)]
    pieces, real = map(jnp.asarray, _made())

    @jax.jit
    def model(table: Any, layers: Any, pieces: Any, real: Any) -> Any:
        x = jax_norm(layers[0]["norm1"], table[pieces] + places, EPS)
        mask = jnp.where(real, 0.0, -jnp.inf)[:, None, None]
        for layer in layers:
            x = jax_encoder_layer(layer, x, sizes.HEADS, lambda x: jax.nn.gelu(x, approximate=False), EPS, mask)
        mean = (x * real[:, :, None]).sum(1) / real.sum(1, keepdims=True)
        return mean / jnp.linalg.norm(mean, axis=1, keepdims=True)

    def run(steps: int) -> float:
        for _ in range(steps):
            vectors = model(table, layers, pieces, real).block_until_ready()
        return float(vectors[0, 0])

    return run


CONTENDERS = {
    **common.of_each_library(_written),
    "JAX jit": jax_jit,
}
