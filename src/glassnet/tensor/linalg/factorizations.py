"""Matrices as products of simpler ones: Cholesky, QR, LU, eigenvectors, singular vectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import DeviceError, LinAlgError, ShapeError
from glassnet.ops.functions import decompositions, packing, solving
from glassnet.ops.shapes import written
from glassnet.tensor.creation import zeros
from glassnet.tensor.joining import cat
from glassnet.tensor.linalg.parts import adjoint, eye_like, matrix, square
from glassnet.tensor.tensor import Tensor, apply, wrap
from glassnet.tensor.wording import returned, returned_by


@returned_by("linalg_eig")
class Eigen(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


@returned_by("linalg_eigh")
class SymmetricEigen(Eigen):
    """Those of symmetric matrices."""

    __slots__ = ()


@returned_by("linalg_qr")
class QR(NamedTuple):
    """A matrix with orthonormal columns, and an upper triangle."""

    Q: Tensor
    R: Tensor


@returned_by("linalg_svd")
class SVD(NamedTuple):
    """Left singular vectors as columns, singular values, right singular vectors as rows."""

    U: Tensor
    S: Tensor
    Vh: Tensor


@returned_by("linalg_lu_factor")
class LUFactors(NamedTuple):
    """Both triangles in one matrix, and the row each row changed places with, from 1."""

    LU: Tensor
    pivots: Tensor


@returned_by("linalg_lu")
class PLU(NamedTuple):
    """A permutation, a lower triangle with ones on its diagonal, an upper triangle."""

    P: Tensor
    L: Tensor
    U: Tensor


@returned_by("lu_unpack")
class Unpacked(PLU):
    """What `lu_factor` gave, taken apart."""

    __slots__ = ()


@returned_by("linalg_cholesky_ex")
class WithInfo(NamedTuple):
    """A factor, and 0 for each matrix that has it."""

    L: Tensor
    info: Tensor


def _real(x: Tensor) -> Tensor:
    return x.real


def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangle L with which L·Lᵀ = A, for symmetric positive-definite matrices; or ``upper``, its transpose.

    Raises LinAlgError for a matrix that is not positive-definite.

    >>> glassnet.linalg.cholesky(glassnet.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    square("cholesky", A)
    lower = apply(decompositions.cholesky, A)
    return adjoint(lower) if upper else lower


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> WithInfo:
    """(L, info): `cholesky`, and 0; where there is none NaN, and the size of the first leading part without one.

    Raises LinAlgError in that case only with ``check_errors``.

    >>> glassnet.linalg.cholesky_ex(glassnet.tensor([[1.0, 0.0], [0.0, -1.0]])).info
    tensor(2, dtype=int32)
    """
    return returned(WithInfo, *or_info(lambda A: cholesky(A, upper=upper), A, _first_indefinite, check_errors))


def or_info(function: Any, A: Tensor, first_fault: Any, check_errors: bool) -> tuple[Tensor, Tensor]:
    """``function(A)``, and 0 for each matrix; NaN, and its ``first_fault``, for those it raises LinAlgError for."""
    try:
        return function(A), no_info(A)
    except LinAlgError:
        if check_errors:
            raise
    faults = np.array([first_fault(matrix) for matrix in A._read("linalg").reshape(-1, *A.shape[-2:])], np.int32)
    info = wrap(faults.reshape(A.shape[:-2]))
    faulty = (info > 0).reshape(*A.shape[:-2], 1, 1)
    result = function(A.where(~faulty, eye_like(A)))
    return result.masked_fill(faulty.reshape(*A.shape[:-2], *[1] * (result.ndim - A.ndim + 2)), float("nan")), info


def _first_indefinite(matrix: Any) -> int:
    """The size of the first leading part that is not positive definite; 0 if all are."""
    for n in range(1, len(matrix) + 1):
        try:
            np.linalg.cholesky(matrix[:n, :n])
        except np.linalg.LinAlgError:
            return n
    return 0


def no_info(A: Tensor) -> Tensor:
    """0 for each matrix."""
    return zeros(*A.shape[:-2], dtype=np.int32)


def qr(A: Tensor, mode: str = "reduced") -> QR:
    """(Q, R) with which Q·R = A, the columns of Q are orthonormal and R is an upper triangle.

    ``mode``: "reduced", or "complete" with a square Q, or "r" with an empty one.

    >>> glassnet.linalg.qr(glassnet.tensor([[0.0, -2.0], [1.0, 0.0]])).R.abs()
    tensor([[1., 0.],
            [0., 2.]])
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f'qr: expected mode "reduced", "complete" or "r", got {mode!r:.80}')
    n, m = matrix("qr", A)
    complete = mode == "complete"
    q, r = packing.unpacked(
        apply(decompositions.qr, A, complete=complete), A.shape[:-2], *decompositions.qr_shapes(n, m, complete)
    )
    return returned(QR, zeros(0, dtype=A.dtype) if mode == "r" else q, r)


def eigh(A: Tensor, UPLO: str = "L") -> Eigen:
    """(eigenvalues, eigenvectors) of symmetric matrices, in ascending order; only the triangle ``UPLO`` is read.

    >>> glassnet.linalg.eigh(glassnet.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    square("eigh", A)
    both = apply(decompositions.eigh, A, uplo=_uplo("eigh", UPLO))
    return returned(SymmetricEigen, _real(both[..., 0, :]), both[..., 1:, :])


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, in ascending order.

    >>> glassnet.linalg.eigvalsh(glassnet.tensor([[0.0, 1.0], [1.0, 0.0]]))
    tensor([-1.,  1.])
    """
    square("eigvalsh", A)
    return apply(decompositions.eigvalsh, A, uplo=_uplo("eigvalsh", UPLO))


def _uplo(name: str, triangle: str) -> str:
    if triangle.upper() not in ("L", "U"):
        raise ValueError(f'{name}: expected UPLO as "L" or "U", got {triangle!r:.80}')
    return triangle.upper()


def eig(A: Tensor) -> Eigen:
    """(eigenvalues, eigenvectors) of square matrices: complex, of length 1, in no certain order.

    >>> glassnet.linalg.eig(glassnet.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([2.+0.j, 1.+0.j])
    """
    square("eig", A)
    both = apply(decompositions.eig, A)
    return returned(Eigen, both[..., 0, :], both[..., 1:, :])


def eigvals(A: Tensor) -> Tensor:
    """The eigenvalues of square matrices: complex, in no certain order.

    >>> glassnet.linalg.eigvals(glassnet.tensor([[0.0, -1.0], [1.0, 0.0]])).imag.abs()
    tensor([1., 1.])
    """
    square("eigvals", A)
    return apply(decompositions.eigvals, A)


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """(U, S, Vh) with which U·S·Vh = A: singular values S from large to small, and orthonormal singular vectors.

    Without ``full_matrices`` there are only as many vectors as values. ``driver`` is for a GPU: RuntimeError.

    >>> glassnet.linalg.svd(glassnet.tensor([[3.0, 0.0], [0.0, -4.0]])).S
    tensor([4., 3.])
    """
    _check_driver("svd", driver)
    n, m = matrix("svd", A)
    u, s, vh = packing.unpacked(
        apply(decompositions.svd, A, full=full_matrices), A.shape[:-2], *decompositions.svd_shapes(n, m, full_matrices)
    )
    return returned(SVD, u, _real(s.squeeze(-2)), vh)


def _check_driver(name: str, driver: str | None) -> None:
    if driver is not None:
        raise DeviceError(f"{name}: driver={driver!r:.40} is for a GPU, and there is none; leave driver= out")


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values, from large to small.

    >>> glassnet.linalg.svdvals(glassnet.tensor([[3.0, 0.0], [0.0, -4.0]]))
    tensor([4., 3.])
    """
    _check_driver("svdvals", driver)
    matrix("svdvals", A)
    return apply(decompositions.svdvals, A)


def lu_factor(A: Tensor, *, pivot: bool = True) -> LUFactors:
    """(LU, pivots): both triangles of `lu` in one matrix, and the row each row changed places with, from 1.

    >>> glassnet.linalg.lu_factor(glassnet.tensor([[1.0, 2.0], [2.0, 2.0]]))
    return_types.linalg_lu_factor(
    LU=tensor([[2.0000, 2.0000],
            [0.5000, 1.0000]]),
    pivots=tensor([2, 2], dtype=int32))
    """
    n, m = matrix("lu_factor", A)
    k = min(n, m)
    if pivot:
        pivots = apply(decompositions.lu_pivots, A)
        A = A.gather(-2, apply(decompositions.row_order, pivots, n=n).unsqueeze(-1).expand(A.shape))
    else:
        pivots = wrap(np.broadcast_to(np.arange(1, k + 1, dtype=np.int32), (*A.shape[:-2], k)).copy())
    square_part = apply(decompositions.lu, A[..., :k, :k])
    lower, upper = _triangles(square_part)
    if n > m:  # the rows below are L·U as well
        below = adjoint(_solved(adjoint(upper), adjoint(A[..., k:, :])))
        return returned(LUFactors, cat([square_part, below], -2), pivots)
    if m > n:
        return returned(LUFactors, cat([square_part, _solved(lower, A[..., k:])], -1), pivots)
    return returned(LUFactors, square_part, pivots)


def _solved(a: Tensor, b: Tensor) -> Tensor:
    return apply(solving.solve, a, b)


def _triangles(both: Tensor) -> tuple[Tensor, Tensor]:
    return both.tril(-1) + eye_like(both), both.triu()


def lu(A: Tensor, *, pivot: bool = True) -> PLU:
    """(P, L, U) with which P·L·U = A: a permutation, a lower triangle with ones on its diagonal, an upper triangle.

    >>> glassnet.linalg.lu(glassnet.tensor([[1.0, 2.0], [2.0, 2.0]])).U
    tensor([[2., 2.],
            [0., 1.]])
    """
    both, pivots = lu_factor(A, pivot=pivot)
    P, L, U = lu_unpacked(both, pivots)
    return returned(PLU, P if pivot else zeros(0, dtype=A.dtype), L, U)


def lu_unpacked(both: Tensor, pivots: Tensor) -> PLU:
    """What `lu_factor` gave, taken apart."""
    n, m = both.shape[-2:]
    k = min(n, m)
    ones = wrap(np.eye(n, k, dtype=both.dtype))
    order = apply(decompositions.row_order, pivots, n=n)
    rows = order.unsqueeze(-2) == wrap(np.arange(n)[:, None])
    return returned(Unpacked, rows.to(both.dtype), both[..., :k].tril(-1) + ones, both[..., :k, :].triu())


def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """The X with which A·X = B (X·A = B without ``left``; the adjoint of A), by what `lu_factor` gave of A.

    >>> LU, pivots = glassnet.linalg.lu_factor(glassnet.tensor([[1.0, 2.0], [2.0, 2.0]]))
    >>> glassnet.linalg.lu_solve(LU, pivots, glassnet.tensor([[3.0], [4.0]]))
    tensor([[1.],
            [1.]])
    """
    square("lu_solve", LU)
    P, L, U = lu_unpacked(LU, pivots)
    turn = _turned
    if not left:
        return turn(lu_solve(LU, pivots, turn(B), adjoint=not adjoint))
    if adjoint:
        return P @ _solved(turn(L), _solved(turn(U), B))
    return _solved(U, _solved(L, turn(P) @ B))


def _turned(x: Tensor) -> Tensor:
    return adjoint(x)


def householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first columns of a product of reflections H₁·H₂ …: Hᵢ = I − tauᵢ·vᵢ·vᵢᵀ, with vᵢ below the diagonal of A.

    >>> glassnet.linalg.householder_product(glassnet.tensor([[1.0], [0.0]]), glassnet.tensor([2.0]))
    tensor([[-1.],
            [ 0.]])
    """
    n, m = matrix("householder_product", A)
    if m > n or tau.shape[-1] > m:
        raise ShapeError(
            f"householder_product: expected no more columns than rows and no more tau than columns, got "
            f"{written(A.shape)} and {written(tau.shape)}"
        )
    reflections = A[..., : tau.shape[-1]].tril(-1) + wrap(np.eye(n, tau.shape[-1], dtype=A.dtype))
    y: Any = wrap(np.eye(n, m, dtype=A.dtype))
    for i in reversed(range(tau.shape[-1])):
        v = reflections[..., i : i + 1]
        y = y - tau[..., i : i + 1].unsqueeze(-1) * (v @ (adjoint(v) @ y))
    result: Tensor = y.expand(A.shape)
    return result
