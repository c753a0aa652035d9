"""Dtypes as PyTorch's scripts know them: ``print(x.dtype)`` says ``torch.float32``, and NumPy takes it too."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array, Dtype
from glassnet.pytorch.notes import said_once
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.dispatch import State
from glassnet.tensor.wording import write_as_torch

_SHORT = {"bool_": "bool"}
_by_dtype: dict[Dtype, dtype] = {}


class dtype:
    """The type of the elements of a tensor, by PyTorch's name. It is equal to NumPy's, and can be used as it."""

    __slots__ = ("dtype",)

    def __init__(self, of: Dtype) -> None:
        self.dtype = of  # by this attribute NumPy knows what is meant

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
            return bool(self.dtype == other)
        except TypeError:
            return False

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"torch.{self.dtype.name}"

    def __reduce__(self) -> Any:
        return named, (self.dtype,)


class _BFloat16(dtype):
    """float32 with 8 binary digits: what is converted to it is rounded so, and is of float32. It is equal to itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return "torch.bfloat16"

    def __reduce__(self) -> Any:
        return "bfloat16"

    def rounded(self, x: Tensor) -> Tensor:
        """``x`` in float32, each number rounded to the nearest that bfloat16 has; gradients flow as they are."""
        wide = x.to(dtype=np.float32)
        bits = np.ascontiguousarray(wide.array).reshape(wide.shape).view(np.uint32)
        even = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
        short = ((bits + even) & np.uint32(0xFFFF0000)).view(np.float32)
        with np.errstate(all="ignore"):
            difference = np.where(np.isfinite(wide.array), short - wide.array, 0.0)
        said_once("bfloat16: numbers are rounded to it, and kept and computed with in float32")
        return wide + wrap(difference.astype(np.float32))


bfloat16 = _BFloat16(np.dtype(np.float32))


def named(value: Any) -> Any:
    """``value``, and if it is one of NumPy's dtypes, the `dtype` of the same elements."""
    if not isinstance(value, np.dtype):
        return value
    if value not in _by_dtype:
        _by_dtype[value] = dtype(value)
    return _by_dtype[value]


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
