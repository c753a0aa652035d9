"""The form in which PyTorch wrote before 1.6: five pickles one after another, then the bytes of each storage."""

from __future__ import annotations

import struct
import sys
from typing import Any, BinaryIO

import numpy as np

from glassnet.serialization.pt.opcodes import Refused, read_pickle
from glassnet.serialization.pt.pickled import pickled
from glassnet.serialization.pt.storages import Kind, Storage, Storages
from glassnet.serialization.pt.value import read_value

_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
BEGINS = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_SYSTEM = {"protocol_version": _VERSION, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


def read_legacy(data: memoryview, modules: bool) -> Any:
    """The value in a file of these bytes. Raises Refused."""
    return _Legacy(data).value(modules)


class _Legacy:
    def __init__(self, data: memoryview) -> None:
        self._data, self._place, self._claimed = data, 0, 0
        self._storages: dict[str, Storage] = {}

    def value(self, modules: bool) -> Any:
        """The value that is described, and the numbers of its storages."""
        magic, version, system = (self._plain() for _ in range(3))
        if magic != _MAGIC or version != _VERSION or not isinstance(system, dict):
            raise Refused("it does not begin as a file of PyTorch does", "check that it is the file you mean")
        if system.get("little_endian") is not (sys.byteorder == "little"):
            raise Refused("its numbers are in the other order of bytes", "save it on a machine as this one")
        begin = self._place
        _, taken = read_value(self._data[begin:], self._storage, len(self._data), modules)  # which storages there are
        self._place += taken
        keys = self._plain()
        if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(self._storages):
            raise Refused("the list of its storages was edited")
        for key in keys:
            self._fill(key)
        value, _ = read_value(self._data[begin:], self._storage, len(self._data), modules)
        return value

    def _plain(self) -> Any:
        """The next pickle, of plain values alone."""
        value, taken = read_pickle(self._data[self._place :], _nothing, _nothing, _nothing)
        self._place += taken
        return value

    def _storage(self, key: str, kind: Kind, count: int) -> Storage:
        """A storage whose bytes come later: its memory, if the file can have as much."""
        if key not in self._storages:
            self._claimed += count * kind.itemsize
            if self._claimed > len(self._data):
                raise Refused("its storages should have more bytes than the whole file", "use a whole copy of it")
            self._storages[key] = Storage(kind, np.zeros(count * kind.itemsize, np.uint8))
        storage = self._storages[key]
        if storage.kind != kind or len(storage.raw) != count * kind.itemsize:
            raise Refused(f"the storage {key:.20} is of two sizes or dtypes")
        return storage

    def _fill(self, key: str) -> None:
        storage = self._storages[key]
        if len(self._data) - self._place < 8:
            raise Refused("the file was cut off", "use a whole copy of it")
        (count,) = struct.unpack_from("<q", self._data, self._place)
        begin, size = self._place + 8, len(storage.raw)
        content = self._data[begin : begin + size]
        if count * storage.kind.itemsize != size or len(content) != size:
            raise Refused("the file was cut off or edited", "use a whole copy of it")
        filled = np.frombuffer(content, np.uint8).copy()
        self._storages[key] = Storage(storage.kind, filled)
        self._place = begin + size


def _nothing(*_: Any) -> Any:
    raise Refused("it does not begin as a file of PyTorch does", "check that it is the file you mean")


def write_legacy(file: BinaryIO, text: bytes, storages: Storages) -> None:
    """Write the pickles and the storages."""
    sizes, contents = storages.sizes(), storages.contents()
    for value in (_MAGIC, _VERSION, _SYSTEM):
        file.write(pickled(value)[0])
    file.write(text)
    file.write(pickled(list(contents))[0])
    for key, raw in contents.items():
        file.write(struct.pack("<q", len(raw) // sizes[key]))
        file.write(raw.data)
