"""Programs go over to C while they run; where no C can be had they stay with NumPy, and one line says why."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.compilation import background, tiers
from glassnet.engines.native import compilers, library_cache
from glassnet.engines.native.compilers import CompilerError, compiler
from glassnet.errors import GlassnetWarning

usual = compiler()
if usual is None:
    pytest.skip("there is no C compiler here", allow_module_level=True)

ANSWERS = f"""#!/bin/sh
case "$*" in *-shared*) ;; *) exec {usual.command[0]} "$@";; esac
while [ "$1" != -o ]; do shift; done
"""  # a compiler up to where it has to compile


@pytest.fixture
def hot(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Programs go over to C as soon as they have run; which is looked for anew."""
    monkeypatch.delenv("GLASSNET_ENGINE")
    monkeypatch.setattr(tiers, "HOT", 0.0)
    monkeypatch.setattr(tiers, "COMPILING", 0.0)
    monkeypatch.setattr(tiers, "_told", set())
    compiler.cache_clear()
    yield
    compiler.cache_clear()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache."""
    folder = tmp_path / "native"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(library_cache, "_place", lambda: folder)
    return folder


def slope() -> tuple[Any, Callable[[], None]]:
    """A compiled function that computes a gradient, and a check of one call of it."""
    w = gn.tensor([1.0, 2.0], requires_grad=True)

    @gn.compile
    def step(x: gn.Tensor) -> gn.Tensor:
        w.grad = None
        y = (w * x * x).sum()
        y.backward()
        return y

    def check() -> None:
        assert step(gn.tensor([2.0, 3.0])).item() == 22.0
        assert w.grad is not None
        assert w.grad.tolist() == [4.0, 9.0]

    return step, check


def test_a_program_goes_over_to_c(hot: None, place: Path) -> None:
    step, check = slope()
    sources = []
    while not sources or "segment_0" not in sources[-1]:
        check()
        sources.append(step.source)
    assert "def step(" in sources[0]
    assert len(list(place.iterdir())) >= 1


def test_an_input_is_given_back_as_it_came() -> None:
    """By whichever engine: nobody is to tell when a program goes over."""
    x = gn.ones(5000)
    for engine in ("numpy", "native"):
        same, other = gn.compile(lambda x: (x, x + 1), engine=engine)(x)
        assert same.array is x.array
        assert not np.shares_memory(other.array, x.array)


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def nowhere() -> Path:
    raise CompilerError("there is no folder for compiled programs: Read-only file system")


FAULTS: dict[str, tuple[str, str | tuple[Any, str, Any]]] = {
    "no compiler": ("no C compiler was found; install gcc", (compilers, "COMMANDS", ())),
    "fails": ("my-cc ended with 3: out of order", "echo out of order >&2; exit 3"),
    "hangs": (r"my-cc was not done after 0\.2 seconds", "sleep 1000"),
    "writes garbage": ("my-cc made a library that cannot be loaded", 'echo garbage > "$2"'),
    "writes nothing": ("a compiled program cannot be kept in .*program.so", "exit 0"),
    "full disk": ("a compiled program cannot be kept in .*No space left", (library_cache, "replace_file", full)),
    "read-only": ("there is no folder for compiled programs", (library_cache, "_place", nowhere)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_programs_stay_with_numpy(
    name: str, hot: None, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says, fault = FAULTS[name]
    if isinstance(fault, str):
        own = tmp_path / "my-cc"
        own.write_text(ANSWERS + fault)
        own.chmod(0o755)
        monkeypatch.setenv("CC", str(own))
    else:
        monkeypatch.setattr(*fault)
    monkeypatch.setattr(compilers, "COMPILE", 0.2)
    monkeypatch.setattr(background._worker, "do", lambda job: job.do())
    step, check = slope()
    check()
    check()
    with pytest.warns(GlassnetWarning, match=rf"^programs stay with NumPy: .*{says}.*leaves this note out\)$") as told:
        check()
    check()
    assert len(told) == 1
    assert "def step(" in step.source
    assert list(place.iterdir()) == []


EXIT = """
import glassnet as gn
from glassnet.compilation import tiers
tiers.HOT = tiers.COMPILING = 0.0
double = gn.compile(lambda x: x * 2)
double(gn.ones(2)); double(gn.ones(2))
with open({pipe!r}) as pipe:
    pipe.readline()  # the compiler is at work
"""


def test_a_process_that_ends_while_it_compiles_leaves_nothing(tmp_path: Path) -> None:
    pipe, own = tmp_path / "pipe", tmp_path / "my-cc"
    os.mkfifo(pipe)
    own.write_text(f"{ANSWERS}exec 9> {pipe}; echo begun >&9; sleep 1000 & sleep 1000")
    own.chmod(0o755)
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    env = {**os.environ, "GLASSNET_ENGINE": "auto", "XDG_CACHE_HOME": str(tmp_path), "CC": str(own)}
    script = EXIT.format(pipe=str(pipe))
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert list((tmp_path / "glassnet" / "native").iterdir()) == []
    os.set_blocking(handle, True)
    assert not os.read(handle, 100)  # nobody is left who could write
    os.close(handle)
