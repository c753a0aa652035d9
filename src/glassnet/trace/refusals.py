"""Refusal: what cannot become part of a program is refused with the user's own line, and the way out."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from inspect import CO_VARARGS, CO_VARKEYWORDS
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from glassnet.errors import GlassnetError
from glassnet.observer import mode

HOUSE = str(Path(__file__).parents[1]) + os.sep
_INSTALLED = {sysconfig.get_paths()[key] + os.sep for key in ("stdlib", "platstdlib", "purelib", "platlib")}
_OTHERS = (HOUSE, *_INSTALLED)


class TraceError(GlassnetError, RuntimeError):
    """Something in the function cannot become part of a program; the message says what, where, and
    the way out."""


def refuse(why: str) -> NoReturn:
    """Raise TraceError: the line of the user's that is being carried out, and ``why`` it cannot be."""
    error = TraceError(f"{place()} {why}.")
    if mode.tracer is not None:
        mode.tracer.refused(error)
    raise error


@cache
def is_users_file(name: str) -> bool:
    """Whether a file is the user's, and not of glassnet, of Python or of an installed package."""
    return not name.startswith(_OTHERS)


def home_of(file: str) -> str:
    """The folder of an installed package's file, or the file, if it is all of it; "" for Python's and our own."""
    folder = os.path.dirname(file) + os.sep
    if file.startswith(HOUSE) or not file.startswith(sysconfig.get_paths()["purelib"]):
        return ""
    return file if folder in _INSTALLED else folder


def place() -> str:
    """The innermost line that is the user's own: its file, number and text."""
    first = frame = _own_frames()[-1].f_back or sys._getframe()
    while not is_users_file(frame.f_code.co_filename) and frame.f_back is not None:
        frame = frame.f_back
    if not is_users_file(frame.f_code.co_filename):
        frame = first
    return line_at(frame.f_code.co_filename, frame.f_lineno)


def line_at(file: str, number: int) -> str:
    """A line of source, as messages name it."""
    linecache.checkcache(file)
    text = linecache.getline(file, number).strip()
    return f"{Path(file).name}, line {number}: `{text}`" if text else f"{Path(file).name}, line {number},"


def is_within(room: str) -> bool:
    """Whether the user's line has called something in that room of glassnet."""
    folder = str(Path(HOUSE, room))
    return any(frame.f_code.co_filename.startswith(folder) for frame in _own_frames())


def given_by_user(array: Any) -> bool:
    """Whether ``array`` is an argument of the function of glassnet's that the user's line calls."""
    frame = _own_frames()[-1]
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    given = [frame.f_locals[name] for name in code.co_varnames[:count] if name in frame.f_locals]
    return any(x is array for x in _within(given, depth=2))


def _within(values: list[Any], depth: int) -> Iterator[Any]:
    for value in values:
        yield value
        if depth and isinstance(value, list | tuple | dict):
            yield from _within(list(value.values() if isinstance(value, dict) else value), depth - 1)


def _own_frames() -> list[FrameType]:
    """The frames of glassnet's own code down to the user's, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    frames = []
    while frame is not None and frame.f_code.co_filename.startswith(HOUSE):
        frames.append(frame)
        frame = frame.f_back
    return frames
