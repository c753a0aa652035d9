"""What activations do, found by trying them: between which ends they stay, and where they are flat.

Nothing here knows an activation by its name: any operation that bends each number by itself is one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from glassnet.explain.walkthrough import Value
from glassnet.ops.dtypes import Array

FAR = np.array([-1e4, -50.0, -3.0, 0.0, 3.0, 50.0, 1e4])
AROUND = np.linspace(-4, 4, 161)
ENDLESS = 100.0  # what is given beyond it has no end


class Ends(NamedTuple):
    """The least and the greatest that an activation gives; infinite where there is no end."""

    low: float
    high: float

    @property
    def both(self) -> bool:
        """Whether it has two ends, as a sigmoid has."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


ENDLESS_BOTH = Ends(-np.inf, np.inf)


def is_activation(value: Value | None) -> bool:
    """Whether ``value`` was made from one other, number by number, by an operation that bends what it is given."""
    if value is None or value.instruction is None:
        return False
    op = value.instruction.op
    if not value.operands or not value.array.ndim:
        return False
    first, *others = value.operands
    alone = isinstance(first, Value) and not any(isinstance(x, Value) and x.kind != "constant" for x in others)
    if not (op.elementwise and alone and op.rule(0) is not None):
        return False
    around = _slopes(value, AROUND, _tried(value, AROUND))
    return bool(around.max() > around.min())


def ends_of(value: Value | None) -> Ends:
    """Between which ends the operation that made ``value`` stays."""
    if value is None or value.instruction is None:
        return ENDLESS_BOTH
    if is_activation(value):
        given = _tried(value, FAR)
        low, high = float(given.min()), float(given.max())
        return Ends(low if low > -ENDLESS else -np.inf, high if high < ENDLESS else np.inf)
    shares = value.array.ndim > 1 and value.array.dtype.kind == "f" and "dim" in value.instruction.params
    if shares and value.array.size and value.array.min() >= 0 and np.allclose(value.array.sum(-1), 1, atol=1e-3):
        return Ends(0.0, 1.0)
    return ENDLESS_BOTH


def slopes(value: Value) -> Array:
    """The size of the derivative of an activation at each of its inputs."""
    assert isinstance(value.operands[0], Value)
    return _slopes(value, value.operands[0].array, value.array)


def steepest(value: Value) -> float:
    """The steepest slope of an activation, anywhere."""
    return float(_slopes(value, AROUND, _tried(value, AROUND)).max())


def is_s_shaped(value: Value) -> bool:
    """Whether an activation has two ends and is steep between them, as a sigmoid is."""
    middle = np.array([-0.01, 0.01])
    return ends_of(value).both and bool(_slopes(value, middle, _tried(value, middle)).min() > 0)


def _slopes(value: Value, x: Array, y: Array) -> Array:
    assert value.instruction is not None
    rule = value.instruction.op.rule(0)
    assert rule is not None
    with np.errstate(all="ignore"):
        slope = rule(np.ones_like(y), y, x, *_others(value), **value.instruction.params)
    sizes: Array = np.broadcast_to(np.abs(np.asarray(slope, np.float64)), y.shape)
    return sizes


def _tried(value: Value, x: Array) -> Array:
    assert value.instruction is not None
    with np.errstate(all="ignore"):
        given: Array = np.asarray(value.instruction.op(x, *_others(value), **value.instruction.params))
    return np.nan_to_num(given, nan=0.0)


def _others(value: Value) -> list[Any]:
    """The constants that stand beside the input; of an array, a number that may stand for it."""
    return [x.array.flat[0] if isinstance(x, Value) else x for x in value.operands[1:]]
