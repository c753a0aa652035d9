"""Systems of linear equations: solving, inverting, least squares, determinants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops import linear
from glassnet.ops.functions import solving
from glassnet.ops.layers import matrix_functions
from glassnet.ops.shapes import written
from glassnet.tensor.creation import zeros
from glassnet.tensor.linalg.factorizations import lu_factor, or_info, svdvals
from glassnet.tensor.linalg.parts import adjoint, eye_like, matrix, precision, square
from glassnet.tensor.tensor import Tensor, apply, wrap
from glassnet.tensor.wording import returned, returned_by


@returned_by("linalg_slogdet")
class SignAndLog(NamedTuple):
    """The sign of a determinant, and the logarithm of its size."""

    sign: Tensor
    logabsdet: Tensor


@returned_by("linalg_solve_ex")
class Result(NamedTuple):
    """A result, and 0 for each matrix that has it."""

    result: Tensor
    info: Tensor


@returned_by("linalg_inv_ex")
class Inverse(NamedTuple):
    """An inverse, and 0 for each matrix that has one."""

    inverse: Tensor
    info: Tensor


@returned_by("linalg_lstsq")
class LeastSquares(NamedTuple):
    """What `lstsq` finds."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


def inv(A: Tensor) -> Tensor:
    """The inverse of square matrices. Raises LinAlgError for one that has none.

    >>> glassnet.linalg.inv(glassnet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    square("inv", A)
    return apply(matrix_functions.inverse, A)


def inv_ex(A: Tensor, *, check_errors: bool = False) -> Inverse:
    """(inverse, info): `inv`, and 0; where there is none NaN, and the place of the first pivot that is 0.

    Raises LinAlgError in that case only with ``check_errors``.

    >>> glassnet.linalg.inv_ex(glassnet.tensor([[1.0, 0.0], [0.0, 0.0]])).info
    tensor(2, dtype=int32)
    """
    square("inv", A)
    return returned(Inverse, *or_info(inv, A, _first_without_pivot, check_errors))


def _first_without_pivot(matrix: Any) -> int:
    """The place of the first pivot of an LU decomposition that is 0, from 1 on; 0 if none is."""
    pivots = lu_factor(wrap(matrix)).LU.array.diagonal()
    return int(np.argmax(pivots == 0)) + 1 if (pivots == 0).any() else 0


def det(A: Tensor) -> Tensor:
    """The determinant of square matrices.

    >>> glassnet.linalg.det(glassnet.tensor([[2.0, 0.0], [0.0, 3.0]]))
    tensor(6.)
    """
    square("det", A)
    return apply(solving.det, A)


def slogdet(A: Tensor) -> SignAndLog:
    """(sign, logabsdet) of the determinant: its size as a logarithm, which neither overflows nor vanishes.

    >>> glassnet.linalg.slogdet(glassnet.eye(2) * 10).sign
    tensor(1.)
    """
    square("slogdet", A)
    size = apply(solving.logabsdet, A)
    if A.dtype.kind != "c":
        return returned(SignAndLog, apply(solving.det_sign, A), size)
    value = apply(solving.det, A)
    return returned(SignAndLog, value / value.abs(), size)


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The X with which A·X = B, for square A; X·A = B without ``left``. B is matrices [..., n, k] or vectors [..., n].

    Raises LinAlgError where A has no inverse.

    >>> glassnet.linalg.solve(glassnet.tensor([[2.0, 0.0], [0.0, 4.0]]), glassnet.tensor([2.0, 8.0]))
    tensor([1., 2.])
    """
    square("solve", A)
    if B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1]):  # vectors
        return solve(A, B.unsqueeze(-1), left=True).squeeze(-1)
    if not left:
        return adjoint(apply(solving.solve, adjoint(A), adjoint(B)))
    solving.solve.shape(A, B)
    return apply(solving.solve, A, B)


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Result:
    """(result, info): `solve`, and 0; where there is no result NaN, and the place of the first pivot that is 0.

    Raises LinAlgError in that case only with ``check_errors``.

    >>> glassnet.linalg.solve_ex(glassnet.eye(2), glassnet.ones(2)).result
    tensor([1., 1.])
    """
    square("solve", A)
    return returned(Result, *or_info(lambda A: solve(A, B, left=left), A, _first_without_pivot, check_errors))


def solve_triangular(A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Tensor:
    """`solve` by one triangle of A, ``upper`` or not; ``unitriangular``: its diagonal is taken to be ones.

    >>> A = glassnet.tensor([[2.0, 0.0], [1.0, 1.0]])
    >>> glassnet.linalg.solve_triangular(A, glassnet.tensor([[2.0], [3.0]]), upper=False)
    tensor([[1.],
            [2.]])
    """
    square("solve_triangular", A)
    matrix("solve_triangular", B)
    cut = int(unitriangular)
    A = A.triu(cut) if upper else A.tril(-cut)
    return solve(A + eye_like(A) if unitriangular else A, B, left=left)


def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """The X with which L·Lᵀ·X = B; LᵀL for ``upper``.

    >>> glassnet.cholesky_solve(glassnet.tensor([[8.0]]), glassnet.tensor([[2.0]]))
    tensor([[2.]])
    """
    first = adjoint(L.triu()) if upper else L.tril()
    return solve(adjoint(first), solve(first, B))


def cholesky_inverse(L: Tensor, upper: bool = False) -> Tensor:
    """The inverse of L·Lᵀ; of LᵀL for ``upper``.

    >>> glassnet.cholesky_inverse(glassnet.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    return cholesky_solve(eye_like(L), L, upper)


def pinv(A: Tensor, rcond: Any = None, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Tensor:
    """The pseudoinverse: A⁺·B is the shortest of the X for which A·X is nearest to B.

    Singular values up to max(``atol``, ``rtol`` · the largest) count as 0.

    >>> glassnet.linalg.pinv(glassnet.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    n, m = matrix("pinv", A)
    if hermitian:
        A = A.tril() + adjoint(A.tril(-1))
    rtol = rcond if rtol is None else rtol
    rtol, atol = (x.item() if isinstance(x, Tensor) and x.numel() == 1 else x for x in (rtol, atol))
    if rtol is None:
        rtol = 0.0 if atol else max(n, m) * precision(A)
    return apply(solving.pinv, A, rtol=rtol, atol=0.0 if atol is None else atol)


def lstsq(A: Tensor, B: Tensor, rcond: Any = None, *, driver: str | None = None) -> LeastSquares:
    """The X for which A·X is nearest to B: (solution, residuals, rank, singular_values).

    ``residuals``: the squared distances, where A has more rows than columns, all of them independent.

    >>> A, B = glassnet.tensor([[1.0], [1.0]]), glassnet.tensor([[1.0], [3.0]])
    >>> glassnet.linalg.lstsq(A, B).solution.round()
    tensor([[2.]])
    """
    n, m = matrix("lstsq", A)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise ValueError(f'lstsq: expected driver "gels", "gelsy", "gelsd" or "gelss", got {driver!r:.80}')
    is_vector = B.ndim == A.ndim - 1
    right = B.unsqueeze(-1) if is_vector else B
    if right.ndim < 2 or right.shape[-2] != n or right.dtype != A.dtype:
        raise ShapeError(
            f"lstsq: expected {n} rows of {A.dtype} on the right, got {B.dtype} {written(B.shape)} for "
            f"{written(A.shape)}"
        )
    solution = pinv(A, rcond) @ right
    values = svdvals(A.detach())
    limit = values.amax(-1, True) * (max(n, m) * precision(A) if rcond is None else rcond) if values.numel() else values
    rank = (values > limit).sum(-1)
    residuals = zeros(0, dtype=values.dtype)
    if n > m and bool((rank.array == m).all()):
        residuals = ((A @ solution - right).abs() ** 2).sum(-2)
    has_values = driver in ("gelss", "gelsd")
    return returned(
        LeastSquares,
        solution.squeeze(-1) if is_vector else solution,
        residuals,
        zeros(0, dtype=np.int64) if driver == "gels" else rank,
        values if has_values else zeros(0, dtype=values.dtype),
    )


def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of A as a map of tensors: the first ``ind`` dimensions are what it gives, the rest what it takes.

    >>> glassnet.linalg.tensorinv(glassnet.eye(4).reshape(2, 2, 4), ind=2).shape
    (4, 2, 2)
    """
    if ind <= 0:
        raise ShapeError(f"tensorinv: expected ind of 1 or more, got {ind}")
    first, last = A.shape[:ind], A.shape[ind:]
    if math.prod(first) != math.prod(last):
        raise ShapeError(f"tensorinv: {written(first)} and {written(last)} must have as many elements")
    return inv(A.reshape(math.prod(first), math.prod(last))).reshape(*last, *first)


def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """The X with which tensordot(A, X, X.ndim) = B; ``dims`` of A are moved to its end first.

    >>> glassnet.linalg.tensorsolve(glassnet.eye(4).reshape(2, 2, 4), glassnet.ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    last = A.shape[B.ndim :]
    if math.prod(last) != B.numel():
        raise ShapeError(f"tensorsolve: {written(last)} must have as many elements as {written(B.shape)}")
    return solve(A.reshape(B.numel(), math.prod(last)), B.reshape(-1)).reshape(*last)


def matmul(A: Tensor, B: Tensor) -> Tensor:
    """The matrix product.

    >>> glassnet.linalg.matmul(glassnet.tensor([[1, 2], [3, 4]]), glassnet.tensor([1, 1]))
    tensor([3, 7])
    """
    return apply(linear.matmul, A, B)
