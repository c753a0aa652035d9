"""What accumulates along a dimension: products, sums of powers, where the running extreme stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, float_type, int64
from glassnet.ops.functions.logarithms import logaddexp
from glassnet.ops.movement import concatenate
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import normalize_dim, shape_of, sum_type


def _cumprod(x: Array, dim: int = -1) -> Array:
    if x.ndim == 0:  # of which NumPy would make a vector
        return x.astype(sum_type(x))
    return np.cumprod(x, axis=dim, dtype=sum_type(x))


def _running(y: Any, dim: int, joined: Callable[[Any, Any], Any]) -> Any:
    """Of 2, 4, 8 … neighbours what is ``joined`` of two."""
    distance = 1
    if not shape_of(y):
        return y
    before = (slice(None),) * (dim % len(shape_of(y)))
    n = shape_of(y)[dim]
    while distance < n:
        moved = joined(y[(*before, slice(distance, None))], y[(*before, slice(0, n - distance))])
        y = concatenate(y[(*before, slice(0, distance))], moved, dim=dim)
        distance *= 2
    return y


def _cumprod_expand(x: Any, dim: int = -1) -> Any:
    """Products of neighbours: nothing is divided, so zeros do no harm, to any order of derivative."""
    return _running(x * 1, dim, lambda a, b: a * b)


def _cumprod_shape(x: Any, *, dim: int = -1) -> Spec:
    normalize_dim("cumprod", dim, len(x.shape))
    return Spec(tuple(x.shape), sum_type(x))


cumprod = register(
    Op(
        "cumprod",
        forward=_cumprod,
        vjp=rules_of(_cumprod_expand, 1),
        shape=_cumprod_shape,
        in_order=True,
        formula="yᵢ = Π xⱼ over j ≤ i, along dim",
        expand=_cumprod_expand,
    )
)


def _logcumsumexp(x: Array, dim: int = -1) -> Array:
    return np.logaddexp.accumulate(x, axis=dim) if x.ndim else +x


def _logcumsumexp_expand(x: Any, dim: int = -1) -> Any:
    return _running(x * 1.0, dim, logaddexp)


def _logcumsumexp_shape(x: Any, *, dim: int = -1) -> Spec:
    normalize_dim("logcumsumexp", dim, len(x.shape))
    return Spec(tuple(x.shape), float_type(x))


logcumsumexp = register(
    Op(
        "logcumsumexp",
        forward=_logcumsumexp,
        vjp=rules_of(_logcumsumexp_expand, 1),
        shape=_logcumsumexp_shape,
        formula="yᵢ = log Σ exp(xⱼ) over j ≤ i, along dim",
        expand=_logcumsumexp_expand,
        cast="float",
    )
)


def _running_extreme(x: Array, dim: int = -1, largest: bool = True) -> Array:
    if x.ndim == 0:
        return np.zeros((), np.int64)
    so_far = (np.maximum if largest else np.minimum).accumulate(x, axis=dim)
    attained = (x == so_far) | (x != x)  # NaN is the extreme from where it stands on
    n = x.ndim - dim % x.ndim - 1
    positions = np.arange(x.shape[dim]).reshape(-1, *(1 for _ in range(n)))
    places: Array = np.maximum.accumulate(np.where(attained, positions, 0), axis=dim)
    return places


def _running_extreme_shape(x: Any, *, dim: int = -1, largest: bool = True) -> Spec:
    normalize_dim("cummax" if largest else "cummin", dim, len(x.shape))
    return Spec(tuple(x.shape), int64)


running_extreme = register(
    Op(
        "running_extreme",
        forward=_running_extreme,
        vjp=(None,),
        shape=_running_extreme_shape,
        in_order=True,
        formula="yᵢ = the position of the largest (or smallest) xⱼ over j ≤ i, along dim; of equals the last",
    )
)
