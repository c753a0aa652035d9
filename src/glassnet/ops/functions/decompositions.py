"""Matrices as products of simpler ones: Cholesky, QR, LU, eigenvectors, singular vectors.

Several results stand in one array, see `packing`. The derivatives are those of M. Giles, Collected Matrix Derivative
Results for Forward and Reverse Mode Algorithmic Differentiation, 2008, and, of complex matrices, of PyTorch's
documentation: where eigenvalues or singular values are equal, those of the vectors do not exist, and 0 is taken.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.arithmetic import conj, real
from glassnet.ops.dtypes import Array
from glassnet.ops.functions.packing import (
    adjoint,
    complex_type,
    identity,
    matrices,
    packed,
    real_type,
    square_rule,
    unpacked,
)
from glassnet.ops.functions.solving import solve
from glassnet.ops.linear import matmul
from glassnet.ops.movement import cast, concatenate, reshape
from glassnet.ops.record import Op, Spec, register
from glassnet.ops.selection import where
from glassnet.ops.shapes import Shape, shape_of


def _triangle(x: Any, diagonal: float) -> Array:
    """1 below the diagonal, ``diagonal`` on it and 0 above, as large as ``x``."""
    ones = np.ones(shape_of(x)[-2:], real_type(x))
    below: Array = np.tril(ones, -1) + diagonal * np.eye(*ones.shape, dtype=ones.dtype)
    return below


def _row(x: Any) -> Any:
    return reshape(x, shape=(*shape_of(x)[:-1], 1, shape_of(x)[-1]))


def _column(x: Any) -> Any:
    return reshape(x, shape=(*shape_of(x), 1))


def _diagonal(x: Any) -> Any:
    """Vectors as the diagonals of matrices."""
    return _row(x) * np.eye(shape_of(x)[-1], dtype=x.dtype)


def _right_solve(x: Any, a: Any) -> Any:
    """x·a⁻¹."""
    return adjoint(solve(adjoint(a), adjoint(x)))


def _quotient(x: Any, difference: Any) -> Any:
    """``x`` by ``difference``, and 0 where that is 0."""
    equal = difference == 0
    return where(equal, 0.0, x) / where(equal, 1.0, difference)


def _cholesky(x: Array) -> Array:
    return np.linalg.cholesky(x)


def _cholesky_rule(g: Any, y: Any, _x: Any) -> Any:
    inner = solve(adjoint(y), matmul(adjoint(y), g) * _triangle(y, 0.5))
    slope = _right_solve(inner, y)
    return (slope + adjoint(slope)) * 0.5


cholesky = register(
    Op(
        "cholesky",
        forward=_cholesky,
        vjp=(_cholesky_rule,),
        shape=square_rule("cholesky", lambda batch, n: (*batch, n, n), lambda x: x.dtype),
        formula="y = L, a lower triangle with which L·Lᵀ = x",
        holomorphic=False,
    )
)


# QR ---------------------------------------------------------------------------------------------------


def qr_shapes(n: int, m: int, complete: bool) -> tuple[Shape, Shape]:
    """The shapes of Q and R."""
    k = n if complete else min(n, m)
    return (n, k), (k, m)


def _qr(x: Array, complete: bool = False) -> Array:
    q, r = np.linalg.qr(x, "complete" if complete else "reduced")
    return packed(x.shape[:-2], q, r)


def _qr_rule(g: Any, y: Any, x: Any, complete: bool = False) -> Any:
    batch, n, m = matrices("qr", x)
    (gq, gr), (q, r) = (unpacked(each, batch, *qr_shapes(n, m, complete)) for each in (g, y))
    if n >= m:  # of what a complete Q has beyond the first m columns there is no derivative
        return _qr_slope(gq[..., :m], gr[..., :m, :], q[..., :m], r[..., :m, :])
    first, rest = (..., slice(None, n)), (..., slice(n, None))  # the last columns are Q·(the last of R)
    last = gr[rest]
    squares = _qr_slope(gq + matmul(x[rest], adjoint(last)), gr[first], q, r[first])
    return concatenate(squares, matmul(q, last), dim=-1)


def _qr_slope(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    upper = (matmul(gr, adjoint(r)) - matmul(adjoint(q), gq)) * _triangle(r, 0.5).T
    return _right_solve(gq + matmul(q, upper + adjoint(upper)), adjoint(r))


def _packed_rule(name: str, shapes: Any) -> Any:
    def rule(x: Any, **params: Any) -> Spec:
        batch, n, m = matrices(name, x)
        return Spec((*batch, sum(a * b for a, b in shapes(n, m, **params))), x.dtype)

    return rule


qr = register(
    Op(
        "qr",
        forward=_qr,
        vjp=(_qr_rule,),
        shape=lambda x, complete=False: _packed_rule("qr", qr_shapes)(x, complete=complete),
        formula="y = Q and R, with which Q·R = x, Qᵀ·Q = I, and R is an upper triangle",
        holomorphic=False,
    )
)


# LU ---------------------------------------------------------------------------------------------------


def size(x: Array) -> Array:
    """By what pivots are compared: of complex numbers, as LAPACK does, the sum of both parts' sizes."""
    return np.abs(x.real) + np.abs(x.imag)


def _lu_pivots(x: Array) -> Array:
    x = x.copy()
    n = min(x.shape[-2:])
    pivots = np.zeros((*x.shape[:-2], n), np.int32)
    for k in range(n):
        row = k + size(x[..., k:, k]).argmax(-1)
        pivots[..., k] = row + 1
        _swap(x, k, row)
        _eliminate(x, k)
    return pivots


def _swap(x: Array, k: int, row: Array) -> None:
    at = row[..., None, None]
    taken = np.take_along_axis(x, at, -2)
    np.put_along_axis(x, at, x[..., k : k + 1, :].copy(), -2)
    x[..., k : k + 1, :] = taken


def _eliminate(x: Array, k: int) -> None:
    pivot = x[..., k : k + 1, k]
    x[..., k + 1 :, k] = np.where(pivot == 0, 0, x[..., k + 1 :, k] / np.where(pivot == 0, 1, pivot))
    x[..., k + 1 :, k + 1 :] -= x[..., k + 1 :, k, None] * x[..., k, None, k + 1 :]


lu_pivots = register(
    Op(
        "lu_pivots",
        forward=_lu_pivots,
        vjp=(None,),
        shape=lambda x: Spec((*shape_of(x)[:-2], min(shape_of(x)[-2:])), np.dtype(np.int32)),
        formula="y = the row, from 1, that each row changes places with, so that the largest pivot comes up",
    )
)


def _row_order(pivots: Array, n: int) -> Array:
    order = np.broadcast_to(np.arange(n), (*pivots.shape[:-1], n)).copy()
    for k in range(pivots.shape[-1]):
        other = pivots[..., k : k + 1].astype(np.int64) - 1
        first = order[..., k : k + 1].copy()
        order[..., k : k + 1] = np.take_along_axis(order, other, -1)
        np.put_along_axis(order, other, first, -1)
    return order


row_order = register(
    Op(
        "row_order",
        forward=_row_order,
        vjp=(None,),
        shape=lambda pivots, *, n: Spec((*shape_of(pivots)[:-1], n), np.dtype(np.int64)),
        formula="y = which of n rows comes where, after each has changed places as the pivots say",
    )
)


def _lu(x: Array) -> Array:
    x = x.copy()
    for k in range(x.shape[-1]):
        _eliminate(x, k)
    return x


def _lu_rule(g: Any, y: Any, _x: Any) -> Any:
    below = _triangle(y, 0.0)
    lower, upper = y * below + identity(y), y * (1 - below)
    inner = matmul(adjoint(lower), g * below) * below + matmul(g * (1 - below), adjoint(upper)) * (1 - below)
    return solve(adjoint(lower), _right_solve(inner, adjoint(upper)))


lu = register(
    Op(
        "lu",
        forward=_lu,
        vjp=(_lu_rule,),
        shape=square_rule("lu", lambda batch, n: (*batch, n, n), lambda x: x.dtype),
        formula="y = L + U − I, with which L·U = x: a lower triangle with ones on its diagonal, and an upper one",
        holomorphic=False,
    )
)


# eigenvectors -----------------------------------------------------------------------------------------


def _eigh(x: Array, uplo: str = "L") -> Array:
    values, vectors = np.linalg.eigh(x, "U" if uplo == "U" else "L")
    return np.concatenate([values.astype(x.dtype)[..., None, :], vectors], -2)


def _eigh_rule(g: Any, y: Any, _x: Any, uplo: str = "L") -> Any:
    values, vectors = y[..., 0, :], y[..., 1:, :]
    inner = _quotient(matmul(adjoint(vectors), g[..., 1:, :]), _row(values) - _column(values))
    slope = matmul(matmul(vectors, inner + _diagonal(g[..., 0, :])), adjoint(vectors))
    return (slope + adjoint(slope)) * 0.5  # symmetric, as x is


eigh = register(
    Op(
        "eigh",
        forward=_eigh,
        vjp=(_eigh_rule,),
        shape=lambda x, uplo="L": square_rule("eigh", lambda batch, n: (*batch, n + 1, n), lambda x: x.dtype)(x),
        formula="y = the eigenvalues of a symmetric x as a row, in order, and below them the eigenvectors as columns",
        holomorphic=False,
    )
)


def _eigvalsh(x: Array, uplo: str = "L") -> Array:
    return np.linalg.eigvalsh(x, "U" if uplo == "U" else "L")


def _eigvalsh_rule(g: Any, _y: Any, x: Any, uplo: str = "L") -> Any:
    vectors = eigh(x, uplo=uplo)[..., 1:, :]
    return matmul(vectors * _row(g), adjoint(vectors))


eigvalsh = register(
    Op(
        "eigvalsh",
        forward=_eigvalsh,
        vjp=(_eigvalsh_rule,),
        shape=lambda x, uplo="L": square_rule("eigvalsh", lambda batch, n: (*batch, n), real_type)(x),
        formula="y = the eigenvalues of a symmetric x, in order",
    )
)


def _eig(x: Array) -> Array:
    values, vectors = np.linalg.eig(x)
    return np.concatenate([values[..., None, :], vectors], -2).astype(complex_type(x))


def _eig_rule(g: Any, y: Any, _x: Any) -> Any:
    values, vectors = y[..., 0, :], y[..., 1:, :]
    turned = adjoint(vectors)
    slope = matmul(turned, g[..., 1:, :])
    along = cast(_real_diagonal(slope), dtype=y.dtype)  # a vector keeps its length
    inner = _quotient(slope - matmul(turned, vectors) * _row(along), conj(_row(values) - _column(values)))
    return solve(turned, matmul(inner + _diagonal(g[..., 0, :]), turned))


def _real_diagonal(x: Any) -> Any:
    n = shape_of(x)[-1]
    return real(reshape(x, shape=(*shape_of(x)[:-2], n * n))[..., :: n + 1])


eig = register(
    Op(
        "eig",
        forward=_eig,
        vjp=(_eig_rule,),
        shape=square_rule("eig", lambda batch, n: (*batch, n + 1, n), complex_type),
        formula="y = the eigenvalues of x as a row, and below them the eigenvectors as columns",
        holomorphic=False,
    )
)


def _eigvals(x: Array) -> Array:
    return np.linalg.eigvals(x).astype(complex_type(x))


def _eigvals_rule(g: Any, _y: Any, x: Any) -> Any:
    turned = adjoint(eig(x)[..., 1:, :])
    return solve(turned, _column(g) * turned)


eigvals = register(
    Op(
        "eigvals",
        forward=_eigvals,
        vjp=(_eigvals_rule,),
        shape=square_rule("eigvals", lambda batch, n: (*batch, n), complex_type),
        formula="y = the eigenvalues of x",
        holomorphic=False,
    )
)


# singular vectors -------------------------------------------------------------------------------------


def svd_shapes(n: int, m: int, full: bool) -> tuple[Shape, Shape, Shape]:
    """The shapes of U, of the singular values as a row, and of Vᵀ."""
    k = min(n, m)
    return (n, n if full else k), (1, k), (m if full else k, m)


def _svd(x: Array, full: bool = False) -> Array:
    u, s, vh = np.linalg.svd(x, full_matrices=full)
    return packed(x.shape[:-2], u, s.astype(x.dtype)[..., None, :], vh)


def _svd_rule(g: Any, y: Any, _x: Any, full: bool = False) -> Any:
    batch, n, m = matrices("svd", _x)
    k = min(n, m)
    (gu, gs, gv), (u, s, vh) = (unpacked(each, batch, *svd_shapes(n, m, full)) for each in (g, y))
    if full:  # what is beyond the first k vectors has no derivative
        gu, u, gv, vh = gu[..., :k], u[..., :k], gv[..., :k, :], vh[..., :k, :]
    left, right = matmul(adjoint(u), gu), matmul(vh, adjoint(gv))
    gaps = s * s - _column(s[..., 0, :] * s[..., 0, :])
    turning = left - adjoint(left)
    inner = _quotient(turning, gaps) * s + _quotient(right - adjoint(right), gaps) * _column(s[..., 0, :])
    if _x.dtype.kind == "c":  # the phase that both vectors share
        inner = inner + turning * np.eye(k, dtype=_x.dtype) / (2.0 * s)
    inner = inner + gs * np.eye(k, dtype=_x.dtype)
    slope = matmul(matmul(u, inner), vh)
    if n > k:
        slope = slope + matmul((gu - matmul(u, left)) / s, vh)
    if m > k:
        slope = slope + matmul(u / s, gv - matmul(adjoint(right), vh))
    return slope


svd = register(
    Op(
        "svd",
        forward=_svd,
        vjp=(_svd_rule,),
        shape=lambda x, full=False: _packed_rule("svd", svd_shapes)(x, full=full),
        formula="y = U, S and Vᵀ, with which U·S·Vᵀ = x, S is a diagonal from large to small, Uᵀ·U = I and Vᵀ·V = I",
        holomorphic=False,
    )
)


def _svdvals(x: Array) -> Array:
    return np.asarray(np.linalg.svd(x, compute_uv=False))


def _svdvals_rule(g: Any, _y: Any, x: Any) -> Any:
    batch, n, m = matrices("svdvals", x)
    u, _, vh = unpacked(svd(x, full=False), batch, *svd_shapes(n, m, False))
    return matmul(u * _row(g), vh)


svdvals = register(
    Op(
        "svdvals",
        forward=_svdvals,
        vjp=(_svdvals_rule,),
        shape=lambda x: Spec((*matrices("svdvals", x)[0], min(shape_of(x)[-2:])), real_type(x)),
        formula="y = the singular values of x, from large to small",
    )
)
