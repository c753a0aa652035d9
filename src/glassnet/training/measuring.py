"""Measuring: the outputs of a network and its metrics, without changing anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glassnet.data import DataLoader, Dataset
from glassnet.nn.finite import check_weights
from glassnet.nn.module import Module, evaluating
from glassnet.random import Generator, default_generator
from glassnet.tensor.joining import cat
from glassnet.trace.snapshot import Snapshot
from glassnet.training.criterion import Criterion
from glassnet.training.errors import TrainingError
from glassnet.training.feed import AT_ONCE, Batch, converted, in_order
from glassnet.training.metrics import Metrics
from glassnet.training.metrics.collection import tensors_within


def measured(
    model: Module,
    criterion: Criterion,
    metrics: Metrics,
    batches: Iterable[Batch],
    generators: Iterable[Generator] = (),
) -> dict[str, float]:
    """The loss and all metrics on ``batches``, in evaluation mode.

    The states of the default generator and of ``generators`` are restored.
    """
    total = count = 0.0
    metrics.reset()
    with evaluating(model), Snapshot() as snapshot:
        for generator in (default_generator, *generators):  # so a run does not depend on whether it is measured
            snapshot.keep_generator(generator)
        for inputs, targets, sample_weights in batches:
            outputs = model(inputs)
            weights = criterion.weigh(targets, sample_weights)
            of_batch = criterion.count(targets, weights)
            if of_batch:
                total += criterion.measured(outputs, targets, weights)
                count += of_batch
            metrics.update(outputs, targets)
    return {"loss": criterion.of_all(total, count), **metrics.compute()}


def predicted(model: Module, inputs: Any) -> Any:
    """The outputs of ``model`` for all ``inputs``, in evaluation mode. Raises NotFiniteError for weights of nan."""
    check_weights(model)
    if isinstance(inputs, DataLoader | Dataset):
        loader = in_order(inputs) if isinstance(inputs, DataLoader) else DataLoader(inputs, AT_ONCE)
        parts: Iterable[Any] = (batch[0] if isinstance(batch, tuple | list) else batch for batch in loader)
    else:
        x = converted(inputs, "predict: inputs")
        if not x.ndim or not len(x):
            raise TrainingError("predict: expected at least one sample, got none")
        parts = x.split(AT_ONCE)
    with evaluating(model):
        return _joined([model(part) for part in parts])


def _joined(batches: list[Any]) -> Any:
    """The outputs for several batches as the outputs for all of them."""
    flat, trees = zip(*(tensors_within(outputs, "predict") for outputs in batches), strict=True)
    if any(tree != trees[0] for tree in trees):
        raise TrainingError("predict: expected the model to give outputs of the same structure for every batch")
    return trees[0].unflatten(cat(parts) for parts in zip(*flat, strict=True))
