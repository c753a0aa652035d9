"""Attention: how much each position takes of every other."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import exp
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import amax, sum
from glassnet.ops.selection import eq, where
from glassnet.ops.shapes import broadcasts_to, equal_dtypes, shape_of, written


# In one array, and in place of one of the scores where ``out`` says so: of long texts, they are the largest of a step.
def _masked_softmax(scores: Array, mask: Array, safe: bool = True, out: Array | None = None) -> Array:
    y: Array = np.asarray(np.add(scores, mask, out=out))
    largest = y.max(axis=-1, keepdims=True, initial=-np.inf)
    largest[largest == -np.inf] = 0  # where everything is hidden, −∞ − (−∞) would be NaN
    np.exp(np.subtract(y, largest, out=y), out=y)  # exp cannot overflow
    total = y.sum(axis=-1, keepdims=True)
    total[total == 0] = 1 if safe else np.nan
    return np.divide(y, total, out=y)


def _plain_masked_softmax(scores: Array, mask: Array, safe: bool = True) -> Array:
    scores = scores + mask
    largest = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    e = np.exp(scores - np.where(largest == -np.inf, 0, largest))  # exp cannot overflow
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1 if safe else np.nan, total)


def _masked_softmax_expand(scores: Any, mask: Any, safe: bool = True) -> Any:
    scores = scores + mask
    largest = amax(scores, dim=-1, keepdim=True)
    e = exp(scores - where(eq(largest, -np.inf), 0.0, largest))
    total = sum(e, dim=-1, keepdim=True)
    return e / where(eq(total, 0.0), 1.0 if safe else np.nan, total)


def _masked_softmax_shape(scores: Any, mask: Any, *, safe: bool = True) -> Spec:
    expected, got = shape_of(scores), shape_of(mask)
    if not broadcasts_to(got, expected):
        raise ShapeError(
            f"masked_softmax: expected a mask that broadcasts to the scores {written(expected)}, got {written(got)}"
        )
    return Spec(expected, equal_dtypes("masked_softmax", scores, mask))


masked_softmax = register(
    Op(
        "masked_softmax",
        forward=_masked_softmax,
        vjp=(
            lambda g, _y, _scores, _mask, safe=True: g,
            lambda g, _y, _scores, _mask, safe=True: g,
        ),
        shape=_masked_softmax_shape,
        in_order=True,
        formula="y = softmax(scores + mask) along the last dim, 0 where the mask is −∞",
        expand=_masked_softmax_expand,
        textbook=_plain_masked_softmax,
        cast="equal",
        in_place=True,
        shared=lambda g, y, _scores, _mask, safe=True: y * (g - sum(g * y, dim=-1, keepdim=True)),
    )
)
