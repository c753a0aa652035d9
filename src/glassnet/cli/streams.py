"""Standard output and error of a command, whatever they are: a pipe that nobody reads, a full disk, or closed.

A command does what it was asked to do, whether or not what it prints arrives; that it did not is told at the end.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

UNREAD = 141  # the exit code of a program that ends because nobody reads its output: 128 and SIGPIPE


class Lenient:
    """A stream like ``stream``. Once it cannot be written to, ``error`` says why, and what follows is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        """Write the text, if that is possible."""
        try:
            if self.error is None:
                self._stream.write(text)
        except OSError as error:
            self.error = error
        return len(text)

    def flush(self) -> None:
        """Write what is waiting, if that is possible."""
        try:
            if self.error is None and not self._stream.closed:
                self._stream.flush()
        except OSError as error:
            self.error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def moved_to(self, stream: TextIO) -> TextIO:
        """Write to another stream from now on; gives the one before."""
        self.flush()
        before, self._stream = self._stream, stream
        return before

    def abandon(self) -> None:
        """Let what is waiting go nowhere: Python would try once more to write it when it ends."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nowhere, self._stream.fileno())
            finally:
                os.close(nowhere)


@contextmanager
def lenient() -> Iterator[tuple[Lenient, Lenient]]:
    """Within, standard output and error are `Lenient`: these two."""
    _open_what_is_closed()
    before = sys.stdout, sys.stderr
    for stream in before:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # where × or █ cannot be written, a ? can
    out, err = Lenient(sys.stdout), Lenient(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield out, err
    finally:
        sys.stdout, sys.stderr = before
        for stream in (out, err):
            stream.flush()
            if stream.error is not None:
                stream.abandon()


def _open_what_is_closed() -> None:
    """Else the next file that is opened would get the number of standard output, and what is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # as long as the process


def unwritten(error: OSError) -> tuple[str, int]:
    """The message, if there is anything to say, and the exit code for an output that could not be written."""
    if error.errno in (errno.EPIPE, errno.EIO):  # whoever read it has gone, with the terminal or before
        return "", UNREAD
    return f"what it printed could not be written ({error.strerror}); name another place for it", 1
