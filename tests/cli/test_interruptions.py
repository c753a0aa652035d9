"""Ctrl-C, and the signals that do the same: one line, the right exit code, and nothing that is half there."""

import os
import signal
import subprocess
import sys
import threading

import pytest

import glassnet
from glassnet.cli import display, saved_run, train
from glassnet.cli.run import Run
from glassnet.files.lock import FolderLock
from tests.cli.runs import assert_learned_the_same, config, rows, trained, tree
from tests.cli.test_command import ENVIRONMENT

NAMES = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
SLOW = pytest.mark.slow("trains a network twice, as another case does that is quick")
WORDS = ("train", "moons", "--epochs", 3, "--dropout", "0.1")


def send(name):
    signal.raise_signal(getattr(signal, name))


@pytest.fixture
def meanwhile(monkeypatch):
    """``meanwhile(act, epoch=2)``: it is done after the third batch of that epoch of a run, once."""

    def at(act, epoch=2):
        acts = [act]

        def meet(self, trainer):
            if (trainer.epoch, trainer.batch) == (epoch, 3) and acts:
                acts.pop()()

        monkeypatch.setattr(display.Lines, "on_batch_end", meet)

    return at


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that nothing came between."""
    return trained(tmp_path_factory.mktemp("whole"), WORDS)


def assert_same(run, whole):
    assert_learned_the_same(run, whole)
    assert tree(run) == tree(whole)


# while it trains --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name == "SIGTERM" else SLOW) for name in NAMES])
def test_the_batch_is_finished_and_saved(name, command, tmp_path, meanwhile, whole):
    meanwhile(lambda: send(name))
    result = command(*WORDS)
    assert (result.exit_code, result.stderr) == (128 + getattr(signal, name), "")
    assert "Stopped after epoch 1: what it had learned by then is saved." in result.stdout
    folder = tmp_path / "runs" / "moons-001"
    assert len(rows(folder)) == 1
    assert config(folder)["stopped"] is True
    saved = glassnet.load(folder / "checkpoint.safetensors")["progress"]
    assert (saved["epoch"], saved["done"]) == (2, 3)
    assert command("train", "--resume", "latest").exit_code == 0
    assert_same(folder, whole)


@pytest.mark.parametrize(("first", "second"), [("SIGINT", "SIGINT"), pytest.param("SIGTERM", "SIGINT", marks=SLOW)])
def test_the_second_ends_it_at_once(first, second, command, tmp_path, meanwhile, whole):
    meanwhile(lambda: (send(first), send(second)))
    result = command(*WORDS, "--save-every", 0)
    assert result.exit_code == 128 + getattr(signal, first)
    assert result.stderr == "glassnet: stopped; go on: glassnet train --resume runs/moons-001\n"
    folder = tmp_path / "runs" / "moons-001"
    assert tree(folder) == ["checkpoint.safetensors", "config.json"]
    assert command("train", "--resume", "latest").exit_code == 0
    assert_same(folder, whole)


def test_in_the_first_epoch_nothing_is_left(command, tmp_path, meanwhile):
    meanwhile(lambda: send("SIGTERM"), epoch=1)
    result = command(*WORDS, "--save-every", 0)
    assert (result.exit_code, result.stderr) == (143, "")
    assert "Stopped in the first epoch: there is nothing to save." in result.stdout
    assert tree(tmp_path) == []


def test_after_the_last_batch_the_run_is_whole(command, tmp_path, monkeypatch, whole):
    save = Run.save

    def meet(*parts):
        send("SIGTERM")
        return save(*parts)

    monkeypatch.setattr(Run, "save", meet)
    assert command(*WORDS).exit_code == 0
    assert_same(tmp_path / "runs" / "moons-001", whole)


def test_two_while_it_is_saved_leave_what_was_saved_before(command, tmp_path, monkeypatch, whole):
    save = Run.save

    def meet(*parts):
        send("SIGINT")
        send("SIGINT")
        return save(*parts)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "save", meet)
        result = command(*WORDS, "--save-every", 0)
    assert (result.exit_code, result.stderr) == (130, "glassnet: stopped\n")
    assert command("train", "--resume", "latest").exit_code == 0
    assert_same(tmp_path / "runs" / "moons-001", whole)


@pytest.mark.skipif("SIGHUP" not in NAMES, reason="there is none")
def test_one_that_was_ignored_before_still_is(command, tmp_path, meanwhile, whole):
    """As nohup has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        meanwhile(lambda: send("SIGHUP"))
        assert command(*WORDS).exit_code == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert_same(tmp_path / "runs" / "moons-001", whole)


def test_what_was_done_on_a_signal_before_is_done_again_after(command):
    before = [signal.getsignal(getattr(signal, name)) for name in NAMES]
    command("info")
    assert [signal.getsignal(getattr(signal, name)) for name in NAMES] == before


@SLOW
def test_in_a_thread_which_has_no_signals_it_works(command, tmp_path, whole):
    results = []
    thread = threading.Thread(target=lambda: results.append(command(*WORDS)))
    thread.start()
    thread.join()
    assert results[0].exit_code == 0, results[0].output
    assert_same(tmp_path / "runs" / "moons-001", whole)


# in any command, and any part of it -------------------------------------------------------------------------


PARTS = {
    "reading data": ("train", train.Session, "begin", ("moons",)),
    "making the folder": ("train", FolderLock, "rename", ("moons",)),
    "printing the plan": ("train", display, "show_plan", ("moons",)),
    "making the trainer": ("train", train.Session, "trainer", ("moons",)),
    "reading the run": ("predict", saved_run.runs, "read", ("RUN",)),
    "reading the data again": ("evaluate", saved_run, "opened", ("RUN",)),
    "answering": ("predict", saved_run.Answers, "of", ("RUN", "samples.csv", "--out", "x.csv")),
    "describing": ("show", display, "facts", ("RUN",)),
}


@pytest.mark.parametrize("part", PARTS)
def test_elsewhere_it_ends_in_one_line(part, command, tmp_path, monkeypatch, whole):
    name, place, call, words = PARTS[part]
    (tmp_path / "samples.csv").write_text("1,2\n3,4\n")
    before, real = tree(tmp_path), getattr(place, call)

    def meet(*args, **kwargs):
        result = real(*args, **kwargs)
        if once:
            send(once.pop())
        return result

    once = ["SIGTERM"]
    monkeypatch.setattr(place, call, meet)
    result = command(name, *(whole if word == "RUN" else word for word in words))
    assert result.exit_code == 143
    if part == "making the trainer":  # when the signal is noted already, to finish the first batch
        assert "Stopped in the first epoch" in result.stdout
    else:
        assert result.stderr == "glassnet: stopped\n"
    assert tree(tmp_path) == before


@pytest.mark.parametrize("call", ["open", "ftruncate", "fsync", "replace"])
def test_a_file_that_is_being_written_is_there_or_not(call, command, tmp_path, monkeypatch, whole):
    (tmp_path / "samples.csv").write_text("1,2\n3,4\n")
    real = getattr(os, call)

    def meet(*args, **kwargs):
        result = real(*args, **kwargs)
        if call != "open" or ".glassnet-" in str(args[0]):
            send("SIGINT")
        return result

    monkeypatch.setattr(os, call, meet)
    result = command("predict", whole, "samples.csv", "--out", "x.csv")
    assert (result.exit_code, result.stderr) == (130, "glassnet: stopped\n")
    monkeypatch.undo()
    left = {path.name for path in tmp_path.iterdir()} - {"samples.csv"}
    assert left <= {"x.csv"} or call == "open"  # the next that writes this file writes over what is left


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.slow("starts processes")
@pytest.mark.parametrize("name", [name for name in NAMES if name != "SIGBREAK"])
def test_a_process_that_is_asked_to_end(name, tmp_path):
    """It reads from a pipe that says when an epoch is over; what it was asked by is its exit code."""
    if signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
        pytest.skip(f"{name} is ignored here, as under nohup, and so in what is started here")
    words = [sys.executable, "-u", "-m", "glassnet", "train", "moons", "--epochs", "100000"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=tmp_path, env=ENVIRONMENT, text=True, **pipes) as process:
        while "epoch      3/" not in process.stdout.readline():
            pass
        process.send_signal(getattr(signal, name))
        out, err = process.communicate()
    assert (process.returncode, err) == (128 + getattr(signal, name), "")
    assert "glassnet train --resume runs/moons-001" in out
    names = ["checkpoint.safetensors", "config.json", "history.csv", "model.safetensors", "report.html"]
    assert tree(tmp_path / "runs" / "moons-001") == names


@pytest.mark.skipif(os.name == "nt", reason="a signal raised there ends the process")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_the_command_line_is_read_is_told(command, monkeypatch, name, code):
    monkeypatch.setattr("typer.core.TyperGroup.parse_args", lambda *_: send(name))
    result = command("show", "latest")
    assert result.exit_code == code
    assert result.stderr == "glassnet: stopped\n"
