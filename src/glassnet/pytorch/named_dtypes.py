"""Dtypes as PyTorch's scripts know them: ``print(x.dtype)`` says ``torch.float32``, and NumPy takes it too."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.bfloat16 import bfloat16, dtype_name, item_bytes, same_dtype
from glassnet.ops.dtypes import Array, Dtype, plain_dtype
from glassnet.tensor import Tensor
from glassnet.tensor.dispatch import State
from glassnet.tensor.wording import write_as_torch

_SHORT = {"bool_": "bool"}
_named: dict[str, dtype] = {}


class dtype:
    """The type of the elements of a tensor, by PyTorch's name. It is equal to NumPy's, and can be used as it."""

    __slots__ = ("dtype",)

    def __init__(self, of: Dtype) -> None:
        self.dtype = of  # by this attribute NumPy knows what is meant

    @property
    def itemsize(self) -> int:
        """The bytes of an element."""
        return item_bytes(self.dtype)

    @property
    def name(self) -> str:
        """What it is called, without "torch."."""
        return dtype_name(self.dtype)

    @property
    def is_floating_point(self) -> bool:
        """Whether the elements are floating numbers."""
        return self.dtype.kind == "f"

    @property
    def is_complex(self) -> bool:
        """Whether the elements are complex numbers."""
        return self.dtype.kind == "c"

    @property
    def is_signed(self) -> bool:
        """Whether the elements can be below 0."""
        return self.dtype.kind in "ifc"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dtype, name)

    def __eq__(self, other: object) -> bool:
        if other is None:  # to NumPy, None is float64
            return False
        try:
            return same_dtype(self.dtype, plain_dtype(other))
        except TypeError:
            return False

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        return _by_name, (self.name,)


def named(value: Any) -> Any:
    """``value``, and if it is one of NumPy's dtypes, the `dtype` of the same elements."""
    if not isinstance(value, np.dtype):
        return value
    name = dtype_name(value)
    if name not in _named:
        _named[name] = dtype(value)
    return _named[name]


def _by_name(name: str) -> dtype:
    found: dtype = named(bfloat16 if name == "bfloat16" else np.dtype(name))
    return found


def _dtype(self: State) -> Any:
    """The dtype of the elements."""
    array: Array = self.array
    return named(array.dtype)


def name_as_pytorch(wanted: bool) -> None:
    """Have ``x.dtype`` be a `dtype`, and classes, shapes and dtypes be written as PyTorch's; or all as without."""
    write_as_torch(wanted)
    Tensor.__module__ = "torch" if wanted else "glassnet.tensor.tensor"
    if wanted:
        Tensor.dtype = property(_dtype)  # type: ignore[assignment,method-assign]
    elif "dtype" in vars(Tensor):
        del Tensor.dtype
