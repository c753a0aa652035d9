"""How large a matrix is, and how far from singular: norms, condition, rank."""

from __future__ import annotations

import math
from typing import Any

from glassnet.errors import DimensionError, ShapeError
from glassnet.ops.dtypes import Dtype
from glassnet.ops.shapes import normalize_dim, normalize_dims, written
from glassnet.tensor.linalg.equations import inv
from glassnet.tensor.linalg.factorizations import eigvalsh, svdvals
from glassnet.tensor.linalg.parts import floating, matrix, precision, square
from glassnet.tensor.tensor import Tensor


def vector_norm(
    x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None
) -> Tensor:
    """The ``ord``-norm of vectors: (Σ|x|ᵖ)^(1/p) over ``dim``, or of all elements; see `Tensor.norm`.

    >>> glassnet.linalg.vector_norm(glassnet.tensor([[3.0, 4.0], [6.0, 8.0]]), dim=1)
    tensor([ 5., 10.])
    """
    x = x if dtype is None else x.to(dtype)
    floating("vector_norm", x)
    if isinstance(ord, str):
        raise TypeError(f"vector_norm: expected ord as a number, got {ord!r:.80}")
    dims = normalize_dims("vector_norm", dim, x.ndim)
    if x.numel() == 0 and (ord < 0 or ord == math.inf) and any(x.shape[d] == 0 for d in dims):
        raise ShapeError(f"vector_norm: of order {ord} there is none of no elements, got {written(x.shape)}")
    return x.norm(ord, dims if x.ndim else None, keepdim)


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Dtype | None = None
) -> Tensor:
    """A norm of matrices: "fro" √Σ|x|², "nuc" the sum of the singular values, 2 and −2 the largest and the smallest.

    1 and −1 are the largest and the smallest sum of |x| over a column, inf and −inf over a row.

    >>> A = glassnet.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> glassnet.linalg.matrix_norm(A, 1), glassnet.linalg.matrix_norm(A, float("inf"))
    (tensor(6.), tensor(7.))
    """
    A = A if dtype is None else A.to(dtype)
    floating("matrix_norm", A)
    if isinstance(dim, int) or len(dim) != 2:
        raise DimensionError(f"matrix_norm: expected two dimensions, got dim={dim}")
    row, column = (normalize_dim("matrix_norm", d, A.ndim) for d in dim)
    if row == column or A.ndim < 2:
        raise DimensionError(f"matrix_norm: expected two different dimensions, got dim={dim} of {written(A.shape)}")
    if ord == "fro":
        return vector_norm(A, 2, (row, column), keepdim)
    if ord == "nuc" or (not isinstance(ord, str) and abs(ord) == 2):
        values = svdvals(A.movedim((row, column), (-2, -1)))
        result = values.sum(-1) if ord == "nuc" else values.amax(-1) if ord > 0 else values.amin(-1)
    elif not isinstance(ord, str) and abs(ord) in (1, math.inf):
        added, compared = (row, column) if abs(ord) == 1 else (column, row)
        sums = vector_norm(A, 1, added, True)
        sums = sums.amax(compared, True) if ord > 0 else sums.amin(compared, True)
        result = sums.squeeze(max(row, column)).squeeze(min(row, column))
    else:
        raise ValueError(f'matrix_norm: expected ord as "fro", "nuc", ±1, ±2 or ±inf, got {ord!r:.80}')
    return result.unsqueeze(min(row, column)).unsqueeze(max(row, column)) if keepdim else result


def norm(A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None) -> Tensor:
    """`vector_norm`, or, of two dimensions and an ``ord``, `matrix_norm`. Without ``ord`` the root of Σ|x|².

    >>> glassnet.linalg.norm(glassnet.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    two = A.ndim if dim is None else 1 if isinstance(dim, int) else len(dim)
    if isinstance(ord, str) or (two == 2 and not (dim is None and A.ndim != 2)):
        if dim is None and A.ndim != 2:
            raise ShapeError(f"norm: expected a matrix for ord={ord!r:.80}, got {written(A.shape)}; give dim")
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    if dim is None and A.ndim != 1:
        raise ShapeError(f"norm: expected a vector or a matrix for ord={ord}, got {written(A.shape)}; give dim")
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


def cond(A: Tensor, p: Any = None) -> Tensor:
    """The condition of matrices: the norm times that of the inverse; of singular values the largest by the smallest.

    Infinite for a matrix that has no inverse.

    >>> glassnet.linalg.cond(glassnet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(2.)
    """
    matrix("cond", A)
    if p is None or p in (2, -2):
        values = svdvals(A)
        first, last = values[..., 0], values[..., -1]
        return last / first if p == -2 else first / last
    square("cond", A)
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


def matrix_rank(A: Tensor, tol: Any = None, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Tensor:
    """How many singular values are above max(``atol``, ``rtol`` · the largest): how many columns are independent.

    ``rtol`` is the number of rows or columns times the precision of the dtype, or 0 where ``atol`` is given.

    >>> glassnet.linalg.matrix_rank(glassnet.tensor([[1.0, 2.0], [2.0, 4.0]]))
    tensor(1)
    """
    n, m = matrix("matrix_rank", A)
    values = eigvalsh(A).abs() if hermitian else svdvals(A)
    if values.numel() == 0:
        return values.sum(-1).long()
    atol = tol if atol is None else atol
    limit = limit_of(values, n, m, atol, 0.0 if tol is not None and rtol is None else rtol)
    return (values > limit).sum(-1)


def limit_of(values: Tensor, n: int, m: int, atol: Any, rtol: Any) -> Tensor:
    """What singular ``values`` of a matrix [n, m] have to be above to count."""
    if rtol is None:
        given = atol.array if isinstance(atol, Tensor) else atol
        rtol = max(n, m) * precision(values) if given is None or not (given > 0) else 0.0
    relative = values.amax(-1, True) * (rtol.unsqueeze(-1) if isinstance(rtol, Tensor) else rtol)
    absolute = atol.unsqueeze(-1) if isinstance(atol, Tensor) else 0.0 if atol is None else atol
    return relative.clamp(min=0).maximum(values.amax(-1, True) * 0 + absolute)
