"""Functions: the source of operations, taken from glassnet itself, to stand in a module on its own."""

from __future__ import annotations

import dis
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from glassnet.ops.dtypes import DefaultDtype
from glassnet.ops.indexing import ARRAY
from glassnet.ops.record import Op


def sources(ops: Iterable[Op], textbook: bool = False) -> list[str]:
    """The source of each operation's forward, under the operation's name, after all it calls.

    ``textbook``: as a textbook writes it, where forward itself is written for speed.

    Annotations stay: the module they stand in never evaluates them.
    """
    texts: dict[str, str] = {}
    names = {_function(op, textbook): op.name for op in ops}
    for function, name in list(names.items()):
        _add(function, name, texts, names, textbook)
    return list(texts.values())


def _function(op: Op, textbook: bool) -> Callable[..., Any]:
    written = op.textbook if textbook and op.textbook is not None else op.forward
    plain: Callable[..., Any] = inspect.unwrap(written)  # what a decorator adds is not for programs
    return plain


def _add(function: Any, name: str, texts: dict[str, str], names: dict[Any, str], textbook: bool) -> None:
    if name in texts:
        return
    text = textwrap.dedent(inspect.getsource(function)).strip()
    text = re.sub(r"\A@\w+\n", "", text)
    text = re.sub(r"  # type: ignore.*", "", text)
    renames = {function.__name__: name}
    around = inspect.getclosurevars(function).nonlocals
    for used in sorted(_globals_of(function.__code__) | around.keys()):
        value = around.get(used, function.__globals__.get(used))
        if isinstance(value, ModuleType) and value.__name__ != "numpy":
            texts.setdefault(
                f"import {used}", f"import {value.__name__} as {used}" if used != value.__name__ else f"import {used}"
            )
        if value is None or value is Any or isinstance(value, ModuleType) or value is function:
            continue
        if isinstance(value, Op):  # called on arrays, an operation is its forward
            value = _function(value, textbook)
        if isinstance(value, np.ufunc):
            renames[used] = f"np.{value.__name__}"
        elif isinstance(value, FunctionType):
            value = inspect.unwrap(value)
            if value not in names:
                names[value] = _free(used, {*texts, *names.values()})
            renames[used] = names[value]
            _add(value, renames[used], texts, names, textbook)
        elif isinstance(value, type) and issubclass(value, Exception):
            builtin = next(c for c in value.__mro__ if c.__module__ == "builtins")
            renames[used] = builtin.__name__
        else:
            constant = _constant(value, f"the source of {name} uses {used}")
            if texts.get(used, f"{used} = {constant}") != f"{used} = {constant}":  # another of the same name
                renames[used] = _free(used, {*texts, *names.values()})
            texts[renames.get(used, used)] = f"{renames.get(used, used)} = {constant}"
    for old, new in renames.items():
        text = re.sub(rf"\b{old}\b", new, text)
    texts[name] = text


def _free(name: str, taken: set[str]) -> str:
    """``name``, or the first of name_2, name_3 … that is not taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _constant(value: Any, use: str) -> str:
    """A constant as source. Raises TypeError, which begins with ``use``, for what cannot be written."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_constant(k, use)}: {_constant(v, use)}' for k, v in value.items())}}}"
    if isinstance(value, tuple):
        inside = ", ".join(_constant(x, use) for x in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, np.dtype):
        return f"np.dtype({str(value)!r})"
    if isinstance(value, type) and value.__module__ == "builtins":
        return value.__name__
    if isinstance(value, int | float | str):
        return repr(value)
    if isinstance(value, DefaultDtype):  # all that is asked of it is its dtype
        return f"np.empty(0, np.{value.dtype})"
    if value is ARRAY:  # all that is asked of it is to be what it is
        return "object()"
    raise TypeError(f"{use}, a {type(value).__name__}, which cannot be written out")


def _globals_of(code: CodeType) -> set[str]:
    """The global names that a function reads, those of functions within it included."""
    names = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _globals_of(constant)
    return names
