"""torch.jit: a module or a function runs as it is written, and can be saved whole, read as text, and loaded again."""

from __future__ import annotations

import builtins
import copy
import inspect
import os
import textwrap
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Final

from glassnet.nn import Module
from glassnet.pytorch.notes import said_once
from glassnet.serialization import load as load_file
from glassnet.serialization import save as save_file
from glassnet.trace.trace import trace as program_of

__all__ = [
    "Attribute", "Error", "Final", "ScriptFunction", "ScriptModule", "annotate", "export", "fork", "freeze", "ignore",
    "interface", "is_scripting", "is_tracing", "isinstance", "load", "optimize_for_inference", "save", "script",
    "script_if_tracing", "script_method", "trace", "trace_module", "unused", "wait",
]  # fmt: skip

_NOTE = "torch.jit: the function runs as it is written; glassnet.compile compiles one"
_MODULE, _EXTRA = "module", "extra_files"  # what is in a file


class Error(RuntimeError):
    """Compiled code has raised something."""


class _Readable:
    """What can be read as text: as it is written, and, where it was traced, as a program."""

    _program: Any = None

    @property
    def graph(self) -> Any:
        """The program that was traced; where none was, the text."""
        return self.code if self._program is None else self._program

    inlined_graph = graph

    @property
    def code(self) -> str:
        """The text of the function."""
        return _text_of(self._written())

    def _written(self) -> Any:
        raise NotImplementedError


def _text_of(function: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return f"# the text of {function!r:.80} is not known\n"


class ScriptFunction(_Readable):
    """A function that runs as it is written."""

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        self._function = function

    def __call__(self, *args: Any, **named: Any) -> Any:
        """What the function gives."""
        return self._function(*args, **named)

    def _written(self) -> Any:
        return self._function

    def save(self, f: Any, _extra_files: Any = None) -> None:
        """Raises TypeError: what can be saved is a module."""
        raise TypeError("torch.jit: a function is not saved; put it into the forward of a module, and save that")


class ScriptModule(_Readable, Module):
    """A module that runs as it is written. It can be saved whole, and loaded by a program that has its class.

    >>> from glassnet.pytorch.names import jit
    >>> layer = jit.script(nn.Linear(2, 1))
    >>> isinstance(layer, jit.ScriptModule), layer
    (True, Linear(in_features=2, out_features=1, bias=True))
    """

    def _written(self) -> Any:
        return type(self).forward

    @property
    def original_name(self) -> str:
        """The name of the class that it was made of."""
        return type(self).__name__

    def save(self, f: str | os.PathLike[str], _extra_files: dict[str, Any] | None = None) -> None:
        """As `save`."""
        save(self, f, _extra_files)


_kinds: dict[Any, type[Module]] = {}


def _scripted(kind: type[Module]) -> type[Module]:
    """The class of modules of this kind that are `ScriptModule` besides."""
    if kind not in _kinds:
        names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "_plain_class": kind}
        _kinds[kind] = type(kind.__name__, (kind, ScriptModule), names)
    return _kinds[kind]


def script(obj: Any = None, *args: Any, **named: Any) -> Any:
    """A module as a `ScriptModule` with the same parameters, a function as a `ScriptFunction`; a class as it is."""
    said_once(_NOTE)
    if builtins.isinstance(obj, ScriptModule | ScriptFunction | type) or not callable(obj):
        return obj
    if not builtins.isinstance(obj, Module):
        return ScriptFunction(obj)
    found = copy.copy(obj)
    found.__class__ = _scripted(type(obj))
    return found


def trace(func: Any, example_inputs: Any = None, *args: Any, **named: Any) -> Any:
    """As `script`; what is done with ``example_inputs`` can be read as its ``graph``. Every branch is kept.

    >>> from glassnet.pytorch.names import jit
    >>> print(jit.trace(lambda x: x * 2, glassnet.ones(3)).graph)
    input: x float32[3]
    forward:
      mul  float32[3]  = mul(x, 2)
    output: mul
    """
    found = script(func)
    inputs = example_inputs if builtins.isinstance(example_inputs, tuple | list) else (example_inputs,)
    try:
        found._program = program_of(func, *inputs).program
    except Exception:  # it runs as it is written all the same
        found._program = None
    return found


def trace_module(mod: Any, inputs: dict[str, Any], *args: Any, **named: Any) -> Any:
    """As `trace`, of the forward among ``inputs``."""
    return trace(mod, inputs.get("forward"))


def save(m: Any, f: Any, _extra_files: dict[str, Any] | None = None) -> None:
    """Save a module whole, by the name of its class, and texts beside it. Raises TypeError for a function.

    >>> from glassnet.pytorch.names import jit
    >>> jit.save(jit.script(nn.Linear(2, 1)), "layer.pt")
    >>> jit.load("layer.pt")
    Linear(in_features=2, out_features=1, bias=True)
    """
    if builtins.isinstance(m, ScriptFunction):
        m.save(f)
    plain = copy.copy(m)
    plain.__dict__.pop("_program", None)
    plain.__class__ = getattr(type(m), "_plain_class", type(m))
    save_file({_MODULE: plain, _EXTRA: dict(_extra_files or {})}, f)


def load(f: Any, map_location: Any = None, _extra_files: dict[str, Any] | None = None, **named: Any) -> Any:
    """What `save` has saved. The program must have the module's class: its code is not in the file.

    The texts that were saved beside are put into ``_extra_files``, for the names that are in it.
    """
    found = load_file(f, map_location, weights_only=False)
    if not builtins.isinstance(found, dict) or found.keys() != {_MODULE, _EXTRA}:
        raise RuntimeError("torch.jit.load: expected a file that torch.jit.save of glassnet has written")
    if _extra_files is not None:
        _extra_files.update({name: text for name, text in found[_EXTRA].items() if name in _extra_files})
    return script(found[_MODULE])


def freeze(mod: Any, *args: Any, **named: Any) -> Any:
    """``mod`` as it is."""
    return mod


optimize_for_inference = freeze


class Attribute:
    """A value, and its type, for a compiler."""

    def __init__(self, value: Any, type: Any) -> None:
        self.value, self.type = value, type


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


def _as_it_is(function: Any = None, *args: Any, **named: Any) -> Any:
    return function if callable(function) else _as_it_is


script_method = export = ignore = unused = interface = script_if_tracing = _as_it_is


def is_scripting() -> bool:
    """False."""
    return False


def is_tracing() -> bool:
    """False."""
    return False
