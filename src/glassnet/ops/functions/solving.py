"""Systems of linear equations, determinants and pseudoinverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.functions.packing import adjoint, matrices, real_type, square, square_rule
from glassnet.ops.layers.matrix_functions import inverse
from glassnet.ops.linear import matmul
from glassnet.ops.movement import broadcast_to, reshape, transpose_last
from glassnet.ops.pullback import rules_of
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.shapes import broadcast_shapes, equal_dtypes, shape_of, written


def _solve(a: Array, b: Array) -> Array:
    if b.ndim == 1:  # which NumPy would take for a vector
        raise ValueError("solve: expected a matrix on the right")
    return np.linalg.solve(a, b)


def _solve_shape(a: Any, b: Any) -> Spec:
    batch, n = square("solve", a)
    matrices("solve", b)
    if shape_of(b)[-2] != n:
        raise ShapeError(
            f"solve: expected {n} rows on the right, as many as equations, got {written(shape_of(a))} and "
            f"{written(shape_of(b))}"
        )
    batch = broadcast_shapes("solve", batch, shape_of(b)[:-2])
    return Spec((*batch, *shape_of(b)[-2:]), equal_dtypes("solve", a, b))


solve: Op = register(
    Op(
        "solve",
        forward=_solve,
        vjp=(
            lambda back, y, _a, _b: -matmul(back, transpose_last(y)),
            lambda back, _y, _a, _b: back,
        ),
        shared=lambda g, _y, a, _b: solve(transpose_last(a), g),
        shape=_solve_shape,
        formula="y = a⁻¹·b, with which a·y = b",
        cast="equal",
    )
)


def _column(x: Any) -> Any:
    """One number a matrix, as matrices of one element."""
    return reshape(x, shape=(*shape_of(x), 1, 1))


def _det(x: Array) -> Array:
    return np.asarray(np.linalg.det(x))


det = register(
    Op(
        "det",
        forward=_det,
        vjp=(lambda g, _y, x: _column(g) * cofactor(x),),
        shape=square_rule("det", lambda batch, _n: batch, lambda x: x.dtype),
        formula="y = the determinant of x",
    )
)


def _cofactor(x: Array) -> Array:
    # of x = U·S·Vᵀ, by the products of all singular values but one: right for matrices without an inverse too
    u, s, vh = np.linalg.svd(x)
    others = np.ones_like(s)
    for i in range(s.shape[-1]):
        others[..., i] = np.prod(np.delete(s, i, -1), -1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (np.conj(u) * (sign[..., None] * others)[..., None, :]) @ np.conj(vh)


def _of_invertible(x: Any) -> Any:
    return _column(det(x)) * transpose_last(inverse(x))


cofactor: Op = register(
    Op(
        "cofactor",
        forward=_cofactor,
        vjp=rules_of(_of_invertible, 1),
        shape=square_rule("cofactor", lambda batch, n: (*batch, n, n), lambda x: x.dtype),
        formula="y = det(x) · x⁻ᵀ",
    )
)


def _logabsdet(x: Array) -> Array:
    return np.asarray(np.linalg.slogdet(x)[1])


logabsdet = register(
    Op(
        "logabsdet",
        forward=_logabsdet,
        vjp=(lambda g, _y, x: _column(g) * adjoint(inverse(x)),),
        shape=square_rule("logabsdet", lambda batch, _n: batch, real_type),
        formula="y = log |det x|",
    )
)


def _det_sign(x: Array) -> Array:
    return np.asarray(np.linalg.slogdet(x)[0])


det_sign = register(
    Op(
        "det_sign",
        forward=_det_sign,
        vjp=(lambda g, _y, _x: broadcast_to(_column(g) * 0.0, shape=shape_of(_x)),),  # it is constant but for jumps
        shape=square_rule("det_sign", lambda batch, _n: batch, lambda x: x.dtype),
        formula="y = det x / |det x|, 0 where that is 0",
    )
)


def _pinv(x: Array, rtol: float, atol: float = 0.0) -> Array:
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    limit = np.maximum(atol, rtol * s.max(-1, keepdims=True, initial=0.0))
    inverted = np.where(s > limit, 1 / np.where(s > limit, s, 1), 0).astype(s.dtype)
    return np.conj(np.swapaxes(vh, -1, -2)) @ (inverted[..., None] * np.conj(np.swapaxes(u, -1, -2)))


def _pinv_rule(g: Any, y: Any, x: Any, rtol: float, atol: float = 0.0) -> Any:
    # G. Golub and V. Pereyra, The Differentiation of Pseudo-Inverses and Nonlinear Least Squares Problems, 1973
    g, y_turned = adjoint(g), adjoint(y)
    k = matmul(g, y)
    k_turned = matmul(k, y_turned)
    return (
        k_turned
        - adjoint(matmul(y, k))
        - matmul(matmul(x, y), k_turned)
        + matmul(matmul(y_turned, y), g - matmul(k, x))
    )


def _pinv_shape(x: Any, *, rtol: float, atol: float = 0.0) -> Spec:
    batch, n, m = matrices("pinv", x)
    return Spec((*batch, m, n), x.dtype)


pinv = register(
    Op(
        "pinv",
        forward=_pinv,
        vjp=(_pinv_rule,),
        shape=_pinv_shape,
        formula="y = V·S⁺·Uᵀ of x = U·S·Vᵀ, where S⁺ inverts what is above the limit",
        holomorphic=False,
    )
)
