"""Finding: which elements there are, and where. How many come out, only the values tell, so a step that is being
recorded refuses these, and autograd does not follow them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import DtypeError, RangeError, ShapeError
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import normalize_dim, written
from glassnet.tensor.dispatch import State, wrap

if TYPE_CHECKING:
    from glassnet.tensor.tensor import Tensor


def _read(x: Any) -> Array:
    return np.asarray(x.detach().numpy() if isinstance(x, State) else x)  # type: ignore[attr-defined]


class Finding(State):
    """Methods that look at the values."""

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """The indices of the elements that are not 0: [how many, dimensions], or a vector for each dimension."""
        values = _read(self)
        if as_tuple:
            return tuple(map(wrap, np.nonzero(np.atleast_1d(values))))
        return wrap(np.argwhere(values))

    def unique(
        self,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """The different elements in order, or the different slices along ``dim``.

        With return_inverse, also where among them each element stands; with return_counts, how often each occurs.
        """
        if dim is not None:
            dim = normalize_dim("unique", dim, len(self.shape))
        values, inverse, counts = np.unique(
            _read(self), return_inverse=True, return_counts=True, axis=dim, equal_nan=False
        )
        asked = [values]
        if return_inverse:
            asked.append(inverse.reshape(self.shape if dim is None else -1))
        if return_counts:
            asked.append(counts)
        return wrap(values) if len(asked) == 1 else tuple(map(wrap, asked))

    def bincount(self, weights: Any = None, minlength: int = 0) -> Tensor:
        """How often each of 0, 1, 2 … occurs in this vector of whole numbers (or the sum of its ``weights``)."""
        values = _read(self)
        if values.dtype.kind not in "iu":
            raise DtypeError(f"bincount: expected whole numbers, got {values.dtype}; convert them: x.long()")
        if values.ndim != 1:
            raise ShapeError(f"bincount: expected a vector, got {written(values.shape)}; flatten it first: x.flatten()")
        if values.size and values.min() < 0:
            raise RangeError(f"bincount: expected numbers from 0 on, got {values.min()}")
        return wrap(np.bincount(values, None if weights is None else _read(weights), minlength))
