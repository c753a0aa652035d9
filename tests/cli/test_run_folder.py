"""The run folder: whole or not there, whatever goes wrong."""

import os
import re
import shutil
import signal

import pytest

from glassnet.cli import run
from glassnet.cli import train as training
from glassnet.cli.run import Lock, Run
from tests.cli.runs import tree

FEW = ("--epochs", 2)


# the run folder -----------------------------------------------------------------------------------


def test_runs_are_numbered_on_from_the_highest(command, tmp_path):
    (tmp_path / "there" / "digits-041").mkdir(parents=True)
    (tmp_path / "there" / "digits-x").mkdir()
    assert command("train", "digits", *FEW, "--out", "there").exit_code == 0
    assert (tmp_path / "there" / "digits-042" / "model.safetensors").exists()


def test_runs_that_begin_at_once_never_share_a_folder(tmp_path, monkeypatch):
    """Each of them has seen the same folders before any has made its own."""
    begun = [Run.begin(tmp_path, "digits", 1).path for _ in range(3)]
    monkeypatch.setattr(run, "_number", lambda path: 0)
    begun += [Run.begin(tmp_path, "digits", 1).path for _ in range(3)]
    assert [path.name for path in begun] == [f"digits-00{number}" for number in range(1, 7)]


def test_discarding_a_run_leaves_what_others_made(tmp_path):
    first = Run.begin(tmp_path / "a" / "runs", "digits", 1)
    second = Run.begin(tmp_path / "a" / "runs", "digits", 1)
    first.discard()
    assert tree(tmp_path) == ["a", "a/runs", "a/runs/digits-002"]
    second.discard()
    assert tree(tmp_path) == ["a", "a/runs"]
    only = Run.begin(tmp_path / "b" / "runs", "digits", 1)
    only.discard()
    assert tree(tmp_path) == ["a", "a/runs"]


# what goes wrong with good input ------------------------------------------------------------------


@pytest.mark.parametrize("words", [("--optimizer", "sgd", "--lr", "1e6"), ("--lr", "1e38", "--hidden", "none")])
def test_a_loss_that_is_no_number_ends_training(command, tmp_path, words):
    result = command("train", "digits", *words)
    assert result.exit_code == 1
    assert re.match(r"glassnet: in epoch \d+, batch \d+ of 46, the loss became .*: with the learning", result.stderr)
    assert "try a smaller rate, --lr 1" in result.stderr
    assert "What a check-up says of it:\n\n1. the learning rate 1e+" in result.stderr
    assert "  remedy:   use a smaller one, such as 0.001\n" in result.stderr
    assert result.stderr.endswith("\n\nNo epoch was completed, so there is nothing to save: there is no run folder.\n")
    assert tree(tmp_path) == []


def test_a_full_disk_is_known_before_training(command, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    result = command("train", "digits", *FEW)
    assert result.exit_code == 1
    assert "--out: a run needs about 0.3 MB, and runs has 0.0 MB left; make room, or" in result.stderr
    assert result.stdout == ""
    assert tree(tmp_path) == []


@pytest.mark.parametrize("written", [0, 1, 2, 3, 4])
def test_a_disk_that_fills_up_leaves_nothing_half_written(command, tmp_path, monkeypatch, written):
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) > 2 * written:  # the file and its folder
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = command("train", "digits", *FEW)
    assert result.exit_code == 1
    assert "the run could not be saved in runs/digits-001 (No space left on device)" in result.stderr
    assert ("held-out loss" in result.stdout) == (written > 0)  # the table was shown: it is all that is left
    assert tree(tmp_path) == []


def test_a_disk_without_room_for_the_lock_leaves_nothing(command, tmp_path, monkeypatch):
    def full(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Lock, "take", full)
    result = command("train", "digits", *FEW)
    assert result.exit_code == 1
    assert "the run could not be saved in runs/digits-001 (No space left on device); nothing of it" in result.stderr
    assert tree(tmp_path) == []


def test_ctrl_c_while_the_run_is_saved_waits(command, tmp_path, monkeypatch):
    save = Run.save

    def interrupted(*parts):
        signal.raise_signal(signal.SIGINT)
        save(*parts)

    monkeypatch.setattr(Run, "save", interrupted)
    result = command("train", "digits", *FEW)
    assert result.exit_code == 0
    assert (tmp_path / "runs" / "digits-001" / "model.safetensors").exists()


def test_too_little_memory_is_one_message(command, tmp_path, monkeypatch):
    def none(*_):
        raise MemoryError("Unable to allocate 4 TiB")

    monkeypatch.setattr(training, "_fit", none)
    result = command("train", "digits")
    assert result.exit_code == 1
    assert result.stderr == (
        "glassnet: not enough memory (Unable to allocate 4 TiB); try a smaller network or smaller batches\n"
    )
    assert tree(tmp_path) == []
