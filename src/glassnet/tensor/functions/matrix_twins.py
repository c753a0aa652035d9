"""Functions of matrices that `glassnet` has beside those of `glassnet.linalg`, where the older ones differ a little."""

from __future__ import annotations

from typing import Any, NamedTuple

from glassnet.tensor.linalg import equations, factorizations
from glassnet.tensor.linalg.parts import adjoint
from glassnet.tensor.tensor import Tensor
from glassnet.tensor.wording import returned, returned_by

__all__ = [
    "cholesky", "cholesky_inverse", "cholesky_solve", "det", "logdet", "lu_solve", "lu_unpack", "pinverse", "qr",
    "slogdet", "svd",
]  # fmt: skip


@returned_by("svd")
class SVD(NamedTuple):
    """Left singular vectors, singular values, right singular vectors; vectors as columns."""

    U: Tensor
    S: Tensor
    V: Tensor


@returned_by("qr")
class QR(factorizations.QR):
    """A matrix with orthonormal columns, and an upper triangle."""

    __slots__ = ()


@returned_by("slogdet")
class SignAndLog(equations.SignAndLog):
    """The sign of a determinant, and the logarithm of its size."""

    __slots__ = ()


def det(input: Tensor) -> Tensor:
    """The determinant of square matrices.

    >>> glassnet.det(glassnet.tensor([[2.0, 0.0], [0.0, 3.0]]))
    tensor(6.)
    """
    return equations.det(input)


def slogdet(input: Tensor) -> Any:
    """(sign, logabsdet) of the determinant of square matrices.

    >>> glassnet.slogdet(glassnet.eye(2)).logabsdet
    tensor(0.)
    """
    return SignAndLog(*equations.slogdet(input))


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant of square matrices; NaN where that is negative.

    >>> glassnet.logdet(glassnet.eye(2))
    tensor(0.)
    """
    sign, size = equations.slogdet(input)
    return sign.log() + size


def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The lower triangle L with which L·Lᵀ = ``input``; or ``upper``, its transpose.

    >>> glassnet.cholesky(glassnet.tensor([[4.0]]))
    tensor([[2.]])
    """
    return factorizations.cholesky(input, upper=upper)


def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of L·Lᵀ, by L.

    >>> glassnet.cholesky_inverse(glassnet.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    return equations.cholesky_inverse(input, upper)


def cholesky_solve(input: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """The X with which L·Lᵀ·X = ``input``; LᵀL for ``upper``.

    >>> glassnet.cholesky_solve(glassnet.tensor([[8.0]]), glassnet.tensor([[2.0]]))
    tensor([[2.]])
    """
    return equations.cholesky_solve(input, L, upper)


def qr(input: Tensor, some: bool = True) -> factorizations.QR:
    """(Q, R) with which Q·R = ``input``; without ``some``, Q is square.

    >>> glassnet.qr(glassnet.tensor([[0.0, -2.0], [1.0, 0.0]])).R.abs()
    tensor([[1., 0.],
            [0., 2.]])
    """
    return QR(*factorizations.qr(input, "reduced" if some else "complete"))


def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> SVD:
    """(U, S, V) with which U·S·Vᵀ = ``input``; without ``some``, U and V are square.

    >>> glassnet.svd(glassnet.tensor([[3.0, 0.0], [0.0, -4.0]])).S
    tensor([4., 3.])
    """
    if not compute_uv:
        n, m = input.shape[-2:]
        empty = input.new_tensor(0.0).expand(1)
        return returned(SVD, empty.expand(*input.shape[:-2], n, n), factorizations.svdvals(input),
                   empty.expand(*input.shape[:-2], m, m))  # fmt: skip
    u, s, vh = factorizations.svd(input, not some)
    return returned(SVD, u, s, adjoint(vh))


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudoinverse; see `glassnet.linalg.pinv`.

    >>> glassnet.pinverse(glassnet.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    return equations.pinv(input, rcond)


def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """The X with which A·X = ``input``, by what `glassnet.linalg.lu_factor` gave of A.

    >>> glassnet.lu_solve(glassnet.tensor([[4.0]]), *glassnet.linalg.lu_factor(glassnet.tensor([[2.0]])))
    tensor([[2.]])
    """
    return factorizations.lu_solve(LU_data, LU_pivots, input)


def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> factorizations.PLU:
    """(P, L, U) of what `glassnet.linalg.lu_factor` gave.

    >>> glassnet.lu_unpack(*glassnet.linalg.lu_factor(glassnet.tensor([[2.0]]))).U
    tensor([[2.]])
    """
    return factorizations.lu_unpacked(LU_data, LU_pivots)
