"""Weights of classes and of samples: what they may be."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.training.errors import TrainingError


def checked_weights(name: str, value: Any, of_what: str, count: int | None = None) -> Array:
    """``value`` as an array of float64 [count]; TrainingError unless it is a weight for each of ``of_what``."""
    try:
        weights = np.asarray(value.array if isinstance(value, Tensor) else value, np.float64)
    except (TypeError, ValueError):
        raise TrainingError(f"{name}: expected a weight for each {of_what}, got {value!r:.80}") from None
    if weights.ndim != 1 or (count is not None and len(weights) != count):
        many = f"{of_what}" if count is None else f"of the {count} {of_what}s"
        raise TrainingError(f"{name}: expected a weight for each {many}, got shape {written(weights.shape)}")
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise TrainingError(f"{name}: expected weights that are finite, 0 or more, and not all 0")
    return weights
