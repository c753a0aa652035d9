"""A table of one's own: trained, shown, used on other tables, exported."""

import csv
import json
import random
import re
import shutil
import subprocess
import sys

import pytest

from glassnet.cli.run import find
from glassnet.serialization import read_model, save_model
from tests.cli.runs import config, tree
from tests.export.files import run as run_file

pytest.importorskip("pandas")


def write(path, names, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def made(n=150, seed=0):
    """Rows of height, colour, day, price and size: price is a number, size a class, and both can be learned."""
    chance = random.Random(seed)
    for i in range(n):
        height, colour = chance.uniform(0, 10), chance.choice(["red", "green", "blue"])
        price = 3 * height + {"red": 0, "green": 10, "blue": 20}[colour] + chance.gauss(0, 0.5)
        shown = "" if i % 17 == 5 else f"{height:.3f}"
        yield shown, colour, f"2024-01-{i % 28 + 1:02}", f"{price:.2f}", "large" if height > 5 else "small"


NAMES = ("height", "colour", "day", "price", "size")


@pytest.fixture
def tables(tmp_path):
    write(tmp_path / "made.csv", NAMES, made())
    write(tmp_path / "other.csv", NAMES[::-1], [row[::-1] for row in made(20, seed=1)])


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Of each training: where its runs are kept, in which folder it was, and what was printed."""
    return tmp_path_factory.mktemp("kept"), {}


@pytest.fixture
def trained_on(command, tables, tmp_path, kept):
    """Many tests begin with the same training: it is done once, and its run copied."""

    def train(target, *words, epochs=30):
        folder, found = kept
        asked = ("train", "made.csv", "--target", target, "--epochs", epochs, *words)
        if asked not in found:
            result = command(*asked)
            assert result.exit_code == 0, result.output
            found[asked] = folder / str(len(found)), str(tmp_path), result.stdout
            shutil.copytree(tmp_path / "runs", found[asked][0])
            return result.stdout
        runs, then, said = found[asked]
        shutil.copytree(runs, tmp_path / "runs")
        for file in (tmp_path / "runs").rglob("config.json"):  # which says where the table is
            file.write_text(file.read_text("utf-8").replace(then, str(tmp_path)), "utf-8")
        return said

    return train


def test_classes(command, trained_on, tmp_path):
    said = trained_on("size")
    assert "150 rows of 5 columns; to learn: size (2 classes)" in said
    assert "of 29 rows it had never seen are right." in said
    assert "glassnet train made.csv --target size --hidden 128 --activation tanh" in said
    page = (tmp_path / "runs" / "made-001" / "report.html").read_text()
    assert "--target size" in page
    assert ">large<" in page
    shown = command("predict", "latest", "other.csv")
    assert shown.exit_code == 0
    assert "Note: the columns are in another order than in training: taken by their names" in shown.stdout
    assert "12 of 20; all of them: --out predictions.csv" in shown.stdout
    assert re.search(r"  row 1 +(large|small) +[\d.]+ %", shown.stdout)
    chances = command("predict", "latest", "other.csv", "--probabilities").stdout
    assert re.search(r"prediction +large +small\n", chances)
    judged = command("evaluate", "latest", "other.csv")
    assert re.search(r"Accuracy 0\.9\d*|Accuracy 1\.0*", judged.stdout)
    assert "on other.csv: 20 rows" in judged.stdout
    held_out = command("evaluate", "latest").stdout
    assert f"Accuracy {config(tmp_path / 'runs' / 'made-001')['results']['val_accuracy']:.4f}" in held_out


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_predictions_are_written_beside_the_rows(command, trained_on, tmp_path, ending):
    trained_on("size", "-q")
    result = command("predict", "latest", "other.csv", "--out", f"p.{ending}", "--probabilities")
    assert result.exit_code == 0, result.output
    assert f"20 predictions written to p.{ending}" in result.stdout
    import pandas as pd

    read = {"csv": pd.read_csv, "tsv": lambda p: pd.read_csv(p, sep="\t"), "parquet": pd.read_parquet}[ending]
    frame = read(tmp_path / f"p.{ending}")
    expected = [*NAMES[::-1], "prediction", "probability of large", "probability of small"]
    assert list(frame.columns) == expected
    assert (frame["prediction"] == frame["size"]).mean() > 0.8
    chances = frame[["probability of large", "probability of small"]].astype(float)
    assert (chances.sum(axis=1) - 1).abs().max() < 1e-5


def test_a_column_of_the_file_is_not_written_over(command, trained_on, tmp_path):
    trained_on("size", "-q", epochs=2)
    names = ("height", "colour", "day", "price", "prediction")
    write(tmp_path / "predicted.csv", names, [(*row[:4], "mine") for row in made(3, seed=2)])
    result = command("predict", "latest", "predicted.csv", "--out", "p.csv")
    assert result.exit_code == 0, result.output
    rows = read(tmp_path / "p.csv")
    assert list(rows[0]) == [*names, "prediction (2)"]
    assert {row["prediction"] for row in rows} == {"mine"}


def test_a_quantity(command, trained_on, tmp_path):
    said = trained_on("price", "--lr", "0.01")
    value = config(tmp_path / "runs" / "made-001")["results"]["val_r2"]
    assert value > 0.9
    assert f"Held-out R² {value:.4f}: for rows it had never seen it is off by" in said
    judged = command("evaluate", "latest").stdout
    assert f"R² {value:.4f} on 30 rows" in judged
    first = re.search(r"row (\d+) +([\d.]+) +([\d.]+) +([-+][\d.]+)", judged)
    row = read(tmp_path / "made.csv")[int(first[1]) - 1]
    assert float(row["price"]) == pytest.approx(float(first[2]), rel=1e-3)
    shown = command("predict", "latest", "other.csv").stdout
    guesses = [float(x) for x in re.findall(r"row \d+ +([\d.]+)", shown)]
    actual = [float(row["price"]) for row in read(tmp_path / "other.csv")]
    assert max(abs(a - b) for a, b in zip(guesses, actual, strict=False)) < 15
    assert command("predict", "latest", "other.csv", "--out", "p.csv").exit_code == 0
    assert [*read(tmp_path / "p.csv")[0]] == [*NAMES[::-1], "prediction"]
    result = command("predict", "latest", "other.csv", "--probabilities")
    assert result.exit_code == 2
    assert "--probabilities: runs/made-001 estimates a quantity, there are no classes; leave it out" in result.stderr


def test_show_says_what_is_in_a_run(command, trained_on, tmp_path):
    trained_on("size", "-q")
    said = command("show", "latest").stdout
    results = config(tmp_path / "runs" / "made-001")["results"]
    for words in (
        "source     made.csv",
        "task       classification of 2 classes: large, small",
        "data       121 to learn from, 29 held out: every fifth of each class",
        "30 of 30 epochs, batches of 32",
        f"accuracy {results['val_accuracy']:.4g}, loss {results['val_loss']:.4g}",
        "To look at: runs/made-001/report.html",
    ):
        assert words in said
    numbers = [int(n.replace(",", "")) for n in re.findall(r"weight \[.*? ([\d,]+)$", said, re.MULTILINE)]
    assert sum(numbers) == int(re.search(r"in all +([\d,]+)", said)[1].replace(",", ""))


@pytest.mark.parametrize("target", ["size", "price"])
def test_the_exported_file_says_the_same_of_a_raw_table(command, trained_on, tmp_path, target):
    trained_on(target, "-q")
    assert command("export", "latest").exit_code == 0
    assert command("predict", "latest", "other.csv", "--out", "p.csv").exit_code == 0
    for words in (["--self-test"], ["other.csv", "--output", "q.csv"]):
        done = subprocess.run(
            [sys.executable, "-I", "model.py", *words], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
    ours, theirs = read(tmp_path / "p.csv"), read(tmp_path / "q.csv")
    for one, other in zip(ours, theirs, strict=True):
        if target == "size":
            assert one["prediction"] == other["prediction"]
        else:
            assert float(one["prediction"]) == pytest.approx(float(other["price"]), rel=1e-3)


# bad input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("predict", "latest", "no.csv"), "FILE: there is no no.csv; name a file of samples"),
        (("predict", "latest", "short.csv"), "expected a table with the columns 'colour', 'day'"),
        (("predict", "latest", "empty.csv"), "empty.csv: expected a header and rows, got an empty file"),
        (("predict", "latest", "other.csv", "--out", "p.txt"), "--out: expected a file that ends in .csv, .tsv or .p"),
        (
            ("predict", "latest", "other.csv", "--out", "made.csv"),
            "--out: made.csv would be written over; name another",
        ),
        (("predict", "latest", "other.csv", "--out", "made.csv/p.csv"), "made.csv/p.csv cannot be written (Not a dire"),
        (("predict", "latest", "other.csv", "--out", "no/p.csv"), "no/p.csv cannot be written (No such file or direc"),
        (("predict", "latest", "--out", "p.csv"), "FILE: name a file of samples for --out and --probabilities"),
        (("evaluate", "latest", "short.csv"), "expected a table with the columns 'colour', 'day'"),
        (("evaluate", "latest", "bare.csv"), "FILE: bare.csv has no column 'size', so there is nothing to hold the r"),
        (("evaluate", "latest", "rose.csv"), "row 1: expected one of the classes large, small in 'size', got 'rose'"),
        (("evaluate", "none"), "RUN: there is no run 'none'; in runs there are made-001"),
        (("show", "none"), "RUN: there is no run 'none'; in runs there are made-001"),
        (("show", "."), ". holds no model.safetensors: it is no run folder"),
        (("export", "latest", "-o", "made.csv/m.py"), "--output: made.csv/m.py cannot be written (Not a directory)"),
    ],
)
def test_bad_input_is_one_message(command, trained_on, tmp_path, words, message):
    trained_on("size", "-q", epochs=1)
    write(tmp_path / "short.csv", NAMES[:1], [["1"]])
    write(tmp_path / "bare.csv", NAMES[:4], [row[:4] for row in made(5)])
    write(tmp_path / "rose.csv", NAMES, [(*row[:4], "rose") for row in made(5)])
    (tmp_path / "empty.csv").write_text("")
    before = tree(tmp_path)
    result = command(*words)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert tree(tmp_path) == before


def test_a_full_disk_is_a_failure_and_leaves_what_was_there(command, trained_on, tmp_path, monkeypatch):
    trained_on("size", "-q", epochs=1)
    (tmp_path / "p.csv").write_text("here")
    monkeypatch.setattr("os.fsync", full)
    for words in (("predict", "latest", "other.csv", "--out", "p.csv", "--force"), ("export", "latest")):
        result = command(*words)
        assert result.exit_code == 1
        assert "could not be written (No space left on device); make room, or name another disk" in result.stderr
    assert (tmp_path / "p.csv").read_text() == "here"
    assert not (tmp_path / "model.py").exists()


def full(handle):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("words", [("predict",), ("evaluate",), ("walkthrough",)])
def test_a_table_that_changed_or_is_gone_is_said(command, trained_on, tmp_path, words):
    trained_on("size", "-q", epochs=1)
    write(tmp_path / "made.csv", NAMES, made(seed=5))
    result = command(*words, "latest")
    assert result.exit_code == 2
    assert "made.csv is not what it was when runs/made-001 was trained (another encoding); put it back" in result.stderr
    (tmp_path / "made.csv").unlink()
    result = command(*words, "latest")
    assert result.exit_code == 2
    assert (
        "runs/made-001 was trained on made.csv, which cannot be read again: SOURCE: there is no file" in result.stderr
    )


@pytest.mark.parametrize("target", ["size", "price"])
def test_the_run_folder_is_enough_to_export(command, trained_on, tmp_path, target):
    """Nothing of the file is there any more; it is the same file as with it, and of an old run."""
    trained_on(target, "-q", epochs=1)
    assert command("export", "latest", "-o", "m.py").exit_code == 0
    before = (tmp_path / "m.py").read_bytes()
    assert run_file(tmp_path / "m.py", "--self-test").returncode == 0
    folder = find("latest", tmp_path / "runs")
    of_an_old_run(folder)
    assert command("export", "latest", "-o", "m.py", "--force").exit_code == 0
    assert (tmp_path / "m.py").read_bytes() == before
    (tmp_path / "made.csv").unlink()
    assert "cannot be read again" in command("export", "latest", "-o", "m.py", "--force").stderr
    shutil.move(tmp_path / "runs" / "kept.safetensors", folder / "model.safetensors")
    result = command("export", "latest", "-o", "m.py", "--force")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "m.py").read_bytes() == before


def of_an_old_run(folder):
    """Take the examples out of the model; with them, it is in ``kept.safetensors``."""
    file = folder / "model.safetensors"
    shutil.copy(file, folder.parent / "kept.safetensors")
    model, extra = read_model(file)
    save_model(model, file, {name: value for name, value in extra.items() if name != "examples"})


@pytest.mark.parametrize(
    "examples", ["rows", [[1.0]], {}, {"height": []}, {name: [1] for name in NAMES}, {"height": "1", "colour": "red"}]
)
def test_damaged_examples_are_one_message(command, trained_on, tmp_path, examples):
    trained_on("size", "-q", epochs=1)
    file = find("latest", tmp_path / "runs") / "model.safetensors"
    model, extra = read_model(file)
    save_model(model, file, extra | {"examples": examples})
    result = command("export", "latest")
    assert result.exit_code == 2
    assert "its examples are no samples of the network" in result.stderr


def test_too_few_rows_for_r2_are_said_before_training(command, tmp_path):
    write(tmp_path / "few.csv", ("a", "y"), [(i, 1.5 * i) for i in range(7)])
    result = command("train", "few.csv", "--target", "y")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "glassnet: expected 8 rows, two of them to test with, got 7 in all; add rows\n"
    assert tree(tmp_path) == ["few.csv"]
    write(tmp_path / "few.csv", ("a", "y"), [(i, 1.5 * i) for i in range(8)])
    result = command("train", "few.csv", "--target", "y", "--epochs", 2, "-q")
    assert re.match(r"held-out R² -?\d", result.stdout)
    write(tmp_path / "one.csv", ("a", "y"), [(2, 3)])
    judged = command("evaluate", "latest", "one.csv").stdout
    assert re.search(r"\nOff by .* on average \(RMSE .*\); R² needs two rows or more\.", judged)
    assert "nan" not in judged


@pytest.mark.slow("a check-up of a network that learns nothing; tests/training has the message of a smaller one")
def test_a_held_out_number_far_from_all_others_is_said_of_the_data_first(command, tmp_path):
    rows = [(1e30 if i == 2 else i % 7, 1.5 * i) for i in range(40)]
    write(tmp_path / "far.csv", ("a", "y"), rows)
    result = command("train", "far.csv", "--target", "y", "--epochs", 2)
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "glassnet: in epoch 1, the held-out loss became inf: the held-out data holds numbers that are not finite, or "
        "far from those it was trained on, or with the learning rate 0.002 the steps are too large; look at the data "
        "first, then try a smaller rate, --lr 0.0002. "
    )
    assert re.search(
        r"It began in batch 1: .* The inputs of that batch reach \d\S+e\+\d+: look at those", result.stderr
    )


def test_a_run_of_a_newer_version_is_said(command, trained_on, tmp_path):
    trained_on("size", "-q", epochs=1)
    file = find("latest", tmp_path / "runs") / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    for words in (("show", "latest"), ("evaluate", "latest"), ("predict", "latest"), ("export", "latest")):
        result = command(*words)
        assert result.exit_code == 2
        assert "the run is of glassnet 0.1.0; update this one: pip install --upgrade glassnet" in result.stderr
    assert command("predict", "latest", "other.csv").exit_code == 0  # needs the model file alone


def test_names_with_brackets_and_other_letters_are_shown_as_they_are(command, tmp_path):
    names = ("[/b]", "größe [red]", "[bold]class<i>")
    write(tmp_path / "a[x].csv", names, [(i, i * i % 7, f"[/{'ab'[i % 2]}] 값") for i in range(40)])
    words = ("a[x].csv", "--target", names[2])
    result = command("train", *words, "--epochs", 2)
    assert result.exit_code == 0, result.output
    assert "[bold]class<i> (2 classes)" in result.stdout
    for more in (("evaluate", "latest"), ("show", "latest"), ("predict", "latest", words[0], "--probabilities")):
        result = command(*more, columns=120)
        assert result.exit_code == 0, result.output
        assert "[/a] 값" in result.stdout
    page = (find("latest", tmp_path / "runs") / "report.html").read_text("utf-8")
    assert "<i>" not in page.partition("<body>")[2]
