"""Products of matrices and vectors, and sums of a tensor and such a product: addmm, kron, cross, matrix_power."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops import linear
from glassnet.ops.arithmetic import conj
from glassnet.ops.layers import matrix_functions
from glassnet.ops.shapes import broadcast_shapes, broadcasts_to, normalize_dim, written
from glassnet.tensor.creation import ones_like, zeros
from glassnet.tensor.joining import stack
from glassnet.tensor.tensor import Tensor, apply, wrap

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "chain_matmul", "cross", "ger", "inverse", "kron", "matrix_exp",
    "matrix_power", "vander", "vdot",
]  # fmt: skip


def _added(name: str, input: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    """``beta · input + alpha · product``; without ``input``, whatever is in it, for ``beta`` 0."""
    if not broadcasts_to(input.shape, product.shape):
        raise ShapeError(f"{name}: {written(input.shape)} does not fit the product, {written(product.shape)}")
    for factor in (beta, alpha):
        if product.dtype.kind in "biu" and not isinstance(factor, int):
            raise ShapeError(f"{name}: expected whole numbers beta and alpha for {product.dtype}, got {factor}")
    product = product if alpha == 1 else product * alpha
    if beta == 0:
        return product
    return (input if beta == 1 else input * beta) + product


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta · input + alpha · mat1·mat2``, of matrices [n, m] and [m, p]; ``input`` broadcasts to [n, p].

    >>> glassnet.addmm(glassnet.ones(2), glassnet.ones(2, 3), glassnet.ones(3, 2), alpha=2)
    tensor([[7., 7.],
            [7., 7.]])
    """
    return _added("addmm", input, mat1.mm(mat2), beta, alpha)


def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta · input + alpha · mat·vec``, of a matrix [n, m] and a vector [m].

    >>> glassnet.addmv(glassnet.tensor([1, 1]), glassnet.tensor([[1, 2], [3, 4]]), glassnet.tensor([1, 1]))
    tensor([4, 8])
    """
    return _added("addmv", input, mat.mv(vec), beta, alpha)


def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta · input + alpha · vec1 ⊗ vec2``, every product of an element of one vector and one of the other.

    >>> glassnet.addr(glassnet.tensor(1), glassnet.tensor([1, 2]), glassnet.tensor([10, 100]))
    tensor([[ 11, 101],
            [ 21, 201]])
    """
    if input.dtype.kind == vec1.dtype.kind == vec2.dtype.kind == "b":  # sums of these are "or"
        product = vec1.outer(vec2) & bool(alpha)
        return (input | product) if beta else product
    return _added("addr", input, vec1.outer(vec2), beta, alpha)


def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta · input + alpha · Σ batch1·batch2``, over batches [b, n, m] and [b, m, p].

    >>> glassnet.addbmm(glassnet.zeros(1, 1), glassnet.ones(5, 1, 2), glassnet.ones(5, 2, 1))
    tensor([[10.]])
    """
    return _added("addbmm", input, batch1.bmm(batch2).sum(0).to(batch1.dtype), beta, alpha)


def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta · input + alpha · batch1·batch2``, for each of the batches [b, n, m] and [b, m, p].

    >>> glassnet.baddbmm(glassnet.zeros(1), glassnet.ones(2, 1, 3), glassnet.ones(2, 3, 1)).shape
    (2, 1, 1)
    """
    return _added("baddbmm", input, batch1.bmm(batch2), beta, alpha)


def ger(input: Tensor, vec2: Tensor) -> Tensor:
    """`outer`, by its older name.

    >>> glassnet.tensor([1, 2]).ger(glassnet.tensor([10, 100]))
    tensor([[ 10, 100],
            [ 20, 200]])
    """
    return input.outer(vec2)


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The scalar product of two vectors, the first of them conjugated where it is complex.

    >>> glassnet.vdot(glassnet.tensor([1, 2]), glassnet.tensor([3, 4]))
    tensor(11)
    """
    turned: Tensor = conj(input)
    return turned.dot(other)


def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: ``other`` times each element of ``input``, laid out as ``input`` is.

    >>> glassnet.kron(glassnet.tensor([[1, 2]]), glassnet.tensor([[1, 1], [0, 1]]))
    tensor([[1, 1, 2, 2],
            [0, 1, 0, 2]])
    """
    n = max(input.ndim, other.ndim)
    a, b = ((1,) * (n - x.ndim) + tuple(x.shape) for x in (input, other))
    left = input.reshape(*(size for i in a for size in (i, 1)))
    right = other.reshape(*(size for i in b for size in (1, i)))
    return (left * right).reshape(*(i * j for i, j in zip(a, b, strict=True)))


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector product a × b along ``dim``, of 3 elements: by default the first dimension that has 3.

    >>> glassnet.cross(glassnet.tensor([1, 0, 0]), glassnet.tensor([0, 1, 0]))
    tensor([0, 0, 1])
    """
    if input.ndim != other.ndim:
        raise ShapeError(
            f"cross: expected tensors of as many dimensions, got {written(input.shape)} and {written(other.shape)}"
        )
    if dim is None:
        dim = next((d for d, n in enumerate(input.shape) if n == 3), -1)
    dim = normalize_dim("cross", dim, input.ndim)
    shape = broadcast_shapes("cross", input.shape, other.shape)
    if not shape or input.shape[dim] != 3 or other.shape[dim] != 3:
        raise ShapeError(f"cross: expected 3 elements along the dimension, got {written(shape)}")
    first, second = np.array([1, 2, 0]), np.array([2, 0, 1])
    (a1, a2), (b1, b2) = ([x.index_select(dim, wrap(order)) for order in (first, second)] for x in (input, other))
    return a1 * b2 - a2 * b1


def inverse(input: Tensor) -> Tensor:
    """The inverse of each square matrix [..., n, n]. Raises LinAlgError for one that has none.

    >>> glassnet.inverse(glassnet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return apply(matrix_functions.inverse, input)


def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of each square matrix: Σ xᵏ / k! with powers of the matrix.

    >>> glassnet.matrix_exp(glassnet.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return apply(matrix_functions.matrix_exp, input)


def matrix_power(input: Tensor, n: int) -> Tensor:
    """Each square matrix to the whole power ``n``: by squaring; of its inverse where ``n`` is negative.

    >>> glassnet.tensor([[1, 1], [0, 1]]).matrix_power(5)
    tensor([[1, 5],
            [0, 1]])
    """
    if input.ndim < 2 or input.shape[-1] != input.shape[-2]:
        raise ShapeError(f"matrix_power: expected square matrices [..., n, n], got {written(input.shape)}")
    if n == 0:
        return wrap(np.broadcast_to(np.eye(input.shape[-1], dtype=input.dtype), input.shape).copy())
    square = inverse(input) if n < 0 else input
    n, result = abs(n), None
    while n:
        if n % 2:
            result = square if result is None else apply(linear.matmul, result, square)
        n //= 2
        if n:
            square = apply(linear.matmul, square, square)
    assert result is not None
    return result.clone() if result is input else result


def chain_matmul(*matrices: Any) -> Tensor:
    """The product of several matrices, in the order of multiplying that costs least.

    >>> glassnet.chain_matmul(glassnet.ones(2, 3), glassnet.ones(3, 4), glassnet.ones(4, 1))
    tensor([[12.],
            [12.]])
    """
    several = list(matrices[0]) if len(matrices) == 1 and not isinstance(matrices[0], Tensor) else list(matrices)
    if not several or any(x.ndim != 2 for x in several):
        raise ShapeError(f"chain_matmul: expected matrices, got {', '.join(written(x.shape) for x in several)}")
    return cheapest_product(several, lambda a, b: a.mm(b))


def cheapest_product(matrices: list[Tensor], product: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The product of all ``matrices``, with as few multiplications of numbers as can be.

    By dynamic programming over where the last product is (T. Cormen and others, Introduction to Algorithms, 15.2).
    """
    sizes = [matrices[0].shape[-2], *(x.shape[-1] for x in matrices)]
    cost: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(len(matrices))}
    for length in range(1, len(matrices)):
        for i in range(len(matrices) - length):
            j = i + length
            cost[i, j] = min(
                (cost[i, k][0] + cost[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def of(i: int, j: int) -> Tensor:
        if i == j:
            return matrices[i]
        k = cost[i, j][1]
        return product(of(i, k), of(k + 1, j))

    return of(0, len(matrices) - 1)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of each element as a row: xⁿ⁻¹ … x, 1 for ``N`` = n columns, or ``increasing`` from 1 on.

    >>> glassnet.vander(glassnet.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    if x.ndim != 1:
        raise ShapeError(f"vander: expected a vector, got {written(x.shape)}")
    powers = rising_powers(x, len(x) if N is None else N)
    return powers if increasing else powers.flip(-1)


def rising_powers(x: Tensor, n: int) -> Tensor:
    """1, x, x² … as a new last dimension of ``n``; by multiplying, so that the slope at 0 is right too."""
    if n < 0:
        raise ShapeError(f"vander: expected 0 columns or more, got {n}")
    if n == 0:
        return zeros(*x.shape, 0, dtype=x.dtype)
    x = x.long() if x.dtype.kind in "biu" else x  # a power is large
    columns = [ones_like(x)]
    for _ in range(n - 1):
        columns.append(columns[-1] * x)
    return stack(columns, -1)
