"""The cache of libraries: what was compiled once is loaded from the user's cache folder from then on.

A library is in a folder of its own, named by all that it depends on: source, compiler, flags, CPU. The folder also
holds the source, to read, and the hash of the library, by which one that was changed is told, and made anew.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import shutil
import tempfile
import warnings
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from glassnet.engines.native.compilers import Compiler, CompilerError, compiler
from glassnet.errors import GlassnetWarning
from glassnet.files import FileError, new_folder, read_bytes, replace_file, sweep
from glassnet.files.own_folders import cache_folder

SOURCE, LIBRARY, HASH = "program.c", "program.so", "sha256"
MOST = 500  # libraries that are kept: those that were used last


def library_of(source: str) -> ctypes.CDLL:
    """The library that a C text becomes. Raises CompilerError where there is no compiler, or it refuses the text."""
    found = compiler()
    if found is None:
        raise CompilerError("no C compiler was found")
    folder = _place() / _key(source, found)
    problem: OSError | None = None
    for _ in range(2):  # another process may just have deleted it, as what was not used for longest
        if not _is_whole(folder):
            _make(source, found, folder)
        with suppress(OSError):
            os.utime(folder)
        try:
            return ctypes.CDLL(str(folder / LIBRARY))
        except OSError as error:
            problem = error
            shutil.rmtree(folder, ignore_errors=True)
    raise CompilerError(f"{found.name} made a library that cannot be loaded: {problem}")


class Kept(NamedTuple):
    """What is in the cache: how many libraries in which folder, and their size with all that belongs to them."""

    place: Path
    programs: int
    nbytes: int


def kept() -> Kept | None:
    """What is in the cache now; None where there is no lasting one."""
    place = lasting_place()
    if place is None:
        return None
    programs = nbytes = 0
    for folder in list(place.iterdir()):
        with suppress(OSError):  # another process deletes it
            nbytes += sum(file.stat().st_size for file in folder.iterdir())
            programs += _is_whole(folder)
    return Kept(place, programs, nbytes)


def _key(source: str, compiler: Compiler) -> str:
    return hashlib.sha256(f"{compiler.identity}\0{source}".encode()).hexdigest()[:40]


@cache
def team() -> ctypes.CDLL:
    """The threads that all programs of this process share. A program has it made before its own library.

    Warns where the compiler will first prepare itself, which takes its time.
    """
    source = files("glassnet.engines.native").joinpath("team.c").read_text(encoding="utf-8")
    found = compiler()
    if found is not None and found.prepares_itself and not _is_whole(_place() / _key(source, found)):
        warnings.warn(f"{found.name} prepares itself, once: half a minute", GlassnetWarning, stacklevel=2)
    return library_of(source)


def lasting_place() -> Path | None:
    """The folder of libraries among the user's caches, which is made; None where it cannot be, or is not the user's."""
    with suppress(OSError, RuntimeError):  # no home
        place = cache_folder() / "native"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = place.stat()
        is_own = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
        if is_own and os.access(place, os.W_OK | os.X_OK):
            return place
    return None


@cache
def _place() -> Path:
    """A folder that is this user's alone; one for this process where there can be no lasting one."""
    place = lasting_place()
    if place is not None:
        return place
    try:
        place = Path(tempfile.mkdtemp(prefix="glassnet-"))
    except OSError as error:
        raise CompilerError(f"there is no folder for compiled programs: {error}") from None
    atexit.register(_delete, place, os.getpid())
    return place


def _delete(place: Path, process: int) -> None:
    """Delete a folder, unless it belongs to the process that this one was forked from."""
    if os.getpid() == process:
        shutil.rmtree(place, ignore_errors=True)


def _is_whole(folder: Path) -> bool:
    """Whether the library in ``folder`` is there, as it was made."""
    try:
        return _hash(folder / LIBRARY) == read_bytes(folder / HASH)
    except (OSError, FileError):
        return False


def _make(source: str, compiler: Compiler, folder: Path) -> None:
    """Compile ``source`` into a new folder that becomes ``folder`` when all is in it."""
    try:
        with new_folder(folder.parent) as lock:
            replace_file(lock.folder / SOURCE, source.encode())
            compiler.compile(lock.folder / SOURCE, lock.folder / LIBRARY)
            replace_file(lock.folder / HASH, _hash(lock.folder / LIBRARY))
            if folder.exists() and not _is_whole(folder):
                shutil.rmtree(folder, ignore_errors=True)  # what is left of one that was changed
            with suppress(OSError):  # another process was first
                lock.rename(folder)
                lock.release()
    except (OSError, FileError) as error:
        raise CompilerError(f"a compiled program cannot be kept in {folder.parent}: {error}") from None
    if not _is_whole(folder):
        raise CompilerError(f"the compiled program in {folder} is not what was written there")
    _forget_oldest(folder.parent)


def _hash(path: Path) -> bytes:
    return hashlib.sha256(read_bytes(path)).hexdigest().encode()


def _forget_oldest(place: Path) -> None:
    """Delete what has not been used for longest, where there is too much, and what a killed process has left."""
    sweep(place)
    with suppress(OSError):
        entries = [entry for entry in place.iterdir() if not entry.name.startswith(".")]
        entries.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
        for entry in entries[MOST:]:
            shutil.rmtree(entry, ignore_errors=True)
