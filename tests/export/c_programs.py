"""Networks written as C, compiled and run in tests."""

from __future__ import annotations

import ctypes
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.engines.native.compilers import compiler

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
WATCHED = ("-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

TRAPPED = ("-O0", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")  # of what another program loads

needs_compiler = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


def built(source: Path, *flags: str) -> Path:
    """The command made of a network in C, its ``source`` and what stands beside it."""
    program = source.with_suffix("")
    compiled([source, source.with_name(f"{source.stem}_main.c")], program, *flags)
    return program


def compiled(sources: Sequence[Path], program: Path, *flags: str) -> None:
    """Compile; whatever the compiler says fails the test."""
    found = compiler()
    assert found is not None
    done = subprocess.run(
        [*found.command, *STRICT, *flags, *map(str, sources), "-lm", "-o", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def run(program: Path, *words: object, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a command does with some words, and with what comes through standard input."""
    return subprocess.run(
        [str(program), *map(str, words)], input=given, capture_output=True, text=True, check=False, cwd=program.parent
    )


def training_step(source: Path) -> Callable[[Any, Any], float]:
    """The training step of a network in C, as a function of arrays."""
    library = source.with_suffix(".so")
    compiled([source], library, "-shared", "-fPIC", *TRAPPED)
    step = getattr(ctypes.CDLL(str(library)), f"{source.stem}_train_step")
    step.restype = ctypes.c_float

    def taken(x: Any, y: Any) -> float:
        arrays = [np.ascontiguousarray(a, np.int32 if a.dtype.kind == "i" else np.float32) for a in (x, y)]
        return float(step(*(a.ctypes.data_as(ctypes.c_void_p) for a in arrays)))

    return taken


def sections(path: Path) -> dict[str, int]:
    """The bytes of code, of constants, and of memory in an object file of 32 bits (ELF: System V ABI, chapter 4)."""
    data = path.read_bytes()
    assert data[:5] == b"\x7fELF\x01"
    (table,) = struct.unpack_from("<I", data, 32)
    size, count = struct.unpack_from("<HH", data, 46)
    found = {"code": 0, "constants": 0, "memory": 0}
    for n in range(count):
        _, _, flags, _, _, length = struct.unpack_from("<6I", data, table + n * size)
        is_there, is_written, is_code = flags & 2, flags & 1, flags & 4
        if is_there:
            found["code" if is_code else "memory" if is_written else "constants"] += length
    return found
