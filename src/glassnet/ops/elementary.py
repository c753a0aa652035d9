"""Elementary functions of one number: exp, log, sqrt, sin, cos, tanh, erf, and rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, result_type
from glassnet.ops.elementwise import elementwise
from glassnet.ops.record import Op, Rule, Spec
from glassnet.ops.selection import nothing
from glassnet.ops.shapes import shape_of
from glassnet.ops.special import erf as _erf


def _rounding(name: str, forward: Rule, formula: str) -> Op:
    def of_numbers(x: Array) -> Array:
        return forward(x) if x.dtype.kind == "f" else np.positive(x)  # a copy: integers are whole already

    return elementwise(name, of_numbers, lambda g, _y, _x: nothing(g), formula=formula, cast="number")


def _of_float(name: str, forward: Rule, formula: str, rule: Rule, expand: Rule | None = None) -> Op:
    complex_too = name != "erf"
    return elementwise(name, forward, rule, formula=formula, expand=expand, cast="float", complex_too=complex_too)


def _abs_rule(g: Any, _y: Any, x: Any) -> Any:
    if x.dtype.kind != "c":
        return g * sign(x)
    size = abs(x)
    return g * (x / (size + (size == 0)))  # 0 at 0


def _abs_shape(x: Any) -> Spec:
    return Spec(shape_of(x), np.empty(0, result_type(x)).real.dtype)


exp = _of_float("exp", np.exp, "exp(x)", lambda g, y, _x: g * y)
log = _of_float("log", np.log, "log(x)", lambda g, _y, x: g / x)
sqrt = _of_float("sqrt", np.sqrt, "sqrt(x)", lambda g, y, _x: g / (2.0 * y))
sin = _of_float("sin", np.sin, "sin(x)", lambda g, _y, x: g * cos(x))
cos: Op = _of_float("cos", np.cos, "cos(x)", lambda g, _y, x: -g * sin(x))
tan = _of_float("tan", np.tan, "tan(x)", lambda g, y, _x: g * (1.0 + y * y), lambda x: sin(x) / cos(x))
tanh = _of_float("tanh", np.tanh, "tanh(x)", lambda g, y, _x: g * (1.0 - y * y))
erf = _of_float("erf", _erf, "erf(x)", lambda g, _y, x: g * ((2 / math.sqrt(math.pi)) * exp(-x * x)))
abs: Op = elementwise("abs", np.absolute, _abs_rule, formula="Abs(x)", shape=_abs_shape, complex_too=True)


def _sign(x: Array) -> Array:
    if x.dtype.kind == "b":
        return x.copy()
    return np.sign(x) if x.dtype.kind != "f" else (x > 0).astype(x.dtype) - (x < 0)  # of nan it is 0, as in PyTorch


sign: Op = elementwise("sign", _sign, lambda g, _y, _x: nothing(g), formula="sign(x)")
floor = _rounding("floor", np.floor, "floor(x)")
ceil = _rounding("ceil", np.ceil, "ceiling(x)")
round = _rounding("round", np.rint, "round(x)")
trunc = _rounding("trunc", np.trunc, "sign(x)*floor(Abs(x))")

# Named: each is a composition of the above with a form of its own that keeps digits or time.
log1p = _of_float("log1p", np.log1p, "log(1 + x)", lambda g, _y, x: g / (1.0 + x), lambda x: log(x + 1.0))
expm1 = _of_float("expm1", np.expm1, "exp(x) - 1", lambda g, y, _x: g * (y + 1.0), lambda x: exp(x) - 1.0)
log2 = _of_float(
    "log2", np.log2, "log(x)/log(2)", lambda g, _y, x: g / (x * math.log(2)), lambda x: log(x) / math.log(2)
)
log10 = _of_float(
    "log10",
    np.log10,
    "log(x)/log(10)",
    lambda g, _y, x: g / (x * math.log(10)),
    lambda x: log(x) / math.log(10),
)


def _rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


rsqrt = _of_float("rsqrt", _rsqrt, "1/sqrt(x)", lambda g, y, _x: -0.5 * g * (y * y * y), lambda x: 1.0 / sqrt(x))
