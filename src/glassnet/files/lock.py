"""Locks on open files, which the system lets go of when the process ends."""

from __future__ import annotations

import sys


def locked(handle: int) -> bool:
    """Lock the open file ``handle``, and return whether that was possible; True, too, on a file system without locks.

    >>> with open("run.lock", "w") as file:
    ...     locked(file.fileno())
    True
    """
    try:
        if sys.platform == "win32":  # pragma: no cover
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True
