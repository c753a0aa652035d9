"""Outputs: what a model gives for a batch. One tensor, or several in a tuple, a list or a dict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from glassnet.tensor import Tensor
from glassnet.tensor.creation import cat
from glassnet.training.errors import TrainingError


def arrays(outputs: Any) -> Any:
    """The arrays of the tensors in ``outputs``, in the same places."""
    return _each(lambda parts: parts[0].array, [outputs], "metrics")


def joined(batches: list[Any]) -> Any:
    """The outputs for one batch after another as those for all of them."""
    return _each(cat, batches, "predict")


def _each(function: Callable[[list[Tensor]], Any], batches: list[Any], who: str) -> Any:
    """``function`` of the tensors that are in one place in every batch, for each place."""
    first = batches[0]
    if isinstance(first, Tensor):
        return function(batches)
    if isinstance(first, Mapping):
        return {key: _each(function, [batch[key] for batch in batches], who) for key in first}
    if isinstance(first, tuple | list):
        parts = [_each(function, list(part), who) for part in zip(*batches, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    raise TrainingError(
        f"{who}: expected the model to give tensors, or tuples, lists and dicts of them, got {type(first).__name__}"
    )
