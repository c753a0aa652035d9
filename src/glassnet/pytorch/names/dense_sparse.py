"""torch.sparse: tensors that PyTorch keeps as places and values are kept whole here; the numbers are the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.ops.shapes import written
from glassnet.pytorch.notes import said_once
from glassnet.tensor import Tensor
from glassnet.tensor.creation import DtypeLike, as_tensor, zeros
from glassnet.tensor.namespace import log_softmax, mm, softmax, sum
from glassnet.tensor.wording import layout

__all__ = [
    "DoubleTensor", "FloatTensor", "IntTensor", "LongTensor", "addmm", "dsmm", "hspmm", "jagged", "log_softmax", "mm",
    "smm", "softmax", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_coo_tensor", "sparse_csc", "sparse_csr",
    "sparse_csr_tensor", "spmm", "sum",
]  # fmt: skip

sparse_coo, sparse_csr, sparse_csc, sparse_bsr, sparse_bsc, jagged = map(
    layout, ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged")
)
smm = spmm = hspmm = dsmm = mm


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
) -> Tensor:
    """The tensor whose elements at ``indices``, a column for each, are ``values``; those named twice add up. Whole.

    Raises ShapeError where there are not as many values as places.

    >>> from glassnet.pytorch.names.dense_sparse import sparse_coo_tensor
    >>> sparse_coo_tensor([[0, 1, 1], [2, 0, 0]], [3.0, 4.0, 5.0], (2, 3))
    tensor([[0., 0., 3.],
            [9., 0., 0.]])
    """
    said_once("torch.sparse: sparse tensors are kept whole, with their zeros")
    places, numbers = as_tensor(indices).long(), as_tensor(values, dtype, device)
    if places.ndim != 2 or numbers.shape[:1] != places.shape[1:]:
        raise ShapeError(
            f"sparse_coo_tensor: expected indices [dimensions, n] and n values, got {written(places.shape)} and "
            f"{written(numbers.shape)}"
        )
    if size is None:
        size = [*(int(row.max()) + 1 for row in places.array), *numbers.shape[1:]]
    made: Tensor = zeros(tuple(size), dtype=numbers.dtype).index_put(tuple(places.unbind(0)), numbers, accumulate=True)
    made.requires_grad = made.requires_grad or requires_grad
    return made


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
) -> Tensor:
    """The matrix whose row i has ``values[crow_indices[i]:crow_indices[i + 1]]`` in the columns of the same. Whole.

    >>> from glassnet.pytorch.names.dense_sparse import sparse_csr_tensor
    >>> sparse_csr_tensor([0, 1, 2], [1, 0], [3.0, 4.0])
    tensor([[0., 3.],
            [4., 0.]])
    """
    ends = as_tensor(crow_indices).array
    rows = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    columns = as_tensor(col_indices).array
    if size is None:
        size = (len(ends) - 1, int(columns.max()) + 1)
    return sparse_coo_tensor(
        np.stack([rows, columns]), values, size, dtype=dtype, device=device, requires_grad=requires_grad
    )


def addmm(mat: Tensor, mat1: Tensor, mat2: Tensor, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta·mat + alpha·mat1 @ mat2."""
    found: Tensor = mat.addmm(mat1, mat2, beta=beta, alpha=alpha)
    return found


def _older(dtype: str) -> Any:
    def made(indices: Any, values: Any, size: Any = None) -> Tensor:
        return sparse_coo_tensor(indices, values, size, dtype=dtype)

    made.__doc__ = f"`sparse_coo_tensor` in {dtype}."
    return made


FloatTensor, DoubleTensor, LongTensor, IntTensor = map(_older, ("float32", "float64", "int64", "int32"))


# methods -------------------------------------------------------------------------------------------------------------


def _itself(x: Tensor, *_: Any, **__: Any) -> Tensor:
    return x


def _indices(x: Tensor) -> Tensor:
    found: Tensor = x.detach().nonzero().t()
    return found


def _values(x: Tensor) -> Tensor:
    found: Tensor = x[x.detach() != 0]
    return found


# By name: of any tensor, which can be asked for what a sparse one could.
METHODS = {
    **dict.fromkeys(("to_sparse", "to_sparse_coo", "to_sparse_csr", "to_dense", "coalesce"), _itself),
    **dict.fromkeys(("indices", "_indices"), _indices),
    **dict.fromkeys(("values", "_values"), _values),
    "_nnz": lambda x: int(np.count_nonzero(x.array)),
    "is_coalesced": lambda x: True,
    "sparse_dim": lambda x: x.ndim,
    "dense_dim": lambda x: 0,
}
