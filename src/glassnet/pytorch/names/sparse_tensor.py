"""A tensor that keeps only its elements that are not 0, and where they are: of a graph's edges, for example.

What is done with one is done with these numbers where a sparse result is wanted: products with a matrix, sums, scaling.
Everything else finds all of its elements, zeros too, made when they are first asked for; gradients flow both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from glassnet.autograd import enable_grad
from glassnet.errors import ShapeError
from glassnet.ops.dtypes import Array, Dtype, int64
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.creation import zeros
from glassnet.tensor.graph import version_of
from glassnet.tensor.joining import cat
from glassnet.tensor.wording import Size, layout, torch_prefix

sparse_coo, sparse_csr, sparse_csc, sparse_bsr, sparse_bsc, jagged = map(
    layout, ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged")
)


class SparseTensor(Tensor):
    """The tensor of ``size`` whose elements at ``places``, a column for each, are ``values``; those twice add up.

    Of fewer rows of places than dimensions, each value is a tensor of the dimensions that are left.

    >>> from glassnet.pytorch.names.sparse_tensor import SparseTensor
    >>> x = SparseTensor(np.array([[0, 1], [2, 0]]), glassnet.tensor([3.0, 4.0]), (2, 3))
    >>> x @ glassnet.ones(3, 1)
    tensor([[3.],
            [4.]])
    >>> x.to_dense()
    tensor([[0., 0., 3.],
            [4., 0., 0.]])
    """

    is_sparse = property(lambda self: self._layout is sparse_coo)
    is_sparse_csr = property(lambda self: self._layout is sparse_csr)

    def __init__(
        self,
        places: Array,
        values: Tensor,
        size: Sequence[int],
        is_coalesced: bool = False,
        layout: layout = sparse_coo,
    ) -> None:
        self._places, self._numbers, self._size = np.asarray(places, int64), values, Size(size)
        self._is_coalesced, self._layout = is_coalesced or len(values.array) < 2, layout
        self._whole: tuple[Tensor, int] | None = None

    def _like(self, values: Tensor) -> SparseTensor:
        """Others at the same places."""
        return SparseTensor(self._places, values, self._size, self._is_coalesced, self._layout)

    # what every tensor has, of all elements -----------------------------------------------------

    def to_dense(self, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
        """All elements. Gradients go back to the values."""
        whole = zeros(self._size, dtype=self._numbers.dtype).index_put(
            tuple(map(wrap, self._places)), self._numbers, accumulate=True
        )
        result: Tensor = whole if dtype is None else whole.to(dtype)
        return result

    def _made(self) -> Tensor:
        written_at = version_of(self._numbers).written
        if self._whole is not None:
            whole, at = self._whole
            if at == written_at and (whole.node is None or whole.node.parents is not None):
                return whole
        with enable_grad():
            self._whole = self.to_dense(), written_at
        return self._whole[0]

    array = property(lambda self: self._made().array)
    node = property(lambda self: self._made().node)
    _requires_grad = property(lambda self: self._numbers.requires_grad)
    shape = property(lambda self: self._size)
    ndim = property(lambda self: len(self._size))
    layout = property(lambda self: self._layout)
    is_leaf = property(lambda self: self._numbers.is_leaf)

    @property
    def dtype(self) -> Dtype:
        """That of the values."""
        return self._numbers.dtype

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are computed for the values."""
        return self._numbers.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self._numbers.requires_grad = value

    @property
    def grad(self) -> Any:
        """The gradients of the values, at their places."""
        return None if self._numbers.grad is None else self._like(self._numbers.grad)

    @grad.setter
    def grad(self, value: Any) -> None:
        self._numbers.grad = None if value is None else value.coalesce().values()

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self._size)

    def numel(self) -> int:
        """The number of all elements."""
        return self._size.numel()

    # what it keeps ------------------------------------------------------------------------------

    def coalesce(self) -> SparseTensor:
        """Each place once, in order, its values added up."""
        if self._is_coalesced:
            return self
        flat = np.ravel_multi_index(tuple(self._places), self._size[: len(self._places)])
        unique, where = np.unique(flat, return_inverse=True)
        places = np.stack(np.unravel_index(unique, self._size[: len(self._places)]))
        start = zeros((len(unique), *self._numbers.shape[1:]), dtype=self._numbers.dtype)
        values = start.index_add(0, wrap(where.reshape(-1)), self._numbers)
        return SparseTensor(places, values, self._size, True, self._layout)

    def is_coalesced(self) -> bool:
        """Whether each place is there once, in order."""
        return self._is_coalesced

    def indices(self) -> Tensor:
        """The places, a column for each. Raises RuntimeError where some may be there twice: `coalesce` first."""
        self._check_coalesced("indices")
        return wrap(self._places)

    def values(self) -> Tensor:
        """The values. Raises RuntimeError where places may be there twice: `coalesce` first."""
        self._check_coalesced("values")
        return self._numbers

    def _check_coalesced(self, name: str) -> None:
        if self._layout is sparse_coo and not self._is_coalesced:
            raise RuntimeError(f"{name}: some places may be there twice; call x.coalesce().{name}()")

    def _indices(self) -> Tensor:
        return wrap(self._places)

    def _values(self) -> Tensor:
        return self._numbers

    def _nnz(self) -> int:
        return len(self._numbers)

    def sparse_dim(self) -> int:
        """The number of dimensions that have places."""
        return len(self._places)

    def dense_dim(self) -> int:
        """The number of dimensions of each value."""
        return self._numbers.ndim - 1

    def crow_indices(self) -> Tensor:
        """Of a matrix whose places are in the order of its rows: where each row begins, and the end."""
        return wrap(np.searchsorted(self._places[0], np.arange(self._size[0] + 1)).astype(int64))

    def col_indices(self) -> Tensor:
        """The column of each value."""
        return wrap(self._places[1])

    def to_sparse(self, *_: Any, **__: Any) -> SparseTensor:
        """The same numbers with their places."""
        return SparseTensor(self._places, self._numbers, self._size, self._is_coalesced)

    to_sparse_coo = to_sparse

    def to_sparse_csr(self, *_: Any) -> SparseTensor:
        """The same numbers in the order of their rows."""
        found = self.coalesce()
        return SparseTensor(found._places, found._numbers, found._size, True, sparse_csr)

    # what is done with them ---------------------------------------------------------------------

    def mm(self, mat2: Any) -> Any:
        """The product with a matrix, which is not sparse. Raises ShapeError where they do not fit."""
        if isinstance(mat2, SparseTensor):
            return sparse_of(self.to_dense() @ mat2.to_dense())
        if len(self._places) != 2 or mat2.shape[0] != self._size[1]:
            raise ShapeError(
                f"sparse mm: expected [n, m] and [m, p], got {written(self._size)} and {written(mat2.shape)}"
            )
        start = zeros((self._size[0], *mat2.shape[1:]), dtype=mat2.dtype)
        rows, columns = self._places
        weights = self._numbers.reshape(-1, *(1,) * (mat2.ndim - 1))
        return start.index_add(0, wrap(rows), weights * mat2[wrap(columns)])

    def t(self) -> SparseTensor:
        """Rows for columns."""
        return self.transpose(0, 1)

    T = property(t)

    def transpose(self, dim0: int, dim1: int) -> SparseTensor:
        """Two dimensions in one another's place."""
        order = list(range(self.ndim))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        size = [self._size[i] for i in order]
        found = SparseTensor(self._places[order[: len(self._places)]], self._numbers, size)
        return found if self._layout is sparse_coo else found.to_sparse_csr()

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, SparseTensor):
            return super().__add__(other)
        places = np.concatenate([self._places, other._places], 1)
        return SparseTensor(places, cat([self._numbers, other._numbers]), self._size).coalesce()

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, SparseTensor) else super().__sub__(other)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, int | float) or (isinstance(other, Tensor) and other.numel() == 1):
            return self._like(self._numbers * other)
        found = self.coalesce()
        other = other.to_dense() if isinstance(other, SparseTensor) else other
        factors = other.expand(self._size)[tuple(map(wrap, found._places))]
        return found._like(found._numbers * factors)

    def __truediv__(self, other: Any) -> SparseTensor:
        return self._like(self._numbers / other)

    def __neg__(self) -> SparseTensor:
        return self._like(-self._numbers)

    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, **axis: Any) -> Any:
        """The sum of all, or along a dimension: of all elements."""
        return self._numbers.sum(dtype=dtype) if dim is None else self.to_dense().sum(dim, keepdim, dtype=dtype)

    def detach(self) -> SparseTensor:
        """Without the history of the values."""
        return self._like(self._numbers.detach())

    def clone(self, *_: Any, **__: Any) -> SparseTensor:
        """In memory of its own."""
        return self._like(self._numbers.clone())

    def to(self, *args: Any, **named: Any) -> Any:
        """Of another dtype."""
        return self._like(self._numbers.to(*args, **named))

    def type(self, *args: Any, **named: Any) -> Any:
        """Of another dtype; without one, its name."""
        found = self._numbers.type(*args, **named)
        return found.replace("torch.", "torch.sparse.") if isinstance(found, str) else self._like(found)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.clone()  # type: ignore[return-value]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return SparseTensor, (self._places, self._numbers, tuple(self._size), self._is_coalesced, self._layout)

    def __len__(self) -> int:
        return self._size[0]

    def __repr__(self) -> str:
        prefix = " " * len("       values=")
        numbers = (
            {
                "indices": wrap(self._places),
            }
            if self._layout is sparse_coo
            else {"crow_indices": self.crow_indices(), "col_indices": self.col_indices()}
        )
        lines = [f"{name}={_indented(repr(x), len(name) + 8)}" for name, x in numbers.items()]
        lines.append(f"values={_indented(repr(self._numbers.detach()), len(prefix))}")
        about = [f"size={tuple(self._size)}", f"nnz={self._nnz()}"]
        if self._layout is sparse_coo:
            about.append(f"layout={torch_prefix()}sparse_coo")
            lines.append(", ".join(about))
        else:
            lines[-1] += ", " + ", ".join(about)
            lines.append(f"layout={torch_prefix()}{self._layout.name}")
        if self._numbers.node is not None:
            lines[-1] += f", grad_fn=<{self._numbers.node.name()}>"
        elif self.requires_grad:
            lines[-1] += ", requires_grad=True"
        return f"tensor({(',' + chr(10) + ' ' * 7).join(lines)})"


def _indented(text: str, columns: int) -> str:
    return text.replace("\n", "\n" + " " * columns)


def _same_places(name: str) -> Callable[..., Any]:
    """A method that gives 0 for 0, and is of the values alone."""

    def called(self: SparseTensor, *args: Any, **named: Any) -> SparseTensor:
        found = self.coalesce()
        return found._like(getattr(found._numbers, name)(*args, **named))

    called.__name__ = called.__qualname__ = name
    called.__doc__ = f"`Tensor.{name}` of each value."
    return called


_OTHER_NAMES = {
    "mm": "matmul mv spmm smm __matmul__",
    "__add__": "add",
    "__sub__": "sub",
    "__mul__": "mul multiply __rmul__",
    "__truediv__": "div",
}
for _name in ("abs", "double", "float", "half", "int", "long", "pow", "relu", "sign", "sin", "sqrt", "square", "tanh"):
    setattr(SparseTensor, _name, _same_places(_name))

for _method, _names in _OTHER_NAMES.items():
    for _name in _names.split():
        setattr(SparseTensor, _name, getattr(SparseTensor, _method))


def sparse_of(x: Tensor, dims: int | None = None) -> SparseTensor:
    """The elements of ``x`` that are not 0, and their places in the first ``dims`` dimensions, of all if None."""
    dims = x.ndim if dims is None else dims
    rest = tuple(range(dims, x.ndim))
    places = np.nonzero((x.detach().array != 0).any(rest))
    return SparseTensor(np.stack(places), x[tuple(map(wrap, places))], x.shape, True)
