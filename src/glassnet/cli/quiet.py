"""What others have to say while a command runs: their warnings, and what they write to standard error, are not shown.

A person is told in one line what is wrong. NumPy, Pillow and pandas warn beside that through Python, and libraries
behind them, such as libtiff, write to the file of standard error itself.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import numpy as np

from glassnet.cli.streams import Lenient
from glassnet.errors import GlassnetWarning
from glassnet.text import harmless

_STDERR = 2


@contextmanager
def only_own_words(err: Lenient) -> Iterator[None]:
    """Within, a `GlassnetWarning` is a line on ``err``, and nobody else's words get there."""
    silent, before = logging.NullHandler(), warnings.showwarning

    def shown(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, GlassnetWarning):
            err.write(f"glassnet: {harmless(message)}\n")

    with ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))  # numbers that are not finite are found where they matter
        stack.enter_context(_alone_on_standard_error(err))
        logging.getLogger().addHandler(silent)
        stack.callback(logging.getLogger().removeHandler, silent)
        stack.callback(setattr, warnings, "showwarning", before)
        warnings.showwarning = shown
        yield


@contextmanager
def _alone_on_standard_error(err: Lenient) -> Iterator[None]:
    """Within, ``err`` goes where standard error went, and what is written to standard error goes nowhere."""
    own = None
    with suppress(OSError, ValueError):  # it is no file: within another program
        own = os.dup(_STDERR) if err.fileno() == _STDERR else None
    if own is None:
        yield
        return
    stream = open(own, "w", encoding=err.encoding, errors="replace", buffering=1)  # noqa: SIM115  # closed below
    before = err.moved_to(stream)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
    was_enabled = faulthandler.is_enabled()
    faulthandler.enable(stream)  # a crash of the interpreter is told, whoever caused it
    try:
        yield
    finally:
        faulthandler.disable()
        if was_enabled:
            faulthandler.enable(before.fileno())
        os.dup2(own, _STDERR)
        err.moved_to(before)
        with suppress(OSError):  # what cannot be written is known to ``err``
            stream.close()
