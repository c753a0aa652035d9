"""Operations, one record each: forward, derivatives, shape rule, formula. Imports no room above it."""

from __future__ import annotations

from glassnet.ops import (
    activation,
    arithmetic,
    classification,
    elementary,
    indexing,
    linear,
    loss,
    movement,
    reduction,
    sampling,
    selection,
    shrinkage,
    softmax,
    update,
)  # isort: skip
from glassnet.ops.record import Op, Spec, Value, primitive_ops, registry

__all__ = ["Op", "Spec", "Value", "primitive_ops", "registry"]
