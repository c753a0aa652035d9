"""Functions of two numbers with a logarithm or a root in them, and powers of 2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.activation import sigmoid
from glassnet.ops.dtypes import Array
from glassnet.ops.elementary import exp, log, log1p, sqrt
from glassnet.ops.elementwise import elementwise
from glassnet.ops.record import Rule
from glassnet.ops.selection import bitwise_and, where

_LOG_2 = math.log(2)

exp2 = elementwise(
    "exp2",
    np.exp2,
    lambda g, y, _x: g * (y * _LOG_2),
    formula="2 ** x",
    expand=lambda x: exp(x * _LOG_2),
    cast="float",
)
hypot = elementwise(
    "hypot",
    np.hypot,
    lambda g, y, a, _b: g * (a / y),
    lambda g, y, _a, b: g * (b / y),
    formula="sqrt(a ** 2 + b ** 2)",
    expand=lambda a, b: sqrt(a * a + b * b),
    cast="float",
)
logaddexp = elementwise(
    "logaddexp",
    np.logaddexp,
    lambda g, _y, a, b: g * sigmoid(a - b),
    lambda g, _y, a, b: g * sigmoid(b - a),
    formula="log(exp(a) + exp(b))",
    expand=lambda a, b: log(exp(a) + exp(b)),
    cast="float",
)
logaddexp2 = elementwise(
    "logaddexp2",
    np.logaddexp2,
    lambda g, _y, a, b: g * sigmoid((a - b) * _LOG_2),
    lambda g, _y, a, b: g * sigmoid((b - a) * _LOG_2),
    formula="log(2 ** a + 2 ** b) / log(2)",
    expand=lambda a, b: log(exp(a * _LOG_2) + exp(b * _LOG_2)) / _LOG_2,
    cast="float",
)


def _xlogy(a: Array, b: Array) -> Array:
    nothing = (a == 0) & ~np.isnan(b)  # 0·log b is 0, where b is 0 too
    product = np.where(nothing, a * 0, a * np.log(np.where(nothing, 1, b)))
    return product.astype(np.result_type(a, b), copy=False)


def _xlog1py(a: Array, b: Array) -> Array:
    nothing = (a == 0) & ~np.isnan(b)
    product = np.where(nothing, a * 0, a * np.log1p(np.where(nothing, 0, b)))
    return product.astype(np.result_type(a, b), copy=False)


def _slope(function: Rule, least: float) -> Rule:
    def rule(g: Any, _y: Any, a: Any, b: Any) -> Any:
        outside = bitwise_and(a == 0, b <= least)
        return g * where(outside, 0.0, function(where(outside, 1.0, b)))

    return rule


def _times(function: Rule, a: Any, b: Any) -> Any:
    nothing = a == 0
    return where(nothing, 0.0, a * function(where(nothing, 1.0, b)))


xlogy = elementwise(
    "xlogy",
    _xlogy,
    _slope(log, 0.0),
    lambda g, _y, a, b: g * (a / b),
    formula="Piecewise((0, Eq(a, 0)), (a * log(b), True))",
    expand=lambda a, b: _times(log, a, b),
    cast="float",
)
xlog1py = elementwise(
    "xlog1py",
    _xlog1py,
    _slope(log1p, -1.0),
    lambda g, _y, a, b: g * (a / (b + 1.0)),
    formula="Piecewise((0, Eq(a, 0)), (a * log(b + 1), True))",
    expand=lambda a, b: _times(log1p, a, b),
    cast="float",
)
