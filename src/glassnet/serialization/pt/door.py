"""The door to PyTorch's files: which of its two forms one is in, and one error for all that is not read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

from glassnet.files import PathLike
from glassnet.serialization.errors import ModelFileError
from glassnet.serialization.pt import legacy_form, zip_form
from glassnet.serialization.pt.opcodes import Refused
from glassnet.serialization.pt.pickled import pickled


def writing(value: Any, as_archive: bool = True) -> Callable[[BinaryIO], None]:
    """What writes ``value`` into a file. Raises TypeError or DtypeError for what no file can hold."""
    text, storages = pickled(value, view_follows=not as_archive)
    return partial(_write, zip_form.write_zip if as_archive else legacy_form.write_legacy, text, storages)


def _write(form: Callable[..., None], text: bytes, storages: Any, file: BinaryIO) -> None:
    form(file, text, storages)


def read(path: PathLike, file: BinaryIO, size: int, modules: bool) -> Any:
    """The value in the open ``file``, of ``size`` bytes. Raises ModelFileError."""
    try:
        if file.read(4) == zip_form.BEGINS:
            file.seek(0)
            return zip_form.read_zip(file, size, modules)
        file.seek(0)
        return legacy_form.read_legacy(memoryview(file.read(size)), modules)
    except Refused as refused:
        raise ModelFileError(path, refused.problem, refused.advice) from None
    except MemoryError:
        raise ModelFileError(path, "it needs more memory than there is", "use a machine with more memory") from None
