"""A command whose output goes nowhere does what it was asked to do, and tells that it was not heard."""

import errno
import io
import os
import subprocess
import sys

import pytest

from glassnet.cli.app import app
from glassnet.cli.streams import Lenient
from tests.cli.runs import tree
from tests.cli.test_command import ENVIRONMENT

WORDS = ("train", "moons", "--epochs", "2")
FILES = ["config.json", "history.csv", "model.safetensors", "report.html"]


class Broken(io.StringIO):
    """A stream that cannot be written to once it holds ``room`` characters."""

    def __init__(self, number, room=0):
        super().__init__()
        self.number, self.room = number, room

    def write(self, text):
        if self.tell() + len(text) > self.room:
            raise OSError(self.number, os.strerror(self.number))
        return super().write(text)


def test_what_cannot_be_written_is_dropped_and_known():
    broken = Broken(errno.EPIPE, 5)
    stream = Lenient(broken)
    assert [stream.write(text) for text in ("hello", "there", "x")] == [5, 5, 1]
    assert stream.error.errno == errno.EPIPE
    assert broken.getvalue() == "hello"
    stream.flush()
    assert stream.isatty() is False


@pytest.mark.parametrize("room", [0, pytest.param(300, marks=pytest.mark.slow("trains a network each time"))])
@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (errno.EPIPE, 141, ""),
        (errno.EIO, 141, ""),
        (errno.ENOSPC, 1, "glassnet: what it printed could not be written (No space left on device); name another"),
    ],
)
def test_a_run_is_saved_whoever_reads(number, code, message, room, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    err = io.StringIO()
    monkeypatch.setattr(sys, "stdout", Broken(number, room))
    monkeypatch.setattr(sys, "stderr", err)
    with pytest.raises(SystemExit) as end:
        app([*WORDS], prog_name="glassnet")
    assert end.value.code == code
    assert err.getvalue().startswith(message)
    assert err.getvalue().count("\n") == bool(message)
    assert tree(tmp_path / "runs" / "moons-001") == FILES


def test_a_message_that_cannot_be_written_changes_no_exit_code(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Broken(errno.EPIPE))
    with pytest.raises(SystemExit) as end:
        app(["train", "nothing"])
    assert end.value.code == 2


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.slow("starts processes")
@pytest.mark.parametrize(
    ("how", "code", "err"),
    [
        ("| head -1 >first; exit ${PIPESTATUS[0]}", 141, ""),
        (">&-", 0, ""),
        (">&- 2>&- <&-", 0, ""),
        ("2>&-", 0, ""),
        ("<&-", 0, ""),
        (">/dev/full", 1, "glassnet: what it printed could not be written (No space left on device); name another "),
        (">/dev/full 2>&1", 1, ""),
    ],
)
@pytest.mark.parametrize("words", [WORDS, ("info",)])
def test_a_process_whose_output_goes_nowhere(words, how, code, err, tmp_path):
    line = f'"{sys.executable}" -u -m glassnet {" ".join(words)} {how}'
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, check=False
    )
    if words[0] != "info" or "head" not in how:  # so little is printed that it may all be read
        assert done.returncode == code
    assert done.stderr.startswith(err)
    assert done.stderr.count("\n") == bool(err)
    if words == WORDS:
        assert tree(tmp_path / "runs" / "moons-001") == FILES
