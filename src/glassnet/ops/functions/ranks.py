"""Values that some elements have: norms of any power, the commonest element, shared gradients of a median."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, int64
from glassnet.ops.elementary import abs, sign
from glassnet.ops.movement import cast
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import float_only, keep_dims, spread, sum
from glassnet.ops.selection import isnan, logical_and, logical_or, where
from glassnet.ops.shapes import Dim, normalize_dim, reduced_shape, reduction, shape_of


def _power_norm(x: Array, p: float, dim: Dim = None, keepdim: bool = False) -> Array:
    size = np.abs(x)
    if p < 0 and 0 in x.shape:
        np.min(size, axis=dim, keepdims=keepdim)  # an error, where the norm of no elements is asked for
    with np.errstate(divide="ignore"):  # 0 to a negative power
        if math.isinf(p):
            return (np.max if p > 0 else np.min)(size, axis=dim, keepdims=keepdim)
        return (size**p).sum(axis=dim, keepdims=keepdim) ** (1 / p)


def _power_norm_rule(g: Any, y: Any, x: Any, p: float, dim: Dim = None, keepdim: bool = False) -> Any:
    size, length = abs(x), keep_dims(y, x, dim)
    if math.isinf(p):  # equal extremes share the gradient equally
        attained = logical_or(size == length, isnan(size))
        share = cast(sum(attained, dim=dim, keepdim=True), dtype=g.dtype)
        return keep_dims(g, x, dim) / share * attained * sign(x)
    steep = logical_or(x == 0, length == 0)  # where there is no slope, or it is infinite: 0 is taken
    ratio = where(steep, 1.0, size) / where(length == 0, 1.0, length)
    return spread(g, x, dim) * sign(x) * where(steep, 0.0, ratio ** (p - 1))


def _power_norm_shape(x: Any, *, p: float, **params: Any) -> Spec:
    rule = reduction("norm", float_only("norm"), needs_elements=p < 0 or math.isinf(p))
    return rule(x, **params)


power_norm = register(
    Op(
        "power_norm",
        forward=_power_norm,
        vjp=(_power_norm_rule,),
        shape=_power_norm_shape,
        formula="y = (Σ |x|ᵖ)^(1/p) over dim",
    )
)


def _median(x: Array, ignoring_nan: bool = False) -> Array:
    ordered = np.sort(x, axis=None)  # NaN comes last
    there = ordered.size - int(np.isnan(ordered).sum())
    if there < ordered.size and (not ignoring_nan or there == 0):
        return ordered[-1]
    return ordered[(there - 1) // 2]


def _median_rule(g: Any, y: Any, x: Any, ignoring_nan: bool = False) -> Any:
    equal = logical_or(x == y, logical_and(isnan(x), isnan(y)))  # all that are equal to it share the gradient equally
    return g / cast(sum(equal), dtype=g.dtype) * equal


median = register(
    Op(
        "median",
        forward=_median,
        vjp=(_median_rule,),
        shape=lambda x, ignoring_nan=False: reduction("median", lambda x: x.dtype, needs_elements=True)(x),
        formula="y = the middle x, in order; the lower of two",
    )
)


def _mode_position(x: Array, dim: int = -1) -> Array:
    if x.ndim == 0:
        return np.zeros((), np.int64)
    x = np.moveaxis(x, dim, -1)
    order = np.argsort(x, axis=-1, kind="stable")
    ordered = np.take_along_axis(x, order, -1)
    positions = np.arange(x.shape[-1])
    begins = np.ones(x.shape, bool)
    begins[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    runs = positions - np.maximum.accumulate(np.where(begins, positions, 0), axis=-1)
    return np.take_along_axis(order, runs.argmax(-1)[..., np.newaxis], -1)[..., 0]


def _mode_shape(x: Any, *, dim: int = -1) -> Spec:
    normalize_dim("mode", dim, len(shape_of(x)))
    return Spec(reduced_shape("mode", shape_of(x), dim, False), int64)


mode_position = register(
    Op(
        "mode_position",
        forward=_mode_position,
        vjp=(None,),
        shape=_mode_shape,
        formula="y = where along dim the last of the commonest x is; of equally common ones the smallest",
    )
)
