"""One epoch over 60,000 images, 784-128-64-10 with ReLU, batches of 64, cross-entropy, SGD."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads import common, mlp
from benchmarks.workloads.common import Asked, Run
from benchmarks.workloads.mlp import BATCH, PER, SIZES, STEPS

LEARNING_RATE = 0.1
WORK = common.perceptron_work(SIZES, BATCH)
ASKED = (Asked("glassnet epoch", "PyTorch eager", 0.35, 0.25), Asked("glassnet epoch", "JAX lax.scan", 0.8, 0.6))


def _jax_step(parameters: Any, x: Any, y: Any) -> Any:
    import jax

    loss, gradients = jax.value_and_grad(common.jax_cross_entropy)(parameters, x, y)
    return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, parameters, gradients), loss


def scikit_learn() -> Run:
    """MLPClassifier, one partial_fit over all images of a round in batches of 64."""
    from sklearn.neural_network import MLPClassifier

    images, labels = common.made_images(mlp.IMAGES)
    model = MLPClassifier(
        SIZES[1:-1], solver="sgd", batch_size=BATCH, learning_rate_init=LEARNING_RATE, momentum=0.0, alpha=0.0,
        random_state=0,
    )  # fmt: skip

    def run(steps: int) -> float:
        model.partial_fit(images[: steps * BATCH], labels[: steps * BATCH], classes=range(10))
        return float(model.loss_)

    return run


CONTENDERS = {
    **mlp.contenders(lambda library, parameters: library.optim.SGD(parameters, lr=LEARNING_RATE)),
    "JAX lax.scan": lambda: mlp.jax_scan(_jax_step, common.jax_parameters(SIZES)),
    "JAX jit a step": lambda: mlp.jax_jit(_jax_step, common.jax_parameters(SIZES)),
    "scikit-learn": scikit_learn,
}
__all__ = ["ASKED", "CONTENDERS", "PER", "STEPS", "WORK"]
