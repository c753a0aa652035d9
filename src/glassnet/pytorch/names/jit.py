"""torch.jit: what it compiles runs as it is written."""

from __future__ import annotations

import builtins
from typing import Any, Final

from glassnet.nn import Module
from glassnet.pytorch.names.refusing import refusing
from glassnet.pytorch.notes import said_once

__all__ = [
    "Attribute", "Error", "Final", "ScriptFunction", "ScriptModule", "annotate", "export", "fork", "freeze", "ignore",
    "interface", "is_scripting", "is_tracing", "isinstance", "load", "optimize_for_inference", "save", "script",
    "script_if_tracing", "script_method", "trace", "trace_module", "unused", "wait",
]  # fmt: skip

_NOTE = "torch.jit: the function runs as it is written; glassnet.compile compiles one"


class ScriptModule(Module):
    """A module that runs as it is written."""


class ScriptFunction:
    """A compiled function: there is none."""


class Error(RuntimeError):
    """Compiled code has raised something."""


class Attribute:
    """A value, and its type, for a compiler."""

    def __init__(self, value: Any, type: Any) -> None:
        self.value, self.type = value, type


_WHY = "save_model keeps a network with its description, torch.save(model.state_dict(), path) its numbers"
save, load = refusing("torch.jit.save", _WHY), refusing("torch.jit.load", _WHY)


def annotate(the_type: Any, the_value: Any) -> Any:
    """``the_value``."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Python's isinstance."""
    return builtins.isinstance(obj, target_type)


def fork(func: Any, *args: Any, **named: Any) -> Any:
    """What ``func`` gives, at once; `wait` gives it back."""
    return func(*args, **named)


def wait(future: Any) -> Any:
    """What `fork` gave."""
    return future


def script(obj: Any = None, *args: Any, **named: Any) -> Any:
    """``obj`` as it is."""
    said_once(_NOTE)
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, **named: Any) -> Any:
    """``func`` as it is."""
    said_once(_NOTE)
    return func


def trace_module(mod: Any, inputs: Any = None, *args: Any, **named: Any) -> Any:
    """``mod`` as it is."""
    return trace(mod)


def freeze(mod: Any, *args: Any, **named: Any) -> Any:
    """``mod`` as it is."""
    return mod


optimize_for_inference = freeze


def _as_it_is(function: Any = None, *args: Any, **named: Any) -> Any:
    return function if callable(function) else _as_it_is


script_method = export = ignore = unused = interface = script_if_tracing = _as_it_is


def is_scripting() -> bool:
    """False."""
    return False


def is_tracing() -> bool:
    """False."""
    return False
