"""Faults at every operation on files: the process is killed there, or the operation fails, or a signal comes.

Python tells of opening, renaming, removing, linking and the like by its audit events; flushing to the disk, which it
does not tell of, is wrapped. An operation counts if it is on a file below the working folder.
"""

from __future__ import annotations

import errno
import itertools
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

time_module = import_module("time")  # whose clocks are set here, and read nowhere
EVENTS = frozenset(
    ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
)
REMOVES = ("os.remove", "os.rmdir")
Meet = Callable[[int, str, object], None]


class Operations:
    """Counts the operations on files in this process, and has ``meet(number, event, path)`` told of each before it."""

    def __init__(self, meet: Meet) -> None:
        self.number = 0
        self._meet = meet
        self._within = False
        self._here = os.getcwd()
        sys.addaudithook(self._hear)
        fsync = os.fsync
        os.fsync = lambda handle: (self.come("os.fsync", ""), fsync(handle))[1]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS or self._within:
            return
        path, *more = arguments
        if isinstance(path, int) and event != "open":  # which opens nothing that was not open
            self.come(event, path)
        elif isinstance(path, str | bytes | os.PathLike):
            name = os.fsdecode(path)
            if not os.path.isabs(name) or name.startswith(self._here):
                reads = event == "open" and not more[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
                self.come("read" if reads else event, name)

    def come(self, event: str, path: object) -> None:
        """The operation ``event`` on ``path`` is next."""
        if self._within:
            return
        self._within = True
        try:
            self.number += 1
            self._meet(self.number, event, path)
        finally:
            self._within = False


def counting(file: str) -> Callable[[], object]:
    """Operations are counted; how many there were is in ``file`` at the end."""

    def prepare() -> None:
        def meet(number: int, event: str, path: object) -> None:
            with open(handle, "w", closefd=False) as out:
                out.seek(0)
                out.write(f"{number}\n")

        handle = os.open(file, os.O_WRONLY | os.O_CREAT)
        Operations(meet)

    return prepare


def killed(at: int) -> Callable[[], object]:
    """The process is killed before operation number ``at``."""

    def meet(number: int, event: str, path: object) -> None:
        if number == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return lambda: Operations(meet)


def signalled(at: int, *signals: int) -> Callable[[], object]:
    """The process gets ``signals``, one before operation ``at``, the next before the next."""

    def meet(number: int, event: str, path: object) -> None:
        if 0 <= number - at < len(signals):
            os.kill(os.getpid(), signals[number - at])

    return lambda: Operations(meet)


def failing(at: int, number: int, *, for_ever: bool) -> Callable[[], object]:
    """Operation number ``at`` fails with the error ``number``; or it and each after it.

    Not so what a full or read-only disk can do: reading, and, where it is full, renaming. Nor does removing fail, for
    then something has to be left.
    """

    can = {*REMOVES, "read"} if for_ever or number != errno.EIO else {*REMOVES}
    if number == errno.ENOSPC:
        can.add("os.rename")

    def meet(count: int, event: str, path: object) -> None:
        if event not in can and (count == at or (count > at and for_ever)):
            raise OSError(number, os.strerror(number), str(path) if path else None)

    return lambda: Operations(meet)


def meeting(at: int, act: Callable[[], object]) -> Callable[[], object]:
    """``act`` is done, by something else as it were, before operation number ``at``."""

    def meet(number: int, event: str, path: object) -> None:
        if number == at:
            act()

    return lambda: Operations(meet)


def clocks(read: Callable[[float], float]) -> None:
    """Every clock of this process tells ``read`` of the number of times that one was read."""
    times = itertools.count()
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time_module, name, lambda: read(next(times)))
