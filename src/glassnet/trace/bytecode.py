"""Bytecode: what can be read off a function without running it. The names in it, and the lines that set them."""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from glassnet.trace.refusals import Line

CHANGING = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove",
    "reverse", "setdefault", "sort", "update",
}  # fmt: skip


def with_inner(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from with_inner(constant)


class Names(NamedTuple):
    """What a function and those within it name: globals, attributes, and attributes that are only called."""

    globals: frozenset[str]
    attributes: frozenset[str]
    called: frozenset[str]


@cache
def names_in(code: CodeType) -> Names:
    """What ``code`` names. A text that could be the name of an attribute is one: getattr(x, "rate") reads it."""
    names, read, called = set(), set(), set()
    for inner in with_inner(code):
        read |= {text for text in inner.co_consts if isinstance(text, str) and text.isidentifier()}
        for instruction in dis.get_instructions(inner):
            if instruction.opname.endswith(("_GLOBAL", "_NAME")):
                names.add(instruction.argval)
            elif _loads_method(instruction):
                called.add(instruction.argval)
            elif instruction.opname.endswith("_ATTR"):
                read.add(instruction.argval)
    return Names(frozenset(names), frozenset(read), frozenset(called - read))


def _loads_method(instruction: dis.Instruction) -> bool:
    """Whether an attribute is loaded in order to be called: an opcode of its own, and from Python 3.12 on a bit."""
    if instruction.opname == "LOAD_ATTR" and sys.version_info >= (3, 12):
        return bool((instruction.arg or 0) & 1)
    return instruction.opname == "LOAD_METHOD"


def function_behind(member: Any) -> Any:
    """The function that a property, a static or a class method is made of; else ``member`` itself."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return member.__func__ if isinstance(member, staticmethod | classmethod) else member


def methods(kind: type) -> dict[str, FunctionType]:
    """The functions in the body of a class, those behind properties and decorators included."""
    members = {name: inspect.unwrap(function_behind(member)) for name, member in vars(kind).items()}
    return {name: member for name, member in members.items() if isinstance(member, FunctionType)}


def line_that_sets(codes: Iterable[CodeType], name: str) -> Line | None:
    """The line on which code sets a name or an attribute, or changes what is in it.

    What an object's ``__init__`` sets is what was there before.
    """
    inner = [part for code in codes for part in with_inner(code) if part.co_name != "__init__"]
    for line_in in (_line_that_stores, _line_that_changes):
        for code in inner:
            number = line_in(code, name)
            if number:
                return Line(code.co_filename, number)
    return None


def _line_that_stores(code: CodeType, name: str) -> int:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("STORE_ATTR", "STORE_GLOBAL", "STORE_DEREF") and instruction.argval == name:
            return _line_of(code, instruction.offset)
    return 0


def _line_that_changes(code: CodeType, name: str) -> int:
    """The first line that names ``name``, and changes something in a list or a dict."""
    naming: set[int] = set()
    for instruction in dis.get_instructions(code):
        line = _line_of(code, instruction.offset)
        if instruction.argval == name:
            naming.add(line)
        elif line in naming and (instruction.opname in _PUTTING or instruction.argval in CHANGING):
            return line
    return 0


_PUTTING = ("STORE_SUBSCR", "DELETE_SUBSCR")


def _line_of(code: CodeType, offset: int) -> int:
    return next((line or 0 for start, end, line in code.co_lines() if start <= offset < end), 0)
