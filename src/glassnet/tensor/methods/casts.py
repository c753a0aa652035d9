"""The same tensor in another dtype: x.to(dtype), x.float(), x.long().

Inside this class float, int and bool are methods, not Python's types: that is why it is a file of its own.
"""

from __future__ import annotations

import builtins
from typing import Any, Self

import numpy as np

from glassnet.errors import DeviceError
from glassnet.ops import movement
from glassnet.ops.bfloat16 import bfloat16, same_dtype
from glassnet.ops.dtypes import (
    as_dtype,
    bool_,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from glassnet.tensor.device import is_device, on_cpu, preserve_format
from glassnet.tensor.dispatch import State, apply
from glassnet.tensor.methods.indexing import Indexing


class Casts(Indexing):
    """Methods that convert to another dtype; a tensor that has it already is returned as it is."""

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: Any = None,
    ) -> Self:
        """The tensor in another dtype: to(glassnet.float64), to("cpu"), to(other_tensor).

        >>> glassnet.tensor([1, 2]).to(glassnet.float64)
        tensor([1., 2.], dtype=float64)
        """
        flags = [non_blocking]  # which says not to wait: there is nothing to wait for
        for arg in args:
            if isinstance(arg, State):
                dtype = arg.dtype
            elif isinstance(arg, builtins.bool):
                flags.append(arg)
            elif is_device(arg) or (isinstance(arg, builtins.int) and not isinstance(arg, builtins.bool)):
                device = arg
            elif arg is not None:
                dtype = arg
        on_cpu(device)
        copy = copy or (len(flags) > 2 and flags[2])
        if memory_format not in (None, preserve_format):
            return self.to(dtype=dtype, copy=copy).contiguous(memory_format)
        if dtype is None or same_dtype(np.dtype(dtype), self.array.dtype):
            return self.clone() if copy else self
        return apply(movement.cast, self, dtype=as_dtype(dtype))

    def type(self, dtype: Any = None, non_blocking: builtins.bool = False) -> Any:
        """The tensor in another dtype, also named as a type of tensors; without one, the name of its own.

        >>> x = glassnet.tensor([1, 2])
        >>> x.type(), x.type(glassnet.float32), x.type(glassnet.FloatTensor), x.type("torch.FloatTensor")
        ('torch.LongTensor', tensor([1., 2.]), tensor([1., 2.]), tensor([1., 2.]))
        """
        from glassnet.tensor import typed  # of the older names, which few scripts use

        return typed.type_name(self.dtype) if dtype is None else self.to(dtype=typed.dtype_named(dtype))

    def type_as(self, other: State) -> Self:
        """The tensor in the dtype of ``other``.

        >>> glassnet.tensor([1, 2]).type_as(glassnet.ones(1))
        tensor([1., 2.])
        """
        return self.to(dtype=other.dtype)

    def float(self, memory_format: Any = None) -> Self:
        """In float32.

        >>> glassnet.tensor([1, 2]).float()
        tensor([1., 2.])
        """
        return self.to(dtype=float32, memory_format=memory_format)

    def cfloat(self, memory_format: Any = None) -> Self:
        """In complex64.

        >>> glassnet.tensor([1.0, 2.0]).cfloat()
        tensor([1.+0.j, 2.+0.j])
        """
        return self.to(dtype=complex64, memory_format=memory_format)

    def cdouble(self, memory_format: Any = None) -> Self:
        """In complex128.

        >>> glassnet.tensor([1.0]).cdouble()
        tensor([1.+0.j], dtype=complex128)
        """
        return self.to(dtype=complex128, memory_format=memory_format)

    def double(self, memory_format: Any = None) -> Self:
        """In float64.

        >>> glassnet.ones(2).double()
        tensor([1., 1.], dtype=float64)
        """
        return self.to(dtype=float64, memory_format=memory_format)

    def half(self, memory_format: Any = None) -> Self:
        """In float16.

        >>> glassnet.ones(2).half()
        tensor([1., 1.], dtype=float16)
        """
        return self.to(dtype=float16, memory_format=memory_format)

    def bfloat16(self, memory_format: Any = None) -> Self:
        """In bfloat16: the range of float32, with two or three digits. What is computed of it is rounded so, too.

        >>> glassnet.tensor([1.0, 3.14159]).bfloat16()
        tensor([1.0000, 3.1406], dtype=bfloat16)
        """
        return self.to(dtype=bfloat16, memory_format=memory_format)

    def long(self, memory_format: Any = None) -> Self:
        """In int64.

        >>> glassnet.tensor([1.7, -1.7]).long()
        tensor([ 1, -1])
        """
        return self.to(dtype=int64, memory_format=memory_format)

    def int(self, memory_format: Any = None) -> Self:
        """In int32.

        >>> glassnet.tensor([1.7, -1.7]).int()
        tensor([ 1, -1], dtype=int32)
        """
        return self.to(dtype=int32, memory_format=memory_format)

    def short(self, memory_format: Any = None) -> Self:
        """In int16.

        >>> glassnet.tensor([1, 2]).short()
        tensor([1, 2], dtype=int16)
        """
        return self.to(dtype=int16, memory_format=memory_format)

    def char(self, memory_format: Any = None) -> Self:
        """In int8.

        >>> glassnet.tensor([1, 2]).char()
        tensor([1, 2], dtype=int8)
        """
        return self.to(dtype=int8, memory_format=memory_format)

    def byte(self, memory_format: Any = None) -> Self:
        """In uint8.

        >>> glassnet.tensor([1, 2]).byte()
        tensor([1, 2], dtype=uint8)
        """
        return self.to(dtype=uint8, memory_format=memory_format)

    def bool(self, memory_format: Any = None) -> Self:
        """In bool: True where not 0.

        >>> glassnet.tensor([0, 2]).bool()
        tensor([False,  True])
        """
        return self.to(dtype=bool_, memory_format=memory_format)

    def cpu(self) -> Self:
        """Itself: every tensor is on the CPU.

        >>> glassnet.ones(2).cpu().device
        device(type='cpu')
        """
        return self

    def cuda(self, device: Any = None, non_blocking: builtins.bool = False) -> Self:
        """Raises DeviceError: there is no other device than the CPU.

        >>> glassnet.ones(2).cuda()
        Traceback (most recent call last):
        glassnet.errors.DeviceError: expected device "cpu", the only one glassnet has, got 'cuda'; ...
        """
        return self.to(device="cuda" if device is None else device)

    @property
    def is_cuda(self) -> builtins.bool:
        """False: every tensor is on the CPU."""
        return False

    is_mps = is_xpu = is_meta = is_sparse = is_sparse_csr = is_quantized = is_mkldnn = is_nested = is_xla = is_cuda
    is_ipu = is_maia = is_mtia = is_vulkan = is_cuda

    @property
    def is_cpu(self) -> builtins.bool:
        """True: every tensor is on the CPU."""
        return True

    def get_device(self) -> builtins.int:
        """−1, as of every tensor on the CPU.

        >>> glassnet.ones(2).get_device()
        -1
        """
        return -1

    def pin_memory(self, device: Any = None) -> Self:
        """Raises DeviceError: memory is pinned for a GPU, and there is none.

        >>> glassnet.ones(2).pin_memory()
        Traceback (most recent call last):
        glassnet.errors.DeviceError: pin_memory: ... leave it out
        """
        raise DeviceError("pin_memory: expected a GPU, for which memory is pinned, and there is none; leave it out")

    def is_pinned(self, device: Any = None) -> builtins.bool:
        """False: see `pin_memory`.

        >>> glassnet.ones(2).is_pinned()
        False
        """
        return False
