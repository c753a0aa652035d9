"""Signals that ask a command to end: Ctrl-C, and those by which a system or a terminal does the same.

The first one ends what the command is doing, by an exception that everything in between clears up after; but while
something is being made that should be whole (`uninterrupted`), it is only noted, for whoever makes it to see. The
second ends that too.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# SIGHUP when a terminal is closed, SIGBREAK for Ctrl-Break on Windows; not every system has each of them
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))

_received: list[int] = []  # by the command that is running
_depth = 0  # of `uninterrupted`


@contextmanager
def handled() -> Iterator[None]:
    """Within, the signals that ask the process to end raise KeyboardInterrupt.

    One that was ignored before, as nohup has it, still is.
    """
    _received.clear()
    before = {}
    if threading.current_thread() is threading.main_thread():  # no other can have handlers
        for number in ENDING:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, _receive)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _receive(number: int, frame: object) -> None:
    _received.append(number)
    if not _depth or len(_received) > 1:
        raise KeyboardInterrupt


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Within, the first signal only shows in `count`."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1


def count() -> int:
    """How many such signals the command has received."""
    return len(_received)


def exit_code() -> int:
    """The exit code of a command that was asked to end: 128 and the number of the signal."""
    return 128 + (_received[0] if _received else signal.SIGINT)
