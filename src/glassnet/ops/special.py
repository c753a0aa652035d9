"""The error function, which NumPy does not have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array

# W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of
# Computation 23 (1969), 631-637: three ratios of polynomials, each to the last digit of float64
# on its interval. Highest power first.
_SMALL = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
        2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
        3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
    ),
)  # fmt: skip
_LARGE = (
    (
        1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
        1.60837851487422766e-2, 6.58749161529837803e-4,
    ),
    (
        1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)  # fmt: skip
_ONE_OVER_SQRT_PI = 0.56418958354775628695


# For float32, the share Φ(x) of a normal distribution that lies below x: Φ(x) = p²/(p² + q²) with p = d(x²) + x·n(x²)
# and q = d(x²) − x·n(x²), highest power first. No exponential is taken, and the tails keep more digits. The polynomials
# are those of so few powers for which the largest relative error of p² − q², the error function, is smallest: 9e-8 on
# |x| ≤ 5.4, with the condition that q becomes 0 soon after; there, at EDGE, Φ is 1 to the last digit, and stays.
_NUMERATOR = (-7.31282273e-8, 1.62498797e-5, 1.62168575e-3, 2.38812089e-2, 3.98942245e-1)
_DENOMINATOR = (2.04501566e-4, 8.48923413e-3, 6.73721188e-2, 1.0)
EDGE = 5.538001  # computed as below, in float32, q is exactly 0 here


BLOCK = 1 << 16  # elements: a few arrays of them fit into the processor's cache


def in_blocks(function: Callable[..., Array], *inputs: Array, out: Array | None = None, **params: Any) -> Array:
    """An elementwise ``function``, block by block, which stay in the cache; in float32 on numbers of float16."""
    inputs = np.broadcast_arrays(*inputs) if len(inputs) > 1 else inputs
    x = inputs[0]
    y: Array = out if out is not None and out.flags.c_contiguous else np.empty(x.shape, x.dtype)
    wide = np.float32 if y.dtype == np.float16 else y.dtype
    results, *numbers = (each.reshape(-1) for each in (y, *inputs))
    for start in range(0, results.size, BLOCK):
        block = slice(start, start + BLOCK)
        results[block] = function(*(each[block].astype(wide, copy=False) for each in numbers), **params)
    if out is None or out is y:
        return y
    out[...] = y
    return out


def expm1_below(x: Array) -> Array:
    """exp(x) − 1 for x ≤ 0, by tanh: NumPy's expm1 takes four times as long."""
    y = np.tanh(0.5 * x)
    return 2 * y / (1 - y)


def log1p_above(x: Array) -> Array:
    """log(1 + x) for x ≥ 0, by log and what rounding has left of the sum: NumPy's log1p takes four times as long."""
    whole = 1 + x
    return np.log(whole) + (x - (whole - 1)) / whole


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    above, below = (np.polyval(p, x) for p in polynomials)
    return above / below


def scaled_tail(t: Array) -> Array:
    """exp(t²)·(1 − erf t) for t > 0.46875, in float64. Source: Cody 1969 (see above)."""
    result = _ratio(_MIDDLE, np.minimum(t, 4.0))
    large = t > 4.0
    inverse = 1.0 / np.square(t[large])
    result[large] = (_ONE_OVER_SQRT_PI - inverse * _ratio(_LARGE, inverse)) / t[large]
    return result


def erf(x: Array) -> Array:
    """The error function 2/√π ∫₀ˣ exp(−t²) dt, of any shape, within 1e-15 in float64 and 4e-7 in float32.

    Source: Cody 1969 (see above).
    """
    x = np.asarray(x)
    if x.dtype in (np.float32, np.float16):
        odd, even = _halves_float32(x.astype(np.float32) * math.sqrt(2))  # erf(x) = 2·Φ(√2·x) − 1 = (p² − q²)/(p² + q²)
        return np.clip(2 * odd * even / (odd * odd + even * even), -1, 1).astype(x.dtype, copy=False)
    return erf_float64(x.astype(np.float64)).astype(x.dtype if x.dtype.kind == "f" else np.float64)


def erf_float64(x: Array) -> Array:
    """`erf` of float64 alone."""
    size = np.minimum(np.abs(x), 27.0)  # erf is 1 to the last digit beyond 6
    near = np.clip(x, -0.46875, 0.46875)
    result = np.array(near * _ratio(_SMALL, near**2))
    far = size > 0.46875
    t = size[far]
    result[far] = np.copysign(1.0 - np.exp(-t * t) * scaled_tail(t), x[far])
    return result


def _horner(powers: tuple[float, ...], x: Array) -> Array:
    y = x * powers[0]
    y += powers[1]
    for coefficient in powers[2:]:
        y *= x
        y += coefficient
    return y


def _halves_float32(x: Array) -> tuple[Array, Array]:
    """x·n(x²) and d(x²), see above."""
    x = np.clip(x, -EDGE, EDGE)
    square = np.square(x)
    odd, even = _horner(_NUMERATOR, square), _horner(_DENOMINATOR, square)
    odd *= x
    return odd, even


def normal_float32(x: Array) -> Array:
    """The share Φ(x) of a normal distribution that lies below ``x``, in float32: for `in_blocks`."""
    odd, even = _halves_float32(x)
    q = np.subtract(even, odd)
    p = np.add(even, odd, out=even)
    p *= p
    q *= q
    q += p
    p /= q
    return p
