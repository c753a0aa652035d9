"""The door by which every file is read: an ordinary file, of a size that is expected, and never waited for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from glassnet.errors import GlassnetError
from glassnet.text import shown

PathLike = str | os.PathLike[str]

_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
_PIECE = 2**20  # bytes


class FileError(GlassnetError, ValueError):
    """A file that cannot be used: what is wrong with it, and what to do.

    >>> from glassnet.files import FileError, read_bytes
    >>> try:
    ...     read_bytes(".")
    ... except FileError as error:
    ...     print(error)
    .: expected a file, got a folder; name a file in it
    """

    def __init__(self, path: PathLike, problem: str, advice: str) -> None:
        super().__init__(f"{shown(os.fspath(path))}: {problem}; {advice}")
        self.path = os.fspath(path)
        self.problem = problem
        self.advice = advice


@contextmanager
def opened(path: PathLike, error: type[FileError] = FileError) -> Iterator[BufferedReader]:
    """The ordinary file at ``path``, open to be read in bytes.

    Raises ``error`` at once for a folder, a pipe or a device, which may never end, and OSError for a file that is not
    there or may not be read.

    >>> from pathlib import Path
    >>> from glassnet.files import opened
    >>> _ = Path("hello.txt").write_text("hello")
    >>> with opened("hello.txt") as file:
    ...     file.read()
    b'hello'
    """
    _check_is_ordinary(path, _status(path, error), error)  # before it is opened, which some devices take for a command
    handle = os.open(path, _FLAGS)
    try:
        _check_is_ordinary(path, os.fstat(handle), error)  # and after: it may have been exchanged
        file = os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
    with file:
        yield file


def read_bytes(path: PathLike, most: int = 2**31, error: type[FileError] = FileError) -> bytes:
    """The content of the ordinary file at ``path``, of ``most`` bytes or fewer. Raises what `opened` raises.

    >>> from pathlib import Path
    >>> from glassnet.files import read_bytes
    >>> _ = Path("hello.txt").write_text("hello")
    >>> read_bytes("hello.txt")
    b'hello'
    """
    with opened(path, error) as file:
        size = os.fstat(file.fileno()).st_size
        pieces, count = [], 0
        while size <= most and count <= most:
            wanted = size + 1 - count if count <= size else _PIECE  # at once, but no more memory than it says it needs
            if not (piece := file.read(min(wanted, most + 1 - count))):
                break
            pieces.append(piece)
            count += len(piece)
    if max(size, count) > most:
        came = f"{size:,}" if size > most else "more"
        raise error(path, f"expected at most {most:,} bytes, got {came}", "check that it is the file you mean")
    return b"".join(pieces)


def expanded(path: PathLike) -> Path:
    """The path that was asked for; ~ at its beginning is the home folder, also where the shell leaves it as it is.

    >>> from glassnet.files.reading import expanded
    >>> expanded("~/runs").is_absolute(), str(expanded("~nobody-of-that-name/runs"))
    (True, '~nobody-of-that-name/runs')
    """
    return Path(os.path.expanduser(path))  # not Path(path).expanduser(), to which ./~ is the home folder, too


def is_there(path: PathLike) -> bool:
    """Whether there is anything at ``path``: a file, a folder, a pipe. Names that none can have are nowhere.

    >>> from glassnet.files.reading import is_there
    >>> is_there("."), is_there("x" * 1000), is_there("a\0b")
    (True, False, False)
    """
    try:
        os.stat(path)
    except PermissionError:
        return True  # to be told by who reads it
    except (OSError, ValueError):
        return False
    return True


def kind_of(mode: int) -> str:
    """What a file of this mode is, as a word: file, folder, pipe, socket or device.

    >>> import os
    >>> kind_of(os.stat(".").st_mode)
    'folder'
    """
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _status(path: PathLike, error: type[FileError]) -> os.stat_result:
    try:
        return os.stat(path)
    except ValueError:  # a NUL in the name, or letters that no name can have
        raise error(path, "no file can have this name", "check the name") from None


def _check_is_ordinary(path: PathLike, status: os.stat_result, error: type[FileError]) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = kind_of(status.st_mode)
        advice = "name a file in it" if kind == "folder" else "copy what it gives into a file"
        raise error(path, f"expected a file, got a {kind}", advice)
