"""Files written in full or not at all, and the error for those that cannot be read."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from glassnet.errors import GlassnetError

PathLike = str | os.PathLike[str]


class ModelFileError(GlassnetError, ValueError):
    """A file that `load` or `load_model` cannot read: of another kind, truncated or edited.

    >>> serialization.replace_file("model.safetensors", b"hello, world")
    >>> glassnet.load("model.safetensors")
    Traceback (most recent call last):
    glassnet.serialization.files.ModelFileError: model.safetensors: not a safetensors file ...
    """

    @classmethod
    def at(cls, path: PathLike, problem: str, advice: str) -> ModelFileError:
        """The error about the file at ``path``: what is wrong with it, and what to do."""
        return cls(f"{os.fspath(path)}: {problem}; {advice}")


def replace_file(path: PathLike, *pieces: bytes | memoryview) -> None:
    """Write ``pieces`` as the file at ``path``, which a reader sees before or after, never between.

    They go into a temporary file in the same folder, which is flushed to the disk and then renamed
    (POSIX ``rename`` is atomic). Raises OSError; then the file that was there is as it was, and the
    temporary one is gone.

    >>> from pathlib import Path
    >>> serialization.replace_file("hello.txt", b"hello, ", b"world")
    >>> Path("hello.txt").read_text()
    'hello, world'
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        kind = "folder" if target.is_dir() else "device"
        raise FileExistsError(f"expected the path of a file to write, but {os.fspath(path)} is a {kind}; add a name")
    beside = target.with_name(f"{_unfinished(target)}{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "xb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    except BaseException as error:
        with suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):
            error.filename, error.filename2 = (
                os.fspath(path),
                None,
            )  # the path asked for, not the temporary one
        raise
    _flush_folder(target.parent)


def discard_unfinished(path: PathLike) -> None:
    """Delete the temporary files left beside ``path`` by processes that were killed while writing it.

    >>> serialization.discard_unfinished("model.safetensors")
    """
    target = Path(os.path.realpath(path))
    with suppress(OSError):
        for left in list(target.parent.iterdir()):
            if left.name.startswith(_unfinished(target)) and left.suffix == ".tmp":
                left.unlink()


def _unfinished(target: Path) -> str:
    """How the names of temporary files for ``target`` begin."""
    return f".{target.name[:200]}-"


def _flush_folder(folder: Path) -> None:
    """Flush the folder, so that the new name itself is on the disk; not every system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
