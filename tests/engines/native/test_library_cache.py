"""What was compiled once is kept, and a library that is not what was written is not loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.engines.native import library_cache
from glassnet.engines.native.compilers import CompilerError, compiler
from glassnet.engines.native.engine import NativeEngine
from glassnet.engines.native.library_cache import HASH, LIBRARY, SOURCE, library_of

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

ANSWER = "int answer(void) { return %d; }\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "native"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(library_cache, "_place", lambda: folder)
    return folder


def answer(number: int) -> int:
    return int(library_of(ANSWER % number).answer())


def test_a_library_is_made_once(place: Path) -> None:
    assert answer(41) == 41
    (folder,) = place.iterdir()
    made = (folder / LIBRARY).stat().st_mtime_ns
    assert (folder / SOURCE).read_text() == ANSWER % 41
    assert answer(41) == 41
    assert (folder / LIBRARY).stat().st_mtime_ns == made


@pytest.mark.parametrize("left", [b"not a library", b"", None], ids=["changed", "empty", "gone"])
@pytest.mark.parametrize("name", [LIBRARY, HASH])
def test_one_that_was_changed_is_made_anew(place: Path, name: str, left: bytes | None) -> None:
    assert answer(42) == 42
    (folder,) = place.iterdir()
    (folder / name).unlink()  # not written over: the process has it in memory
    if left is not None:
        (folder / name).write_bytes(left)
    assert answer(42) == 42
    assert library_cache._is_whole(folder)


def test_what_a_killed_process_has_left_goes(place: Path) -> None:
    (place / ".glassnet-0123456789abcdef.tmp").mkdir()
    answer(43)
    assert [entry.name for entry in place.iterdir() if entry.name.startswith(".")] == []


def test_what_was_not_used_for_longest_goes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_cache, "MOST", 1)
    answer(44)
    (first,) = place.iterdir()
    os.utime(first, (0, 0))
    answer(45)
    assert first not in list(place.iterdir())


def test_what_the_compiler_refuses_leaves_nothing(place: Path) -> None:
    with pytest.raises(CompilerError, match="ended with"):
        library_of("int answer(void) { return }\n")
    assert list(place.iterdir()) == []


def test_processes_that_compile_at_once(tmp_path: Path) -> None:
    script = "import glassnet as gn; print(gn.compile(lambda x: x * 3 + 1, engine='native')(gn.ones(5)).sum().item())"
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    runs = [subprocess.Popen([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    assert [run.communicate()[0].strip() for run in runs] == ["20.0", "20.0"]


def test_a_machine_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glassnet.engines.native.engine.compiler", lambda: None)
    assert NativeEngine.missing() != ""
    with pytest.raises(RuntimeError, match="the engine 'native' cannot run here: no C compiler was found"):
        gn.compile(lambda x: x, engine="native")
