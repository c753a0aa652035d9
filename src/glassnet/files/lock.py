"""Locks on open files and folders, which the system lets go of when the process ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

LOCK = ".lock"  # the file that stands for the lock of its folder where a folder itself cannot be locked


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


class FolderLock:
    """The lock of ``folder``, which one process at a time can have; of one that is killed nothing is left.

    It is a lock of the folder itself, and stays with it when it is renamed. Windows has no such lock, and keeps a file.
    Between machines that share a file system it need not hold.

    >>> from glassnet.files.lock import FolderLock
    >>> first, second = FolderLock("."), FolderLock(".")
    >>> first.take(), second.take()
    (True, False)
    >>> first.release()
    >>> second.take()
    True
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._handle: int | None = None
        self._status: os.stat_result | None = None  # of the folder that was locked

    def take(self) -> bool:
        """Take it, and return whether that was possible. Raises OSError where there is no folder to be opened."""
        if sys.platform == "win32":  # pragma: no cover
            handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT)
        else:
            handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            is_ours = locked(handle)
            self._status = os.stat(self.folder)
        except BaseException:
            os.close(handle)
            raise
        if is_ours:
            self._handle = handle
        else:
            os.close(handle)
        return is_ours

    @property
    def is_in_place(self) -> bool:
        """Whether the folder that was locked is still at its path: neither moved, nor deleted, nor exchanged."""
        try:
            return self._status is not None and os.path.samestat(self._status, os.stat(self.folder))
        except OSError:
            return False

    def rename(self, path: Path) -> None:
        """Rename the folder, and keep the lock. Raises OSError."""
        if sys.platform == "win32" and self._handle is not None:  # no open file can be moved  # pragma: no cover
            self.release()
            os.rename(self.folder, path)
            self.folder = path
            self.take()
            return
        os.rename(self.folder, path)
        self.folder = path

    def release(self) -> None:
        """Release it, if it is held."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        os.close(handle)
        if sys.platform == "win32":  # where no open file can be taken away  # pragma: no cover
            with suppress(OSError):
                os.unlink(self.folder / LOCK)
