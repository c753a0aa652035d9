"""``glassnet train``: a network learns, and what is shown of it."""

import re

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.cli.options import ACTIVATIONS, DEFAULTS, OPTIMIZERS, Options, checked
from glassnet.serialization import read_model
from glassnet.sources import open_source
from tests.cli.runs import accuracy, config, rows, tree
from tests.shares import one_in

FEW = ("--epochs", 2)


# a run --------------------------------------------------------------------------------------------


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
    found = config(folder)
    assert found["options"] == {
        "network": "mlp",
        "horizon": None,
        "window": None,
        "season": None,
        "hidden": [20, 10],
        "activation": "tanh",
        "dropout": 0,
        "epochs": 2,
        "batch_size": 32,
        "lr": 0.002,
        "optimizer": "adam",
        "weight_decay": 0,
        "schedule": "cosine",
        "clip": None,
        "accumulate": 1,
        "patience": None,
        "class_weight": "none",
        "engine": "auto",
        "seed": 7,
    }
    assert found["results"] == history[-1]
    assert found["stopped"] is False
    assert found["settings"] == DEFAULTS | {
        "source": "digits", "epochs": "2", "hidden": "20,10", "activation": "tanh", "seed": "7",
    }  # fmt: skip
    said = found["data"]
    assert (said["train"], said["held_out"], said["split"]) == (1442, 355, "every fifth of each class")
    assert found["versions"]["glassnet"] == glassnet.__version__
    model, extra = read_model(folder / "model.safetensors")
    assert [type(layer) for layer in model] == [nn.Flatten, nn.Linear, nn.Tanh, nn.Linear, nn.Tanh, nn.Linear]
    assert [layer.out_features for layer in model if isinstance(layer, nn.Linear)] == [20, 10, 10]
    assert extra["classes"] == list("0123456789")
    data = open_source("digits")
    assert accuracy(model, data.held_out) == pytest.approx(history[-1]["val_accuracy"])
    assert accuracy(model, data.train) == pytest.approx(history[-1]["train_accuracy"])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(command, tmp_path):
    for seed in (3, 3, 4):
        assert command("train", "digits", *FEW, "--seed", seed).exit_code == 0
    first, again, other = (tmp_path / "runs" / f"digits-00{number}" for number in (1, 2, 3))
    for name in ("history.csv", "model.safetensors"):
        assert (first / name).read_bytes() == (again / name).read_bytes()
        assert (first / name).read_bytes() != (other / name).read_bytes()


@pytest.mark.parametrize("name", one_in(4, sorted(OPTIMIZERS, reverse=True)))  # sgd first
def test_learning_rates_suit_their_optimizers(command, tmp_path, name):
    """With each, the network learns; with PyTorch's default of 0.001 for sgd it would not."""
    assert command("train", "digits", "--epochs", 4, "--optimizer", name.upper(), "--quiet").exit_code == 0
    assert rows(tmp_path / "runs" / "digits-001")[-1]["val_accuracy"] > 0.75


@pytest.mark.parametrize("name", one_in(6, ACTIVATIONS))
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


@pytest.mark.parametrize("columns", one_in(3, [60, 80, 120]))
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
    assert "adam, learning rate 0.002, seed 0" in text
    assert "2 epochs of 46 batches of 32" in text
    history = rows(tmp_path / "runs" / "digits-001")
    for row in history:
        assert f"epoch {row['epoch']:.0f}/2" in text
        assert re.search(
            rf"{row['epoch']:.0f} +{row['train_loss']:.4f} +{100 * row['train_accuracy']:.1f} % +"
            rf"{row['val_loss']:.4f} +{100 * row['val_accuracy']:.1f} %",
            text,
        )
    share = history[-1]["val_accuracy"]
    assert f"Held-out accuracy {share:.4f}: {round(355 * share)} of 355 digits" in text
    assert "\n  glassnet predict runs/digits-001\n" in text


def test_a_long_table_is_sampled_and_says_so(command):
    text = command("train", "moons", "--epochs", 25).stdout
    table = [line.split()[0] for line in text.splitlines() if re.fullmatch(r" +\d+ +\d.*%", line)]
    assert table == ["1", "4", "6", "9", "12", "14", "17", "20", "22", "25"]
    assert "10 of 25 epochs; all are in history.csv." in text


def test_what_was_learned_no_better_than_by_guessing_is_called_so(command):
    assert "hardly better than guessing: try a smaller --lr" in command(
        "train", "digits", "--epochs", 1, "--lr", 1e-9
    ).stdout.replace("\n", " ")


def test_quiet_is_one_line(command, tmp_path):
    result = command("train", "digits", *FEW, "--quiet", columns=20)
    share = rows(tmp_path / "runs" / "digits-001")[-1]["val_accuracy"]
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"held-out accuracy {share:.4f} (")
    assert line.endswith("runs/digits-001")


# the compiled step --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), ("--optimizer", "sgd", "--activation", "tanh"), ("--batch-size", 1000)])
def test_a_compiled_step_gives_the_same_numbers_to_rounding(command, tmp_path, words):
    for compiled in ("--compile", "--no-compile"):
        assert command("train", "digits", *FEW, compiled, *words).exit_code == 0
    first, other = (rows(tmp_path / "runs" / f"digits-00{number}") for number in (1, 2))
    for row, same in zip(first, other, strict=True):
        assert row["train_loss"] == pytest.approx(same["train_loss"], rel=1e-4)
        assert row["val_loss"] == pytest.approx(same["val_loss"], rel=1e-4)
        assert row["val_accuracy"] == pytest.approx(same["val_accuracy"], abs=2 / 355)


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


# the check-up -------------------------------------------------------------------------------------------


def test_a_healthy_run_is_called_so_and_trains_as_without(command, tmp_path):
    plain = command("train", "digits", *FEW)
    examined = command("train", "digits", *FEW, "--checkup")
    assert "Check-up\n\n  Nothing wrong was found.\n" in examined.stdout
    assert "Check-up" not in plain.stdout
    first, second = (tmp_path / "runs" / f"digits-00{n}" / "model.safetensors" for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()


def test_what_is_wrong_is_said_before_training(command):
    result = command("train", "moons", *FEW, "--checkup", "--lr", "1e-9")
    assert "1. the learning rate 1e-09 is too low" in result.stdout
    assert "remedy:" in result.stdout
    assert result.stdout.index("Check-up") < result.stdout.index("epoch 1/2")


# the report -----------------------------------------------------------------------------------------------


def test_the_report_tells_of_the_run_and_how_to_repeat_it(command, tmp_path):
    words = ("--hidden", "none", "--lr", "0.01", "--seed", 3, "--schedule", "step", "--weight-decay", "0.001")
    result = command("train", "digits", *FEW, *words, "--no-compile")
    page = (tmp_path / "runs" / "digits-001" / "report.html").read_text()
    assert "To look at: runs/digits-001/report.html" in result.stdout
    share = rows(tmp_path / "runs" / "digits-001")[-1]["val_accuracy"]
    assert f"{100 * share:.1f} %" in page
    assert "1,797 handwritten digits of 8 × 8 pixels, in 10 classes" in page
    repeat = re.sub("<[^>]*>", "", re.search(r"<code>(.*)</code>", page)[1])
    assert repeat == (
        "glassnet train digits --network mlp --hidden none --activation relu --epochs 2 --batch-size 32 --lr 0.01 "
        "--optimizer adam --weight-decay 0.001 --schedule step --seed 3 --no-compile"
    )
    assert command(*repeat.split()[1:]).exit_code == 0
    first, second = (tmp_path / "runs" / f"digits-00{n}" / "model.safetensors" for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()


# options -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--dropout", "0.2"), "dropout 0.2, schedule cosine"),
        (("--weight-decay", "0.01"), "weight decay 0.01, schedule cosine"),
        (("--schedule", "none"), "seed 0\n             2 epochs"),
        (("--schedule", "onecycle"), "schedule onecycle"),
        (("--schedule", "plateau"), "schedule plateau"),
        (("--schedule", "step"), "schedule step"),
        (("--clip", "1"), "schedule cosine, gradients clipped to 1"),
        (("--accumulate", "4"), "schedule cosine, 4 batches a step"),
        (("--patience", "9"), "schedule cosine, patience 9"),
        (("--class-weight", "balanced"), "schedule cosine, class weights balanced"),
    ],
)
def test_every_option_trains_is_said_and_is_repeated(command, tmp_path, words, said):
    result = command("train", "moons", *FEW, *words)
    assert result.exit_code == 0, result.output
    assert said in result.stdout
    page = re.sub("<[^>]*>", "", (tmp_path / "runs" / "moons-001" / "report.html").read_text())
    assert " ".join(words) in page


def test_the_schedule_is_that_of_the_rates(command, tmp_path):
    command("train", "moons", "--epochs", 4, "--lr", "0.01")
    rates = [row["learning_rate"] for row in rows(tmp_path / "runs" / "moons-001")]
    assert rates == pytest.approx([0.005 * (1 + np.cos(np.pi * i / 4)) for i in range(4)])


def test_patience_keeps_the_best_epoch_and_says_so(command, tmp_path):
    result = command("train", "spirals", "--epochs", 300, "--patience", 2, "--lr", "0.05")
    assert result.exit_code == 0, result.output
    folder = tmp_path / "runs" / "spirals-001"
    history = rows(folder)
    best = min(history, key=lambda row: row["val_loss"])
    assert len(history) == best["epoch"] + 2
    assert f"The network of epoch {best['epoch']:.0f} is kept: its held-out loss was the lowest." in result.stdout
    assert config(folder)["results"] == best
    model = glassnet.load_model(folder / "model.safetensors")
    assert accuracy(model, open_source("spirals").held_out) == pytest.approx(best["val_accuracy"])


@pytest.mark.parametrize(("samples", "epochs"), [(1442, 30), (320, 140), (10, 200), (60_000, 5)])
def test_epochs_suit_the_number_of_samples(samples, epochs):
    values = checked(DEFAULTS | {"batch_size": "32"})
    assert Options.of(values, samples, 64).epochs == epochs
    assert Options.of(values | {"epochs": 7}, samples, 64).epochs == 7


def test_layers_and_batches_suit_the_data():
    few, many = (Options.of(checked(DEFAULTS), n, f) for n, f in ((1442, 64), (60_000, 784)))
    assert (few.hidden, few.batch_size, few.lr) == ((64, 32), 32, 0.002)
    assert (many.hidden, many.batch_size, many.lr) == ((128, 64), 64, 0.002)


def test_mistakes_that_are_no_pictures_are_rows_in_their_own_units(command):
    command("train", "colors", "--epochs", "2", "--lr", "0.0001")
    shown = command("predict", "latest").stdout
    assert re.search(r"  \(\d+, \d+, \d+\): (dark|light) font, read as (light|dark) font, \d+ % sure", shown)
