"""PyTorch's older names of tensors of a dtype, which tutorials still use: FloatTensor, LongTensor, x.type().

``FloatTensor([1, 2])`` is ``tensor([1, 2], dtype=float32)``, ``FloatTensor(2, 3)`` is ``empty(2, 3)``, and every
tensor of float32 is a FloatTensor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.bfloat16 import bfloat16, converted, dtype_name, same_dtype
from glassnet.ops.dtypes import Dtype, as_dtype, bool_, float16, float32, float64, int8, int16, int32, int64, uint8
from glassnet.tensor.device import on_cpu
from glassnet.tensor.dispatch import State, wrap
from glassnet.tensor.from_data import legacy_array


class TensorType(type):
    """The class of `FloatTensor` and its like: called, it makes a tensor; a tensor of its dtype is an instance."""

    dtype: Dtype

    def __call__(cls, *data_or_sizes: Any, device: Any = None) -> Any:
        """A tensor of data, or of the given sizes, its values not set."""
        on_cpu(device)
        (data,) = data_or_sizes if len(data_or_sizes) == 1 else (None,)
        if isinstance(data, State) and not isinstance(data, cls):
            names = f"a tensor of {dtype_name(cls.dtype)}, got {dtype_name(data.array.dtype)}"
            raise TypeError(f"{cls.__name__}: expected {names}; use x.to(dtype)")
        return wrap(converted(legacy_array(cls.__name__, data_or_sizes, cls.dtype), cls.dtype))

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, State) and same_dtype(instance.array.dtype, cls.dtype)


def _of(name: str, dtype: Dtype) -> Any:
    known = dtype_name(dtype)
    doc = (
        f"Tensors of {known}, from data, or of the given sizes, their values not set: `tensor` with a dtype does the "
        f"same.\n\n>>> glassnet.{name}([0, 1]).dtype, glassnet.{name}(2, 3).shape\n({dtype!r}, (2, 3))\n"
        f">>> isinstance(glassnet.ones(2).to(glassnet.{known}), glassnet.{name})\nTrue\n"
    )
    return TensorType(name, (), {"dtype": dtype, "__doc__": doc, "__module__": __name__})


FloatTensor = _of("FloatTensor", float32)
DoubleTensor = _of("DoubleTensor", float64)
HalfTensor = _of("HalfTensor", float16)
BFloat16Tensor = _of("BFloat16Tensor", bfloat16)
LongTensor = _of("LongTensor", int64)
IntTensor = _of("IntTensor", int32)
ShortTensor = _of("ShortTensor", int16)
CharTensor = _of("CharTensor", int8)
ByteTensor = _of("ByteTensor", uint8)
BoolTensor = _of("BoolTensor", bool_)

_TYPES = [(name, kind) for name, kind in globals().items() if isinstance(kind, TensorType)]
_NAMES = {dtype_name(kind.dtype): f"torch.{name}" for name, kind in _TYPES}
_DTYPES = {f"torch.{name}": kind.dtype for name, kind in _TYPES} | {"torch.Tensor": float32}


def type_name(dtype: Dtype) -> str:
    """What ``x.type()`` says: "torch.FloatTensor" of float32."""
    dtype = as_dtype(dtype)
    return _NAMES.get(dtype_name(dtype), f"torch.Complex{'Float' if dtype.itemsize == 8 else 'Double'}Tensor")


def dtype_named(kind: Any) -> Dtype:
    """The dtype that ``x.type(kind)`` means: of a dtype, LongTensor, or "torch.LongTensor".

    Raises ValueError for a name that no type has, RuntimeError for a type of another device.
    """
    if isinstance(kind, TensorType):
        return kind.dtype
    if isinstance(kind, type) and issubclass(kind, State):
        return float32
    if not isinstance(kind, str) or kind in np.sctypeDict:
        return as_dtype(kind)
    if kind.startswith("torch.cuda."):
        on_cpu("cuda")
    if kind not in _DTYPES:
        raise ValueError(f"type: expected a dtype, or a name such as 'torch.LongTensor', got {kind!r:.60}")
    return _DTYPES[kind]
