"""Comparison, logic and choice: operations whose result is bool, and `where`, which uses it."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, Dtype, result_type
from glassnet.ops.elementwise import elementwise
from glassnet.ops.movement import cast
from glassnet.ops.record import Cast, Op, Rule, Spec, register
from glassnet.ops.shapes import broadcast_shapes, elementwise_bool, shape_of
from glassnet.ops.shapes import elementwise as broadcast


def _predicate(
    name: str, forward: Rule, formula: str, inputs: int = 2, cast: Cast | None = "common", operator: str = ""
) -> Op:
    no_derivative = (None,) * inputs  # a step function: flat everywhere, with jumps
    shape = elementwise_bool(name)
    return elementwise(
        name,
        forward,
        *no_derivative,
        formula=formula,
        cast=cast,
        shape=shape,
        operator=operator,
        complex_too=name in ("eq", "ne"),
    )


def _whole_type(*inputs: Any) -> Dtype:
    dtype = result_type(*inputs)
    if dtype.kind == "f":
        raise TypeError(f"expected bool or integers, got {dtype}; compare first: (x > 0) & (y > 0)")
    return dtype


def _bitwise(name: str, forward: Rule, formula: str, operator: str, inputs: int = 2) -> Op:
    shape = broadcast(name, _whole_type)
    return elementwise(name, forward, *(None,) * inputs, formula=formula, shape=shape, operator=operator)


eq = _predicate("eq", np.equal, "Eq(a, b)", cast="comparison", operator="==")
ne = _predicate("ne", np.not_equal, "Ne(a, b)", cast="comparison", operator="!=")
lt = _predicate("lt", np.less, "a < b", cast="comparison", operator="<")
le = _predicate("le", np.less_equal, "a <= b", cast="comparison", operator="<=")
gt = _predicate("gt", np.greater, "a > b", cast="comparison", operator=">")
ge = _predicate("ge", np.greater_equal, "a >= b", cast="comparison", operator=">=")
logical_and = _predicate("logical_and", np.logical_and, "And(Ne(a, 0), Ne(b, 0))", cast=None)
logical_or = _predicate("logical_or", np.logical_or, "Or(Ne(a, 0), Ne(b, 0))", cast=None)
logical_xor = _predicate("logical_xor", np.logical_xor, "Xor(Ne(a, 0), Ne(b, 0))", cast=None)
logical_not = _predicate("logical_not", np.logical_not, "Eq(x, 0)", inputs=1, cast=None)
isnan = _predicate("isnan", np.isnan, "Ne(x, x)", inputs=1, cast=None)
isinf = _predicate("isinf", np.isinf, "Eq(Abs(x), oo)", inputs=1, cast=None)
isfinite = _predicate("isfinite", np.isfinite, "Abs(x) < oo", inputs=1, cast=None)


# On bool, the bitwise operators are the logical ones.
bitwise_and = _bitwise("bitwise_and", np.bitwise_and, "a & b", "&")
bitwise_or = _bitwise("bitwise_or", np.bitwise_or, "a | b", "|")
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor, "a ^ b", "^")
bitwise_not = _bitwise("bitwise_not", np.invert, "~x", "~", inputs=1)


SEVERAL = 1 << 12  # elements: from here on, going by the bits is the quicker


def _where(condition: Array, a: Array, b: Array) -> Array:
    if np.size(condition) >= SEVERAL and condition.dtype == bool and result_type(a, b).kind == "f":
        return _by_bits(condition, a, b, result_type(a, b))
    # astype: NumPy has another opinion of what float32 and a float64 number make together
    return np.where(condition, a, b).astype(result_type(a, b), copy=False)


def _by_bits(condition: Array, a: Array, b: Array, dtype: Dtype) -> Array:
    """`where` without a branch for each element, which the processor would guess wrong every other time."""
    bits = np.dtype(f"i{dtype.itemsize}")
    mask = condition.astype(bits)
    np.negative(mask, out=mask)  # all bits are set where the condition holds
    a, b = (np.asarray(x, dtype).view(bits) for x in (a, b))
    y = np.empty(np.broadcast_shapes(a.shape, b.shape, mask.shape), dtype)
    seen = y.view(bits)
    np.bitwise_and(a ^ b, mask, out=seen)
    seen ^= b
    return y


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
        source=lambda output, condition, a, b: f"np.where({condition}, {a}, {b}).astype(np.{output.dtype})",
    )
)


def nothing(g: Any) -> Any:
    """Zeros for ``g``, whatever is in it: the gradient of what is flat but for jumps."""
    return cast(gt(g, g), dtype=g.dtype)
