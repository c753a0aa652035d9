"""Which compiler is taken, and what becomes of one that does not work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from glassnet.engines.native import compilers, library_cache
from glassnet.engines.native.commands import CommandError, output_of
from glassnet.engines.native.compilers import CompilerError, compiler
from glassnet.errors import GlassnetWarning

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

Script = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Makes a command of the text of a shell script."""

    def make(text: str) -> Path:
        path = tmp_path / "my cc"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compilers are looked for anew, and get little time to answer."""
    monkeypatch.setattr(compilers, "ANSWER", 3)
    compiler.cache_clear()
    yield
    compiler.cache_clear()


BROKEN = {
    "fails": "exit 1",
    "hangs": "sleep 1000",
    "says nothing": "exit 0",
    "is something else": "echo hello",
    "leaves": "kill -9 $$",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_cc_that_does_not_work_is_passed_over(
    name: str, script: Script, searched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = compiler()
    compiler.cache_clear()
    monkeypatch.setenv("CC", str(script(BROKEN[name])))
    with pytest.warns(GlassnetWarning, match=r"CC='.*my cc' is not a C compiler that works here; .* is used in its pl"):
        assert compiler() == usual


@pytest.mark.parametrize("command", ["gcc '", "no-such-compiler -m64", "{} --flag"])
def test_a_cc_may_be_any_text(command: str, script: Script, searched: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", command.format(script("exit 2")))
    with pytest.warns(GlassnetWarning, match="is not a C compiler"):
        compiler()


def test_the_cc_that_works_is_taken(script: Script, searched: None, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = compiler()
    assert usual is not None
    compiler.cache_clear()
    own = script(f'exec {usual.command[0]} "$@"')
    for words in (str(own), f"'{own}' -g"):
        monkeypatch.setenv("CC", words)
        found = compiler()
        assert found is not None
        assert found.command[0] == str(own)
        compiler.cache_clear()


def test_a_library_that_is_none_is_not_kept(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = script('while [ "$1" != -o ]; do shift; done; echo garbage > "$2"')
    monkeypatch.setattr(library_cache, "compiler", lambda: compilers.Compiler((str(command),), "1", 16))
    place = tmp_path / "native"
    place.mkdir()
    monkeypatch.setattr(library_cache, "_place", lambda: place)
    with pytest.raises(CompilerError, match="my cc made a library that cannot be loaded"):
        library_cache.library_of("int answer;")
    assert not list(place.iterdir())


def test_a_command_that_takes_too_long_is_ended_with_what_it_started(script: Script, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    command = script(f"exec 9> {pipe}; sleep 1000 & sleep 1000")
    with pytest.raises(CommandError, match="my cc was not done after 1 seconds"):
        output_of([str(command)], 1)
    os.set_blocking(handle, True)
    assert os.read(handle, 1) == b""  # when nobody is left who could write
    os.close(handle)
