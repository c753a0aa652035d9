"""The gamma function's logarithm and the derivatives of that, and the zeta function they come to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, float_type
from glassnet.ops.record import Op, register
from glassnet.ops.shapes import elementwise as broadcast

# Bernoulli's numbers B₂, B₄, …: the asymptotic series of all of these are written in them (Abramowitz & Stegun 6.3.18,
# 6.1.41, 23.2), and hold from about 10 on; what is smaller is carried there by the functions' recurrences.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
_FAR = 10.0


def _lgamma(x: Array) -> Array:
    y = x.astype(np.float64)
    with np.errstate(all="ignore"):
        left = y < 0.5  # there by reflection: Γ(x)·Γ(1 − x) = π / sin πx
        z = np.where(left, 1.0 - y, y)
        product = np.ones_like(z)
        for _ in range(10):
            small = z < _FAR
            product = np.where(small, product * z, product)
            z = z + small
        series = sum(b / (2 * k * (2 * k - 1)) * z ** (1 - 2 * k) for k, b in enumerate(_BERNOULLI, 1))
        result = (z - 0.5) * np.log(z) - z + 0.5 * math.log(2 * math.pi) + series - np.log(product)
        reflected = np.log(math.pi / np.abs(np.sin(math.pi * (y - np.rint(y))))) - result
        result = np.where(left, reflected, result)
    result = np.where((y == 1) | (y == 2), 0.0, result)
    return np.where(np.isinf(y), np.inf, result).astype(x.dtype)


def _digamma(x: Array) -> Array:
    y = x.astype(np.float64)
    with np.errstate(all="ignore"):
        left = y < 0.5  # ψ(1 − x) = ψ(x) + π / tan πx
        z = np.where(left, 1.0 - y, y)
        added = np.zeros_like(z)
        for _ in range(10):
            small = z < _FAR
            added = added + np.where(small, 1.0 / z, 0.0)
            z = z + small
        series = sum(b / (2 * k) * z ** (-2 * k) for k, b in enumerate(_BERNOULLI, 1))
        result = np.log(z) - 0.5 / z - series - added
        distance = y - np.rint(y)
        result = np.where(left, result - math.pi / np.tan(math.pi * distance), result)
        result = np.where(left & (distance == 0), np.nan, result)
        return np.where(y == 0, -1.0 / y, result).astype(x.dtype)


def _hurwitz(s: Array, q: Array) -> Array:
    """Σ (q + k)⁻ˢ over k ≥ 0: the first terms one by one, the rest by Euler's and Maclaurin's formula."""
    total = np.zeros(np.broadcast_shapes(s.shape, q.shape))
    a = q + total
    far = _FAR + s
    for _ in range(10000):
        small = a < far
        if not small.any():
            break
        total = total + np.where(small, a**-s, 0.0)
        a = a + small
    total = total + a ** (1.0 - s) / (s - 1.0) + 0.5 * a**-s
    factor = s * a ** (-s - 1.0)
    for k, b in enumerate(_BERNOULLI, 1):
        total = total + b / math.factorial(2 * k) * factor
        factor = factor * (s + (2 * k - 1)) * (s + 2 * k) / (a * a)
    return total


def _zeta(a: Array, b: Array) -> Array:
    s, q = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(all="ignore"):
        result = _hurwitz(np.where(s > 1, s, 2.0), np.where(q > -1000.0, q, np.nan))
    pole = (q <= 0) & (q == np.floor(q))
    result = np.where(pole, np.inf, np.where((q < 0) & (s != np.floor(s)), np.nan, result))
    result = np.where(s == 1, np.inf, np.where(s > 1, result, np.nan))
    return np.where(np.isposinf(q) & (s > 1), 0.0, result).astype(a.dtype)


def _polygamma(x: Array, n: int = 1) -> Array:
    if n == 0:
        return _digamma(x)
    sign = 1.0 if n % 2 else -1.0
    return np.asarray(sign * math.factorial(n) * _zeta(np.asarray(n + 1.0, x.dtype), x)).astype(x.dtype)


def _shape_of_polygamma(x: Any, *, n: int = 1) -> Any:
    return broadcast("polygamma", float_type)(x)


lgamma = register(
    Op(
        "lgamma",
        _lgamma,
        (lambda g, _y, x: g * digamma(x),),
        broadcast("lgamma", float_type),
        "y = the logarithm of |(x − 1)!|, between whole numbers too",
        cast="float",
    )
)
digamma: Op = register(
    Op(
        "digamma",
        _digamma,
        (lambda g, _y, x: g * polygamma(x, n=1),),
        broadcast("digamma", float_type),
        "y = the derivative of lgamma at x",
        cast="float",
    )
)
polygamma: Op = register(
    Op(
        "polygamma",
        _polygamma,
        (lambda g, _y, x, n=1: g * polygamma(x, n=n + 1),),
        _shape_of_polygamma,
        "y = the derivative of digamma of order n at x",
        cast="float",
    )
)
zeta: Op = register(
    Op(
        "zeta",
        _zeta,
        (None, lambda g, _y, a, b: g * (-a * zeta(a + 1.0, b))),
        broadcast("zeta", float_type),
        "y = Σ (b + k)⁻ᵃ over k ≥ 0",
        cast="float",
    )
)
