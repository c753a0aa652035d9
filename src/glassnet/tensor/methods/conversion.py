"""Out of a tensor: Python numbers and lists, NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import GradientError, ShapeError
from glassnet.observer import mode
from glassnet.ops.bfloat16 import bfloat16
from glassnet.ops.dtypes import Array
from glassnet.ops.shapes import written
from glassnet.tensor.dispatch import State, wrap


class Conversion(State):
    """Methods that give the values to Python and NumPy. A step that is being traced refuses them."""

    def _read(self, what: str) -> Array:
        """The values, for Python to look at; ``what`` is what the tracer calls it when it refuses."""
        if mode.tracer is not None:
            mode.tracer.read(what, self)
        return self.array

    def item(self) -> Any:
        """The one element as a Python number; ShapeError if there are several.

        >>> glassnet.tensor([2.5]).item()
        2.5
        """
        if self.array.size != 1:
            raise ShapeError(
                f"item: expected a tensor of one element, got shape {written(self.shape)}; use .mean() or .sum() of "
                "it, tolist(), or an index"
            )
        return self._read("item()").item()

    def tolist(self) -> Any:
        """The elements as nested Python lists; a number for a 0-dimensional tensor.

        >>> glassnet.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        return self._read("tolist()").tolist()

    def numpy(self, *, force: bool = False) -> Array:
        """The NumPy array, sharing memory; GradientError if the tensor requires a gradient, but for ``force``.

        TypeError for bfloat16, which NumPy does not have.

        >>> glassnet.tensor([1, 2]).numpy()
        array([1, 2])
        """
        if self._requires_grad and not force:
            raise GradientError(
                "numpy: this tensor requires a gradient, which NumPy would not follow; use x.detach().numpy()"
            )
        if self.array.dtype is bfloat16:
            raise TypeError("numpy: NumPy has no bfloat16; convert it first: x.float().numpy()")
        return self._read("numpy()")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a tensor of {array.dtype} becomes an array of {dtype} only by copying")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self, **options: Any) -> Any:
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()

    def __array_wrap__(self, array: Array, context: Any = None, return_scalar: bool = False) -> Any:
        return wrap(np.asarray(array))  # what NumPy computes of a tensor, np.exp(x), is one

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind == "f" or self.array.size != 1:
            raise TypeError("only integer tensors of one element can be converted to an index")
        return int(self.item())

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise ShapeError(
                f"the truth of a tensor of shape {written(self.shape)} is ambiguous: ask for (x > 0).any() or .all()"
            )
        return bool(self._read("if (or while, and, or, not)").item())

    def __format__(self, spec: str) -> str:
        if not self.array.ndim:
            return format(self.item(), spec)
        if spec:
            raise TypeError(
                f"format {spec!r:.80} needs a tensor of 0 dimensions, got shape {written(self.shape)}; format one "
                "number, x.mean() or x[0], or x.numpy()"
            )
        return repr(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """For pickle, where a script uses it: glassnet reads none. The numbers, without their history."""
        kind = None if type(self) is type(wrap(self.array)) else type(self)
        own = {name: value for name, value in vars(self).items() if name != "array" and not hasattr(State, name)}
        return _made_again, (kind, self._read("pickle"), self._requires_grad), own or None


def _made_again(kind: type[State] | None, array: Array, requires_grad: bool) -> Any:
    """A tensor of this class: None for `Tensor`, whose name is another while ``import torch`` is answered."""
    array = array.view(bfloat16) if array.dtype.metadata else array  # bfloat16 is known by identity
    x = wrap(array) if kind is None else kind.__new__(kind)
    x.array, x._requires_grad = array, requires_grad
    return x
