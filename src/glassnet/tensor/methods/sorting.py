"""Order and occurrence: sort, topk; nonzero, unique, bincount.

How many elements the last three give depends on the values, so a step that is being traced refuses them, and autograd
does not follow them.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops import indexing
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import normalize_dim, ordered, written
from glassnet.tensor.dispatch import apply, wrap
from glassnet.tensor.methods.matrices import Matrices
from glassnet.tensor.spellings import takes_axis
from glassnet.tensor.wording import Found, found


class Sorting(Matrices):
    """Methods about the order of the elements, and which there are."""

    @takes_axis
    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> Self:
        """The positions that put the elements in order along ``dim``; equal ones keep theirs, ``stable`` or not.

        >>> glassnet.tensor([30, 10, 20]).argsort()
        tensor([1, 2, 0])
        """
        ordered("sort", self)
        return apply(indexing.argsort, self, dim=dim, descending=descending)

    @takes_axis
    def sort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> Found[Self]:
        """(values, indices) in order along ``dim``; equal elements keep their order, ``stable`` or not.

        >>> glassnet.tensor([30, 10, 20]).sort()
        return_types.sort(
        values=tensor([10, 20, 30]),
        indices=tensor([1, 2, 0]))
        """
        indices = self.argsort(dim, descending)
        return found("sort", self.gather(dim, indices), indices)

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Found[Self]:
        """(values, indices) of the ``k`` largest (or smallest) along ``dim``, the best first, ``sorted`` or not.

        >>> glassnet.tensor([30, 10, 20]).topk(2).indices
        tensor([0, 2])
        """
        d = normalize_dim("topk", dim, len(self.shape))
        size = self.shape[d] if self.shape else 1
        if not 0 <= k <= size:
            raise ShapeError(f"topk: expected k from 0 to {size}, the size of dim {dim}, got {k}")
        if not self.shape:
            return self.sort()
        indices = self.argsort(d, largest)[(*(slice(None),) * d, slice(k))].contiguous()
        return found("topk", self.gather(d, indices), indices)

    # which elements there are ------------------------------------------------------------------

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """The indices of the elements that are not 0: [how many, dimensions], or a vector for each dimension.

        >>> glassnet.tensor([0, 5, 0, 7]).nonzero()
        tensor([[1],
                [3]])
        """
        values = _values(self, "nonzero()")
        if as_tuple:
            return tuple(wrap(np.ascontiguousarray(places)) for places in np.nonzero(np.atleast_1d(values)))
        return wrap(np.argwhere(values))

    def unique(
        self,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """The different elements in order, or the different slices along ``dim``.

        With return_inverse, also the position of each element among them; with return_counts, how often each occurs.

        >>> glassnet.tensor([3, 1, 3]).unique(return_counts=True)
        (tensor([1, 3]), tensor([1, 2]))
        """
        if dim is not None:
            dim = normalize_dim("unique", dim, len(self.shape))
        values, inverse, counts = np.unique(
            _values(self, "unique()"), return_inverse=True, return_counts=True, axis=dim, equal_nan=False
        )
        results = [values]
        if return_inverse:
            results.append(inverse.reshape(self.shape if dim is None else -1))
        if return_counts:
            results.append(counts)
        return wrap(values) if len(results) == 1 else tuple(map(wrap, results))

    def bincount(self, weights: Any = None, minlength: int = 0) -> Self:
        """How often each of 0, 1, 2 … occurs in this vector of whole numbers (or the sum of its ``weights``).

        >>> glassnet.tensor([0, 2, 2]).bincount()
        tensor([1, 0, 2])
        """
        values = _values(self, "bincount()")
        if values.dtype.kind not in "iu":
            raise DtypeError(f"bincount: expected whole numbers, got {values.dtype}; convert them: x.long()")
        if values.ndim != 1:
            raise ShapeError(f"bincount: expected a vector, got {written(values.shape)}; flatten it first: x.flatten()")
        if values.size and values.min() < 0:
            raise RangeError(f"bincount: expected numbers from 0 on, got {values.min()}")
        if minlength < 0:
            raise RangeError(f"bincount: expected a minlength of 0 or more, got {minlength}")
        if weights is None:
            return wrap(np.bincount(values, None, minlength))
        amounts = _values(weights, "bincount()")
        if amounts.shape != values.shape:
            raise ShapeError(f"bincount: expected {len(values)} weights, one for each, got {written(amounts.shape)}")
        sums = np.bincount(values, amounts, minlength)
        return wrap(sums.astype(np.float32) if amounts.dtype == np.float32 else sums)


def _values(x: Any, what: str) -> Array:
    """The values of a tensor, or of what ``glassnet.unique(x)`` was given in its place."""
    return x._read(what) if isinstance(x, Matrices) else np.asarray(x)
