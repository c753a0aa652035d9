"""Dropout: numbers that are kept, and those that are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.elementwise import elementwise
from glassnet.ops.movement import cast
from glassnet.ops.record import Op, Spec
from glassnet.ops.shapes import broadcast_shapes, shape_of, written


# With ``out``: what is dropped from is large. The mask is of bools, a quarter of the memory to go through.
def _masked_scale(x: Array, mask: Array, scale: float = 1.0, out: Array | None = None) -> Array:
    y: Array = np.asarray(np.multiply(x, mask, out=out))
    return np.multiply(y, scale, out=y)


def _masked_scale_shape(x: Any, mask: Any, *, scale: float = 1.0) -> Spec:
    if x.dtype.kind != "f":
        raise DtypeError(f"masked_scale: expected a floating tensor, got {x.dtype}; convert it first: x.float()")
    shape = broadcast_shapes("masked_scale", shape_of(x), shape_of(mask))
    if shape != shape_of(x):
        raise ShapeError(f"masked_scale: a mask {written(shape_of(mask))} does not fit into {written(shape_of(x))}")
    return Spec(shape, x.dtype)


masked_scale: Op = elementwise(
    "masked_scale",
    _masked_scale,
    lambda g, _y, _x, mask, scale=1.0: masked_scale(g, mask, scale=scale),
    None,
    formula="x*mask*scale",
    expand=lambda x, mask, scale=1.0: x * cast(mask, dtype=x.dtype) * scale,
    cast=None,
    shape=_masked_scale_shape,
)
