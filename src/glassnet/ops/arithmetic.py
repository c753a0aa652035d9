"""Arithmetic: what the operators + − × ÷ ** do, and their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, Dtype, number_type
from glassnet.ops.elementary import log
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import bitwise_and, where
from glassnet.ops.shapes import elementwise, elementwise_float, elementwise_number, shape_of

add = register(
    Op(
        "add",
        forward=np.add,
        vjp=(lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g),
        shape=elementwise("add"),
        formula="a + b",
        cast="common",
        elementwise=True,
    )
)

sub = register(
    Op(
        "sub",
        forward=np.subtract,
        vjp=(lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: -g),
        shape=elementwise_number("sub"),
        formula="a - b",
        cast="number",
        elementwise=True,
    )
)

mul = register(
    Op(
        "mul",
        forward=np.multiply,
        vjp=(lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: g * a),
        shape=elementwise("mul"),
        formula="a * b",
        cast="common",
        elementwise=True,
    )
)

div = register(
    Op(
        "div",
        forward=np.divide,
        vjp=(lambda g, _y, _a, b: g / b, lambda g, y, _a, b: -g * y / b),
        shape=elementwise_float("div"),
        formula="a / b",
        cast="float",
        elementwise=True,
    )
)

neg = register(
    Op(
        "neg",
        forward=np.negative,
        vjp=(lambda g, _y, _x: -g,),
        shape=elementwise_number("neg"),
        formula="-x",
        cast="number",
        elementwise=True,
    )
)


def _pow_base(g: Any, _y: Any, a: Any, b: Any) -> Any:
    if isinstance(b, int | float) and b != 0:
        return g * (b * pow(a, b - 1.0))
    # a⁰ is 1 everywhere, so its slope is 0 even at a = 0, where b·a^(b−1) would be 0·∞
    constant = bitwise_and(a == 0, b == 0)
    return g * where(constant, 0.0, b * pow(a, where(constant, 1.0, b - 1.0)))


def _pow_exponent(g: Any, y: Any, a: Any, _b: Any) -> Any:
    # 0ᵇ is 0 for every b > 0, so its slope is 0 there, although log 0 = −∞
    zero = a == 0
    return g * where(zero, 0.0, y * log(where(zero, 1.0, a)))


pow = register(
    Op(
        "pow",
        forward=np.power,
        vjp=(_pow_base, _pow_exponent),
        shape=elementwise_number("pow"),
        formula="a ** b",
        cast="number",
        elementwise=True,
    )
)

square = register(
    Op(
        "square",
        forward=np.square,
        vjp=(lambda g, _y, x: g * (2.0 * x),),
        shape=elementwise_number("square"),
        formula="x ** 2",
        expand=lambda x: mul(x, x),
        cast="number",
        elementwise=True,
    )
)

reciprocal = register(
    Op(
        "reciprocal",
        forward=np.reciprocal,
        vjp=(lambda g, y, _x: -g * (y * y),),
        shape=elementwise_float("reciprocal"),
        formula="1 / x",
        expand=lambda x: div(1.0, x),
        cast="float",
        elementwise=True,
    )
)


def _share_of_larger(g: Any, larger: Any, equal: Any) -> Any:
    # where both are equal, each has half of the gradient: the symmetric choice among subgradients
    return where(equal, 0.5 * g, g * larger)


maximum = register(
    Op(
        "maximum",
        forward=np.maximum,
        vjp=(
            lambda g, _y, a, b: _share_of_larger(g, a > b, a == b),
            lambda g, _y, a, b: _share_of_larger(g, b > a, a == b),
        ),
        shape=elementwise("maximum"),
        formula="Max(a, b)",
        cast="common",
        elementwise=True,
    )
)

minimum = register(
    Op(
        "minimum",
        forward=np.minimum,
        vjp=(
            lambda g, _y, a, b: _share_of_larger(g, a < b, a == b),
            lambda g, _y, a, b: _share_of_larger(g, b < a, a == b),
        ),
        shape=elementwise("minimum"),
        formula="Min(a, b)",
        cast="common",
        elementwise=True,
    )
)


def _clamp(x: Array, min: float | None = None, max: float | None = None, out: Array | None = None) -> Array:
    if x.dtype.kind != "f":
        x = x.astype(_clamp_type(x, min, max))  # integers between floats become floats
    return np.clip(x, min, max, out=out)


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


clamp = register(
    Op(
        "clamp",
        forward=_clamp,
        vjp=(_clamp_rule,),
        shape=_clamp_shape,
        formula="Min(Max(x, min), max)",
        expand=_clamp_expand,
        cast="common",
        elementwise=True,
    )
)

remainder = register(
    Op(
        "remainder",
        forward=np.remainder,
        vjp=(lambda g, _y, _a, _b: g, lambda g, _y, a, b: -g * floor_divide(a, b)),
        shape=elementwise_number("remainder"),
        formula="Mod(a, b)",
        cast="number",
        elementwise=True,
    )
)

floor_divide: Op = register(
    Op(
        "floor_divide",
        forward=np.floor_divide,
        vjp=(None, None),
        shape=elementwise_number("floor_divide"),
        formula="floor(a / b)",
        cast="number",
        elementwise=True,
    )
)
