"""Inverse trigonometric functions, and the hyperbolic ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.arithmetic import div
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import exp, log, sqrt
from glassnet.ops.elementwise import elementwise
from glassnet.ops.record import Op, Rule
from glassnet.ops.selection import where


def _of_float(name: str, forward: Rule, formula: str, rule: Rule, expand: Rule | None = None) -> Op:
    return elementwise(name, forward, rule, formula=formula, expand=expand, cast="float")


atan = _of_float("atan", np.arctan, "atan(x)", lambda g, _y, x: g / (1.0 + x * x))
asin = _of_float(
    "asin",
    np.arcsin,
    "asin(x)",
    lambda g, _y, x: g / sqrt(1.0 - x * x),
    lambda x: atan(x / sqrt(1.0 - x * x)),
)
acos = _of_float(
    "acos",
    np.arccos,
    "acos(x)",
    lambda g, _y, x: -g / sqrt(1.0 - x * x),
    lambda x: math.pi / 2 - atan(x / sqrt(1.0 - x * x)),
)
sinh: Op = _of_float(
    "sinh",
    np.sinh,
    "(exp(x) - exp(-x)) / 2",
    lambda g, _y, x: g * cosh(x),
    lambda x: (exp(x) - exp(-x)) * 0.5,
)
cosh: Op = _of_float(
    "cosh",
    np.cosh,
    "(exp(x) + exp(-x)) / 2",
    lambda g, _y, x: g * sinh(x),
    lambda x: (exp(x) + exp(-x)) * 0.5,
)
asinh = _of_float(
    "asinh",
    np.arcsinh,
    "log(x + sqrt(x ** 2 + 1))",
    lambda g, _y, x: g / sqrt(x * x + 1.0),
    lambda x: log(x + sqrt(x * x + 1.0)),
)
acosh = _of_float(
    "acosh",
    np.arccosh,
    "log(x + sqrt(x ** 2 - 1))",
    lambda g, _y, x: g / sqrt(x * x - 1.0),
    lambda x: log(x + sqrt(x * x - 1.0)),
)


def _atanh(x: Array) -> Array:
    with np.errstate(divide="ignore"):  # of 1 it is ∞
        return np.arctanh(x)


atanh = _of_float(
    "atanh",
    _atanh,
    "log((1 + x) / (1 - x)) / 2",
    lambda g, _y, x: g / (1.0 - x * x),
    lambda x: log((1.0 + x) / (1.0 - x)) * 0.5,
)


def _over_square(part: Any, a: Any, b: Any) -> Any:
    square = a * a + b * b
    origin = square == 0  # where there is no angle, and PyTorch says 0
    return where(origin, 0.0, div(part, where(origin, 1.0, square)))


atan2 = elementwise(
    "atan2",
    np.arctan2,
    lambda g, _y, a, b: g * _over_square(b, a, b),
    lambda g, _y, a, b: g * _over_square(-a, a, b),
    formula="atan2(a, b)",
    cast="float",
)
