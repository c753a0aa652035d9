"""Products of vectors and of many matrices, powers, diagonals: by the names of `glassnet.linalg`."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.errors import ShapeError
from glassnet.ops import linear
from glassnet.ops.arithmetic import conj
from glassnet.ops.shapes import written
from glassnet.tensor.functions import products
from glassnet.tensor.tensor import Tensor, apply


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector product a × b along ``dim``, of 3 elements.

    >>> glassnet.linalg.cross(glassnet.tensor([1, 0, 0]), glassnet.tensor([0, 1, 0]))
    tensor([0, 0, 1])
    """
    return products.cross(input, other, dim)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices, as vectors.

    >>> glassnet.linalg.diagonal(glassnet.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return A.diagonal(offset, dim1, dim2)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The scalar products of vectors along ``dim``; the first is conjugated where it is complex.

    >>> glassnet.linalg.vecdot(glassnet.tensor([1.0, 2.0]), glassnet.tensor([3.0, 4.0]))
    tensor(11.)
    """
    product: Tensor = conj(x) * y
    return product.sum(dim)


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of two or more matrices, in the order that costs least; the first and the last may be vectors.

    >>> glassnet.linalg.multi_dot([glassnet.ones(2, 3), glassnet.ones(3, 4), glassnet.ones(4)])
    tensor([12., 12.])
    """
    matrices = list(tensors)
    if len(matrices) < 2:
        raise ShapeError(f"multi_dot: expected 2 tensors or more, got {len(matrices)}")
    ends = matrices[0].ndim, matrices[-1].ndim
    if not set(ends) <= {1, 2} or any(x.ndim != 2 for x in matrices[1:-1]):
        raise ShapeError(
            f"multi_dot: expected matrices, and a vector at most at each end, got "
            f"{', '.join(written(x.shape) for x in matrices)}"
        )
    if ends[0] == 1:
        matrices[0] = matrices[0].unsqueeze(0)
    if ends[1] == 1:
        matrices[-1] = matrices[-1].unsqueeze(1)
    y = products.cheapest_product(matrices, lambda a, b: apply(linear.matmul, a, b))
    y = y.squeeze(1) if ends[1] == 1 else y
    return y.squeeze(0) if ends[0] == 1 else y


def matrix_power(A: Tensor, n: int) -> Tensor:
    """Square matrices to the whole power ``n``; of the inverse where ``n`` is negative.

    >>> glassnet.linalg.matrix_power(glassnet.tensor([[1, 1], [0, 1]]), 5)
    tensor([[1, 5],
            [0, 1]])
    """
    return products.matrix_power(A, n)


def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of square matrices: Σ Aᵏ / k!.

    >>> glassnet.linalg.matrix_exp(glassnet.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return products.matrix_exp(A)


def vander(x: Tensor, N: int | None = None) -> Tensor:
    """1, x, x² … of each element of vectors, as a row of ``N``, or as many as a vector has.

    >>> glassnet.linalg.vander(glassnet.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [1, 2, 4],
            [1, 3, 9]])
    """
    x = x if x.ndim else x.reshape(1)
    return products.rising_powers(x, x.shape[-1] if N is None else N)
