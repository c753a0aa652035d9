"""Compilers: which C compiler there is here, what it knows of this machine, and C made a library by it."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from glassnet.engines.native.commands import CommandError, output_of
from glassnet.errors import GlassnetWarning

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
ANSWER, COMPILE = 30, 300  # seconds that a compiler gets to say what it is, and to compile


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
        _run([*self.command, *FLAGS, *_for_this_machine(), str(source), "-o", str(library), *LIBRARIES], COMPILE)

    @property
    def name(self) -> str:
        """The command, as one would type it."""
        return " ".join(self.command)

    @property
    def identity(self) -> str:
        """All that a library depends on besides its source."""
        return "\n".join([*self.command, self.version, *FLAGS, *_for_this_machine(), platform.machine(), _cpu()])

    @property
    def prepares_itself(self) -> bool:
        """Whether it compiles parts of its own when it is used for the first time, as Zig does."""
        return Path(self.command[0]).stem == "zig"


@cache
def compiler() -> Compiler | None:
    """The first compiler that works: the one that the variable CC names, cc, gcc, clang, zig cc, or that of ziglang.

    Warns where CC names none that works.
    """
    own = os.environ.get("CC", "").strip()
    found = _tried(_words(own)) if own else None
    if found is not None:
        return found
    found = next(filter(None, map(_tried, _usual())), None)
    if own:
        instead = "there is no other" if found is None else f"{found.name} is used in its place"
        warnings.warn(f"CC={own!r:.80} is not a C compiler that works here; {instead}", GlassnetWarning, stacklevel=2)
    return found


def _words(command: str) -> list[str]:
    """The words of a command, which may be a path with spaces in it."""
    try:
        return [command] if shutil.which(command) else shlex.split(command)
    except ValueError:  # quotes that do not end
        return [command]


def _usual() -> Iterator[list[str]]:
    """The commands that are looked for, the last of them that of the package ziglang."""
    yield from (command.split() for command in COMMANDS)
    package = find_spec("ziglang")
    for folder in (package and package.submodule_search_locations) or ():
        yield [str(Path(folder) / "zig"), "cc"]


def _tried(command: list[str]) -> Compiler | None:
    """The compiler of a command; None where it does not work."""
    path = shutil.which(command[0])
    if path is None:
        return None
    try:
        version = _run([path, *command[1:], "--version"], ANSWER).splitlines()[0]
        macros = _run([path, *command[1:], *_for_this_machine(), "-dM", "-E", "-x", "c", os.devnull], ANSWER)
    except (CompilerError, IndexError):
        return None
    if "__GNUC__" not in macros:  # which all have that know the vectors of GCC
        return None
    width = 64 if "__AVX512F__" in macros else 32 if "__AVX__" in macros else 16
    return Compiler((path, *command[1:]), version, width)


def _run(command: list[str], patience: float) -> str:
    try:
        return output_of(command, patience)
    except CommandError as error:
        raise CompilerError(str(error)) from None


def _for_this_machine() -> tuple[str, ...]:
    if platform.machine().lower() in ("arm64", "aarch64"):
        return ("-mcpu=native",)
    return "-march=native", "-mprefer-vector-width=512"  # where there are vectors so wide, which tiles of products take


@cache
def _cpu() -> str:
    """What the system says of the CPU: a library for another may not run on this one."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    telling = ("model name", "flags", "Features")
    return "\n".join(sorted({line for line in text.splitlines() if line.startswith(telling)}))
