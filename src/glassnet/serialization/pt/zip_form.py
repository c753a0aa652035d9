"""The form in which PyTorch writes today: a zip archive, not compressed, of a pickle and a member for each storage."""

from __future__ import annotations

import sys
import zipfile
from typing import Any, BinaryIO

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.serialization.pt.opcodes import Refused
from glassnet.serialization.pt.storages import Kind, Storage, Storages
from glassnet.serialization.pt.value import read_value

BEGINS = b"PK\x03\x04"
_LONGEST = 2**26  # bytes of the pickle
_MOST = 1_000_000  # members
_ALIGNED = 64  # so that memory can be mapped: each storage begins at a multiple
_HEADER = 30  # bytes before the name of a member
_ROOT = "archive"


def read_zip(file: BinaryIO, size: int, modules: bool) -> Any:
    """The value in the archive ``file``, of ``size`` bytes. Raises Refused."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _Archive(archive, size).value(modules)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise Refused(f"the archive was cut off or edited ({error})", "use a whole copy of it") from None
    except (
        ValueError,
        UnicodeDecodeError,
        OverflowError,
        IndexError,
        KeyError,
    ) as error:  # of zipfile, for odd headers
        raise Refused(f"the archive was edited ({error})", "use a whole copy of it") from None


class _Archive:
    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive, self._size = archive, size
        members = archive.infolist()
        if len(members) > _MOST or sum(member.file_size for member in members) > size:
            raise Refused("the members of the archive are larger than the archive", "use a whole copy of it")
        self._members = {member.filename: member for member in members}
        found = [name for name in self._members if name.endswith("/data.pkl")]
        if not found:
            raise Refused("it is a zip archive without the data of PyTorch", "check that it is the file you mean")
        self._root = found[0][: -len("data.pkl")]
        if f"{self._root}constants.pkl" in self._members:
            raise Refused("it is a program of torch.jit, not tensors", "save model.state_dict() where it was made")
        self._storages: dict[str, Storage] = {}
        self._swapped = self._is_swapped()

    def value(self, modules: bool) -> Any:
        """The value that is described."""
        text = self._content("data.pkl", _LONGEST)
        value, _ = read_value(memoryview(text.tobytes()), self._storage, self._size, modules)
        return value

    def _is_swapped(self) -> bool:
        order = (
            bytes(self._content("byteorder", 16)).decode() if f"{self._root}byteorder" in self._members else "little"
        )
        return order != sys.byteorder

    def _content(self, name: str, most: int) -> Array:
        """The bytes of a member."""
        member = self._members.get(self._root + name)
        if member is None:
            raise Refused(f"the archive has no member {name:.40}", "use a whole copy of it")
        if member.compress_type != zipfile.ZIP_STORED or member.file_size > most:
            raise Refused(f"the member {name:.40} of the archive is compressed, or too large", "use the original file")
        content = np.empty(member.file_size, np.uint8)
        with self._archive.open(member) as stream:
            place = 0
            while place < len(content):
                read = stream.readinto(content[place:].data)  # type: ignore[attr-defined]
                if not read:
                    raise Refused("the archive was cut off", "use a whole copy of it")
                place += read
            if stream.read(1):
                raise Refused("the archive was edited", "use a whole copy of it")
        return content

    def _storage(self, key: str, kind: Kind, count: int) -> Storage:
        if key not in self._storages:
            raw = self._content(f"data/{key}", self._size)
            if self._swapped and kind.itemsize > 1:
                if kind.name in ("untyped", "complex64", "complex128"):
                    raise Refused("its numbers are in the other order of bytes", "save it on a machine as this one")
                raw = raw.reshape(-1, kind.itemsize)[:, ::-1].reshape(-1)
            self._storages[key] = Storage(kind, raw)
        storage = self._storages[key]
        if len(storage.raw) != count * kind.itemsize:
            raise Refused(
                f"the storage {key:.20} should have {count * kind.itemsize} bytes, and has {len(storage.raw)}"
            )
        return storage


def write_zip(file: BinaryIO, text: bytes, storages: Storages) -> None:
    """Write the archive of a pickle and its storages; what is in it depends on nothing but these."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        begin = file.tell()
        _add(archive, file, begin, "data.pkl", memoryview(text))
        _add(archive, file, begin, "byteorder", memoryview(sys.byteorder.encode()))
        for key, raw in storages.contents().items():
            _add(archive, file, begin, f"data/{key}", raw.data)
        _add(archive, file, begin, "version", memoryview(b"3\n"))


def _add(archive: zipfile.ZipFile, file: BinaryIO, begin: int, name: str, content: memoryview) -> None:
    member = zipfile.ZipInfo(f"{_ROOT}/{name}", (1980, 1, 1, 0, 0, 0))
    member.file_size = content.nbytes
    is_large = content.nbytes > 2**31 - 2**24
    place = file.tell() - begin + _HEADER + len(member.filename) + 4 + (20 if is_large else 0)
    padding = -place % _ALIGNED
    member.extra = b"FB" + padding.to_bytes(2, "little") + b"Z" * padding
    with archive.open(member, "w", force_zip64=is_large) as stream:
        stream.write(content)
