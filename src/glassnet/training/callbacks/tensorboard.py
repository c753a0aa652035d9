"""TensorBoard: the numbers of a run as an event file for TensorBoard.

An event file is a list of TFRecords: a length, a masked CRC-32C of it, that many bytes, and their masked
CRC-32C. Each record is an Event in the wire format of protocol buffers
(tensorflow/core/util/event.proto and framework/summary.proto). Writing one needs no package; to look at it,
``pip install tensorboard``.
"""

from __future__ import annotations

import os
import re
import struct
import time
from contextlib import suppress
from functools import cache
from io import FileIO
from pathlib import Path

from glassnet.training.callbacks.callback import Callback, RunningTrainer

CASTAGNOLI = 0x82F63B78  # the polynomial of CRC-32C, its bits turned round
DOUBLE, BYTES, FLOAT, VARINT = 1, 2, 5, 0  # wire types


class TensorBoard(Callback):
    """Writes the numbers of each epoch into an event file in ``folder``: ``train/loss``, ``val/loss`` and so on.

    A resumed run begins a new file, which TensorBoard shows together with the others. Raises OSError where it
    cannot write.

    >>> from pathlib import Path
    >>> from glassnet.training import TensorBoard, Trainer
    >>> model = nn.Linear(1, 1)
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=TensorBoard("logs"))
    >>> x = glassnet.zeros(4, 1)
    >>> history = trainer.fit((x, x), epochs=2)
    >>> b"train/loss" in next(Path("logs").iterdir()).read_bytes()
    True
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._file: FileIO | None = None

    def on_fit_start(self, trainer: RunningTrainer) -> None:
        """Begin the file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        path = self.folder / f"events.out.tfevents.{self._stamp(now):010d}.glassnet.{os.getpid()}.0"
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115  # as long as the run
        self._write(_field(1, DOUBLE, struct.pack("<d", now)) + _text(3, "brain.Event:2"))

    def on_epoch_end(self, trainer: RunningTrainer) -> None:
        """Add the numbers of the epoch."""
        values = b""
        for name, value in trainer.result.items():
            if name != "epoch":
                tag = re.sub("^(train|val)_", r"\1/", name)
                values += _bytes(1, _text(1, tag) + _field(2, FLOAT, struct.pack("<f", value)))
        now = _field(1, DOUBLE, struct.pack("<d", time.time()))
        self._write(now + _field(2, VARINT, _varint(trainer.epoch)) + _bytes(5, values))

    def on_fit_end(self, trainer: RunningTrainer) -> None:
        """Close the file."""
        self._close()

    def on_exception(self, trainer: RunningTrainer, error: BaseException) -> None:
        """Close the file."""
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, event: bytes) -> None:
        assert self._file is not None
        before, data = self._file.tell(), memoryview(record(event))
        try:
            while data:
                data = data[self._file.write(data) :]
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
    """``data`` as a TFRecord."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def crc32c(data: bytes) -> int:
    """The CRC-32C of ``data`` (RFC 3720, appendix B.4)."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    def entry(crc: int) -> int:
        for _ in range(8):
            crc = (crc >> 1) ^ (CASTAGNOLI if crc & 1 else 0)
        return crc

    return tuple(map(entry, range(256)))


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def _field(number: int, wire: int, value: bytes) -> bytes:
    return _varint(number << 3 | wire) + value


def _bytes(number: int, value: bytes) -> bytes:
    return _field(number, BYTES, _varint(len(value)) + value)


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())
