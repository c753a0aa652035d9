"""What belongs to the error function: its complement, scaled and not, the inverse, and the normal distribution."""

from __future__ import annotations

import math

import numpy as np

from glassnet.ops.dtypes import Array, float_type
from glassnet.ops.elementary import erf, exp
from glassnet.ops.elementwise import elementwise
from glassnet.ops.record import Op, Rule, register
from glassnet.ops.shapes import elementwise as broadcast
from glassnet.ops.special import erf_float64, scaled_tail

_TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)
_NEAR = 0.46875


def _minus_square(t: Array) -> Array:
    """exp(−t²): the square in two parts, so that its rounding does not count in the result."""
    coarse = np.trunc(t * 16.0) / 16.0
    return np.exp(-coarse * coarse) * np.exp(-(t - coarse) * (t + coarse))


def _complement(x: Array) -> Array:
    size = np.abs(x)
    result = np.array(1.0 - erf_float64(np.clip(x, -_NEAR, _NEAR)))
    far = size > _NEAR
    t = size[far]
    tail = np.where(t < 27.0, _minus_square(np.minimum(t, 27.0)) * scaled_tail(t), 0.0)  # less than any number there
    result[far] = np.where(x[far] < 0, 2.0 - tail, tail)
    return np.where(np.isnan(x), np.nan, result)


def _erfc(x: Array) -> Array:
    return _complement(x.astype(np.float64)).astype(x.dtype)


def _erfcx(x: Array) -> Array:
    y = x.astype(np.float64)
    near, far = np.clip(y, -_NEAR, _NEAR), np.abs(y) > _NEAR
    result = np.array(np.exp(near * near) * (1.0 - erf_float64(near)))
    t = y[far]
    with np.errstate(over="ignore"):
        tail = scaled_tail(np.abs(t))
        result[far] = np.where(t < 0, 2.0 * np.exp(np.square(np.minimum(t, 0.0))) - tail, tail)
    return np.where(np.isnan(y), np.nan, result).astype(x.dtype)


def _inverse(p: Array, q: Array) -> Array:
    """The t with erf t = p, which is 1 − q: both are given, since one of them is without its last digits.

    From Winitzki's approximation, within 0.2 %, Halley's method is at the last digit after three steps.
    """
    with np.errstate(all="ignore"):
        log = np.log(q) + np.log1p(p)  # log(1 − p²)
        half = 2 / (math.pi * 0.147) + log / 2
        t = np.sqrt(np.sqrt(half * half - log / 0.147) - half)
        for _ in range(3):
            excess = np.where(p < 0.5, erf_float64(t) - p, q - _complement(t))
            step = excess / (_TWO_OVER_SQRT_PI * _minus_square(t))
            t = t - step / (1.0 + t * step)
        t = np.where(p == 0, 0.0, np.where(q == 0, np.inf, t))
        return np.where(q < 0, np.nan, t)


def _erfinv(x: Array) -> Array:
    size = np.abs(x.astype(np.float64))
    return np.copysign(_inverse(size, 1.0 - size), x).astype(x.dtype)


def _ndtri(x: Array) -> Array:
    p = x.astype(np.float64)
    tail = 2.0 * np.where(p < 0.5, p, 1.0 - p)
    return (np.where(p < 0.5, -1.0, 1.0) * math.sqrt(2.0) * _inverse(1.0 - tail, tail)).astype(x.dtype)


def _log_ndtr(x: Array) -> Array:
    y = x.astype(np.float64)
    t = y / -math.sqrt(2.0)
    low = y < -1.0
    tail = np.log(_erfcx(np.where(low, t, 1.0)) / 2.0) - np.where(low, t * t, 0.0)
    return np.where(low, tail, np.log1p(-_complement(np.where(low, 0.0, -t)) / 2.0)).astype(x.dtype)


erfc = elementwise(
    "erfc",
    _erfc,
    lambda g, _y, x: -g * (exp(-x * x) * _TWO_OVER_SQRT_PI),
    formula="1 - erf(x)",
    expand=lambda x: 1.0 - erf(x),
    cast="float",
)


def _special(name: str, forward: Rule, formula: str, rule: Rule, free_result: bool = False) -> Op:
    shape = broadcast(name, float_type)
    return register(Op(name, forward, (rule,), shape, formula, cast="float", free_result=free_result))


erfcx: Op = _special(
    "erfcx",
    _erfcx,
    "y = exp(x²)·(1 − erf x)",
    lambda g, y, x: g * (2.0 * x * y - _TWO_OVER_SQRT_PI),
)
erfinv: Op = _special(
    "erfinv",
    _erfinv,
    "y = the number with erf y = x",
    lambda g, y, _x: g * (exp(y * y) / _TWO_OVER_SQRT_PI),
    free_result=True,
)
ndtri: Op = _special(
    "ndtri",
    _ndtri,
    "y = the number below which a standard normal one is with probability x",
    lambda g, y, _x: g * (exp(y * y * 0.5) * math.sqrt(2 * math.pi)),
    free_result=True,
)
log_ndtr: Op = _special(
    "log_ndtr",
    _log_ndtr,
    "y = the logarithm of the probability that a standard normal number is below x",
    lambda g, _y, x: g / (erfcx(x / -math.sqrt(2)) * math.sqrt(math.pi / 2)),
)
