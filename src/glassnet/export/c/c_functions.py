"""Functions that are written out: those of a file of C that are needed, each with what it calls itself."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_BEGIN = re.compile(r"static .*?\b(\w+)\(|typedef struct {")
_LIBRARY = (
    "fabs", "copysign", "sqrt", "exp", "log", "tanh", "erf", "sin", "cos", "atan", "atan2", "floor", "ceil", "rint",
    "trunc", "pow", "fmod",
)  # fmt: skip


ELEMENTARY = ("glassnet.engines.native", "functions.h")
CELLS = ("glassnet.export.c", "cells.c")


def functions_in(code: str, file: tuple[str, str]) -> str:
    """The definitions of the functions of a ``file`` that ``code`` calls, in the order in which they can stand."""
    known = _definitions(*file)
    needed: set[str] = set()
    waiting = _words(code) & known.keys()
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= (_words(known[name]) & known.keys()) - needed
    return "\n\n".join(text for name, text in known.items() if name in needed)


def library_of(code: str) -> str:
    """The headers that ``code`` needs; where there are none, as on bare metal, the compiler's own functions."""
    called = _words(code)
    of_math = sorted(called & {f"{name}{f}" for name in _LIBRARY for f in ("", "f")})
    has_constants = re.search(r"\b(INFINITY|NAN)\b", code)
    own = [f"#define {name} __builtin_{name}" for name in of_math]
    if has_constants:
        own += ["#define INFINITY __builtin_inff()", '#define NAN __builtin_nanf("")']
    memory = sorted(called & {"memcpy", "memset"})
    headers = ["#include <math.h>"] * bool(of_math or has_constants) + ["#include <string.h>"] * bool(memory)
    if not headers:
        return ""
    own += [f"#define {name} __builtin_{name}" for name in memory]
    bare = "#else /* bare metal has no library: the compiler's own functions */"
    return "\n".join(["#if __STDC_HOSTED__", *headers, bare, *own, "#endif"])


def _words(code: str) -> set[str]:
    return set(re.findall(r"\w+", code))


@cache
def _definitions(package: str, file: str) -> dict[str, str]:
    """The functions of a file by name, each with the comment above it."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    found: dict[str, str] = {}
    above: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        begin = _BEGIN.match(line)
        if begin is None:
            above = [*above, line] if line.startswith(("/*", "   ")) else []
            continue
        body = [line]
        while line.startswith(" ") or not line.endswith(("}", "_;")):  # the end of a function, or of a type
            line = next(lines)
            body.append(line)
        found[begin[1] or line.strip("} ;")] = "\n".join([*above, *body])
        above = []
    return found
