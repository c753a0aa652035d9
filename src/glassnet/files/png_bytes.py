"""PNG: arrays of pixels as the bytes of a picture, written without a library.

The format is that of the PNG specification (W3C, third edition): a header, a palette where there is one, and
the rows compressed by zlib.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of channels: grey, grey and opacity, colours, colours and opacity
_BEGINS = b"\x89PNG\r\n\x1a\n"

Pixels = npt.NDArray[np.uint8]


def png_bytes(
    pixels: Pixels, palette: Pixels | None = None, opacity: Pixels | None = None, compression: int = 9
) -> bytes:
    """The picture [height, width] (grey, or numbers of the ``palette``) or [height, width, 1 to 4 channels] as a PNG.

    ``palette`` [n, 3] are colours, ``opacity`` [n] is that of each.

    >>> from glassnet.files.png_bytes import png_bytes
    >>> png_bytes(np.zeros((2, 3), np.uint8))[:4]
    b'\\x89PNG'
    """
    height, width = pixels.shape[:2]
    kind = 3 if palette is not None else _KINDS[pixels.shape[2] if pixels.ndim == 3 else 1]
    rows = np.zeros((height, 1 + pixels[0].size), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))]
    if palette is not None and opacity is not None:
        chunks += [_chunk(b"PLTE", palette.tobytes()), _chunk(b"tRNS", opacity.tobytes())]
    chunks += [_chunk(b"IDAT", zlib.compress(rows.tobytes(), compression)), _chunk(b"IEND", b"")]
    return _BEGINS + b"".join(chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
