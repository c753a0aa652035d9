"""What is left of a division, and signs and neighbours of floating numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.ops.arithmetic import check_divisor
from glassnet.ops.dtypes import Array, float_type, int32, number_type
from glassnet.ops.elementary import trunc
from glassnet.ops.elementwise import elementwise
from glassnet.ops.record import Op, register
from glassnet.ops.selection import nothing, where
from glassnet.ops.shapes import elementwise as broadcast


def _fmod(a: Array, b: Array) -> Array:
    check_divisor("fmod", b)
    return np.fmod(a, b)


fmod = elementwise(
    "fmod",
    _fmod,
    lambda g, _y, _a, _b: g,
    lambda g, _y, a, b: -g * trunc(a / b),
    formula="a - b * sign(a / b) * floor(Abs(a / b))",
    cast="number",
)
copysign = elementwise(
    "copysign",
    np.copysign,
    lambda g, y, a, _b: g * where(a == 0, 0.0, y / where(a == 0, 1.0, a)),
    lambda g, _y, _a, _b: nothing(g),
    formula="Abs(a) * sign(b)",
    cast="float",
)


def _nextafter(a: Array, b: Array) -> Array:
    return np.nextafter(a, b)


nextafter = register(
    Op(
        "nextafter",
        _nextafter,
        (lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: nothing(g)),
        broadcast("nextafter", float_type),
        "y = the floating number next to a on the way to b",
        cast="common",
    )
)


def _of_integers(name: str, forward: Callable[..., Array], formula: str) -> Op:
    """An operation on two whole numbers, which has no derivative."""
    return register(Op(name, forward, (None, None), broadcast(name, number_type), formula, cast="number"))


def _gcd(a: Array, b: Array) -> Array:
    return np.gcd(a, b)


def _lcm(a: Array, b: Array) -> Array:
    return np.lcm(a, b)


def _left_shift(a: Array, b: Array) -> Array:
    return np.left_shift(a, b)


def _right_shift(a: Array, b: Array) -> Array:
    return np.right_shift(a, b)


gcd = _of_integers("gcd", _gcd, "y = the greatest whole number that divides a and b")
lcm = _of_integers("lcm", _lcm, "y = the least number that a and b divide")
left_shift = _of_integers("left_shift", _left_shift, "y = a · 2ᵇ, in as many bits")
right_shift = _of_integers("right_shift", _right_shift, "y = a / 2ᵇ, rounded down")


def _exponent(x: Array) -> Array:
    return np.frexp(x)[1]


exponent = register(
    Op(
        "exponent",
        _exponent,
        (None,),
        broadcast("exponent", lambda _x: int32),
        "y = the power of 2 in x, so that what is left of it is below 1 and not below a half",
    )
)
