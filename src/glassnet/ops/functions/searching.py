"""The places of numbers in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array, int64
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import shape_of, written


def _searchsorted(ordered: Array, values: Array, right: bool = False) -> Array:
    side: Any = "right" if right else "left"
    if ordered.ndim == 1:
        return np.asarray(np.searchsorted(ordered, values, side))
    y = np.empty(values.shape, np.int64)
    for row in np.ndindex(values.shape[:-1]):
        y[row] = np.searchsorted(ordered[row], values[row], side)
    return y


def _searchsorted_shape(ordered: Any, values: Any, *, right: bool = False) -> Spec:
    row, wanted = shape_of(ordered), shape_of(values)
    if len(row) != 1 and (not row or row[:-1] != wanted[:-1]):
        raise ShapeError(
            "searchsorted: expected one sequence in order, or one for each row of values, got sequences of shape "
            f"{written(row)} and values of shape {written(wanted)}"
        )
    return Spec(wanted, int64)


searchsorted = register(
    Op(
        "searchsorted",
        forward=_searchsorted,
        vjp=(None, None),
        shape=_searchsorted_shape,
        formula="y = how many numbers in order come before each value",
    )
)
