"""Functions of square matrices: the inverse and the exponential."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import DtypeError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.linear import matmul
from glassnet.ops.movement import concatenate, transpose_last
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import shape_of, written


def _square(name: str) -> Callable[[Any], Spec]:
    def rule(x: Any) -> Spec:
        if len(shape_of(x)) < 2 or shape_of(x)[-1] != shape_of(x)[-2]:
            raise ShapeError(f"{name}: expected square matrices [..., n, n], got {written(shape_of(x))}")
        if x.dtype.kind not in "fc":
            raise DtypeError(f"{name}: expected a floating tensor, got {x.dtype}; convert it first: x.float()")
        return Spec(shape_of(x), x.dtype)

    return rule


def _inverse_rule(g: Any, y: Any, _x: Any) -> Any:
    turned = transpose_last(y)
    return -matmul(matmul(turned, g), turned)


def _inverse(x: Array) -> Array:
    return np.linalg.inv(x)


inverse = register(
    Op(
        "inverse",
        forward=_inverse,
        vjp=(_inverse_rule,),
        shape=_square("inverse"),
        formula="y = x⁻¹, with which x·y = I",
    )
)


# By scaling and squaring: exp(x) = exp(x/2ˢ)^(2ˢ), where x/2ˢ is so small that a few terms of the series suffice
# (C. Moler and C. Van Loan, Nineteen Dubious Ways to Compute the Exponential of a Matrix, 2003, method 3).
def _matrix_exp(x: Array) -> Array:
    size = float(np.abs(x).sum(axis=-2).max(initial=0.0))
    squarings = max(0, math.ceil(math.log2(size)) + 2) if 0 < size < math.inf else 0
    small = x / 2**squarings
    term = y = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    for k in range(1, 13):
        term = term @ small / k
        y = y + term
    for _ in range(squarings):
        y = y @ y
    return y


def _matrix_exp_rule(g: Any, _y: Any, x: Any) -> Any:
    # exp of [[xᵀ, g], [0, xᵀ]] has in its corner the derivative of exp at xᵀ along g
    turned, n = transpose_last(x), x.shape[-1]
    above = concatenate(turned, g, dim=-1)
    below = concatenate(np.zeros(tuple(x.shape), x.dtype), turned, dim=-1)
    return matrix_exp(concatenate(above, below, dim=-2))[..., :n, n:]


matrix_exp: Op = register(
    Op(
        "matrix_exp",
        forward=_matrix_exp,
        vjp=(_matrix_exp_rule,),
        shape=_square("matrix_exp"),
        formula="y = Σ xᵏ / k! over k ≥ 0, with powers of the matrix",
    )
)
