"""Limits taken away, to see that an attack notices: `python -m tests.hostile --plant NAME`, and `test_checker.py`.

Each plant changes the library in this process alone. It comes with the reader that has to notice.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.hostile.places import PLACES


class Plant(NamedTuple):
    """``plant()`` takes a limit away; of ``count`` attacks on the reader of that name, some say ``problem``.

    Those are the inputs from number ``first`` on. What runs into a limit of the child's, which takes seconds each time,
    is attacked once, where it has to show.
    """

    plant: Callable[[], Any]
    reader: str
    problem: str
    count: int = 5
    first: int = 0


def _everywhere(name: str, old: Any, new: Any) -> None:
    """Put ``new`` where any module of the library has imported ``old`` under ``name``."""
    for module in [*sys.modules.values()]:
        if getattr(module, "__name__", "").startswith("glassnet") and vars(module).get(name) is old:
            setattr(module, name, new)


def _json_of_any_depth() -> None:
    from glassnet import files

    _everywhere("parsed_json", files.parsed_json, json.loads)


def _a_door_that_waits() -> None:
    from glassnet import files

    _everywhere("read_bytes", files.read_bytes, lambda path, *_, **__: Path(path).read_bytes())


def _a_handler_that_lets_through() -> None:
    from glassnet.cli import app

    explained = app._explained
    app._explained = lambda error: (None, 1) if isinstance(error, ValueError) else explained(error)


def _a_writer_of_halves() -> None:
    from glassnet import files

    def replace_file(path: Any, *pieces: bytes, **_: Any) -> None:
        Path(f"{path}.tmp").write_bytes(b"half")
        Path(path).write_bytes(b"".join(pieces))

    @contextmanager
    def replacing(path: Any, **_: Any) -> Any:
        with open(path, "wb") as file:
            file.write(b"half")
            file.flush()
            Path(f"{path}.tmp").touch()
            yield file

    _everywhere("replace_file", files.replace_file, replace_file)
    _everywhere("replacing", files.replacing, replacing)


def _a_reader_that_writes() -> None:
    from glassnet import files

    read_bytes = files.read_bytes

    def reading(path: Any, *more: Any, **options: Any) -> bytes:
        with open("read", "a") as log:
            log.write(str(path))
        return read_bytes(path, *more, **options)

    _everywhere("read_bytes", read_bytes, reading)


def _a_reader_that_takes_all_memory() -> None:
    from glassnet import files

    read_bytes = files.read_bytes

    def reading(path: Any, *more: Any, **options: Any) -> bytes:
        taken = bytearray(12 * 10**8)
        taken[::4096] = b"x" * len(taken[::4096])
        return read_bytes(path, *more, **options)

    _everywhere("read_bytes", read_bytes, reading)


def _a_reader_that_never_ends() -> None:
    from glassnet import files

    def reading(*_: Any, **__: Any) -> bytes:
        while True:
            pass

    _everywhere("read_bytes", files.read_bytes, reading)


def _a_message_with_a_warning() -> None:
    from glassnet.cli import app

    explained = app._explained

    def explaining(error: Exception) -> Any:
        os.write(2, b"x.py:1: UserWarning: of a library\n")
        return explained(error)

    app._explained = explaining


PLANTS = {
    "JSON of any depth": Plant(_json_of_any_depth, "config", "a traceback", 90),
    "a door that waits": Plant(
        _a_door_that_waits, "settings", "it waits for what never comes", 1, first=[*PLACES].index("a pipe")
    ),
    "a handler that lets an error through": Plant(_a_handler_that_lets_through, "config", "a traceback", 30),
    "a writer of halves": Plant(_a_writer_of_halves, "numbers.npy", "it changed", 30),
    "a reader that writes": Plant(_a_reader_that_writes, "settings", "it changed"),
    "a reader that takes all memory": Plant(_a_reader_that_takes_all_memory, "settings", "GB of memory", 1),
    "a reader that never ends": Plant(_a_reader_that_never_ends, "settings", "ended by signal 9", 1),
    "a warning beside the message": Plant(_a_message_with_a_warning, "settings", "no message, or something beside it"),
}
