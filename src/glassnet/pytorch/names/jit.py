"""torch.jit: what it compiles runs as it is written."""

from __future__ import annotations

from typing import Any

from glassnet.nn import Module
from glassnet.pytorch.notes import said_once

__all__ = [
    "ScriptModule",
    "export",
    "ignore",
    "is_scripting",
    "is_tracing",
    "script",
    "script_method",
    "trace",
    "unused",
]

_NOTE = "torch.jit: the function runs as it is written; glassnet.compile compiles one"


class ScriptModule(Module):
    """A module that runs as it is written."""


def script(obj: Any = None, *args: Any, **named: Any) -> Any:
    """``obj`` as it is."""
    said_once(_NOTE)
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, **named: Any) -> Any:
    """``func`` as it is."""
    said_once(_NOTE)
    return func


def _as_it_is(function: Any = None, *args: Any, **named: Any) -> Any:
    return function if callable(function) else _as_it_is


script_method = export = ignore = unused = _as_it_is


def is_scripting() -> bool:
    """False."""
    return False


def is_tracing() -> bool:
    """False."""
    return False
