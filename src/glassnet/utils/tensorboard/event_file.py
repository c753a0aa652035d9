"""An event file: a list of TFRecords, each an event at a time and a step of a training.

A record is a length, a masked CRC-32C of it, that many bytes, and their masked CRC-32C. An event is a message
(tensorflow/core/util/event.proto). A file is written to as long as the training runs.
"""

from __future__ import annotations

import os
import re
import struct
import time
from contextlib import suppress
from functools import cache
from math import isqrt
from pathlib import Path

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.utils.tensorboard import protobuf

_CASTAGNOLI = 0x82F63B78  # the polynomial of CRC-32C, its bits turned round
_SHORT = 4096  # bytes that are gone through one by one


class EventFile:
    """A new event file in ``folder``, which is made if it is not there; its name is after those that are there.

    Raises OSError where it cannot be written.

    >>> from glassnet.utils.tensorboard.event_file import EventFile
    >>> file = EventFile("logs")
    >>> file.path.name.startswith("events.out.tfevents.")
    True
    >>> file.close()
    """

    def __init__(self, folder: str | os.PathLike[str], suffix: str = "") -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        self.path = self.folder / f"events.out.tfevents.{self._stamp(now):010d}.glassnet.{os.getpid()}.0{suffix}"
        self._file = open(self.path, "xb", buffering=0)  # noqa: SIM115  # as long as the run
        self._write(protobuf.real(1, now) + protobuf.text(3, "brain.Event:2"))

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can be written."""
        return self._file.closed

    def summary(self, values: bytes, step: int | None = None, wall_time: float | None = None) -> None:
        """Add an event of the ``values`` of a summary, at a step of the training and a time, in seconds since 1970."""
        self.event(protobuf.data(5, values), step, wall_time)

    def event(self, what: bytes, step: int | None = None, wall_time: float | None = None) -> None:
        """Add an event; ``what`` happened is a field of its message."""
        when = protobuf.real(1, time.time() if wall_time is None else wall_time)
        self._write(when + (b"" if step is None else protobuf.whole(2, int(step))) + what)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, event: bytes) -> None:
        before, left = self._file.tell(), memoryview(record(event))
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(before)  # half a record would hide those that follow it
            raise

    def _stamp(self, now: float) -> int:
        """The second in the name of a file: TensorBoard reads files in the order of their names.

        It is after those of the files that are there, also where the clock was set back since.
        """
        names = [path.name for path in self.folder.glob("events.out.tfevents.*")]
        stamps = [int(found[1]) for name in names if (found := re.match(r"events\.out\.tfevents\.(\d{1,12})\.", name))]
        return max(int(now), 1 + max(stamps, default=-1))


def record(data: bytes) -> bytes:
    """``data`` as a TFRecord.

    >>> from glassnet.utils.tensorboard.event_file import record
    >>> len(record(b"abc"))
    19
    """
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def crc32c(data: bytes) -> int:
    """The CRC-32C of ``data`` (RFC 3720, appendix B.4).

    >>> from glassnet.utils.tensorboard.event_file import crc32c
    >>> f"{crc32c(b'123456789'):08x}"
    'e3069283'
    """
    crc = 0xFFFFFFFF
    if len(data) > _SHORT:
        crc, data = _of_rows(data, crc)
    table = _table().tolist()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _of_rows(data: bytes, crc: int) -> tuple[int, bytes]:
    """The CRC up to the last bytes, and those: it goes through many rows of bytes at once, each as if alone.

    What lies before a row changes its CRC by what it would be after as many zeros as the row has bytes, and that is a
    sum of what each bit would be.
    """
    width = isqrt(len(data))
    rows = np.frombuffer(data, np.uint8)[: len(data) // width * width].reshape(-1, width)
    bits = np.left_shift(np.uint32(1), np.arange(32, dtype=np.uint32))
    states, table = np.concatenate([np.zeros(len(rows), np.uint32), bits]), _table()
    columns = np.concatenate([rows, np.zeros((32, width), np.uint8)])
    for column in range(width):
        states = table[(states ^ columns[:, column]) & 0xFF] ^ (states >> np.uint32(8))
    alone, after_zeros = states[:-32], states[-32:]
    for state in alone:
        crc = int(np.bitwise_xor.reduce(after_zeros[(np.uint32(crc) & bits) != 0]) ^ state)
    return crc, data[rows.size :]


@cache
def _table() -> Array:
    crc = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        crc = np.where(crc & np.uint32(1), np.uint32(_CASTAGNOLI), np.uint32(0)) ^ (crc >> np.uint32(1))
    return crc


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)
