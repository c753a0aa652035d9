"""The run folder: whole or not there, whatever goes wrong."""

import os
import re
import shutil
import stat
import tempfile

import pytest

from glassnet.cli import run
from glassnet.cli import train as training
from glassnet.cli.run import CONFIG, MODEL, Run, find
from glassnet.files import new_folder
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
    begun = [Run.begin(tmp_path, "digits", 1, {}).path for _ in range(3)]
    monkeypatch.setattr(run, "_number", lambda path: 0)
    begun += [Run.begin(tmp_path, "digits", 1, {}).path for _ in range(3)]
    assert [path.name for path in begun] == [f"digits-00{number}" for number in range(1, 7)]


def test_discarding_a_run_leaves_what_others_made(tmp_path):
    first = Run.begin(tmp_path / "a" / "runs", "digits", 1, {})
    second = Run.begin(tmp_path / "a" / "runs", "digits", 1, {})
    first.discard()
    assert tree(tmp_path) == ["a", "a/runs", "a/runs/digits-002", "a/runs/digits-002/config.json"]
    (tmp_path / "a" / "runs" / "digits-002" / "notes").touch()
    second.discard()
    assert tree(tmp_path) == ["a", "a/runs", "a/runs/digits-002", "a/runs/digits-002/notes"]
    only = Run.begin(tmp_path / "b" / "runs", "digits", 1, {})
    only.discard()
    assert "b" not in tree(tmp_path)


@pytest.mark.parametrize("what", ["moved", "a link"])
def test_discarding_a_run_leaves_what_stands_in_its_place(what, tmp_path):
    """Whoever looks at the path of a run folder finds, meanwhile, another run's."""
    mine = Run.begin(tmp_path, "digits", 1, {})
    mine.path.rename(tmp_path / "elsewhere")
    other = Run.begin(tmp_path / "others", "digits", 1, {})
    other.path.rename(mine.path) if what == "moved" else mine.path.symlink_to(other.path)
    mine.discard()
    assert (mine.path / "config.json").exists()
    assert mine.save({"config.json": [b"{}"], "model.safetensors": [b""]}, None) is not None
    assert tree(mine.path) == ["config.json", "model.safetensors"]
    assert mine.path == tmp_path / "digits-002"


def test_what_a_killed_process_left_is_swept_away(tmp_path):
    """It was making its folder, or deleting it; another that does so now is left alone."""
    left = tmp_path / ".glassnet-0123456789abcdef.tmp"
    left.mkdir()
    (left / "config.json").touch()
    (tmp_path / ".glassnet-01234567.tmp").touch()
    with new_folder(tmp_path) as lock:
        Run.begin(tmp_path, "digits", 1, {})
        assert sorted(path.name for path in tmp_path.iterdir()) == [lock.folder.name, "digits-001"]
    assert [path.name for path in tmp_path.iterdir()] == ["digits-001"]


def test_the_latest_run_is_the_last_though_the_clock_was_set_back(tmp_path):
    runs = []
    for _ in range(3):
        run = Run.begin(tmp_path, "digits", 1, {})
        run.save({CONFIG: [b"{}"], MODEL: [b""]}, None)
        assert find("latest", tmp_path) == find("latest", tmp_path, CONFIG) == run.path
        for name in (CONFIG, MODEL):  # the clock was an hour ahead, until now
            os.utime(run.path / name, (4e9 - len(runs) * 3600,) * 2)
        runs.append(run)


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
        calls.append(stat.S_ISREG(os.fstat(handle).st_mode))
        if calls[-1] and sum(calls) > written:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "home"))
    result = command("train", "digits", "--epochs", 1)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    if written:
        message = "could not be saved in runs/digits-001 (No space left on device), nor in runs, "
        assert result.stderr.endswith(f"{tmp_path / 'home'}; nothing of it was left there\n")
    else:
        message = "a run folder cannot be made in runs (No space left on device); make room, or name"
    assert message in result.stderr
    assert ("held-out loss" in result.stdout) == (written > 0)  # the table was shown: it is all that is left
    assert tree(tmp_path) == ["home"]


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
