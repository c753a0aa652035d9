"""Comparison, logic and choice: operations whose result is bool, and `where`, which uses it."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, Dtype, result_type
from glassnet.ops.record import Cast, Op, Rule, Spec, register
from glassnet.ops.shapes import broadcast_shapes, elementwise, elementwise_bool, shape_of


def _predicate(name: str, forward: Rule, formula: str, inputs: int = 2, cast: Cast | None = "common") -> Op:
    no_derivative = (None,) * inputs  # a step function: flat everywhere, with jumps
    return register(Op(name, forward, no_derivative, elementwise_bool(name), formula, cast=cast, elementwise=True))


def _whole_type(*inputs: Any) -> Dtype:
    dtype = result_type(*inputs)
    if dtype.kind == "f":
        raise TypeError(f"expected bool or integers, got {dtype}; compare first: (x > 0) & (y > 0)")
    return dtype


def _bitwise(name: str, forward: Rule, formula: str, inputs: int = 2) -> Op:
    shape = elementwise(name, _whole_type)
    return register(Op(name, forward, (None,) * inputs, shape, formula, cast="common", elementwise=True))


eq = _predicate("eq", np.equal, "Eq(a, b)")
ne = _predicate("ne", np.not_equal, "Ne(a, b)")
lt = _predicate("lt", np.less, "a < b")
le = _predicate("le", np.less_equal, "a <= b")
gt = _predicate("gt", np.greater, "a > b")
ge = _predicate("ge", np.greater_equal, "a >= b")
logical_and = _predicate("logical_and", np.logical_and, "And(Ne(a, 0), Ne(b, 0))", cast=None)
logical_or = _predicate("logical_or", np.logical_or, "Or(Ne(a, 0), Ne(b, 0))", cast=None)
logical_xor = _predicate("logical_xor", np.logical_xor, "Xor(Ne(a, 0), Ne(b, 0))", cast=None)
logical_not = _predicate("logical_not", np.logical_not, "Eq(x, 0)", inputs=1, cast=None)
isnan = _predicate("isnan", np.isnan, "Ne(x, x)", inputs=1, cast=None)
isinf = _predicate("isinf", np.isinf, "Eq(Abs(x), oo)", inputs=1, cast=None)
isfinite = _predicate("isfinite", np.isfinite, "Abs(x) < oo", inputs=1, cast=None)


# On bool, the bitwise operators are the logical ones.
bitwise_and = _bitwise("bitwise_and", np.bitwise_and, "a & b")
bitwise_or = _bitwise("bitwise_or", np.bitwise_or, "a | b")
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor, "a ^ b")
bitwise_not = _bitwise("bitwise_not", np.invert, "~x", inputs=1)


def _where(condition: Array, a: Array, b: Array, out: Array | None = None) -> Array:
    if out is None:  # astype: NumPy has another opinion of what float32 and a float64 number make together
        return np.where(condition, a, b).astype(result_type(a, b), copy=False)
    if out is condition:
        condition = condition.copy()
    if out is a:  # writing b first would lose a
        np.copyto(out, b, where=np.logical_not(condition))
    else:
        np.copyto(out, b)
        np.copyto(out, a, where=condition)
    return out


def _where_shape(condition: Any, a: Any, b: Any) -> Spec:
    return Spec(broadcast_shapes("where", *map(shape_of, (condition, a, b))), result_type(a, b))


where: Op = register(
    Op(
        "where",
        forward=_where,
        vjp=(
            None,
            lambda g, _y, condition, _a, _b: where(condition, g, 0.0),
            lambda g, _y, condition, _a, _b: where(condition, 0.0, g),
        ),
        shape=_where_shape,
        formula="Piecewise((a, condition), (b, True))",
        elementwise=True,
    )
)
