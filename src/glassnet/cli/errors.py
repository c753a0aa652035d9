"""Errors that end a command, each with one message and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from glassnet.errors import GlassnetError
from glassnet.text import shown

_LONGEST = 200  # characters of a name that may be one of those known


class BadInput(GlassnetError, ValueError):
    """Input that cannot be used. Exit code 2."""


class Failed(GlassnetError, RuntimeError):
    """A failure with good input. Exit code 1."""

    several_lines = True


class Stopped(GlassnetError, RuntimeError):
    """A command that was asked to end. Exit code `STOPPED`, or that of the signal which asked."""


STOPPED = 130  # by Ctrl-C


def unknown(what: str, name: str, known: Iterable[str]) -> BadInput:
    """The error for a ``name`` that is not one of ``known``; the message lists them, and the nearest."""
    names = list(known)
    near = " or ".join(get_close_matches(name[:_LONGEST].lower(), names, n=2))
    guess = f" (did you mean {near}?)" if near else ""
    expected = f"one of {', '.join(names)};" if len(names) > 1 else f"{names[0]},"
    return BadInput(f"{what}: expected {expected} got {shown(repr(name))}{guess}")
