"""Inference at batch 1, 784-128-64-10 with ReLU: the scores of one image after another."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads import common
from benchmarks.workloads.common import Asked, Compile, Run

SIZES = (784, 128, 64, 10)
IMAGES = 64
STEPS, PER = 2_000, "2,000 images"
ASKED = (Asked("glassnet native", "PyTorch eager", 0.3, 0.15),)


def _one_by_one(images: Any) -> list[Any]:
    return [images[i : i + 1] for i in range(IMAGES)]


def _written(library: Any, compiled: Compile = common.as_it_is) -> Run:
    """As a user of glassnet or PyTorch writes it."""
    library.manual_seed(0)
    samples = _one_by_one(library.from_numpy(common.made_images(IMAGES)[0]))
    model = common.perceptron(library.nn, SIZES).eval()
    model = compiled(model)

    def run(steps: int) -> float:
        with library.inference_mode():
            for i in range(steps):
                scores = model(samples[i % IMAGES])
        return float(scores[0, 0])

    return run


def jax_jit() -> Run:
    """A jitted function, each of whose results is waited for."""
    import jax
    import jax.numpy as jnp

    samples = _one_by_one(jnp.asarray(common.made_images(IMAGES)[0]))
    parameters = common.jax_parameters(SIZES)
    model = jax.jit(common.jax_scores)

    def run(steps: int) -> float:
        for i in range(steps):
            scores = model(parameters, samples[i % IMAGES]).block_until_ready()
        return float(scores[0, 0])

    return run


def scikit_learn() -> Run:
    """MLPClassifier.predict_proba: the scores, and the softmax of them."""
    from sklearn.neural_network import MLPClassifier

    images, _ = common.made_images(IMAGES)
    samples = _one_by_one(images)
    model = MLPClassifier(SIZES[1:-1], random_state=0)
    model.partial_fit(images, np.arange(IMAGES) % 10, classes=range(10))

    def run(steps: int) -> float:
        for i in range(steps):
            scores = model.predict_proba(samples[i % IMAGES])
        return float(scores[0, 0])

    return run


CONTENDERS = {
    **common.of_each_library(_written),
    "JAX jit a step": jax_jit,
    "scikit-learn": scikit_learn,
}
