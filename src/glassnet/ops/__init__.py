"""The ground: every operation, one record each. Imports nothing above it."""

from __future__ import annotations

from glassnet.ops.record import Op, Spec, Value, core_ops, registry

from glassnet.ops import (
    arithmetic,
    elementary,
    selection,
    movement,
    indexing,
    reduction,
    linear,
    activation,
    softmax,
    random,
)  # isort: skip  # noqa: F401

__all__ = ["Op", "Spec", "Value", "core_ops", "registry"]
