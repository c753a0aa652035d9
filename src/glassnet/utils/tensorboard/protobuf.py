"""Messages in the wire format of protocol buffers, protobuf.dev/programming-guides/encoding: field after field."""

from __future__ import annotations

import struct
from collections.abc import Iterable

VARINT, DOUBLE, BYTES, FLOAT = 0, 1, 2, 5  # how a field is written


def varint(number: int) -> bytes:
    """A whole number, seven bits to a byte, the lowest first; below 0, as one of 64 bits."""
    number &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def _field(number: int, wire: int, value: bytes) -> bytes:
    return varint(number << 3 | wire) + value


def whole(number: int, value: int) -> bytes:
    """The field ``number`` of a whole number, a truth value, or one of a list of names."""
    return _field(number, VARINT, varint(value))


def real(number: int, value: float) -> bytes:
    """The field ``number`` of a number in 64 bits."""
    return _field(number, DOUBLE, struct.pack("<d", value))


def single(number: int, value: float) -> bytes:
    """The field ``number`` of a number in 32 bits; one that is too large is inf."""
    try:
        data = struct.pack("<f", value)
    except OverflowError:
        data = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return _field(number, FLOAT, data)


def data(number: int, value: bytes) -> bytes:
    """The field ``number`` of bytes, or of another message."""
    return _field(number, BYTES, varint(len(value)) + value)


def text(number: int, value: str) -> bytes:
    """The field ``number`` of a text."""
    return data(number, value.encode("utf-8", "replace"))


def reals(number: int, values: Iterable[float]) -> bytes:
    """The field ``number`` of many numbers in 64 bits."""
    listed = list(values)
    return data(number, struct.pack(f"<{len(listed)}d", *listed))
