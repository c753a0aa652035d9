"""New tensors of a tensor's dtype: x.new_zeros(2, 3), as the first state of a recurrent network is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from glassnet.ops.dtypes import as_dtype
from glassnet.tensor.dispatch import finished
from glassnet.tensor.methods.inplace import InPlace
from glassnet.tensor.spellings import sizes


class Creation(InPlace):
    """Methods that make tensors of the dtype of this one, unless ``dtype`` says another."""

    def new_zeros(
        self,
        *shape: Any,
        size: Any = None,
        dtype: npt.DTypeLike | None = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Self:
        """All 0, of the dtype of this tensor.

        >>> glassnet.tensor([1, 2]).new_zeros(2, 3)
        tensor([[0, 0, 0],
                [0, 0, 0]])
        """
        return finished(np.zeros(sizes(shape, size), self._dtype_of(dtype)), requires_grad, device)

    def new_ones(
        self,
        *shape: Any,
        size: Any = None,
        dtype: npt.DTypeLike | None = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Self:
        """All 1, of the dtype of this tensor.

        >>> glassnet.tensor([1.0, 2.0]).new_ones(3)
        tensor([1., 1., 1.])
        """
        return finished(np.ones(sizes(shape, size), self._dtype_of(dtype)), requires_grad, device)

    def new_empty(
        self,
        *shape: Any,
        size: Any = None,
        dtype: npt.DTypeLike | None = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Self:
        """Values that are not set, of the dtype of this tensor.

        >>> glassnet.ones(2).double().new_empty(2, 3).dtype
        dtype('float64')
        """
        return finished(np.empty(sizes(shape, size), self._dtype_of(dtype)), requires_grad, device)

    def new_full(
        self,
        size: Sequence[int],
        fill_value: Any,
        *,
        dtype: npt.DTypeLike | None = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Self:
        """All ``fill_value``, of the dtype of this tensor.

        >>> glassnet.tensor([1.0, 2.0]).new_full((2,), 7)
        tensor([7., 7.])
        """
        return finished(np.full(sizes((size,)), fill_value, self._dtype_of(dtype)), requires_grad, device)

    def _dtype_of(self, dtype: npt.DTypeLike | None) -> npt.DTypeLike:
        return self.array.dtype if dtype is None else as_dtype(dtype)
