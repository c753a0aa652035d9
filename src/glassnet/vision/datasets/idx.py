"""Files in IDX, the format of MNIST. A damaged or malicious file raises an error and fills no memory.

After Y. LeCun's description of the MNIST files: two zero bytes, a byte for the type of the numbers, a
byte for how many dimensions there are, each dimension's size as a 4-byte integer, the numbers; all of it with
the most significant byte first. A file may be packed by gzip (RFC 1952).
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from typing import BinaryIO

import numpy as np

from glassnet.files import FileError, opened
from glassnet.ops.dtypes import Array
from glassnet.vision.datasets.picture_dataset import PathLike

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST = 2**30  # bytes of numbers, unless told otherwise: the largest of EMNIST's files unpacks to 0.64 GB
_DIMENSIONS = 8
_CHUNK = 2**20
_PIECE = 2**16  # bytes of a gzip file
_PACKED = b"\x1f\x8b"
_SMALL = 2**18  # bytes, which any file may have
_RATIO = 100  # bytes that are unpacked of one: pictures of digits come to 5; DEFLATE (RFC 1951) would make 1032


class IdxError(FileError):
    """A file that is not IDX, is cut off, too long, or too large.

    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> _ = Path("train-images-idx3-ubyte").write_bytes(b"")
    >>> try:
    ...     datasets.read_idx("train-images-idx3-ubyte")
    ... except datasets.IdxError as error:
    ...     print(error)
    train-images-idx3-ubyte: expected an IDX file, ... but it is empty; delete the file and download it again
    """


def read_idx(path: PathLike, most: int = MOST) -> Array:
    """The array in the IDX file at ``path``, packed by gzip or not.

    It is read in pieces, so that no more memory is used than the file really fills, and at most ``most`` bytes. The
    array has the machine's byte order and is writable. Raises IdxError for a
    file that is damaged, cut off, too long or too large, and OSError for one that cannot be opened.

    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> _ = Path("labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))  # three bytes
    >>> datasets.read_idx("labels-idx1-ubyte")
    array([7, 2, 1], dtype=uint8)
    """
    name = os.fspath(path)
    with opened(path, IdxError) as file:
        size = os.fstat(file.fileno()).st_size
        packed = file.read(2) == _PACKED
        file.seek(0)
        if not packed:
            return _read(file, name, size, size, most)
        try:
            return _read(_Unpacked(file), name, None, max(_SMALL, size * _RATIO), most)
        except zlib.error as error:
            raise IdxError(name, f"the gzip stream is damaged or cut off ({error})", _AGAIN) from None


_AGAIN = "delete the file and download it again"


class _Unpacked:
    """What the gzip ``file`` holds, in pieces.

    Python's own reader of gzip takes the names in its header, and the zeros that may follow it, a byte at a time:
    minutes for a file of gigabytes. After the stream there may be some zeros, and nothing else.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(wbits=31)  # with the header and the check sum of gzip

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes, or fewer at the end. Raises zlib.error for a stream that is damaged or cut off."""
        pieces, wanted = [], size
        while wanted and not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._file.read(_PIECE)
            piece = self._inflate.decompress(packed, wanted)
            if not (packed or piece):
                raise zlib.error("its end is missing")
            pieces.append(piece)
            wanted -= len(piece)
        if self._inflate.eof and wanted:
            self._check_nothing_follows()
        return b"".join(pieces)

    def _check_nothing_follows(self) -> None:
        rest = self._inflate.unused_data + self._file.read(_PIECE)
        if rest.count(0) != len(rest) or self._file.read(1):
            raise zlib.error("something follows its end")


def _read(stream: BinaryIO | _Unpacked, name: str, size: int | None, bound: int, most: int) -> Array:
    """The array in ``stream``, which has ``size`` bytes if that is known, and not more than ``bound``."""
    dtype, shape = _header(stream, name)
    start = 4 + 4 * len(shape)
    count = math.prod(shape) * dtype.itemsize
    written = " x ".join(map(str, shape))
    what = f"the header promises {count:,} bytes of numbers ({written})"
    if size is not None and size != start + count:
        problem = "cut off" if size < start + count else "too long"
        raise IdxError(name, f"{what}, but {size - start:,} follow it: the file is {problem}", _AGAIN)
    if start + count > bound:
        raise IdxError(name, f"{what}, more than {_RATIO} times as many as the gzip file has", _AGAIN)
    needed = math.prod(n or 1 for n in shape) * dtype.itemsize  # no array, even an empty one, has sizes beyond memory
    if needed > most:
        problem = f"the sizes in the header ({written}) come to {needed:,} bytes, and the limit is {most:,}"
        raise IdxError(name, problem, "give read_idx a larger `most` if that is right")
    numbers = bytearray()
    while len(numbers) < count:
        piece = stream.read(min(_CHUNK, count - len(numbers)))
        if not piece:
            raise IdxError(name, f"{what}, but only {len(numbers):,} follow it: the file is cut off", _AGAIN)
        numbers += piece
    if stream.read(1):
        raise IdxError(name, f"{what}, but more follow it: the file is too long", _AGAIN)
    if not numbers:
        return np.empty(shape, dtype.newbyteorder("="))
    array = np.frombuffer(numbers, dtype).reshape(shape)
    if not dtype.isnative:
        array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return array


def _header(stream: BinaryIO | _Unpacked, name: str) -> tuple[np.dtype, tuple[int, ...]]:
    magic = stream.read(4)
    known = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in TYPES and 1 <= magic[3] <= _DIMENSIONS
    if not known:
        began = f"it begins with {magic.hex(' ')}" if magic else "it is empty"
        raise IdxError(
            name,
            "expected an IDX file, which begins with 00 00, a type (08, 09, 0b to 0e) and 1 to "
            f"{_DIMENSIONS} dimensions, but {began}",
            _AGAIN,
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise IdxError(name, "the header is cut off", _AGAIN)
    return np.dtype(TYPES[magic[2]]), struct.unpack(f">{magic[3]}I", sizes)
