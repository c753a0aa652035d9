"""Elementary functions of one number: exp, log, sqrt, sin, cos, tanh, erf, and rounding."""

from __future__ import annotations

import math

import numpy as np

from glassnet.ops.dtypes import CAST_TYPES, Array
from glassnet.ops.record import Cast, Op, Rule, register
from glassnet.ops.shapes import elementwise
from glassnet.ops.special import erf as _erf


def _function(
    name: str,
    forward: Rule,
    formula: str,
    rule: Rule | None,
    expand: Rule | None = None,
    cast: Cast = "float",
) -> Op:
    shape = elementwise(name, CAST_TYPES[cast])
    return register(Op(name, forward, (rule,), shape, formula, expand, cast=cast, elementwise=True))


def _rounding(name: str, forward: Rule, formula: str) -> Op:
    def of_numbers(x: Array, out: Array | None = None) -> Array:
        if x.dtype.kind == "f":
            return forward(x, out=out)  # type: ignore[no-any-return]
        return np.positive(x, out=out)  # a copy: integers are whole already

    return _function(name, of_numbers, formula, None, cast="number")


exp = _function("exp", np.exp, "exp(x)", lambda g, y, _x: g * y)
log = _function("log", np.log, "log(x)", lambda g, _y, x: g / x)
sqrt = _function("sqrt", np.sqrt, "sqrt(x)", lambda g, y, _x: g / (2.0 * y))
sin = _function("sin", np.sin, "sin(x)", lambda g, _y, x: g * cos(x))
cos: Op = _function("cos", np.cos, "cos(x)", lambda g, _y, x: -g * sin(x))
tan = _function("tan", np.tan, "tan(x)", lambda g, y, _x: g * (1.0 + y * y), lambda x: sin(x) / cos(x))
tanh = _function("tanh", np.tanh, "tanh(x)", lambda g, y, _x: g * (1.0 - y * y))
erf = _function("erf", _erf, "erf(x)", lambda g, _y, x: g * ((2 / math.sqrt(math.pi)) * exp(-x * x)))
abs = _function("abs", np.absolute, "Abs(x)", lambda g, _y, x: g * sign(x), cast="common")
sign: Op = _function("sign", np.sign, "sign(x)", None, cast="number")
floor = _rounding("floor", np.floor, "floor(x)")
ceil = _rounding("ceil", np.ceil, "ceiling(x)")
round = _rounding("round", np.rint, "round(x)")
trunc = _rounding("trunc", np.trunc, "sign(x)*floor(Abs(x))")

# Named: each is a composition of the above with a form of its own that keeps digits or time.
log1p = _function("log1p", np.log1p, "log(1 + x)", lambda g, _y, x: g / (1.0 + x), lambda x: log(x + 1.0))
expm1 = _function("expm1", np.expm1, "exp(x) - 1", lambda g, y, _x: g * (y + 1.0), lambda x: exp(x) - 1.0)
log2 = _function(
    "log2", np.log2, "log(x)/log(2)", lambda g, _y, x: g / (x * math.log(2)), lambda x: log(x) / math.log(2)
)
log10 = _function(
    "log10",
    np.log10,
    "log(x)/log(10)",
    lambda g, _y, x: g / (x * math.log(10)),
    lambda x: log(x) / math.log(10),
)


def _rsqrt(x: Array, out: Array | None = None) -> Array:
    root = np.sqrt(x, out=out)
    return np.reciprocal(root, out=out)


rsqrt = _function("rsqrt", _rsqrt, "1/sqrt(x)", lambda g, y, _x: -0.5 * g * (y * y * y), lambda x: 1.0 / sqrt(x))
