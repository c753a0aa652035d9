"""Arithmetic: what the operators + − × ÷ ** do, and their derivatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.errors import RangeError
from glassnet.ops.dtypes import Array, Dtype, number_type
from glassnet.ops.elementary import log
from glassnet.ops.elementwise import elementwise
from glassnet.ops.movement import cast
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import bitwise_and, isfinite, logical_not, nothing, where
from glassnet.ops.shapes import shape_of

conjugate: Op = register(
    Op(
        "conjugate",
        forward=np.conjugate,
        vjp=(lambda g, _y, _x: conj(g),),
        shape=lambda x: Spec(shape_of(x), x.dtype),
        formula="y = x, its imaginary part negated",
        holomorphic=False,
    )
)


def _real(x: Array) -> Array:
    return np.real(x)


real = register(
    Op(
        "real",
        forward=_real,
        vjp=(lambda g, _y, _x: cast(g, dtype=_x.dtype),),
        shape=lambda x: Spec(shape_of(x), _real_type(x.dtype)),
        formula="y = the real part of x",
        view=True,
        source=lambda _output, x: f"{x}.real",
    )
)


def _real_type(dtype: Dtype) -> Dtype:
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def conj(x: Any) -> Any:
    """The conjugate of ``x``, which is ``x`` itself where it is real."""
    return conjugate(x) if x.dtype.kind == "c" else x


add = elementwise(
    "add",
    np.add,
    lambda g, _y, _a, _b: g,
    lambda g, _y, _a, _b: g,
    formula="a + b",
    operator="+",
    complex_too=True,
)

sub = elementwise(
    "sub",
    np.subtract,
    lambda g, _y, _a, _b: g,
    lambda g, _y, _a, _b: -g,
    formula="a - b",
    cast="difference",
    operator="-",
    complex_too=True,
)

mul = elementwise(
    "mul",
    np.multiply,
    lambda g, _y, _a, b: g * b,
    lambda g, _y, a, _b: g * a,
    formula="a * b",
    operator="*",
    complex_too=True,
)

div = elementwise(
    "div",
    np.divide,
    lambda g, _y, _a, b: g / b,
    lambda g, y, _a, b: -g * y / b,
    formula="a / b",
    cast="float",
    operator="/",
    complex_too=True,
    free_result=True,
)

neg = elementwise(
    "neg",
    np.negative,
    lambda g, _y, _x: -g,
    formula="-x",
    cast="number",
    operator="-",
    complex_too=True,
)


def _pow_base(g: Any, _y: Any, a: Any, b: Any) -> Any:
    if isinstance(b, int | float) and b != 0:
        return g * (b * pow(a, b - 1.0))
    # a⁰ is 1 everywhere, so its slope is 0 even where b·a^(b−1) would be 0·∞ or 0·NaN
    constant = bitwise_and(b == 0, logical_not(isfinite(1.0 / a)))
    return g * where(constant, 0.0, b * pow(where(constant, 1.0, a), b - 1.0))


def _pow_exponent(g: Any, y: Any, a: Any, b: Any) -> Any:
    if isinstance(a, int | float) and a > 0:
        return g * (y * math.log(a))
    # 0ᵇ is 0 for every b > 0, so its slope is 0 there, although log 0 = −∞
    zero = bitwise_and(a == 0, b >= 0)
    return g * where(zero, 0.0, y * log(where(zero, 1.0, a)))


def _pow(a: Array, b: Array) -> Array:
    if not hasattr(b, "dtype") or b.dtype.kind != "i" or not (b < 0).any():
        return np.power(a, b)
    ones = np.where(a == 1, 1, np.where(a == -1, 1 - 2 * (b & 1), 0))  # of whole numbers, what is left of 1/a
    return np.where(b < 0, ones, np.power(a, np.maximum(b, 0))).astype(a.dtype)


pow = elementwise(
    "pow",
    _pow,
    _pow_base,
    _pow_exponent,
    formula="a ** b",
    cast="number",
    operator="**",
    complex_too=True,
)

square = elementwise(
    "square",
    np.square,
    lambda g, _y, x: g * (2.0 * x),
    formula="x ** 2",
    expand=lambda x: mul(x, x),
    cast="number",
    complex_too=True,
)

reciprocal = elementwise(
    "reciprocal",
    np.reciprocal,
    lambda g, y, _x: -g * (y * y),
    formula="1 / x",
    expand=lambda x: div(1.0, x),
    cast="float",
    complex_too=True,
)


def _share(g: Any, equal: Any, other: Any) -> Any:
    # where both are equal, each has half of the gradient: the symmetric choice among subgradients; where one is NaN,
    # each has all of it, as in PyTorch
    return where(equal, 0.5 * g, where(other, 0.0, g))


maximum = elementwise(
    "maximum",
    np.maximum,
    lambda g, _y, a, b: _share(g, a == b, a < b),
    lambda g, _y, a, b: _share(g, a == b, b < a),
    formula="Max(a, b)",
)

minimum = elementwise(
    "minimum",
    np.minimum,
    lambda g, _y, a, b: _share(g, a == b, a > b),
    lambda g, _y, a, b: _share(g, a == b, b > a),
    formula="Min(a, b)",
)


def _clamp(x: Array, min: float | None = None, max: float | None = None) -> Array:
    if x.dtype.kind != "f":
        x = x.astype(_clamp_type(x, min, max))  # integers between floats become floats
    return np.clip(x, min, max)


def _clamp_type(x: Any, min: float | None, max: float | None) -> Dtype:
    return number_type(x, *(bound for bound in (min, max) if bound is not None))


def _clamp_shape(x: Any, *, min: float | None = None, max: float | None = None) -> Spec:
    return Spec(shape_of(x), _clamp_type(x, min, max))


def _clamp_rule(g: Any, _y: Any, x: Any, min: float | None = None, max: float | None = None) -> Any:
    if min is not None:
        g = g * (x >= min)
    if max is not None:
        g = g * (x <= max)
    return g


def _clamp_expand(x: Any, min: float | None = None, max: float | None = None) -> Any:
    if min is not None:
        x = maximum(x, min)
    if max is not None:
        x = minimum(x, max)
    return x


clamp = elementwise(
    "clamp",
    _clamp,
    _clamp_rule,
    formula="Min(Max(x, min), max)",
    expand=_clamp_expand,
    inline=True,
    shape=_clamp_shape,
)


def check_divisor(name: str, b: Array) -> None:
    """RangeError where whole numbers are divided by 0, of which there is no result."""
    if hasattr(b, "dtype") and b.dtype.kind in "iu" and not b.all():  # a number divides floats
        raise RangeError(
            f"{name}: whole numbers cannot be divided by 0 (ZeroDivisionError); of floats it gives inf or nan"
        )


def _remainder(a: Array, b: Array) -> Array:
    check_divisor("remainder", b)
    return np.remainder(a, b)


remainder = elementwise(
    "remainder",
    _remainder,
    lambda g, _y, _a, _b: g,
    lambda g, _y, a, b: -g * floor_divide(a, b),
    formula="Mod(a, b)",
    cast="number",
    operator="%",
)


def _floor_divide(a: Array, b: Array) -> Array:
    check_divisor("floor_divide", b)
    return np.floor_divide(a, b)


floor_divide: Op = elementwise(
    "floor_divide",
    _floor_divide,
    lambda g, _y, _a, _b: nothing(g),
    lambda g, _y, _a, _b: nothing(g),
    formula="floor(a / b)",
    cast="number",
    operator="//",
)
