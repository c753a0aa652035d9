"""Softmax and its logarithm: numbers into probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, float_type
from glassnet.ops.elementary import exp, log
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.reduction import amax, sum
from glassnet.ops.shapes import normalize_dim, shape_of


def _along_dim(name: str) -> Any:
    def rule(x: Any, *, dim: int = -1) -> Spec:
        normalize_dim(name, dim, len(shape_of(x)))
        return Spec(shape_of(x), float_type(x))

    return rule


# Written for speed, with ``out``: of a large vocabulary, each array less is a trip to memory less. With ``initial``,
# NumPy finds the largest of short rows in a third of the time.


def _softmax(x: Array, dim: int = -1, out: Array | None = None) -> Array:
    largest = x.max(axis=dim, keepdims=True, initial=-np.inf)  # less it, exp cannot overflow
    y: Array = np.asarray(np.subtract(x, largest, out=out))
    np.exp(y, out=y)
    total: Array = y.sum(axis=dim, keepdims=True)
    return np.divide(y, total, out=y)


def _plain_softmax(x: Array, dim: int = -1) -> Array:
    e = np.exp(x - x.max(axis=dim, keepdims=True))  # exp cannot overflow
    return e / e.sum(axis=dim, keepdims=True)


def _softmax_expand(x: Any, dim: int = -1) -> Any:
    e = exp(x - amax(x, dim=dim, keepdim=True))
    return e / sum(e, dim=dim, keepdim=True)


softmax = register(
    Op(
        "softmax",
        forward=_softmax,
        vjp=(lambda g, y, _x, dim=-1: y * (g - sum(g * y, dim=dim, keepdim=True)),),
        shape=_along_dim("softmax"),
        in_order=True,
        formula="yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ) along dim",
        expand=_softmax_expand,
        cast="float",
        textbook=_plain_softmax,
    )
)


def _log_softmax(x: Array, dim: int = -1, out: Array | None = None) -> Array:
    largest = x.max(axis=dim, keepdims=True, initial=-np.inf)
    y: Array = np.asarray(np.subtract(x, largest, out=out))
    total: Array = np.exp(y).sum(axis=dim, keepdims=True)
    return np.subtract(y, np.log(total), out=y)


def _plain_log_softmax(x: Array, dim: int = -1) -> Array:
    shifted = x - x.max(axis=dim, keepdims=True)  # exp cannot overflow
    return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))


def _log_softmax_expand(x: Any, dim: int = -1) -> Any:
    shifted = x - amax(x, dim=dim, keepdim=True)
    return shifted - log(sum(exp(shifted), dim=dim, keepdim=True))


log_softmax = register(
    Op(
        "log_softmax",
        forward=_log_softmax,
        vjp=(lambda g, y, _x, dim=-1: g - exp(y) * sum(g, dim=dim, keepdim=True),),
        shape=_along_dim("log_softmax"),
        in_order=True,
        formula="yᵢ = xᵢ − log Σⱼ exp(xⱼ) along dim",
        expand=_log_softmax_expand,
        cast="float",
        textbook=_plain_log_softmax,
    )
)
