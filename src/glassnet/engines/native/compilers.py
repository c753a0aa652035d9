"""Compilers: which C compiler there is, and a C text as a library that is loaded."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

FLAGS = (
    "-std=gnu11 -O3 -march=native -fopenmp-simd -fno-math-errno -fno-trapping-math -ffp-contract=fast -fPIC -shared -w -g"
).split()


@cache
def compiler() -> str:
    """The command of the compiler; "" where there is none."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            return name
    return ""


@cache
def vector_bytes() -> int:
    """How many bytes the widest vector of this machine has, as the compiler tells."""
    text = subprocess.run(
        [compiler(), "-march=native", "-dM", "-E", "-x", "c", os.devnull], capture_output=True, text=True, check=True
    ).stdout
    return 64 if "__AVX512F__" in text else 32 if "__AVX__" in text else 16


def compiled(source: str) -> ctypes.CDLL:
    """The library that ``source`` becomes."""
    key = hashlib.sha256("\0".join([compiler(), *FLAGS, source]).encode()).hexdigest()[:32]
    folder = Path(os.environ.get("GLASSNET_KEEP", tempfile.gettempdir()), "glassnet-native")
    folder.mkdir(exist_ok=True)
    library = folder / f"{key}.so"
    if not library.exists():
        text = folder / f"{key}.c"
        text.write_text(source, encoding="utf-8")
        done = subprocess.run(
            [compiler(), *FLAGS, str(text), "-o", str(library), "-lm"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"the C compiler refused the program:\n{done.stderr}")
    return ctypes.CDLL(str(library))


@cache
def team() -> ctypes.CDLL:
    """The threads that all programs share."""
    return compiled(files("glassnet.engines.native").joinpath("team.c").read_text(encoding="utf-8"))
