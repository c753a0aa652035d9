import io
import json
import os
import re
import shutil

import numpy as np
import pytest
from rich.console import Console

import glassnet
from glassnet import nn
from glassnet.cli import judging
from glassnet.cli.run import find
from glassnet.cli.tasks import quantity
from glassnet.serialization import load_metadata, read_model
from glassnet.sources import open_source
from glassnet.training.metrics import confusion_matrix


@pytest.fixture
def runs(trained, tmp_path):
    """A folder of three copies of a run: digits-001, digits-002 and moons-001, the last but one the newest."""
    for age, name in enumerate(("digits-001", "moons-001", "digits-002")):
        shutil.copytree(trained, tmp_path / "runs" / name)
        os.utime(tmp_path / "runs" / name / "model.safetensors", (1e9 + age, 1e9 + age))
    (tmp_path / "runs" / "digits-003").mkdir()  # cut off before anything was saved
    return tmp_path / "runs"


def counts_in(text):
    """The confusion matrix as it is printed."""
    lines = re.findall(r"^ +(\d) +((?:(?:·|\d+) +){10})", text, re.MULTILINE)
    assert [line[0] for line in lines] == list("0123456789")
    return np.array([[0 if n == "·" else int(n) for n in line[1].split()] for line in lines])


# what is shown ------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [60, 80])
def test_the_matrix_is_the_networks_and_its_accuracy_that_of_the_history(command, trained, columns):
    result = command("predict", trained, columns=columns)
    assert result.exit_code == 0, result.output
    counts = counts_in(result.stdout)
    data = open_source("digits")
    model, _ = read_model(trained / "model.safetensors")
    predicted = model(data.held_out.inputs).argmax(1).numpy()
    expected = np.zeros((10, 10), int)
    for true, said in zip(data.held_out.targets.numpy(), predicted, strict=True):
        expected[true, said] += 1
    assert (counts == expected).all()
    accuracy = json.loads((trained / "config.json").read_text())["results"]["val_accuracy"]
    assert accuracy == np.trace(counts) / 355
    assert f"Accuracy {accuracy:.4f}: {np.trace(counts)} of 355 are right." in result.stdout
    recalls = [float(n) for n in re.findall(r"^ +\d .* ([\d.]+) %$", result.stdout, re.MULTILINE)]
    assert recalls == [round(100 * row[i] / row.sum(), 1) for i, row in enumerate(expected)]


@pytest.mark.parametrize("columns", [60, 80])
def test_the_screen_fits_and_is_plain_where_it_is_no_terminal(command, runs, columns):
    lines = command("predict", "latest", columns=columns).stdout.splitlines()
    assert max(len(line) for line in lines if "load_model" not in line) <= columns
    assert all(line == line.rstrip() for line in lines)
    assert not any("\x1b" in line for line in lines)


def test_the_surest_mistakes_come_first(command, trained):
    text = command("predict", trained).stdout
    assert text.count("read as") == 3
    sure = [int(n) for n in re.findall(r"(\d+) % sure", text)]
    assert sure == sorted(sure, reverse=True)


def test_the_next_commands_work(command, trained):
    text = command("predict", trained).stdout
    code = re.search(r"model = (glassnet.load_model.*)", text)[1]
    assert isinstance(eval(code), nn.Sequential)
    words = re.search(r"\n  glassnet (export .*)\n", text)[1].split()
    assert command(*words).exit_code == 0


def test_without_mistakes_there_are_no_pictures():
    console = Console(record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    with console.file:
        judging.show_mistakes(console, [])
    assert console.export_text() == ""


def test_a_picture_has_two_characters_a_pixel():
    image = np.array([[0.0, 0.25], [0.5, 1.0]])
    assert judging.lines(image) == ["  ░░", "▒▒██"]
    assert judging.lines(image, judging.PLAIN_SHADES) == ["  ..", "::##"]
    assert judging.lines(np.array([[-1.0, 2.0]])) == ["  ██"]


@pytest.mark.parametrize(("encoding", "block"), [("utf-8", "██"), ("ascii", "##"), ("no such encoding", "##")])
def test_where_blocks_cannot_be_written_other_characters_are(tmp_path, encoding, block):
    console = Console(file=open(tmp_path / "out", "w", encoding="utf-8"))  # noqa: SIM115
    with console.file:
        console.file = _Encoded(console.file, encoding)
        judging.show_mistakes(console, [judging.Mistake(np.ones((2, 2)), "1", "7", 0.5)])
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert block in text
    assert re.search(r"^ +1, read as 7", text, re.MULTILINE)
    assert "50 % sure" in text


class _Encoded:
    def __init__(self, file, encoding):
        self.write, self.flush, self.encoding = file.write, file.flush, encoding


def test_a_class_of_which_nothing_was_held_out_has_no_recall(capsys):
    counts = confusion_matrix(np.array([0, 0]), np.array([0, 1]), 2)
    assert counts.tolist() == [[1, 1], [0, 0]]
    judging.show_confusion(Console(width=60), counts, ["no", "yes"])
    assert re.search(r"no +1 +1 +50.0 %\s+yes +· +· +-", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("names", "width", "there"),
    [
        (["no", "yes"], 40, ["true  no yes  recall", "yes   ·   2 100.0 %"]),
        (["a long name", "another one"], 60, ["true a long name another one  recall", "another one"]),
        (
            ["a long name", "another one"],
            40,
            ["true   1   2  recall", "1 a long name   1   1", "2 another one   ·   2"],
        ),
        (["a long name", "another one"], 24, None),
    ],
)
def test_a_matrix_is_whole_or_not_there(capsys, names, width, there):
    """Names that are too long for its columns are numbers there; where that is no help, nothing is cut off."""
    counts = confusion_matrix(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2)
    assert judging.show_confusion(Console(width=width), counts, names) is (there is not None)
    said = capsys.readouterr().out
    assert "…" not in said
    for line in there or ():
        assert line in said
    assert bool(said) is bool(there)


def test_of_several_files_each_answer_begins_with_the_name_of_its_own(command, trained, tmp_path):
    for name, numbers in (("a.csv", np.full((2, 64), 3)), ("b.csv", np.full((1, 64), 9))):
        np.savetxt(tmp_path / name, numbers, "%d", ",")

    def answered(*files):
        return re.findall(r"^ +(.*sample \d) +(\d) +(\S+ %)$", command("predict", trained, *files).stdout, re.MULTILINE)

    answers = answered("a.csv", "b.csv")
    assert len(answers) == 3
    assert answers == [(f"{name}: {sample}", *rest) for name in ("a.csv", "b.csv") for sample, *rest in answered(name)]
    assert command("predict", trained, "a.csv", "b.csv", "--out", "o.csv").exit_code == 0
    written = (tmp_path / "o.csv").read_text().splitlines()
    assert written[1:] == [f"{name},{answer}" for name, answer, _ in answers]
    refused = command("predict", trained, "a.csv", "c.csv")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "there is no c.csv" in refused.stderr


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_show_breaks_no_word(command, trained, columns):
    said = command("show", trained, columns=columns).stdout
    words = said.split("To look at:")[0].split()
    assert words.count("Linear(in_features=64,") == 2
    assert {"parameters", "out_features=32,", "weight", "bias=True)", "numbers"} - {*words} <= {"parameters"}
    assert "…" not in said


def test_in_few_columns_the_classes_of_lowest_recall_stand_for_the_matrix(command, trained):
    said = command("evaluate", trained, columns=40).stdout
    assert "A matrix of 10 classes has no room\n  in 40 columns." in said
    assert re.search(r"lowest\s+recall +samples +right +recall", said)
    assert "…" not in said


@pytest.mark.parametrize(
    ("value", "text"),
    [(38530.4, "38,530"), (226062.87, "226,063"), (9999.6, "10,000"), (-0.01234, "-0.01234"), (2e13, "2e+13")],
)
def test_quantities_are_written_as_a_person_writes_them(value, text):
    assert quantity(value) == text
    assert quantity(abs(value), sign="+") == f"+{text.lstrip('-')}"


# samples of one's own -----------------------------------------------------------------------------


@pytest.fixture
def pixels(tmp_path):
    """The held-out digits as a table of pixels, with and without the digit."""
    held_out = open_source("digits").held_out
    table = np.column_stack([(held_out.inputs.numpy() * 16).reshape(-1, 64), held_out.targets.numpy()]).astype(int)
    np.savetxt(tmp_path / "pixels.csv", table[:, :-1], "%d", delimiter=",")
    np.savetxt(tmp_path / "labelled.csv", table, "%d", delimiter=",")
    return table


def test_numbers_are_predicted_and_evaluated(command, trained, pixels):
    shown = command("predict", trained, "pixels.csv")
    assert shown.exit_code == 0, shown.output
    assert len(re.findall(r"sample \d+ +\d +[\d.]+ %", shown.stdout)) == 12
    assert "12 of 355; all of them: --out predictions.csv" in shown.stdout
    judged = command("evaluate", trained, "labelled.csv").stdout
    assert (counts_in(judged) == counts_in(command("evaluate", trained).stdout)).all()
    assert "on labelled.csv: 355 digits" in judged


@pytest.mark.parametrize(("name", "mark"), [("p.csv", ","), ("p.tsv", "\t")])
def test_results_for_numbers_are_written_by_their_names(command, trained, pixels, tmp_path, name, mark):
    assert command("predict", trained, "pixels.csv", "--out", name, "--probabilities").exit_code == 0
    lines = [line.split(mark) for line in (tmp_path / name).read_text().splitlines()]
    assert lines[0] == ["sample", "prediction", *(f"probability of {i}" for i in range(10))]
    assert len(lines) == 356
    for line in lines[1:]:
        assert line[1] == str(np.argmax([float(p) for p in line[2:]]))


def test_parquet_is_for_tables(command, trained, pixels, tmp_path):
    result = command("predict", trained, "pixels.csv", "--out", "p.parquet")
    assert result.exit_code == 2
    assert result.stderr == "glassnet: --out: a .parquet is written of a table only; name a .csv\n"
    assert not (tmp_path / "p.parquet").exists()


def test_a_large_picture_is_made_smaller():
    image = np.zeros((28, 28))
    image[:14] = 1
    lines = judging.lines(image)
    assert len(lines) == 14
    assert lines[0] == "█" * 28
    assert lines[-1] == " " * 28
    assert judging.lines(np.ones((3, 4, 4))) == ["████████"] * 4


@pytest.mark.parametrize(("width", "most"), [(40, 1), (80, 2), (120, 3)])
def test_as_many_pictures_as_fit_are_side_by_side(width, most):
    console = Console(file=io.StringIO(), width=width)
    judging.show_mistakes(console, [judging.Mistake(np.ones((28, 28)), "1", "7", 0.5)] * 5)
    text = console.file.getvalue()
    assert text.count("1, read as 7") == most
    assert max(map(len, text.splitlines())) <= width


# which run is meant -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("latest", "digits-002"),
        ("moons", "moons-001"),
        ("m", "moons-001"),
        ("digits-001", "digits-001"),
        ("runs/digits-001", "digits-001"),
        ("runs/digits-001/", "digits-001"),
        ("runs/digits-001/model.safetensors", "digits-001"),
    ],
)
def test_a_run_is_found(runs, monkeypatch, name, found):
    monkeypatch.chdir(runs.parent)
    assert find(name, runs).resolve() == (runs / found).resolve()


def test_a_folder_of_pictures_does_not_hide_the_run_that_was_trained_on_it(runs, monkeypatch):
    monkeypatch.chdir(runs.parent)
    (runs.parent / "moons").mkdir()
    assert find("moons", runs).resolve() == (runs / "moons-001").resolve()


def test_a_name_in_full_is_not_the_beginning_of_another(runs):
    (runs / "digits-002").rename(runs / "digits-0011")
    assert find("digits-001", runs).name == "digits-001"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["digits"], "RUN: 'digits' begins the names of digits-001, digits-002; write one of them in full"),
        (["mnist"], "RUN: there is no run 'mnist'; in runs there are digits-001, digits-002, moons-001"),
        (["latst"], "RUN: there is no run 'latst' (did you mean latest?); in runs there are digits-001"),
        ([""], "RUN: there is no run ''; in runs there are"),
        (["latest", "--runs", "none"], "RUN: there is no run 'latest', and none in none; make one: glassnet train dig"),
        (["runs/digits-003"], "runs/digits-003 holds no model.safetensors: it is no run folder"),
        (["runs/digits-001/history.csv"], "RUN: there is no run 'runs/digits-001/history.csv'"),
        ([], "Missing argument 'RUN'; see: glassnet predict --help"),
    ],
)
def test_a_run_that_cannot_be_found_is_one_message(command, runs, words, message):
    result = command("predict", *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_many_runs_are_not_all_listed(command, trained, tmp_path):
    for number in range(1, 21):
        (tmp_path / "runs" / f"digits-{number:03}").mkdir(parents=True)
        shutil.copy(trained / "model.safetensors", tmp_path / "runs" / f"digits-{number:03}")
    message = command("predict", "d").stderr
    assert "digits-001, digits-002, …, digits-018, digits-019, digits-020" in message


# damaged runs -------------------------------------------------------------------------------------


def edited(path, **texts):
    metadata = load_metadata(path)
    extra = json.loads(metadata["extra"])
    extra.update(texts)
    glassnet.save(glassnet.load(path), path, metadata | {"extra": json.dumps(extra)})


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


def of_another_shape(path):
    glassnet.save_model(nn.Linear(3, 10), path, read_model(path).extra)


def of_other_outputs(path):
    glassnet.save_model(nn.Sequential(nn.Flatten(), nn.Linear(64, 9)), path, read_model(path).extra)


def weights_alone(path):
    glassnet.save(glassnet.load(path), path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_off, "model.safetensors: the safetensors file was cut off or edited"),
        (weights_alone, "model.safetensors: it holds tensors, but no description of a network"),
        (of_another_shape, "expected an input whose last dimension is 3"),
        (of_other_outputs, "expected 10 outputs for a sample, got shape [9]; use the run as it was saved"),
        (lambda path: edited(path, source=[]), "what it says of its data cannot be read"),
        (lambda path: edited(path, classes="ab"), "what it says of its data cannot be read"),
        (
            lambda path: edited(path, classes=["a", "b"]),
            "digits is not what it was when runs/digits-002 was trained (another classes)",
        ),
        (
            lambda path: edited(path, split="all"),
            "digits is not what it was when runs/digits-002 was trained (another split); put",
        ),
        (lambda path: edited(path, task=["x"]), "the run is for a task ['x'], and this glassnet knows classification"),
        (lambda path: edited(path, encoding=None), "its samples are encoded as None, which this glassnet does not k"),
        (lambda path: edited(path, encoding={"kind": "sound"}), "its samples are encoded as 'sound', which this gla"),
        (lambda path: edited(path, encoding={"kind": "numbers", "shape": [0]}), "expected an encoding of numbers"),
        (lambda path: edited(path, encoding={"kind": "table"}), "model.safetensors: "),
    ],
)
def test_a_damaged_run_is_one_message(command, runs, damage, message):
    damage(runs / "digits-002" / "model.safetensors")
    result = command("predict", "digits-002")
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_model_that_cannot_be_opened_is_one_message(command, runs, monkeypatch):
    (runs / "digits-002" / "model.safetensors").unlink()
    (runs / "digits-002" / "model.safetensors").symlink_to("model.safetensors")  # to itself
    result = command("predict", runs / "digits-002")
    assert result.exit_code == 2
    assert "model.safetensors cannot be read (Too many levels of symbolic links)" in result.stderr
