"""The incomplete gamma functions: how much of Γ(a) lies below x, and how much above."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, float_type
from glassnet.ops.elementary import exp, log
from glassnet.ops.functions.gamma import _lgamma, lgamma
from glassnet.ops.record import Op, register
from glassnet.ops.shapes import elementwise as broadcast

_STEPS = 2000  # more than any a up to 10⁵ takes


def _both(a: Array, x: Array) -> tuple[Array, Array]:
    """The part below x and the part above: each is computed where it is the smaller one, from a series below a + 1,
    from a continued fraction above (Abramowitz & Stegun 6.5.29, 6.5.31; Lentz's method)."""
    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    wrong = ~((a >= 0) & (x >= 0)) | (np.isinf(a) & np.isinf(x))
    below, finite = x < a + 1.0, np.isfinite(a) & np.isfinite(x)
    plain = finite & ~wrong & (a > 0) & (x > 0)
    a1, x1 = np.where(plain, a, 1.0), np.where(plain, x, 1.0)
    with np.errstate(all="ignore"):
        scale = np.exp(a1 * np.log(x1) - x1 - _lgamma(a1))
        lower, upper = scale * _series(a1, x1), scale * _fraction(a1, x1)
        lower, upper = np.where(below, lower, 1.0 - upper), np.where(below, 1.0 - lower, upper)
    nothing = (x == 0) & (a > 0) | (np.isinf(a) & np.isfinite(x))
    lower = np.where(plain, lower, np.where(wrong | ((a == 0) & (x == 0)), np.nan, np.where(nothing, 0.0, 1.0)))
    return lower, np.where(plain, upper, 1.0 - lower)


def _series(a: Array, x: Array) -> Array:
    """Σ xᵏ / (a·(a + 1)…(a + k)), which converges fast for x below a + 1."""
    x = np.minimum(x, a + 1.0)
    term = total = 1.0 / a
    for k in range(1, _STEPS):
        term = term * x / (a + k)
        total = total + term
        if (np.abs(term) <= np.abs(total) * 1e-17).all():
            break
    return total


def _fraction(a: Array, x: Array) -> Array:
    """1/(x + 1 − a − 1·(1 − a)/(x + 3 − a − …)), for x above a + 1."""
    x = np.maximum(x, a + 1.0)
    b = x + 1.0 - a
    c, d = np.full_like(b, 1e300), 1.0 / b
    result = d
    for k in range(1, _STEPS):
        an = -k * (k - a)
        b = b + 2.0
        d = an * d + b
        c = b + an / c
        c, d = (np.where(np.abs(y) < 1e-300, 1e-300, y) for y in (c, d))
        d = 1.0 / d
        factor = c * d
        result = result * factor
        if (np.abs(factor - 1.0) <= 1e-16).all():
            break
    return result


def _igamma(a: Array, x: Array) -> Array:
    return np.asarray(_both(a, x)[0], a.dtype)


def _igammac(a: Array, x: Array) -> Array:
    return np.asarray(_both(a, x)[1], a.dtype)


def _density(a: Any, x: Any) -> Any:
    return exp(log(x) * (a - 1.0) - x - lgamma(a))


igamma = register(
    Op(
        "igamma",
        _igamma,
        (None, lambda g, _y, a, x: g * _density(a, x)),
        broadcast("igamma", float_type),
        "y = the share of the integral of exp(-t)*t**(a - 1) from 0 to infinity that lies below x",
        cast="float",
    )
)
igammac = register(
    Op(
        "igammac",
        _igammac,
        (None, lambda g, _y, a, x: -g * _density(a, x)),
        broadcast("igammac", float_type),
        "y = the share of the integral of exp(-t)*t**(a - 1) from 0 to infinity that lies above x",
        cast="float",
    )
)
