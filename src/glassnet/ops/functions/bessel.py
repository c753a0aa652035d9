"""Modified Bessel functions of the first kind, of order 0 and 1, and the sinc function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, float_type
from glassnet.ops.elementary import cos, sign, sin
from glassnet.ops.elementwise import elementwise
from glassnet.ops.record import Op, Rule, register
from glassnet.ops.selection import where
from glassnet.ops.shapes import elementwise as broadcast

_NODES = 28
_FAR = 30.0


def _scaled(x: Array, order: int) -> Array:
    """exp(−\\|x\\|)·I(x), of order 0 or 1.

    Up to 30 by its integral, ∫ cosh(x cos θ) dθ · 2/π from 0 to π/2 (of order 1, ∫ sinh(x cos θ) cos θ dθ), in the
    middles of equal parts: for a periodic function that is as exact as it gets. Beyond, by the asymptotic series.
    Source: Abramowitz & Stegun 9.6.16, 9.6.19, 9.7.1.
    """
    size = np.abs(x.astype(np.float64))
    near = np.minimum(size, _FAR)
    total = np.zeros_like(near)
    for j in range(_NODES):
        c = math.cos((j + 0.5) * math.pi / (2 * _NODES))
        below = np.expm1(-2.0 * c * near)
        total += np.exp((c - 1.0) * near) * (2.0 + below if order == 0 else -c * below)
    result = total / (2 * _NODES)
    far = size > _FAR
    if far.any():
        t = size[far]
        term = total = np.ones_like(t)
        for k in range(1, 24):
            term = -term * ((4 * order**2 - (2 * k - 1) ** 2) / (8 * k)) / t
            total = total + term
        result[far] = total / np.sqrt(2 * math.pi * t)
    result = np.where(np.isnan(size), np.nan, result)
    return result if order == 0 else np.copysign(result, x)


def _i0e(x: Array) -> Array:
    return _scaled(x, 0).astype(x.dtype)


def _i1e(x: Array) -> Array:
    return _scaled(x, 1).astype(x.dtype)


def _i0(x: Array) -> Array:
    return _unscaled(x, 0)


def _i1(x: Array) -> Array:
    return _unscaled(x, 1)


def _unscaled(x: Array, order: int) -> Array:
    size = np.abs(x.astype(np.float64))
    with np.errstate(over="ignore", invalid="ignore"):
        result = np.exp(size / 2) * _scaled(x, order) * np.exp(size / 2)
    return np.where(np.isinf(x), x if order else np.inf, result).astype(x.dtype)


def _special(name: str, forward: Rule, formula: str, rule: Rule) -> Op:
    return register(Op(name, forward, (rule,), broadcast(name, float_type), formula, cast="float"))


def _over(y: Any, x: Any) -> Any:
    """y / x, which comes to ½ where x is 0."""
    origin = x == 0
    return where(origin, 0.5, y / where(origin, 1.0, x))


i0: Op = _special("i0", _i0, "y = the modified Bessel function I₀(x)", lambda g, _y, x: g * i1(x))
i1: Op = _special("i1", _i1, "y = the modified Bessel function I₁(x)", lambda g, y, x: g * (i0(x) - _over(y, x)))
i0e: Op = _special("i0e", _i0e, "y = exp(−|x|)·I₀(x)", lambda g, y, x: g * (i1e(x) - sign(x) * y))
i1e: Op = _special("i1e", _i1e, "y = exp(−|x|)·I₁(x)", lambda g, y, x: g * (i0e(x) - sign(x) * y - _over(y, x)))


def _sinc(x: Array) -> Array:
    return np.sinc(x.astype(np.float32) if x.dtype == np.float16 else x).astype(x.dtype)


def _sinc_rule(g: Any, y: Any, x: Any) -> Any:
    origin = x == 0
    return g * where(origin, 0.0, (cos(x * math.pi) - y) / where(origin, 1.0, x))


def _sinc_expand(x: Any) -> Any:
    origin = x == 0
    angle = where(origin, 1.0, x * math.pi)
    return where(origin, 1.0, sin(angle) / angle)


sinc = elementwise(
    "sinc",
    _sinc,
    _sinc_rule,
    formula="Piecewise((1, Eq(x, 0)), (sin(pi * x) / (pi * x), True))",
    expand=_sinc_expand,
    cast="float",
    free_result=True,
)
