"""Refusals: what cannot become part of a program is refused, with the user's own line and the way out.

>>> trace(lambda x: x * x.sum().item(), gn.ones(3))
TraceError: example.py, line 1: `trace(lambda x: x * x.sum().item(), gn.ones(3))` reads a tensor's value in Python.
The program would keep this run's value for ever. Return the tensor and read it outside, or ...
"""

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
from typing import Any, NamedTuple, NoReturn

from glassnet.errors import GlassnetError
from glassnet.observer import mode

HOUSE = str(Path(__file__).parents[1]) + os.sep
_INSTALLED = {sysconfig.get_paths()[key] + os.sep for key in ("stdlib", "platstdlib", "purelib", "platlib")}
_OTHERS = (HOUSE, "<frozen ", *_INSTALLED)


class Line(NamedTuple):
    """A line of source."""

    file: str
    number: int

    @property
    def text(self) -> str:
        """What is written there; "" if the file cannot be read."""
        linecache.checkcache(self.file)
        return linecache.getline(self.file, self.number).strip()

    def __str__(self) -> str:
        where = f"{Path(self.file).name}, line {self.number}"
        return f"{where}: `{self.text}`" if self.text else f"{where},"


class TraceError(GlassnetError, RuntimeError):
    """Something in a function cannot become part of a program.

    ``reason`` says what the ``line`` of the user's does, why it cannot be, and the way out; ``line`` is None where it
    is not known.
    """

    def __init__(self, reason: str, line: Line | None = None) -> None:
        self.reason = reason
        self.line = line
        super().__init__(f"{'the function' if line is None else line} {reason}")


class EarlierError(TraceError):
    """A function goes on with something that began before it was called: with a history, or in place."""


def refuse(reason: str, kind: type[TraceError] = TraceError) -> NoReturn:
    """Raise TraceError, or that ``kind`` of it, for the line of the user's that is being carried out."""
    error = kind(f"{reason}.", users_line())
    if mode.tracer is not None:
        mode.tracer.refused(error)
    raise error


class Refusals:
    """The part of the tracer that is asked before Python does what a program could not repeat, and refuses it."""

    once: bool = False  # whether the program is of this run only, as the numbers that Python reads are
    _refusal: Exception | None = None

    def read(self, what: str, tensor: Any = None) -> None:
        """Python asks for the numbers in a tensor: raises TraceError, for they are of this run only."""
        if self.once:
            return
        refuse(
            f"{what} reads a tensor's value in Python. The program would keep this run's value for ever. Return the "
            "tensor and read it outside, or choose with glassnet.where(condition, a, b)"
        )

    def custom(self, name: str, inputs: tuple[Any, ...]) -> None:
        """An operation of the user's own: what it does is followed."""

    def printed(self, tensor: Any) -> str | None:
        """A tensor is to be printed: raises TraceError, as for all that reads its numbers."""
        self.read("printing", tensor)
        return None

    def detached(self, array: Any) -> Any:
        """The array of a tensor that forgets its history: the same, which is the same value."""
        return array

    def using_array(self) -> None:
        """An array that is no tensor's is about to be used: raises TraceError, for its numbers are of this run only."""
        if self.once:
            return
        refuse(
            "uses a NumPy array that the function has made, or got from somewhere a program cannot see. The program "
            "would keep this run's numbers for ever. Compute with tensors, pass it in as a tensor, or make it once, "
            "outside"
        )

    def rounding(self) -> None:
        """Something was computed in bfloat16: raises TraceError, for programs compute in NumPy's dtypes."""
        if self.once:
            return
        refuse("computes in bfloat16, which a program does not; convert to float32 first: x.float()")

    def replacing(self, what: str) -> None:
        """A tensor is given other memory: raises TraceError."""
        refuse(
            f"puts {what} in other memory, which the program would do only this once; change the values in place: "
            "p.data.copy_(new), or p.data -= change"
        )

    def searching(self) -> None:
        """An optimizer is about to try steps until the loss is low enough: raises TraceError."""
        refuse(
            "makes steps until the loss is low enough, how many depends on its numbers, which a program does not know. "
            "Compile the closure instead: optimizer.step(glassnet.compile(closure))"
        )

    def seeding(self) -> None:
        """The state of a random generator is about to be set: raises TraceError."""
        refuse(
            "sets the state of a random generator, which the program would do only this once; seed before the "
            "function is called"
        )

    def scheduling(self) -> None:
        """A schedule is about to step: raises TraceError."""
        refuse(
            "steps a schedule, which the program would do only this once; call the schedule's step() after the "
            "compiled function, which follows the learning rate"
        )

    def refused(self, error: Exception) -> None:
        """Remember what was refused, in case the function catches it."""
        self._refusal = error

    def raise_refusal(self) -> None:
        """Raise what was refused while the function ran, if anything was."""
        if self._refusal is not None:
            raise self._refusal


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


def users_line() -> Line:
    """The innermost line being carried out that is the user's own."""
    first = frame = _own_frames()[-1].f_back or sys._getframe()
    while not is_users_file(frame.f_code.co_filename) and frame.f_back is not None:
        frame = frame.f_back
    if not is_users_file(frame.f_code.co_filename):
        frame = first
    return Line(frame.f_code.co_filename, frame.f_lineno)


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
    arguments = [frame.f_locals[name] for name in code.co_varnames[:count] if name in frame.f_locals]
    return any(x is array for x in _within(arguments, depth=2))


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
