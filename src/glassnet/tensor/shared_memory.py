"""Memory that several processes have: a file which each of them maps, so that what one writes the others see."""

from __future__ import annotations

import mmap
import os
import tempfile
from contextlib import suppress
from multiprocessing.reduction import ForkingPickler
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary, finalize

import numpy as np

from glassnet.ops.dtypes import Array, Dtype

_FOLDER = "/dev/shm"  # of files that are in memory alone, where there is such a folder
_file_of: WeakKeyDictionary[Any, str] = WeakKeyDictionary()  # by what is mapped, which the arrays in it keep
_mapped: WeakValueDictionary[str, Any] = WeakValueDictionary()


def in_shared_memory(array: Array) -> Array:
    """The same numbers where other processes can have them too; ``array`` itself if it is there already, or empty."""
    if not array.size or is_shared(array):
        return array
    handle, path = tempfile.mkstemp(prefix="glassnet-", dir=_FOLDER if os.path.isdir(_FOLDER) else None)
    os.ftruncate(handle, array.nbytes)
    memory = mmap.mmap(handle, array.nbytes)
    os.close(handle)
    finalize(memory, _forget, path, os.getpid())
    _file_of[memory], _mapped[path] = path, memory
    shared: Array = np.ndarray(array.shape, array.dtype, memory)
    shared[...] = array
    return shared


def _forget(path: str, maker: int) -> None:
    """Delete the file; not from a process that was forked from the one that made it. Who has it mapped keeps it."""
    if os.getpid() == maker:
        with suppress(OSError):
            os.unlink(path)


def is_shared(array: Array) -> bool:
    """Whether the array lies in such memory."""
    return _memory_of(array) is not None


def _memory_of(array: Array) -> Any:
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) and base in _file_of else None


def sent_as_shared(kind: type[Any]) -> None:
    """Have what of this class lies in shared memory sent to another process as its place there, not as its numbers.

    That is between processes that Python started for one another, and not in a file.
    """
    ForkingPickler.register(kind, _sent)


def _sent(x: Any) -> Any:
    make, arguments, own = x.__reduce_ex__(4)
    memory = _memory_of(x.array)
    if memory is None:
        return make, arguments, own
    start = x.array.ctypes.data - np.ndarray(1, np.uint8, memory).ctypes.data
    place = _file_of[memory], start, x.array.shape, x.array.strides, x.array.dtype
    return _received, (make, arguments, type(x), place), own


def _received(make: Any, arguments: Any, kind: type[Any], place: tuple[str, int, Any, Any, Dtype]) -> Any:
    path, start, shape, strides, dtype = place
    memory = _mapped.get(path)
    if memory is None:
        with open(path, "r+b") as file:
            memory = mmap.mmap(file.fileno(), 0)
        _file_of[memory], _mapped[path] = path, memory
    sent_as_shared(kind)
    array = np.ndarray(shape, dtype, memory, start, strides)
    return make(*(array if isinstance(x, np.ndarray) else x for x in arguments))
