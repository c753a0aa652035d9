import csv
import json
import os
import re
import shutil
import signal

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.cli import loop, run
from glassnet.cli.options import ACTIVATIONS, OPTIMIZERS, checked
from glassnet.cli.run import Run
from glassnet.cli.sources import SOURCES, digits, every_fifth
from glassnet.datasets import load_digits
from glassnet.serialization import read_model

FEW = ("--epochs", 2)


def rows(folder):
    with open(folder / "history.csv", newline="") as file:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


# the data -----------------------------------------------------------------------------------------


def test_a_fifth_of_each_class_is_held_out_and_nothing_is_in_both_parts():
    _, labels = load_digits()
    held_out = every_fifth(labels)
    assert held_out.sum() == 355
    for digit in range(10):
        of_class = labels == digit
        assert held_out[of_class].sum() == of_class.sum() // 5
    data = digits()
    assert len(data.train) + len(data.held_out) == len(labels)
    assert np.array_equal(data.held_out.targets.numpy(), labels[held_out])


def test_pixels_are_from_0_to_1():
    inputs = digits().train.inputs
    assert inputs.min() == 0
    assert inputs.max() == 1
    assert inputs.dtype == glassnet.float32


# a run --------------------------------------------------------------------------------------------


def test_the_defaults_reach_the_accuracy_that_is_promised(command, tmp_path):
    result = command("train", "digits")
    assert result.exit_code == 0, result.output
    assert rows(tmp_path / "runs" / "digits-001")[-1]["held_out_accuracy"] >= 0.96


def test_a_run_folder_holds_all_of_a_run(command, tmp_path):
    result = command("train", "digits", *FEW, "--hidden", "20,10", "--activation", "tanh", "--seed", 7)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "runs" / "digits-001"
    assert tree(tmp_path / "runs") == [
        "digits-001",
        "digits-001/config.json",
        "digits-001/history.csv",
        "digits-001/model.safetensors",
        "digits-001/report.html",
    ]
    history = rows(folder)
    assert [row["epoch"] for row in history] == [1, 2]
    config = json.loads((folder / "config.json").read_text())
    assert config["options"] == {
        "hidden": [20, 10],
        "activation": "tanh",
        "epochs": 2,
        "batch_size": 32,
        "lr": 0.001,
        "optimizer": "adam",
        "seed": 7,
    }
    assert config["results"] == history[-1]
    assert config["compiled"] is True
    assert config["data"] == {"train": 1442, "held_out": 355, "split": "every fifth of each class"}
    assert config["versions"]["glassnet"] == glassnet.__version__
    model, extra = read_model(folder / "model.safetensors")
    assert [type(layer) for layer in model] == [nn.Flatten, nn.Linear, nn.Tanh, nn.Linear, nn.Tanh, nn.Linear]
    assert [layer.out_features for layer in model if isinstance(layer, nn.Linear)] == [20, 10, 10]
    assert extra["classes"] == list("0123456789")
    data = digits()
    assert loop.evaluate(model, data.held_out) == (history[-1]["held_out_loss"], history[-1]["held_out_accuracy"])
    assert loop.evaluate(model, data.train) == (history[-1]["train_loss"], history[-1]["train_accuracy"])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(command, tmp_path):
    for seed in (3, 3, 4):
        assert command("train", "digits", *FEW, "--seed", seed).exit_code == 0
    first, again, other = (tmp_path / "runs" / f"digits-00{number}" for number in (1, 2, 3))
    for name in ("history.csv", "model.safetensors"):
        assert (first / name).read_bytes() == (again / name).read_bytes()
        assert (first / name).read_bytes() != (other / name).read_bytes()


def test_learning_rates_suit_their_optimizers(command, tmp_path):
    """In each, the network learns; with PyTorch's default of 0.001 for sgd it would not."""
    for name in OPTIMIZERS:
        assert command("train", "digits", "--epochs", 4, "--optimizer", name.upper(), "--quiet").exit_code == 0
    for folder in (tmp_path / "runs").iterdir():
        assert rows(folder)[-1]["held_out_accuracy"] > 0.75, (folder / "config.json").read_text()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_trains_and_is_rebuilt(command, tmp_path, name):
    result = command("train", "digits", "--epochs", 1, "--hidden", 16, "--activation", name)
    assert result.exit_code == 0, result.output
    model = glassnet.load_model(tmp_path / "runs" / "digits-001" / "model.safetensors")
    assert type(model[2]) is ACTIVATIONS[name]


@pytest.mark.parametrize("nothing", ["", "none", "None", " "])
def test_there_may_be_no_hidden_layer(command, tmp_path, nothing):
    assert command("train", "digits", *FEW, "--hidden", nothing).exit_code == 0
    model = glassnet.load_model(tmp_path / "runs" / "digits-001" / "model.safetensors")
    assert [type(layer) for layer in model] == [nn.Flatten, nn.Linear]


def test_a_batch_may_be_larger_than_the_data(command):
    result = command("train", "digits", *FEW, "--batch-size", 100_000)
    assert result.exit_code == 0
    assert "2 epochs of 1 batch of 100000" in result.output


# what is shown ------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_screen_fits_and_is_plain_where_it_is_no_terminal(command, columns):
    result = command("train", "digits", "--epochs", 13, columns=columns)
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert all(line == line.rstrip() for line in lines)
    assert "\x1b" not in result.stdout
    assert "\r" not in result.stdout
    assert result.stderr == ""


def test_the_screen_says_what_happens(command, tmp_path):
    text = command("train", "digits", *FEW).stdout
    assert "1,442 to learn from, 355 held out" in text
    assert re.search(r"64 → 64, ReLU +4,160\n +64 → 32, ReLU +2,080\n +32 → 10 +330\n +6,570 +parameters", text)
    assert "adam, learning rate 0.001, seed 0" in text
    assert "2 epochs of 46 batches of 32" in text
    history = rows(tmp_path / "runs" / "digits-001")
    for row in history:
        assert f"epoch {row['epoch']:.0f}/2" in text
        assert re.search(
            rf"{row['epoch']:.0f} +{row['train_loss']:.4f} +{100 * row['train_accuracy']:.1f} % +"
            rf"{row['held_out_loss']:.4f} +{100 * row['held_out_accuracy']:.1f} %",
            text,
        )
    accuracy = history[-1]["held_out_accuracy"]
    assert f"Held-out accuracy {accuracy:.4f}: {round(355 * accuracy)} of 355 digits" in text
    assert "\n  glassnet predict runs/digits-001\n" in text


def test_a_long_table_is_sampled_and_says_so(command):
    text = command("train", "digits", "--epochs", 25, "--hidden", "none").stdout
    table = [line.split()[0] for line in text.splitlines() if re.fullmatch(r" +\d+ +\d.*%", line)]
    assert table == ["1", "4", "6", "9", "12", "14", "17", "20", "22", "25"]
    assert "10 of 25 epochs; all are in history.csv." in text


def test_what_was_learned_no_better_than_by_guessing_is_called_so(command):
    assert "hardly better than guessing: try a smaller --lr" in command(
        "train", "digits", "--epochs", 1, "--lr", 1e-9
    ).stdout.replace("\n", " ")


def test_quiet_is_one_line(command, tmp_path):
    result = command("train", "digits", *FEW, "--quiet", columns=20)
    accuracy = rows(tmp_path / "runs" / "digits-001")[-1]["held_out_accuracy"]
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"held-out accuracy {accuracy:.4f} (")
    assert line.endswith("runs/digits-001")


# the compiled step --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), ("--optimizer", "sgd", "--activation", "tanh"), ("--batch-size", 1000)])
def test_a_compiled_step_gives_the_same_numbers_to_rounding(command, tmp_path, words):
    for compiled in ("--compile", "--no-compile"):
        assert command("train", "digits", "--epochs", 5, compiled, *words).exit_code == 0
    first, other = (rows(tmp_path / "runs" / f"digits-00{number}") for number in (1, 2))
    for row, same in zip(first, other, strict=True):
        assert row["train_loss"] == pytest.approx(same["train_loss"], rel=1e-4)
        assert row["held_out_loss"] == pytest.approx(same["held_out_loss"], rel=1e-4)
        assert row["held_out_accuracy"] == pytest.approx(same["held_out_accuracy"], abs=2 / 355)


def test_that_the_step_is_compiled_is_said_once(command):
    text = command("train", "digits", *FEW).stdout
    said = re.findall(r"^  step compiled: (\d+) instructions \(see --no-compile\)$", text, re.MULTILINE)
    assert len(said) == 1
    assert 20 < int(said[0]) < 60
    assert "compile" not in command("train", "digits", *FEW, "--no-compile").stdout
    assert "compile" not in command("train", "digits", *FEW, "--quiet").stdout


def test_a_step_that_was_never_the_same_twice_is_not_called_compiled(command):
    """One batch an epoch, one epoch: Adam's first step makes its memory, and is the last."""
    result = command("train", "digits", "--epochs", 1, "--batch-size", 2000)
    assert result.exit_code == 0
    assert "compiled" not in result.stdout


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


# bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Missing argument 'SOURCE'; see: glassnet train --help"),
        (["digit"], "circles, spirals, blobs; got 'digit' (did you mean digits?)"),
        (["digits", "--lr", "-1"], "--lr: expected a number above 0, got '-1'; 0.001 is usual for adam"),
        (
            ["digits", "--lr", "0", "--optimizer", "sgd"],
            "--lr: expected a number above 0, got '0'; 0.2 is usual for sg",
        ),
        (["digits", "--lr", "nan"], "--lr: expected a number above 0, got 'nan'"),
        (["digits", "--lr", "inf"], "--lr: expected a number above 0, got 'inf'"),
        (["digits", "--lr", "fast"], "--lr: expected a number above 0, got 'fast'"),
        (["digits", "--epochs", "0"], "--epochs: expected a whole number of 1 or more, got '0'"),
        (["digits", "--epochs", "1.5"], "--epochs: expected a whole number of 1 or more, got '1.5'"),
        (["digits", "--batch-size", "0"], "--batch-size: expected a whole number of 1 or more, got '0'"),
        (["digits", "--batch-size", ""], "--batch-size: expected a whole number of 1 or more, got ''"),
        (["digits", "--seed", "x"], "--seed: expected a whole number, got 'x'"),
        (["digits", "--hidden", "64,x"], "with commas between them (64,32), or none; got 'x' in \"64,x\""),
        (["digits", "--hidden", "64,"], "got '' in \"64,\""),
        (
            ["digits", "--hidden", "0"],
            "--hidden: expected the sizes of the hidden layers, whole numbers from 1 to 1,00",
        ),
        (["digits", "--hidden", "-3"], "got '-3' in"),
        (["digits", "--hidden", "1000001"], "got '1000001' in"),
        (["digits", "--hidden", "²"], "got '²' in"),
        (["digits", "--hidden", "9" * 5000], "got '99999999"),
        (["digits", "--activation", "rellu"], "--activation: expected one of "),
        (["digits", "--activation", "rellu"], "got 'rellu' (did you mean "),
        (["digits", "--activation", "softmax"], "got 'softmax'"),
        (["digits", "--optimizer", "adm"], "adamw, nadam, rmsprop, sgd; got 'adm' (did you mean adam"),
        (["digits", "--optimizer", "Optimizer"], "got 'optimizer'"),
        (["digits", "--out", "file/runs"], "--out: a run folder cannot be made in file/runs (Not a directory); name a"),
        (["digits", "--out", "file"], "--out: a run folder cannot be made in file (File exists)"),
        (["digits", "--out", "x" * 270], "(File name too long)"),
        (["digits", "--epoch", "3"], "No such option: --epoch"),
        (["digits", "mnist"], "unexpected extra argument"),
        (["digits", "--lr"], "requires an argument"),
    ],
)
def test_bad_input_is_one_message_and_leaves_nothing(command, tmp_path, words, message):
    (tmp_path / "file").write_text("here")
    result = command("train", *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.startswith("glassnet: ")
    assert result.stderr.count("\n") == 1
    assert len(result.stderr) < 400
    assert tree(tmp_path) == ["file"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_bad_input(command, tmp_path):
    (tmp_path / "runs").mkdir(mode=0o500)
    result = command("train", "digits", *FEW)
    assert result.exit_code == 2
    assert "a run folder cannot be made in runs (Permission denied)" in result.stderr


def test_a_read_only_disk_is_bad_input(command, tmp_path, monkeypatch):
    def read_only(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(run.Path, "mkdir", read_only)
    result = command("train", "digits", *FEW)
    assert result.exit_code == 2
    assert "--out: a run folder cannot be made in runs (Read-only file system)" in result.stderr


def test_every_source_is_known_by_the_name_it_gives_its_data():
    assert all(source().source == name for name, source in SOURCES.items())


# what goes wrong with good input ------------------------------------------------------------------


@pytest.mark.parametrize("words", [("--optimizer", "sgd", "--lr", "1e6"), ("--lr", "1e38", "--hidden", "none")])
def test_a_loss_that_is_no_number_ends_training(command, tmp_path, words):
    result = command("train", "digits", *words)
    assert result.exit_code == 1
    assert re.match(r"glassnet: in epoch \d+ the loss became (nan|inf): with the learning rate 1e", result.stderr)
    assert "try a smaller one: --lr 1" in result.stderr
    assert "What a check-up says of it:\n\n1. the learning rate 1e+" in result.stderr
    assert "  remedy:   use a smaller one, such as 0.001\n" in result.stderr
    assert tree(tmp_path) == []


def test_a_failure_that_a_checkup_does_not_know_is_one_line(command, monkeypatch):
    from glassnet.explain.checkup import Checkup

    monkeypatch.setattr(loop, "examined", lambda *_: Checkup([]))
    result = command("train", "digits", "--lr", "1e38", "--hidden", "none")
    assert result.stderr.count("\n") == 1


# the check-up -------------------------------------------------------------------------------------------


def test_a_healthy_run_is_called_so_and_trains_as_without(command, tmp_path):
    plain = command("train", "digits", *FEW)
    examined = command("train", "digits", *FEW, "--checkup")
    assert "Check-up\n\n  Nothing wrong was found.\n" in examined.stdout
    assert "Check-up" not in plain.stdout
    first, second = (tmp_path / "runs" / f"digits-00{n}" / "model.safetensors" for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()


def test_what_is_wrong_is_said_before_training(command):
    result = command("train", "digits", *FEW, "--checkup", "--lr", "1e-9")
    assert "1. the learning rate 1e-09 is too low" in result.stdout
    assert "remedy:" in result.stdout
    assert result.stdout.index("Check-up") < result.stdout.index("epoch 1/2")


def test_a_full_disk_is_known_before_training(command, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    result = command("train", "digits", *FEW)
    assert result.exit_code == 1
    assert "--out: a run needs about 0.2 MB, and runs has 0.0 MB left; make room, or" in result.stderr
    assert result.stdout == ""
    assert tree(tmp_path) == []


@pytest.mark.parametrize("written", [0, 1, 2, 3])
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
    assert "held-out loss" in result.stdout  # the table was shown: it is all that is left
    assert tree(tmp_path) == []


def test_ctrl_c_while_the_run_is_saved_waits(command, tmp_path, monkeypatch):
    flush = os.fsync

    def interrupted(handle):
        signal.raise_signal(signal.SIGINT)
        flush(handle)

    monkeypatch.setattr(os, "fsync", interrupted)
    result = command("train", "digits", *FEW)
    assert result.exit_code == 0
    assert (tmp_path / "runs" / "digits-001" / "model.safetensors").exists()


def test_too_little_memory_is_one_message(command, tmp_path, monkeypatch):
    def none(*_):
        raise MemoryError("Unable to allocate 4 TiB")

    monkeypatch.setattr(loop, "_learn", none)
    result = command("train", "digits")
    assert result.exit_code == 1
    assert result.stderr == (
        "glassnet: not enough memory (Unable to allocate 4 TiB); try a smaller network or smaller batches\n"
    )
    assert tree(tmp_path) == []


def interrupted_in_epoch(number, monkeypatch):
    learn = loop._learn

    def learn_or_stop(step, optimizer, batches, epoch, watcher):
        learn(step, optimizer, batches, epoch, watcher)
        if epoch == number:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_learn", learn_or_stop)


def test_a_run_that_is_stopped_is_saved_as_of_its_last_whole_epoch(command, tmp_path, monkeypatch):
    interrupted_in_epoch(3, monkeypatch)
    result = command("train", "digits", "--epochs", 9)
    assert result.exit_code == 130
    assert "Stopped after epoch 2: what it had learned by then is saved." in result.stdout
    folder = tmp_path / "runs" / "digits-001"
    history = rows(folder)
    assert len(history) == 2
    assert json.loads((folder / "config.json").read_text())["stopped_early"] is True
    model = glassnet.load_model(folder / "model.safetensors")
    assert loop.evaluate(model, digits().held_out)[1] == history[-1]["held_out_accuracy"]


def test_a_run_that_is_stopped_at_once_leaves_nothing(command, tmp_path, monkeypatch):
    interrupted_in_epoch(1, monkeypatch)
    result = command("train", "digits")
    assert result.exit_code == 130
    assert "Stopped in the first epoch: there is nothing to save." in result.stdout
    assert tree(tmp_path) == []


# the report -----------------------------------------------------------------------------------------------


def test_the_report_tells_of_the_run_and_how_to_repeat_it(command, tmp_path):
    result = command("train", "digits", *FEW, "--hidden", "none", "--lr", "0.01", "--seed", 3)
    page = (tmp_path / "runs" / "digits-001" / "report.html").read_text()
    assert "To look at: runs/digits-001/report.html" in result.stdout
    accuracy = rows(tmp_path / "runs" / "digits-001")[-1]["held_out_accuracy"]
    assert f"{100 * accuracy:.1f} %" in page
    repeat = re.search(r"glassnet train digits [^<]*", page)[0]
    assert repeat == (
        "glassnet train digits --hidden none --activation relu --epochs 2 --batch-size 32 --lr 0.01 --optimizer adam "
        "--seed 3"
    )
    assert command(*repeat.split()[1:]).exit_code == 0
    first, second = (tmp_path / "runs" / f"digits-00{n}" / "model.safetensors" for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()


# sources --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "least"),
    [("colors", 0.97), ("xor", 0.85), ("moons", 0.97), ("circles", 0.95), ("spirals", 0.93), ("blobs", 0.95)],
)
def test_every_toy_is_learned_with_the_defaults(command, tmp_path, name, least):
    result = command("train", name)
    assert result.exit_code == 0, result.output
    assert rows(tmp_path / "runs" / f"{name}-001")[-1]["held_out_accuracy"] >= least
    shown = command("predict", "latest")
    assert shown.exit_code == 0
    assert "are right" in shown.stdout


def test_mistakes_that_are_no_pictures_are_rows_in_their_own_units(command):
    command("train", "colors", "--epochs", "2", "--lr", "0.0001")
    shown = command("predict", "latest").stdout
    assert re.search(r"  \(\d+, \d+, \d+\): (dark|light) font, read as (light|dark) font, \d+ % sure", shown)


@pytest.mark.parametrize(("samples", "epochs"), [(1442, 30), (320, 140), (10, 200), (60_000, 5)])
def test_epochs_suit_the_number_of_samples(samples, epochs):
    texts = {
        "hidden": "64",
        "activation_name": "relu",
        "batch_size": "32",
        "lr": None,
        "optimizer": "adam",
        "seed": "0",
    }
    assert checked(epochs=None, **texts).for_samples(samples).epochs == epochs
    assert checked(epochs="7", **texts).for_samples(samples).epochs == 7
