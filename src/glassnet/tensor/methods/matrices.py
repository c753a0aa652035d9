"""Products of matrices and vectors, and the parts of a matrix: its diagonal, its triangles."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops import indexing, linear, movement, selection
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor.dispatch import State, apply
from glassnet.tensor.graph import labelled
from glassnet.tensor.methods.from_record import binary
from glassnet.tensor.methods.reduction import Reduction


class Matrices(Reduction):
    """Methods of matrices, and of batches of them."""

    matmul = binary(linear.matmul, "[[1, 2], [3, 4]]", "[1, 1]", "[3, 7]")

    def mm(self, mat2: Any) -> Self:
        """The product of two matrices, [n, m] and [m, p]; ShapeError for anything else.

        >>> glassnet.tensor([[1, 2], [3, 4]]).mm(glassnet.tensor([[1], [1]]))
        tensor([[3],
                [7]])
        """
        self._expect("mm", 2, mat2)
        return apply(linear.matmul, self, mat2)

    def bmm(self, mat2: Any) -> Self:
        """The products of two equally long batches of matrices, [b, n, m] and [b, m, p].

        >>> glassnet.ones(5, 2, 3).bmm(glassnet.ones(5, 3, 4)).shape
        (5, 2, 4)
        """
        self._expect("bmm", 3, mat2)
        return labelled(apply(linear.matmul, self, mat2), "bmm")

    def mv(self, vec: Any) -> Self:
        """The product of a matrix [n, m] and a vector [m].

        >>> glassnet.tensor([[1, 2], [3, 4]]).mv(glassnet.tensor([1, 1]))
        tensor([3, 7])
        """
        self._expect("mv", 2)
        Matrices._expect(vec, "mv", 1)
        return apply(linear.matmul, self, vec)

    def dot(self, tensor: Any) -> Self:
        """The scalar product of two vectors of one length.

        >>> glassnet.tensor([1, 2, 3]).dot(glassnet.tensor([1, 1, 1]))
        tensor(6)
        """
        self._expect("dot", 1, tensor)
        return apply(linear.matmul, self, tensor)

    def outer(self, vec2: Any) -> Self:
        """Every product of an element of this vector and one of ``vec2``: [n] and [m] give [n, m].

        >>> glassnet.tensor([1, 2]).outer(glassnet.tensor([10, 100]))
        tensor([[ 10, 100],
                [ 20, 200]])
        """
        self._expect("outer", 1, vec2)
        return self.reshape(-1, 1) * vec2

    def _expect(self, name: str, ndim: int, *others: State) -> None:
        for x in (self, *others):
            if len(x.shape) != ndim:
                raise ShapeError(
                    f"{name}: expected {ndim}-dimensional tensors, got {written(x.shape)}; "
                    "matmul (@) takes tensors of any number of dimensions"
                )

    # diagonals and triangles --------------------------------------------------------------------

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Self:
        """The elements [i, i + offset] of dimensions ``dim1`` and ``dim2``, as a last dimension.

        A view: what is written into it is in the tensor.

        >>> glassnet.tensor([[1, 2], [3, 4]]).diagonal()
        tensor([1, 4])
        """
        from glassnet.ops.functions import diagonals  # few need it

        return apply(diagonals.diagonal, self, offset=offset, dim1=dim1, dim2=dim2)

    def diag(self, diagonal: int = 0) -> Self:
        """A vector as the ``diagonal`` of a matrix of zeros; of a matrix, a copy of its diagonal.

        >>> glassnet.tensor([1, 2]).diag()
        tensor([[1, 0],
                [0, 2]])
        """
        if len(self.shape) != 1:
            if len(self.shape) != 2:
                raise ShapeError(f"diag: expected a vector or a matrix, got {written(self.shape)}; use diagonal")
            return labelled(apply(movement.copy, self.diagonal(diagonal)), "diagonal_copied")
        i = np.arange(self.shape[0])
        row, column = i + max(-diagonal, 0), i + max(diagonal, 0)
        side = self.shape[0] + abs(diagonal)
        return apply(indexing.put, self, row, column, index=(indexing.ARRAY,) * 2, shape=(side, side))

    def trace(self) -> Self:
        """The sum of a matrix's diagonal.

        >>> glassnet.tensor([[1, 2], [3, 4]]).trace()
        tensor(5)
        """
        if len(self.shape) != 2:
            raise ShapeError(f"trace: expected a matrix, got {written(self.shape)}")
        return labelled(self.diagonal().sum(), "trace")

    def tril(self, diagonal: int = 0) -> Self:
        """The lower triangle of each matrix, zeros above its ``diagonal``.

        >>> glassnet.tensor([[1, 2], [3, 4]]).tril()
        tensor([[1, 0],
                [3, 4]])
        """
        inside = _triangle("tril", self.shape, diagonal)
        return labelled(apply(selection.where, inside, self.contiguous(), False), "tril")

    def triu(self, diagonal: int = 0) -> Self:
        """The upper triangle of each matrix, zeros below its ``diagonal``.

        >>> glassnet.tensor([[1, 2], [3, 4]]).triu()
        tensor([[1, 2],
                [0, 4]])
        """
        outside = _triangle("triu", self.shape, diagonal - 1)
        return labelled(apply(selection.where, outside, False, self.contiguous()), "triu")


def _triangle(name: str, shape: tuple[int, ...], diagonal: int) -> Array:
    if len(shape) < 2:
        raise ShapeError(f"{name}: expected a matrix, or a batch of them, got {written(shape)}")
    rows, columns = shape[-2:]
    return np.tri(rows, columns, diagonal, dtype=np.bool_)
