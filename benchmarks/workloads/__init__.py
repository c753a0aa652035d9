"""The workloads, each a file with one function for each contender.

A function prepares everything and returns ``run``: ``run(n)`` does n steps and returns a number that
they computed. `STEPS` is the number of steps of a round, and `PER` names such a round.
"""

from __future__ import annotations

# by name; the order in which they are measured
WORKLOADS = (
    *("mlp_epoch", "mlp_adam", "tiny_step", "full_batch", "inference", "wide_adam", "mnist_pipeline"),
    *("lenet", "lstm", "transformer", "minilm"),
)
POINTS = ("growth", "products")  # measured at several sizes
