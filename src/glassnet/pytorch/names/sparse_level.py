"""torch.sparse, and what makes and asks for sparse tensors elsewhere: see `sparse_tensor`."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.shapes import written
from glassnet.pytorch.names.sparse_tensor import (
    SparseTensor,
    jagged,
    sparse_bsc,
    sparse_bsr,
    sparse_coo,
    sparse_csc,
    sparse_csr,
    sparse_of,
)
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import DtypeLike, as_tensor, full

__all__ = [
    "DoubleTensor", "FloatTensor", "IntTensor", "LongTensor", "addmm", "dsmm", "hspmm", "jagged", "log_softmax", "mm",
    "smm", "softmax", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_coo_tensor", "sparse_csc", "sparse_csr",
    "sparse_csr_tensor", "spmm", "sum",
]  # fmt: skip


def sparse_coo_tensor(
    indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: DtypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    check_invariants: Any = None,
    is_coalesced: Any = None,
) -> SparseTensor:
    """The tensor whose elements at ``indices``, a column for each, are ``values``; those named twice add up.

    Raises ShapeError where there are not as many values as places.

    >>> from glassnet.pytorch.names.sparse_level import sparse_coo_tensor
    >>> sparse_coo_tensor([[0, 1, 1], [2, 0, 0]], [3.0, 4.0, 5.0], (2, 3)).coalesce()
    tensor(indices=tensor([[0, 1],
                           [2, 0]]),
           values=tensor([3., 9.]),
           size=(2, 3), nnz=2, layout=sparse_coo)
    """
    places, numbers = as_tensor(indices).long(), as_tensor(values, dtype, device)
    if places.ndim != 2 or numbers.shape[:1] != places.shape[1:]:
        raise ShapeError(
            f"sparse_coo_tensor: expected indices [dimensions, n] and n values, got {written(places.shape)} and "
            f"{written(numbers.shape)}"
        )
    if size is None:
        size = [*(int(row.max()) + 1 for row in places.array), *numbers.shape[1:]]
    elif any((row < 0).any() or (row >= n).any() for row, n in zip(places.array, size, strict=False)):
        raise RuntimeError(f"sparse_coo_tensor: a place in indices is not within the size {written(tuple(size))}")
    if requires_grad:
        numbers = numbers.detach().clone().requires_grad_()
    return SparseTensor(places.array, numbers, tuple(size), bool(is_coalesced))


def sparse_csr_tensor(
    crow_indices: Any,
    col_indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: DtypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    check_invariants: Any = None,
) -> SparseTensor:
    """The matrix whose row i has ``values[crow_indices[i]:crow_indices[i + 1]]`` in the columns of the same.

    >>> from glassnet.pytorch.names.sparse_level import sparse_csr_tensor
    >>> sparse_csr_tensor([0, 1, 2], [1, 0], [3.0, 4.0]).to_dense()
    tensor([[0., 3.],
            [4., 0.]])
    """
    ends = as_tensor(crow_indices).array
    rows = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    columns = as_tensor(col_indices).array
    if size is None:
        size = (len(ends) - 1, int(columns.max()) + 1)
    made = sparse_coo_tensor(
        np.stack([rows, columns]), values, size, dtype=dtype, device=device, requires_grad=requires_grad
    )
    return SparseTensor(made._places, made._numbers, made._size, True, sparse_csr)


def mm(input: Tensor, mat2: Tensor) -> Any:
    """The product of two matrices, of which the first is sparse, or both; gradients go to both."""
    return input.mm(mat2)


smm = spmm = hspmm = dsmm = mm


def sum(input: Tensor, dim: Any = None, dtype: Any = None) -> Any:
    """The sum of all elements, or along ``dim``, which is sparse."""
    found = input.sum(dim, dtype=dtype)
    return found if dim is None or not found.ndim else sparse_of(found)


def softmax(input: Tensor, dim: int, *, dtype: Any = None) -> SparseTensor:
    """The softmax along ``dim`` of what is there: places without a value are as −∞."""
    return _normalised(input, dim, dtype, "softmax")


def log_softmax(input: Tensor, dim: int, *, dtype: Any = None) -> SparseTensor:
    """The logarithm of `softmax`."""
    return _normalised(input, dim, dtype, "log_softmax")


def _normalised(input: Tensor, dim: int, dtype: Any, name: str) -> SparseTensor:
    found = (input if isinstance(input, SparseTensor) else sparse_of(input)).coalesce()
    places = tuple(map(wrap, found._places))
    numbers = found._numbers if dtype is None else found._numbers.to(dtype)
    whole = full(found.shape, float("-inf"), dtype=numbers.dtype).index_put(places, numbers)
    return found._like(getattr(whole, name)(dim)[places])


def addmm(mat: Tensor, mat1: Tensor, mat2: Tensor, beta: float = 1, alpha: float = 1) -> Any:
    """beta·mat + alpha·mat1 @ mat2."""
    return beta * mat + alpha * mm(mat1, mat2)


def _older(dtype: str) -> Any:
    def made(indices: Any, values: Any, size: Any = None) -> Tensor:
        return sparse_coo_tensor(indices, values, size, dtype=dtype)

    made.__doc__ = f"`sparse_coo_tensor` in {dtype}."
    return made


FloatTensor, DoubleTensor, LongTensor, IntTensor = map(_older, ("float32", "float64", "int64", "int32"))


# methods -------------------------------------------------------------------------------------------------------------


def _not_sparse(name: str) -> Any:
    def refused(self: Tensor) -> Any:
        raise RuntimeError(
            f"{name}: expected a sparse tensor, got one with all of its elements; call to_sparse() first"
        )

    return refused


# By name: of a tensor that is not sparse.
METHODS = {
    **dict.fromkeys(("to_sparse", "to_sparse_coo"), lambda x, sparse_dim=None, **_: sparse_of(x, sparse_dim)),
    "to_sparse_csr": lambda x, *_: sparse_of(x).to_sparse_csr(),
    "to_dense": lambda x, dtype=None, **_: x if dtype is None else x.to(dtype),
    **{
        name: _not_sparse(name)
        for name in (
            "coalesce", "indices", "_indices", "values", "_values", "_nnz", "is_coalesced", "crow_indices",
            "col_indices",
        )
    },
    "sparse_dim": lambda x: 0,
    "dense_dim": lambda x: x.ndim,
}  # fmt: skip
