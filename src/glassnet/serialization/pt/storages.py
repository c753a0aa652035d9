"""Storages: the memory that tensors of a PyTorch file lie in, several of them in one where they share it.

A tensor is a storage, where in it it begins, its shape, and how many elements further the next index lies. All four
come from the file, and are held against the size of the storage before there is a tensor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from glassnet.errors import DtypeError
from glassnet.ops.bfloat16 import bfloat16, dtype_name, item_bytes, read_as, same_dtype, stored, stored_dtype
from glassnet.ops.dtypes import Array, Dtype
from glassnet.ops.shapes import written
from glassnet.serialization.pt.opcodes import Refused
from glassnet.tensor import Tensor, as_array

# PyTorch's names of dtypes, and of the storages of old that had one each.
DTYPES: dict[str, Dtype] = {
    name: np.dtype(name)
    for name in (
        "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128",
    )
} | {"bfloat16": bfloat16}  # fmt: skip
STORAGES = {
    "BoolStorage": "bool", "ByteStorage": "uint8", "CharStorage": "int8", "ShortStorage": "int16",
    "IntStorage": "int32", "LongStorage": "int64", "HalfStorage": "float16", "FloatStorage": "float32",
    "DoubleStorage": "float64", "ComplexFloatStorage": "complex64", "ComplexDoubleStorage": "complex128",
    "BFloat16Storage": "bfloat16",
}  # fmt: skip
STORAGE_OF = {name: storage for storage, name in STORAGES.items()}
# What NumPy does not have is read as what holds every number of it.
READ_AS: dict[str, Dtype] = {"uint16": np.dtype(np.int32), "uint32": np.dtype(np.int64)}
BYTES = {"uint16": 2, "uint32": 4} | {name: item_bytes(dtype) for name, dtype in DTYPES.items()}
_MOST_REPEATED = 2**31  # elements of a tensor that repeats those of its storage


@dataclass(frozen=True)
class Kind:
    """A dtype by PyTorch's name, as the file has it; ``untyped`` stands for bytes whose dtype each tensor says."""

    name: str

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return BYTES.get(self.name, 1)


class Storage:
    """The memory ``raw``, bytes in the order of this machine, of elements of ``kind``."""

    def __init__(self, kind: Kind, raw: Array) -> None:
        self.kind, self.raw = kind, raw
        self._read: dict[str, Array] = {}

    def elements(self, kind: Kind) -> Array:
        """The elements, if they are of ``kind``; tensors of one kind share them."""
        if kind.name not in self._read:
            self._read[kind.name] = _elements(self.raw, kind)
        return self._read[kind.name]


def _elements(raw: Array, kind: Kind) -> Array:
    if len(raw) % kind.itemsize:
        raise Refused(f"a storage of {len(raw)} bytes cannot hold elements of {kind.name}")
    if kind.name in READ_AS:
        return np.asarray(raw.view(np.dtype(kind.name)), READ_AS[kind.name])
    dtype = DTYPES.get(kind.name)
    if dtype is None:
        raise Refused(
            f"it holds numbers of {kind.name}, which NumPy does not have",
            f"convert them where they were made: x.to(torch.float32); read are {', '.join([*DTYPES, *READ_AS])}",
        )
    if dtype.kind == "b" and raw.size and raw.max() > 1:
        raise Refused("a storage of truth values holds other bytes than 0 and 1")
    return read_as(dtype, raw.view(stored_dtype(dtype)))


def tensor_in(storage: Any, kind: Kind | None, offset: Any, shape: Any, steps: Any) -> Array:
    """The elements of ``storage`` from ``offset`` on, of this shape, each index so many ``steps`` further."""
    if not isinstance(storage, Storage):
        raise Refused("a tensor lies in something that is no storage")
    sizes, strides = _whole(shape), _whole(steps)
    (begin,) = _whole((offset,))
    if len(sizes) != len(strides) or len(sizes) > 64:
        raise Refused(f"a tensor of shape {written(sizes)} has steps for {len(strides)} dimensions")
    elements = storage.elements(kind or storage.kind)
    count = math.prod(sizes)
    last = begin + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    if count and last >= elements.size:
        raise Refused(f"a tensor of shape {written(sizes)} reaches element {last} of a storage of {elements.size}")
    if count > max(_MOST_REPEATED, elements.size):
        raise Refused(f"a tensor of shape {written(sizes)} lies in a storage of {elements.size} elements")
    try:
        if not count:
            return np.empty(sizes, elements.dtype)
        size = elements.itemsize
        return np.ndarray(sizes, elements.dtype, elements, begin * size, tuple(size * stride for stride in strides))
    except (ValueError, MemoryError) as error:
        raise Refused(f"a tensor has shape {written(sizes)}, which NumPy cannot make ({error})") from None


def _whole(numbers: Any) -> tuple[int, ...]:
    """``numbers``, if they are sizes: whole and 0 or more."""
    if not isinstance(numbers, tuple | list) or not all(type(n) is int and 0 <= n < 2**62 for n in numbers):
        raise Refused(f"the place of a tensor should be whole numbers of 0 or more, got {numbers!r:.60}")
    return tuple(numbers)


# writing ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    """Where a tensor lies: in which storage, of how many elements, from which one on, and its steps, in elements."""

    array: Array
    key: str
    count: int  # elements of the storage
    offset: int
    steps: tuple[int, ...]


class Storages:
    """The storages of what is saved: memory that several tensors share is written once, from the first byte of any to
    the last. First all tensors are `seen`, then each is `placed`.
    """

    def __init__(self) -> None:
        self._ours: dict[int, Array] = {}  # by the identity of the tensor
        self._pieces: dict[Any, _Piece] = {}
        self._kept: list[Tensor] = []  # so that no identity is given twice

    def seen(self, tensor: Tensor) -> None:
        """Note that ``tensor`` is to be saved. Raises DtypeError for a dtype that PyTorch does not have."""
        if id(tensor) in self._ours:
            return
        array = as_array(tensor)  # of a number without dimensions, another each time
        usual = array.dtype.newbyteorder("=") if array.dtype.byteorder == ">" else array.dtype
        if dtype_name(usual) not in STORAGE_OF:
            known = ", ".join(map(str, DTYPES))
            raise DtypeError(f"save: a tensor has dtype {array.dtype}, which PyTorch does not have; it has {known}")
        self._kept.append(tensor)
        ours = (
            array if same_dtype(array.dtype, usual) and _is_told_by_steps(array) else np.array(array, usual, order="C")
        )
        self._ours[id(tensor)] = ours
        low, high = byte_bounds(ours)
        piece = self._pieces.setdefault(_memory(ours), _Piece(str(len(self._pieces)), _root(ours), usual, low, high))
        piece.low, piece.high = min(piece.low, low), max(piece.high, high)

    def placed(self, tensor: Tensor) -> Placed:
        """Where ``tensor`` lies."""
        ours = self._ours[id(tensor)]
        piece, size = self._pieces[_memory(ours)], ours.itemsize
        if not ours.size:
            return Placed(ours, piece.key, 0, 0, _in_order(ours.shape))
        begin, steps = (byte_bounds(ours)[0] - piece.low) // size, tuple(step // size for step in ours.strides)
        return Placed(ours, piece.key, (piece.high - piece.low) // size, begin, steps)

    def contents(self) -> dict[str, Array]:
        """The bytes of each storage by its key, not copied."""
        return {piece.key: piece.content() for piece in self._pieces.values()}

    def sizes(self) -> dict[str, int]:
        """The bytes of an element of each storage by its key."""
        return {piece.key: item_bytes(piece.dtype) for piece in self._pieces.values()}


@dataclass
class _Piece:
    key: str
    root: Array
    dtype: Dtype  # of the tensors
    low: int  # addresses
    high: int

    def content(self) -> Array:
        if not self.root.size:
            return np.empty(0, np.uint8)
        flat = self.root if self.root.flags.c_contiguous else self.root.T
        begin = self.low - byte_bounds(self.root)[0]
        content = flat.reshape(-1).view(np.uint8)[begin : begin + self.high - self.low]
        return stored(content.view(self.dtype)).view(np.uint8) if self.dtype is bfloat16 else content


def _is_told_by_steps(array: Array) -> bool:
    """Whether a shape and steps forward, in elements, say where ``array`` lies in a piece of memory."""
    root = _root(array)
    return (
        array.size > 0
        and all(step >= 0 and step % array.itemsize == 0 for step in array.strides)
        and (root.flags.c_contiguous or root.flags.f_contiguous)
    )


def _memory(array: Array) -> tuple[int, str, int]:
    """What is the same for arrays that may share a storage."""
    root = _root(array)
    return id(root), dtype_name(array.dtype), (byte_bounds(array)[0] - byte_bounds(root)[0]) % array.itemsize


def _root(array: Array) -> Array:
    """The array whose memory ``array`` lies in."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _in_order(shape: Sequence[int]) -> tuple[int, ...]:
    """The steps of a tensor of this shape without gaps."""
    steps, step = [], 1
    for size in reversed(shape):
        steps.append(step)
        step *= max(size, 1)
    return tuple(reversed(steps))
