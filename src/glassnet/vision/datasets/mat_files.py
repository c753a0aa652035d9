"""Arrays in MATLAB's files (version 5), in which some datasets are published."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from glassnet.files import FileError, PathLike, read_bytes
from glassnet.ops.dtypes import Array

_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_MATRIX, _COMPRESSED = 14, 15
_MOST = 2**31  # bytes


class MatError(FileError):
    """A file that is not one of MATLAB's, or a damaged one."""


def read_mat(path: PathLike) -> dict[str, Array]:
    """The arrays of numbers in a file, by name; what is none is left out.

    Source: "MAT-File Format", The MathWorks, 2019. Raises MatError.
    """
    content = read_bytes(path, _MOST)
    if len(content) < 128 or content[126:128] != b"IM":
        raise MatError(path, "expected a MAT-file of version 5, of little-endian numbers", "use the file as published")
    try:
        return dict(_arrays(content[128:]))
    except (struct.error, zlib.error, ValueError, KeyError, IndexError) as error:
        problem = f"the file was cut off or edited ({type(error).__name__})"
        raise MatError(path, problem, "use the file as it was published") from None


def _arrays(content: bytes) -> Iterator[tuple[str, Array]]:
    for kind, data in _elements(content):
        if kind == _COMPRESSED:
            unpacked = zlib.decompressobj().decompress(data, _MOST)
            yield from _arrays(unpacked)
        elif kind == _MATRIX:
            (_, flags), (_, sides), (_, name), *parts = _elements(data)
            dtype = _CLASSES.get(flags[0])
            if dtype is not None and parts:
                stored, numbers = parts[0]
                array = np.frombuffer(numbers, f"<{_NUMBERS[stored]}").astype(dtype)
                yield name.decode("latin-1"), array.reshape(np.frombuffer(sides, "<i4"), order="F")


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each element: its kind, and its bytes; short ones stand in the head itself."""
    at = 0
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<II", content, at)
        if kind >> 16:
            yield kind & 0xFFFF, content[at + 4 : at + 4 + (kind >> 16)]
            at += 8
            continue
        if at + 8 + size > len(content):
            raise ValueError("cut off")
        yield kind, content[at + 8 : at + 8 + size]
        at += 8 + size + (-size % 8 if kind != _COMPRESSED else 0)
