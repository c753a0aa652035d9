"""Compilers: which C compiler there is here, what it knows of this machine, and C made a library by it."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FLAGS = (
    "-std=gnu11",
    "-O3",
    "-fopenmp-simd",
    "-fno-math-errno",  # errors of functions are numbers here: NaN and infinity, which stay what they are
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-fPIC",
    "-shared",
    "-w",
)
COMMANDS = ("cc", "gcc", "clang", "zig cc")
LIBRARIES = () if sys.platform == "win32" else ("-lm", "-lpthread")
PATIENCE = 300  # seconds
_QUIETLY: dict[str, Any] = {
    "capture_output": True, "text": True, "errors": "replace", "stdin": subprocess.DEVNULL,
}  # fmt: skip


class CompilerError(RuntimeError):
    """A compiler that does not do its work: what it said is in the message."""


@dataclass(frozen=True)
class Compiler:
    """A command that compiles C, and what tells it from others: its version, and the machine that it compiles for."""

    command: tuple[str, ...]
    version: str
    vector_bytes: int  # of the widest vector that it makes

    def compile(self, source: Path, library: Path) -> None:
        """Make the ``library`` of a C file. Raises CompilerError with what the compiler says."""
        _run([*self.command, *FLAGS, *_for_this_machine(), str(source), "-o", str(library), *LIBRARIES])

    @property
    def identity(self) -> str:
        """All that a library depends on besides its source."""
        return "\n".join([*self.command, self.version, *FLAGS, *_for_this_machine(), platform.machine(), _cpu()])


@cache
def compiler() -> Compiler | None:
    """The first compiler that works: the one that the variable CC names, cc, gcc, clang, zig cc, or that of ziglang."""
    own = os.environ.get("CC", "").strip()
    commands = [shlex.split(own)] if own else []
    commands += [command.split() for command in COMMANDS]
    if find_spec("ziglang") is not None:
        commands.append([sys.executable, "-m", "ziglang", "cc"])
    for command in commands:
        path = shutil.which(command[0])
        found = None if path is None else _tried((path, *command[1:]))
        if found is not None:
            return found
    return None


def _tried(command: tuple[str, ...]) -> Compiler | None:
    """The compiler of a command; None where it does not work."""
    try:
        version = _run([*command, "--version"]).splitlines()[0]
        macros = _run([*command, *_for_this_machine(), "-dM", "-E", "-x", "c", os.devnull])
    except (CompilerError, IndexError):
        return None
    width = 64 if "__AVX512F__" in macros else 32 if "__AVX__" in macros else 16
    return Compiler(command, version, width)


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, **_QUIETLY, check=False, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CompilerError(f"{command[0]} cannot be run: {error}") from None
    if done.returncode:
        raise CompilerError(f"{command[0]} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
    return str(done.stdout)


def _for_this_machine() -> tuple[str, ...]:
    return ("-mcpu=native",) if platform.machine().lower() in ("arm64", "aarch64") else ("-march=native",)


@cache
def _cpu() -> str:
    """What the system says of the CPU: a library for another may not run on this one."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    telling = ("model name", "flags", "Features")
    return "\n".join(sorted({line for line in text.splitlines() if line.startswith(telling)}))
