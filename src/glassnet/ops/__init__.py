"""Operations, one record each: forward, derivatives, shape rule, formula. Imports no room above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.ops import (
    activation,
    arithmetic,
    classification,
    elementary,
    gelu,
    indexing,
    linear,
    loss,
    movement,
    reduction,
    sampling,
    selection,
    shrinkage,
    softmax,
)  # isort: skip
from glassnet.ops.record import Op, Spec, Value

__all__ = ["Op", "Spec", "Value", "primitive_ops", "registry"]

if TYPE_CHECKING:
    from glassnet.ops.record import primitive_ops, registry


def __getattr__(name: str) -> Any:
    """What is of all operations, those loaded later among them: they are loaded when they are first asked for."""
    if name not in ("primitive_ops", "registry"):
        raise AttributeError(f"module 'glassnet.ops' has no attribute {name!r:.80}")
    from glassnet.ops import functions, layers, record, update

    _ = functions, layers, update
    return globals().setdefault(name, getattr(record, name))
