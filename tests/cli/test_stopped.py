"""A run that is stopped, killed or fails keeps what it has learned, and goes on as if it had not been."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest
from typer.testing import CliRunner

import glassnet
from glassnet.cli import display
from glassnet.cli.app import app
from glassnet.files.lock import FolderLock
from glassnet.sources import open_source
from glassnet.training import TrainingFailed
from tests.cli.runs import accuracy, assert_learned_the_same, config, rows, trained, tree
from tests.cli.test_command import ENVIRONMENT
from tests.shares import one_in

WORDS = ("train", "digits", "--epochs", 5, "--batch-size", 64, "--dropout", "0.1", "--patience", 4)
NO_SPACE = OSError(28, "No space left on device")


def stopping(monkeypatch):
    errors = {}

    def meet(self, trainer):
        error = errors.pop((trainer.epoch, trainer.batch), None)
        if error is not None:
            raise error

    for teller in (display.Lines, display.Silent):
        monkeypatch.setattr(teller, "on_batch_end", meet)
    return lambda error, epoch, batch=20: errors.update({(epoch, batch): error})


@pytest.fixture
def stopped(monkeypatch):
    """``stopped(error, epoch, batch)``: the next run that comes there meets ``error``."""
    return stopping(monkeypatch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that nothing came between."""
    return trained(tmp_path_factory.mktemp("whole"), WORDS)


# Ctrl-C ---------------------------------------------------------------------------------------------------


def test_after_ctrl_c_the_printed_command_goes_on_to_the_same_bytes(command, tmp_path, stopped, whole):
    stopped(KeyboardInterrupt(), epoch=3)
    result = command(*WORDS)
    assert result.exit_code == 130
    assert "Stopped after epoch 2: what it had learned by then is saved." in result.stdout
    folder = tmp_path / "runs" / "digits-001"
    assert len(rows(folder)) == 2
    assert config(folder)["stopped"] is True
    model = glassnet.load_model(folder / "model.safetensors")
    assert accuracy(model, open_source("digits").held_out) == pytest.approx(rows(folder)[-1]["val_accuracy"])
    assert command("predict", "latest").exit_code == 0
    words = re.search(r"\n  glassnet (train --resume .*)\n", result.stdout)[1].split()
    again = command(*words)
    assert again.exit_code == 0, again.output
    assert_learned_the_same(folder, whole)
    assert config(folder)["stopped"] is False
    assert "checkpoint.safetensors" not in tree(folder)
    for name in ("options", "results", "data", "encoding"):
        assert config(folder)[name] == config(whole)[name]


def test_a_run_may_be_stopped_more_than_once(command, tmp_path, stopped, whole):
    stopped(KeyboardInterrupt(), epoch=2)
    assert command(*WORDS).exit_code == 130
    stopped(KeyboardInterrupt(), epoch=5)
    result = command("train", "--resume", "digits-001", "--quiet")
    assert result.exit_code == 130
    assert len(result.stdout.splitlines()) == 1
    assert command("train", "--resume", "runs/digits-001", "--save-every", 0).exit_code == 0
    assert_learned_the_same(tmp_path / "runs" / "digits-001", whole)


def test_a_run_that_is_stopped_in_its_first_epoch_leaves_nothing(command, tmp_path, stopped):
    stopped(KeyboardInterrupt(), epoch=1)
    result = command("train", "digits", "--save-every", 0)
    assert result.exit_code == 130
    assert "Stopped in the first epoch: there is nothing to save." in result.stdout
    assert tree(tmp_path) == []


# what fails -----------------------------------------------------------------------------------------------


def test_a_run_that_fails_later_keeps_what_it_had_learned(command, tmp_path, stopped):
    stopped(TrainingFailed("loss", 4, None, float("nan"), 0.1), epoch=4)
    result = command(*WORDS, "--save-every", 0)
    assert result.exit_code == 1
    assert result.stderr.startswith("glassnet: in epoch 4, the loss became nan")
    assert "Stopped after epoch 3: what it had learned by then is saved." in result.stdout
    folder = tmp_path / "runs" / "digits-001"
    assert len(rows(folder)) == 3
    assert "checkpoint.safetensors" not in tree(folder)  # it would only fail again
    assert "--resume" not in result.stdout


@pytest.mark.parametrize("error", one_in(2, [NO_SPACE, OSError(122, "Disk quota exceeded")]))
def test_a_disk_that_fills_up_leaves_the_last_checkpoint(command, tmp_path, monkeypatch, whole, error):
    written = []

    def full(handle):
        written.append(handle)
        if len(written) > 200:
            raise error

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    result = command(*WORDS, "--save-every", 0)
    assert result.exit_code == 1
    assert result.stderr == (
        f"glassnet: the run could not be saved in runs/digits-001 ({error.strerror}), nor in runs, {tmp_path}; make "
        "room, and go on with what was saved before: glassnet train --resume runs/digits-001\n"
    )
    assert result.stdout.count(f"cannot be written ({error.strerror}); training goes on, and it is tried again") == 1
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    again = command("train", "--resume", "runs/digits-001")
    assert again.exit_code == 0, again.output
    assert_learned_the_same(tmp_path / "runs" / "digits-001", whole)


# killed ---------------------------------------------------------------------------------------------------


# A process that saves after every batch, and meets a signal a number of calls after its first checkpoint: the same
# moment on every machine, however busy.
MEETS = """
import os, sys
from glassnet.cli import main
from glassnet.training import Checkpoint

number, left = int(sys.argv.pop(1)), int(sys.argv.pop(1))
write = Checkpoint.write

def counted(frame, event, argument):
    global left
    left -= 1
    if left <= 0:
        sys.setprofile(None)
        os.kill(os.getpid(), number)

def written(*args):
    write(*args)
    Checkpoint.write = write
    sys.setprofile(counted)

Checkpoint.write = written
main()
"""


def begun(folder, number, calls, *words):
    command = [sys.executable, "-c", MEETS, number, calls, *words, "--save-every", 0]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*map(str, command)], cwd=folder, env=ENVIRONMENT, **pipes)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_run_that_is_killed_twice_goes_on_to_the_same_bytes(command, tmp_path, whole):
    folder = tmp_path / "runs" / "digits-001"
    for calls, words in ((2_000, WORDS), (33_333, ("train", "--resume", "digits-001"))):
        with begun(tmp_path, signal.SIGKILL, calls, *words) as process:
            process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert "model.safetensors" not in tree(folder)
    assert "Saved in runs/digits-001" in command("train", "--resume", "latest").stdout
    assert_learned_the_same(folder, whole)
    assert tree(folder) == ["config.json", "history.csv", "model.safetensors", "report.html"]


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_run_that_is_being_trained_is_refused(command, tmp_path, whole):
    """By another process, which is stopped meanwhile, and then killed: at once, the run is free."""
    folder = tmp_path / "runs" / "digits-001"
    with begun(tmp_path, signal.SIGSTOP, 1, *WORDS) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        before = {path: path.read_bytes() for path in folder.iterdir()}
        result = command("train", "--resume", "latest")
        assert {path: path.read_bytes() for path in folder.iterdir()} == before
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "glassnet: --resume: runs/digits-001 is being trained by another process; wait for its end, or stop it with "
        "Ctrl-C\n"
    )
    assert command("train", "--resume", "latest", "--quiet").exit_code == 0
    assert_learned_the_same(folder, whole)
    assert tree(folder) == ["config.json", "history.csv", "model.safetensors", "report.html"]


# what cannot be gone on with ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cut_off_once(tmp_path_factory):
    runs = tmp_path_factory.mktemp("cut-off")
    with pytest.MonkeyPatch.context() as patch:
        stopping(patch)(KeyboardInterrupt(), epoch=3)
        words = ["train", "digits", "--epochs", "5", "--out", str(runs)]
        assert CliRunner().invoke(app, words).exit_code == 130
    return runs / "digits-001"


@pytest.fixture
def cut_off(command, cut_off_once, tmp_path):
    """A run that was stopped."""
    return shutil.copytree(cut_off_once, tmp_path / "runs" / "digits-001")


def edited(folder, **parts):
    (folder / "config.json").write_text(json.dumps(config(folder) | parts))


def set_otherwise(folder):
    edited(folder, settings=config(folder)["settings"] | {"hidden": "7"})


def cut_in_half(folder):
    file = folder / "checkpoint.safetensors"
    file.write_bytes(file.read_bytes()[:5000])


def of_something_else(folder):
    glassnet.save({"weights": glassnet.zeros(3)}, folder / "checkpoint.safetensors")


def checkpoint(change):
    """Damage to what is saved to go on from."""

    def damage(folder):
        state = glassnet.load(folder / "checkpoint.safetensors")
        change(state)
        glassnet.save(state, folder / "checkpoint.safetensors")

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda folder: edited(folder, format=99, versions={"glassnet": "9.9"}),
            "the run is of glassnet 9.9; update this one: pip install --upgrade glassnet",
        ),
        (lambda folder: (folder / "config.json").unlink(), "runs/digits-001 holds no config.json: it is no run folder"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json cannot be read (Expecting property"),
        (lambda folder: (folder / "config.json").write_text("[]"), "expected the configuration of a run, got someth"),
        (lambda folder: edited(folder, results={"a": "b"}), "config.json: its results.a should be a number, got 'b'"),
        (
            lambda folder: edited(folder, data=[]),
            "its data should be an object, got a list of 0; use the",
        ),
        (
            lambda folder: edited(folder, settings={"source": ["digits"]}),
            "runs/digits-001: its setting source should be a text, or nothing, got ['digits']",
        ),
        (
            lambda folder: edited(folder, data={"fingerprint": "0"}),
            "--resume: the data of digits is not what it was when runs/digits-001 began; put it back, or",
        ),
        (set_otherwise, "--resume: runs/digits-001/checkpoint.safetensors cannot be used ("),
        (cut_in_half, "--resume: runs/digits-001/checkpoint.safetensors cannot be used ("),
        (
            lambda folder: (folder / "config.json").write_text('{"format": ' + "[" * 990 + "]" * 990 + "}"),
            "config.json cannot be read (it is nested more than 100 deep); use the original file, or train again",
        ),
        (lambda folder: edited(folder, seconds=10**400), "its seconds should be a number of 0 or more, got 1000"),
        (
            lambda folder: edited(folder, results={"val_loss": None}),
            "its results.val_loss should be a number, got None",
        ),
        (lambda folder: edited(folder, versions=["x"], format=99), "the run is of glassnet a newer glassnet; update"),
        (
            checkpoint(lambda state: state["progress"].update(epoch="x")),
            "checkpoint.safetensors cannot be used (load_state_dict: its progress.epoch should be a whole number of 0 "
            "or more, got 'x'; use a state as it was saved); delete it to begin the run again",
        ),
        (
            checkpoint(lambda state: [epoch.pop("val_accuracy") for epoch in state["history"]]),
            "checkpoint.safetensors cannot be used (its history[0] should be an object with 'val_accuracy', got an obj",
        ),
        (
            checkpoint(lambda state: state["history"][0].update(val_loss="low")),
            "its history[0].val_loss should be a number, got 'low'",
        ),
        (
            checkpoint(lambda state: state["generators"]["now"][0].pop("seed")),
            "its generators.now[0] should be an object with 'seed'",
        ),
        (
            checkpoint(lambda state: state["schedule"].update(T_max="x")),
            "its schedule.T_max should be a number, got 'x'",
        ),
        (of_something_else, "--resume: runs/digits-001/checkpoint.safetensors cannot be used ("),
        (
            lambda folder: (folder / "checkpoint.safetensors").unlink(),
            "--resume: runs/digits-001 is complete, there is nothing left to learn; see: glassnet show runs/digi",
        ),
    ],
)
def test_a_run_that_cannot_go_on_is_one_message_and_stays(command, cut_off, damage, message):
    damage(cut_off)
    before = {path: path.read_bytes() for path in cut_off.iterdir()}
    result = command("train", "--resume", "runs/digits-001", "--quiet")
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert {path: path.read_bytes() for path in cut_off.iterdir()} == before


def test_what_is_not_needed_may_be_missing_where_a_run_goes_on(command, cut_off):
    parts = config(cut_off)
    kept = {name: parts[name] for name in ("format", "data")}
    (cut_off / "config.json").write_text(json.dumps({**kept, "settings": {"source": "digits", "epochs": "5"}}))
    result = command("train", "--resume", "runs/digits-001")
    assert result.exit_code == 0, result.output
    assert config(cut_off)["settings"]["schedule"] == "cosine"


def test_a_run_that_was_killed_before_it_was_saved_begins_again(command, cut_off, stopped, tmp_path):
    assert command("train", "digits", "--epochs", 5, "--out", "whole").exit_code == 0
    for name in ("checkpoint.safetensors", "model.safetensors", "history.csv", "report.html"):
        (cut_off / name).unlink()
    for words in (("predict",), ("show",), ("export",)):
        result = command(*words, cut_off)
        assert result.exit_code == 2
        assert f"its training was cut off; go on: glassnet train --resume {cut_off}" in result.stderr
    (cut_off / ".glassnet-0123456789abcdef.tmp").write_text("was being written")
    stopped(KeyboardInterrupt(), epoch=1)
    result = command("train", "--resume", "latest")
    assert result.exit_code == 130
    assert "Stopped in the first epoch; go on: glassnet train --resume runs/digits-001" in result.stdout
    assert command("train", "--resume", "latest").exit_code == 0
    assert_learned_the_same(cut_off, tmp_path / "whole" / "digits-001")
    assert tree(cut_off) == ["config.json", "history.csv", "model.safetensors", "report.html"]


def test_a_run_that_fails_in_its_first_epoch_again_stays(command, cut_off, stopped):
    (cut_off / "checkpoint.safetensors").unlink()
    (cut_off / "model.safetensors").unlink()
    stopped(TrainingFailed("loss", 1, 20, float("nan"), 0.1), epoch=1)
    result = command("train", "--resume", "latest", "--quiet")
    assert result.exit_code == 1
    assert "nothing to save: runs/digits-001 is as it was.\n" in result.stderr
    assert "config.json" in tree(cut_off)
    assert ".lock" not in tree(cut_off)


def test_a_run_that_comes_to_its_end_before_it_is_locked_is_left_alone(command, cut_off, monkeypatch):
    take = FolderLock.take

    def late(self):
        (cut_off / "checkpoint.safetensors").unlink()
        return take(self)

    monkeypatch.setattr(FolderLock, "take", late)
    result = command("train", "--resume", "latest")
    assert result.exit_code == 2
    assert "is complete, there is nothing left to learn" in result.stderr


def test_a_table_is_found_where_training_was_started(command, stopped, tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    stopped(KeyboardInterrupt(), epoch=3, batch=1)
    assert command("train", "a.csv", "--target", "b", "--epochs", 5).exit_code == 130
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run = tmp_path / "runs" / "a-001"
    resumed = command("train", "--resume", run)
    assert resumed.exit_code == 0, resumed.output
    assert "glassnet train a.csv</span> <span>--target b</span>" in (run / "report.html").read_text()
    assert config(run)["settings"]["source"] == config(run)["source"] == "a.csv"
    for words in (("evaluate",), ("predict",)):
        assert command(*words, run).exit_code == 0
    edited(run, paths={"source": "\0"})
    assert "there is no file 'a.csv'" in command("evaluate", run).stderr


def test_a_table_that_is_gone_is_said(command, stopped, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
    stopped(KeyboardInterrupt(), epoch=3, batch=1)
    assert command("train", "a.csv", "--target", "b", "--task", "classification").exit_code == 130
    shutil.move(tmp_path / "a.csv", tmp_path / "b.csv")
    result = command("train", "--resume", "latest")
    assert result.exit_code == 2
    assert "there is no file 'a.csv' (did you mean b.csv?)" in result.stderr
