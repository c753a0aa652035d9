"""Files written in full or not at all.

What is to be a file is first written beside it under another name, flushed to the disk, and then renamed (POSIX
``rename`` is atomic): whoever reads the file finds the old one or the new one, whenever the process ends. The other
name is the same each time, so what a killed process left is written over by the next that writes the same file, and a
lock tells it from what another process is writing now.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from glassnet.files.lock import FolderLock, locked
from glassnet.files.reading import PathLike, kind_of

Pieces = Sequence[bytes | memoryview]
_FLAGS = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
_UNFINISHED = ".glassnet-*.tmp"


def replace_file(path: PathLike, *pieces: bytes | memoryview, follow: bool = True) -> None:
    """Write ``pieces`` as the file at ``path``, which a reader sees before or after, never between.

    A file that was there keeps its permissions. Where ``path`` is a link, what it leads to is written; with
    ``follow=False`` the link itself is replaced. Raises OSError; then the file that was there is as it was.

    >>> from pathlib import Path
    >>> from glassnet.files import replace_file
    >>> replace_file("hello.txt", b"hello, ", b"world")
    >>> Path("hello.txt").read_text()
    'hello, world'
    """
    with replacing(path, follow=follow) as file:
        file.writelines(pieces)


@contextmanager
def replacing(path: PathLike, *, follow: bool = True) -> Iterator[BinaryIO]:
    """A file to write into, which becomes the one at ``path`` when the block ends without an error.

    See `replace_file`, which this is for what is written piece by piece.

    >>> from pathlib import Path
    >>> from glassnet.files import replacing
    >>> with replacing("hello.txt") as file:
    ...     _ = file.write(b"hello")
    >>> Path("hello.txt").read_text()
    'hello'
    """
    with _Unfinished(path, follow) as unfinished:
        yield unfinished.file
        unfinished.finish()
        unfinished.rename()
    _flush_folder(unfinished.target.parent)


def replace_files(files: Mapping[PathLike, Pieces], *, follow: bool = True) -> None:
    """Write several files, or none of them: where one cannot be written, those that were there are as they were.

    All are written beside their places before the first is renamed, and then they are renamed in their order. See
    `replace_file` for ``follow``. Raises OSError.

    >>> from pathlib import Path
    >>> from glassnet.files import replace_files
    >>> replace_files({"a.txt": [b"one"], "b.txt": [b"two"]})
    >>> Path("a.txt").read_text(), Path("b.txt").read_text()
    ('one', 'two')
    """
    with ExitStack() as stack:
        waiting = []
        for path, pieces in files.items():
            unfinished = stack.enter_context(_Unfinished(path, follow))
            unfinished.file.writelines(pieces)
            unfinished.finish()
            waiting.append(unfinished)
        before = [stack.enter_context(_Before(unfinished.target)) for unfinished in waiting]
        for unfinished, each in zip(waiting, before, strict=True):
            each.is_changed = True
            unfinished.rename()
        for each in before:
            each.is_changed = False  # the new files stay
    for folder in {unfinished.target.parent for unfinished in waiting}:
        _flush_folder(folder)


def sweep(folder: PathLike) -> None:
    """Delete what was left in ``folder`` by processes that were killed while they wrote a file or a folder there.

    >>> from glassnet.files import sweep
    >>> sweep(".")
    """
    with suppress(OSError):
        for left in list(Path(folder).glob(_UNFINISHED)):
            with suppress(OSError):
                _sweep(left)


@contextmanager
def new_folder(parent: PathLike) -> Iterator[FolderLock]:
    """A folder in ``parent`` to fill, locked, which is deleted when the block ends, unless it was renamed by its lock.

    So a folder, too, is there with all that belongs into it or not at all. Raises OSError.

    >>> from pathlib import Path
    >>> from glassnet.files import new_folder
    >>> with new_folder(".") as lock:
    ...     _ = (lock.folder / "hello.txt").write_text("hello")
    ...     lock.rename(Path("greetings"))
    ...     lock.release()
    >>> Path("greetings/hello.txt").read_text()
    'hello'
    """
    while True:
        folder = unfinished_name(parent)
        folder.mkdir()
        lock = FolderLock(folder)
        try:
            if lock.take():
                break
        except FileNotFoundError:  # another process swept it away in between
            continue
        except BaseException:
            folder.rmdir()
            raise
    try:
        yield lock
    finally:
        if lock.folder == folder:
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()


def unfinished_name(parent: PathLike) -> Path:
    """A path in ``parent`` that nothing has, for what is to be deleted by the next `sweep` if this process is killed.

    >>> from glassnet.files import unfinished_name
    >>> unfinished_name("runs").match("runs/.glassnet-*.tmp")
    True
    """
    return Path(parent) / f".glassnet-{secrets.token_hex(8)}.tmp"


def _sweep(left: Path) -> None:
    """Delete the file or folder ``left``, unless a process is writing it."""
    mode = os.lstat(left).st_mode
    if stat.S_ISDIR(mode):
        lock = FolderLock(left)
        if lock.take():
            shutil.rmtree(left, ignore_errors=True)
            lock.release()
    if not stat.S_ISREG(mode):
        return
    handle = os.open(left, _FLAGS & ~os.O_CREAT)
    try:
        if locked(handle):
            left.unlink()
    finally:
        os.close(handle)


class _Unfinished:
    """A file that is being written beside its place. ``with`` deletes it unless it was renamed.

    An OSError within names the path that was asked for.
    """

    def __init__(self, path: PathLike, follow: bool) -> None:
        self._path = os.fspath(path)
        self.target = Path(os.path.realpath(path)) if follow else Path(os.path.abspath(path))
        self._beside = self.target  # until there is one
        self._is_renamed = False

    def __enter__(self) -> Self:
        with self._naming_the_path():
            there = self._status()
            self._beside, handle = _made_beside(self.target)
            try:
                os.ftruncate(handle, 0)  # of what a killed process left
                if there is not None:
                    _keep_permissions(handle, there)
                self.file: BinaryIO = os.fdopen(handle, "wb")
            except BaseException:
                os.close(handle)
                self._beside.unlink(missing_ok=True)
                raise
        return self

    def _status(self) -> os.stat_result | None:
        """That of the file that will be replaced. Raises OSError where none can be."""
        try:
            there = os.lstat(self.target)
        except FileNotFoundError:
            return None
        if stat.S_ISLNK(there.st_mode):
            return None
        if not stat.S_ISREG(there.st_mode):
            kind = kind_of(there.st_mode)
            raise FileExistsError(f"expected the path of a file to write, but {self._path} is a {kind}; add a name")
        if not os.access(self.target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), self._path)
        return there

    def finish(self) -> None:
        """All is written: flush it to the disk."""
        with self._naming_the_path():
            self.file.flush()
            os.fsync(self.file.fileno())

    def rename(self) -> None:
        """Put it in its place."""
        if os.name == "nt":  # where an open file cannot be renamed  # pragma: no cover
            self.file.close()
        with self._naming_the_path():
            os.replace(self._beside, self.target)
        self._is_renamed = True

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not self._is_renamed:
            with suppress(OSError):  # while it is locked: another process may write under this name next
                self._beside.unlink()
        with suppress(OSError):  # of a full disk, which is the error already
            self.file.close()
        if isinstance(error, OSError) and error.filename is None:  # of what was written into it
            self._name_the_path(error)

    @contextmanager
    def _naming_the_path(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._name_the_path(error)
            raise

    def _name_the_path(self, error: OSError) -> None:
        """The one that was asked for, not the other name."""
        if error.errno is not None:
            error.filename, error.filename2 = self._path, None


def _made_beside(target: Path) -> tuple[Path, int]:
    """The name under which ``target`` is written at first, and the open and locked file there."""
    name = _number(target)
    while True:
        beside = target.with_name(f".glassnet-{name}.tmp")
        name = secrets.token_hex(8)  # the next, where that is taken by another process, or by something else
        try:
            handle = os.open(beside, _FLAGS, 0o666)
        except OSError:
            if not os.path.lexists(beside):
                raise
            continue
        try:
            if _is_ours(handle, beside):
                return beside, handle
        except BaseException:  # a signal, which may come between any two lines
            with suppress(OSError):
                if _is_ours(handle, beside):
                    beside.unlink()
            os.close(handle)
            raise
        os.close(handle)


def _number(target: Path) -> str:
    """Eight letters that stand for the name, which may itself be as long as a name can be."""
    return f"{zlib.crc32(os.fsencode(target.name)):08x}"


def _is_ours(handle: int, beside: Path) -> bool:
    """Whether the file could be locked, is still at its name, and has no other."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or not locked(handle):
        return False
    try:
        return os.path.samestat(status, os.lstat(beside))
    except FileNotFoundError:
        return False


def _keep_permissions(handle: int, there: os.stat_result) -> None:
    """Give the open file the permissions of the one that was ``there``, and, where that is possible, its owner."""
    if hasattr(os, "fchown"):
        with suppress(OSError):
            os.fchown(handle, there.st_uid, there.st_gid)
    if hasattr(os, "fchmod"):
        with suppress(OSError):
            os.fchmod(handle, stat.S_IMODE(there.st_mode))


class _Before:
    """The file at ``target`` as it is, or that there is none. ``with`` puts it back if it ``is_changed``."""

    def __init__(self, target: Path) -> None:
        self.is_changed = False
        self._target = target
        self._kept: Path | None = None

    def __enter__(self) -> Self:
        if os.path.lexists(self._target):
            kept = self._target.with_name(f".glassnet-{_number(self._target)}-before.tmp")
            kept.unlink(missing_ok=True)  # left by a process that was killed
            try:
                self._keep_as(kept)
            except BaseException:
                kept.unlink(missing_ok=True)
                raise
            self._kept = kept
        return self

    def _keep_as(self, kept: Path) -> None:
        if self._target.is_symlink():
            kept.symlink_to(os.readlink(self._target))
            return
        try:
            os.link(self._target, kept)
        except OSError:  # a file system without links
            shutil.copy2(self._target, kept)

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            if self.is_changed and self._kept is not None:
                os.replace(self._kept, self._target)
            elif self.is_changed:
                self._target.unlink(missing_ok=True)
            if self._kept is not None:
                self._kept.unlink(missing_ok=True)  # also where both names were of one file, which rename leaves


def _flush_folder(folder: Path) -> None:
    """Flush the folder, so that the new name itself is on the disk; not every system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
