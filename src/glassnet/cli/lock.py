"""A lock on a run folder: one process at a time trains the run that is in it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

LOCK = ".lock"


class Lock:
    """The lock of ``folder``: a file that is held open. It ends with the process that holds it, however that ends."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / LOCK
        self._held: int | None = None

    def take(self) -> bool:
        """Whether it is taken now, for nobody else holds it. Raises OSError where its file cannot be made."""
        while True:
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o644)
            if not _locked(handle):
                os.close(handle)
                return False
            if self._is_of(handle):
                self._held = handle
                return True
            os.close(handle)  # whoever held it has just taken the file away

    def _is_of(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self._file))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give it back, if it is held, and leave no trace."""
        if self._held is None:
            return
        handle, self._held = self._held, None
        if sys.platform == "win32":  # where no open file can be taken away  # pragma: no cover
            os.close(handle)
            with suppress(OSError):
                self._file.unlink()
            return
        with suppress(OSError):
            self._file.unlink()
        os.close(handle)


def _locked(handle: int) -> bool:
    """Whether ``handle`` is locked now; True, too, on a file system that knows no locks: then nobody can tell."""
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
