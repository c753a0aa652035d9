"""Where a tensor's numbers lie: its storage, and the facts about memory that PyTorch's scripts ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.ops.bfloat16 import item_bytes
from glassnet.ops.dtypes import Array, Dtype, uint8
from glassnet.tensor.tensor import Tensor, wrap
from glassnet.tensor.wording import torch_prefix

__all__ = [
    "const_data_ptr", "dim_order", "is_set_to", "ndimension", "storage", "storage_offset", "storage_type",
    "untyped_storage",
]  # fmt: skip


class Storage:
    """The memory that a tensor and its views share, as one row of numbers; what is set in it is set in all of them.

    >>> x = glassnet.tensor([[1, 2], [3, 4]])
    >>> x.t().storage().tolist(), x.t().storage().data_ptr() == x.data_ptr()
    ([1, 2, 3, 4], True)
    """

    def __init__(self, array: Array, kind: str) -> None:
        self.array = array
        self._kind = kind

    def __len__(self) -> int:
        return self.array.size

    def __getitem__(self, index: Any) -> Any:
        found = self.array[index]
        return Storage(found, self._kind) if isinstance(found, np.ndarray) else found.item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self.array[index] = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self.array.tolist())

    def __sizeof__(self) -> int:
        return super().__sizeof__() + self.nbytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Storage) and self.data_ptr() == other.data_ptr()

    def __hash__(self) -> int:
        return hash(self.data_ptr())

    def __repr__(self) -> str:
        numbers = "\n".join(f" {x}" for x in self.array.tolist())
        typed = f"dtype={torch_prefix()}{self.dtype}, " if self._kind == "TypedStorage" else ""
        return f"{numbers}\n[{torch_prefix() and 'torch.storage.'}{self._kind}({typed}device=cpu) of size {len(self)}]"

    @property
    def dtype(self) -> Dtype:
        """The dtype of the numbers."""
        return wrap(self.array).dtype

    def size(self) -> int:
        """How many numbers there are."""
        return self.array.size

    def nbytes(self) -> int:
        """How many bytes there are."""
        return self.array.size * item_bytes(self.array.dtype)

    def element_size(self) -> int:
        """The bytes of one number."""
        return item_bytes(self.array.dtype)

    def data_ptr(self) -> int:
        """The address of the first number."""
        return int(self.array.ctypes.data)

    def tolist(self) -> list[Any]:
        """The numbers as a list."""
        return self.array.tolist()  # type: ignore[no-any-return]

    def fill_(self, value: Any) -> Storage:
        """Set every number to ``value``."""
        self.array[...] = value
        return self

    def untyped(self) -> Storage:
        """The bytes of it."""
        return Storage(self.array.view(uint8), "UntypedStorage")


def _memory(array: Array) -> Array:
    """All the numbers of the memory that ``array`` is in, in one row."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    row = owner if owner.flags.c_contiguous else owner.T
    if not row.flags.c_contiguous or row.nbytes % array.itemsize:
        row = np.ascontiguousarray(array)  # of memory with gaps, which came from elsewhere: a copy
    return row.reshape(-1).view(array.dtype)


def storage(input: Tensor) -> Storage:
    """The memory that the tensor and its views share, as one row of numbers.

    >>> glassnet.tensor([[1, 2], [3, 4]])[:, 1].storage().tolist()
    [1, 2, 3, 4]
    """
    return Storage(_memory(input._read("storage()")), "TypedStorage")


def untyped_storage(input: Tensor) -> Storage:
    """The memory that the tensor and its views share, as bytes.

    >>> glassnet.ones(3).untyped_storage().nbytes()
    12
    """
    return storage(input).untyped()


def storage_offset(input: Tensor) -> int:
    """How many numbers there are in the storage before the first one of the tensor.

    >>> glassnet.arange(6).reshape(2, 3)[1].storage_offset()
    3
    """
    return (input.data_ptr() - storage(input).data_ptr()) // input.array.itemsize


def storage_type(input: Tensor) -> type[Storage]:
    """The class of its storage.

    >>> glassnet.ones(1).storage_type().__name__
    'Storage'
    """
    return Storage


def is_set_to(input: Tensor, tensor: Tensor) -> bool:
    """Whether both are the same numbers of the same memory.

    >>> x = glassnet.ones(2)
    >>> x.is_set_to(x.detach()), x.is_set_to(x.clone())
    (True, False)
    """
    same = input.shape == tensor.shape and input.stride() == tensor.stride()
    return same and input.data_ptr() == tensor.data_ptr()


def const_data_ptr(input: Tensor) -> int:
    """As `data_ptr`.

    >>> x = glassnet.ones(2)
    >>> x.const_data_ptr() == x.data_ptr()
    True
    """
    return input.data_ptr()


def ndimension(input: Tensor) -> int:
    """As `dim`.

    >>> glassnet.ones(2, 3).ndimension()
    2
    """
    return input.ndim


def dim_order(input: Tensor, ambiguity_check: Any = False) -> tuple[int, ...]:
    """The dimensions from the outermost in memory to the innermost.

    >>> glassnet.ones(2, 3).t().dim_order()
    (1, 0)
    """
    steps = input.stride()
    return tuple(sorted(range(input.ndim), key=lambda d: -steps[d]))
