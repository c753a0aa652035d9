"""New tensors of a tensor's dtype: x.new_zeros(2, 3), as the first state of a recurrent network is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from glassnet.errors import DtypeError, GradientError
from glassnet.observer import mode
from glassnet.ops.dtypes import Array, as_dtype
from glassnet.tensor.dispatch import State, finished
from glassnet.tensor.graph import version_of
from glassnet.tensor.methods.inplace import InPlace
from glassnet.tensor.silence import SILENT, under
from glassnet.tensor.spellings import sizes
from glassnet.threads import loaded


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
        array = under(SILENT, np.full, sizes((size,)), fill_value, self._dtype_of(dtype))
        return finished(array, requires_grad, device)

    def new(self, *data_or_sizes: Any, device: Any = None) -> Self:
        """A tensor of data, or of the given sizes, its values not set, of the dtype of this one: PyTorch's older name.

        >>> glassnet.tensor([1.5]).new([2, 3]), glassnet.tensor([1.5]).new(2, 3).shape
        (tensor([2., 3.]), (2, 3))
        """
        kind: Any = type(finished(self.array, False, device))  # Tensor, where this is a Parameter
        for data in data_or_sizes:
            if isinstance(data, State) and data.shape and data.dtype != self.dtype:
                raise TypeError(f"new: expected a tensor of {self.dtype}, got {data.dtype}; convert it: x.to(dtype)")
        made: Self = kind(*data_or_sizes, dtype=self.dtype)
        return made

    # memory -------------------------------------------------------------------------------------

    def resize_(self, *shape: Any, size: Any = None) -> Self:
        """Give the tensor another shape, in its own memory where that is enough; what is new is not set.

        >>> glassnet.tensor([1, 2, 3, 4]).resize_(3)
        tensor([1, 2, 3])
        """
        if self._requires_grad:
            raise GradientError("resize_: a tensor that requires a gradient keeps its shape; use x.detach().clone()")
        new = sizes(shape, size)
        number, flat = math.prod(new), self.array.reshape(-1)
        if number > flat.size:
            flat = np.concatenate([flat, np.empty(number - flat.size, flat.dtype)])
        return self._look_into(flat[:number].reshape(new))

    def set_(self, source: Any = None) -> Self:
        """Look into the memory of ``source``, a tensor of the same dtype, from now on.

        >>> glassnet.ones(2).set_(glassnet.zeros(3))
        tensor([0., 0., 0.])
        """
        other = np.empty(0, self.dtype) if source is None else source.array
        if other.dtype != self.dtype:
            raise DtypeError(f"set_: expected a tensor of {self.dtype}, got {other.dtype}; convert it: x.to(dtype)")
        self.version = None if source is None else version_of(source)
        return self._look_into(other)

    def _look_into(self, array: Array) -> Self:
        if mode.tracer is not None:
            mode.tracer.replacing("a tensor's memory")
        self.array, self.view_of = array, None
        return self

    def share_memory_(self) -> Self:
        """Move the numbers to memory that other processes can have too: sent to one, the tensor is the same there.

        >>> glassnet.ones(2).share_memory_().is_shared()
        True
        """
        memory = loaded("glassnet.tensor.shared_memory")
        memory.sent_as_shared(type(self))
        return self if self.is_shared() else self._look_into(memory.in_shared_memory(self.array))

    def is_shared(self) -> bool:
        """Whether other processes have the same memory: see `share_memory_`.

        >>> glassnet.ones(2).is_shared()
        False
        """
        shared: bool = loaded("glassnet.tensor.shared_memory").is_shared(self.array)
        return shared

    def _dtype_of(self, dtype: npt.DTypeLike | None) -> npt.DTypeLike:
        return self.array.dtype if dtype is None else as_dtype(dtype)
