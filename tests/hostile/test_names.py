"""Names that data can bring, through everything: they come back unchanged, and do no harm on the way."""

from __future__ import annotations

import csv
import os
import runpy
import shutil
import subprocess
import sys
import warnings
from collections import OrderedDict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas
import pytest
from typer.testing import CliRunner

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.cli.app import app
from glassnet.cli.saved_run import SavedRun
from glassnet.errors import GlassnetError
from glassnet.export import numpy_file
from glassnet.tables import read_table, write_table
from glassnet.text import decoded_name, escaped, shown
from glassnet.text.formulas import as_text
from tests.hostile.harm import Page, in_page, in_terminal
from tests.hostile.names import ABSENT, NAMES, of_files

# Those that the text of a table can hold; it is read without the spaces around it.
TEXTS = {
    title: name.strip()
    for title, name in NAMES.items()
    if title not in ABSENT and "\0" not in name and name == name.encode(errors="ignore").decode()
}
COLUMNS = {title: name for title, name in TEXTS.items() if len(name) < 1000}
RAW = "고양이".encode("cp949")  # what a ZIP file made in Korea has for a name
LAYERS = [title for title, name in NAMES.items() if "." not in name and title != "dunder"]
QUICK = ["end of line", "colour", "script", "formula", "Hangul in bytes", "mathtext"]


def some_are_slow(titles, quick):
    """All titles; those that are not among the quick ones are for the slow tests."""
    return [title if title in quick else pytest.param(title, marks=pytest.mark.slow("more names")) for title in titles]


def command(*words, ok=0, columns=80):
    """What the command prints, after a look at what it would do to a terminal."""
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, [str(word) for word in words], prog_name="glassnet")
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.exit_code == ok, result.output
    assert not in_terminal(result.stdout + result.stderr, columns)
    assert len(result.stderr.encode()) <= 2100
    return result.stdout


def a_table(path, names):
    """A table whose classes, columns and texts have these names."""
    rng, rows = np.random.default_rng(0), [*names] * 6
    columns = {name: rng.random(len(rows)) for name in names[: len(COLUMNS)] if len(name) < 1000}
    table = pandas.DataFrame({"kind!": rows, "text!": [*reversed(rows)], **columns})
    write_table(table, path)
    return table


@pytest.mark.slow("a run of a table with sixty columns and classes, shown on screens of three widths")
def test_a_table_of_such_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = a_table("t.csv", list(TEXTS.values()))
    assert read_table("t.csv")["kind!"].tolist() == table["kind!"].tolist()
    command("train", "t.csv", "--target", "kind!", "--epochs", 1, "--hidden", 4)
    assert {*SavedRun.read("latest", Path("runs")).classes} == {*TEXTS.values()}
    for columns in (20, 60, 200):
        for words in (["show"], ["predict"], ["evaluate"], ["walkthrough"]):
            command(*words, "latest", columns=columns)
        command("predict", "latest", "t.csv", "--probabilities", columns=columns)
        command("evaluate", "latest", "t.csv", columns=columns)
    for ending in ("csv", "tsv", "parquet"):
        command("predict", "latest", "t.csv", "--probabilities", "--out", f"o.{ending}")
        back = read_table(f"o.{ending}")
        assert back["kind!"].tolist() == table["kind!"].tolist()
        assert {*back["prediction"]} <= {*TEXTS.values()}
    with open("o.csv", newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert all(as_text(cell) == cell or cell[0] == "'" for cell in cells)
    command("export", "latest", "-o", "m.py")
    assert [*runpy.run_path("m.py")["CLASSES"]] == [*SavedRun.read("latest", Path("runs")).classes]
    command("train", "--resume", "latest", ok=2)
    for ending in ("html", "md", "tex", "txt"):
        command("walkthrough", "latest", "-o", f"w.{ending}")
        assert not in_terminal(Path(f"w.{ending}").read_text("utf-8"))
    a_table("tame.csv", [f"name {i}" for i in range(len(TEXTS))])
    command("train", "tame.csv", "--target", "kind!", "--epochs", 1, "--hidden", 4)
    hostile, tame = (Path(f"runs/{name}-001/report.html").read_text("utf-8") for name in ("t", "tame"))
    assert not in_page(hostile, tame)


def test_a_few_such_names_in_a_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [TEXTS[title] for title in QUICK if title in TEXTS]
    table = a_table("t.csv", names)
    command("train", "t.csv", "--target", "kind!", "--epochs", 1, "--hidden", 2)
    command("predict", "latest", "t.csv", "--out", "o.csv")
    command("evaluate", "latest", "o.csv")
    assert read_table("o.csv")["kind!"].tolist() == table["kind!"].tolist()
    report = Path("runs/t-001/report.html").read_text("utf-8")
    assert TEXTS["script"] in "".join(Page(report).texts)
    assert not {tag for tag, _ in Page(report).elements} & {"script", "img"}


def some_pictures(folder, classes):
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in classes:
        os.makedirs(os.path.join(folder, name))
        for i in range(5):
            picture = rng.integers(0, 256, (4, 4), np.uint8)
            Image.fromarray(picture).save(os.fsdecode(os.path.join(folder, name, name + b"%d.png" % i)))


def test_names_that_are_not_utf_8(tmp_path, monkeypatch):
    pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    some_pictures(RAW, [RAW, RAW + b"2"])
    folder, runs = os.fsdecode(RAW), os.fsdecode(b"runs-" + RAW)
    printed = command("train", folder, "--epochs", 1, "--hidden", 2, "--out", runs)
    assert r"glassnet train $'\xb0\xed\xbe\xe7\xc0\xcc' " in printed  # what a shell reads as the same name
    run = f"{runs}/고양이-001"
    assert SavedRun.read(run, Path()).classes == ("고양이", "고양이2")
    assert "고양이2" in command("show", run)
    assert "고양이" in command("evaluate", run)  # which finds the data again
    assert "고양이" in command("evaluate", run, folder)
    for out in (f"{folder}.csv", f"{folder}.tsv"):
        command("predict", run, folder, "--out", out)
        assert {*read_table(out)["prediction"]} <= {"고양이", "고양이2"}
        assert all(name.startswith("고양이/고양이") for name in read_table(out)["sample"])
    command("export", run, "-o", f"{folder}.py")
    command("walkthrough", run, "-o", f"{folder}.html")
    for name in os.listdir(run):
        if not name.endswith(".safetensors"):
            Path(run, name).read_text("utf-8")


def test_two_folders_of_one_name_are_refused(tmp_path, monkeypatch):
    pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    some_pictures(b"p", [RAW, "고양이".encode(), b"other"])
    result = CliRunner().invoke(app, ["train", "p"])
    assert (result.exit_code, "two of the name 고양이" in result.stderr) == (2, True)


@pytest.mark.slow("a run of each file and folder that can have such a name")
@pytest.mark.parametrize("title", of_files())
def test_files_of_such_names(title, tmp_path, monkeypatch):
    pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    name = of_files()[title]
    path, text = os.fsdecode(b"./" + name), decoded_name(os.fsdecode(name))
    some_pictures(name, [name, b"other"])
    command("train", path, "--epochs", 1, "--hidden", 2, "--out", f"{path}.runs")
    run = os.path.join(f"{path}.runs", os.listdir(f"{path}.runs")[0])
    assert {*SavedRun.read(run, Path()).classes} == {text, "other"}
    for words in (["show"], ["predict"], ["evaluate"], ["walkthrough"]):
        command(*words, run)
    command("evaluate", run, path)
    command("predict", run, path, "--out", f"{path}.csv")
    assert {*read_table(f"{path}.csv")["prediction"]} <= {text, "other"}
    command("export", run, "-o", f"{path}.py")
    command("train", "--resume", run, ok=2)
    write_table(pandas.DataFrame({"a": range(20), "kind": ["x", "y"] * 10}), f"{path}.t.csv")
    Path(f"{path}.toml").write_text("epochs = 1\nhidden = 2\n")
    words = ("--target", "kind", "--config", f"{path}.toml", "--out", f"{path}.runs")
    command("train", f"{path}.t.csv", *words, "--quiet")
    for missing in (["train", f"{path}.none.csv"], ["predict", run, f"{path}.none.csv"], ["show", f"{path}.none"]):
        command(*missing, ok=2)


@pytest.fixture(scope="module")
def a_run_of_a_table(tmp_path_factory):
    """A folder with a table, and a run on it."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        a_table("t.csv", ["x", "y"])
        command("train", "t.csv", "--target", "kind!", "--epochs", 1, "--hidden", 2)
    return folder


@pytest.mark.slow("every argument of every command")
@pytest.mark.parametrize("title", [title for title in NAMES if "\0" not in NAMES[title] and "half" not in title])
def test_arguments_of_such_names(title, a_run_of_a_table, tmp_path, monkeypatch, subtests):
    shutil.copytree(a_run_of_a_table, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    name = NAMES[title]
    lines = [
        *([each, name] for each in ("train", "show", "predict", "evaluate", "export", "walkthrough", "plot")),
        *(["train", "moons", f"--{option}", name] for option in ("lr", "hidden", "config", "activation", "data")),
        *(["train", "t.csv", "--target", name], ["train", "--resume", name], ["train", "mnist", "--data", name]),
        *(["predict", "latest", name], ["evaluate", "latest", name], ["predict", "latest", "t.csv", "--out", name]),
        *(["export", "latest", "-o", name], ["export", "latest", "--to", name], ["plot", "relu", "-o", name]),
        *(["walkthrough", "latest", "--element", name], ["walkthrough", "latest", "--open", name], [name]),
    ]
    for words in lines:
        with subtests.test(words=[shown(word) for word in words]):
            result = CliRunner().invoke(app, words, prog_name="glassnet")
            assert isinstance(result.exception, SystemExit | None), result.exception
            assert not in_terminal(result.output)
            assert len(result.stderr.encode()) <= 2100


def a_network(name):
    return nn.Sequential(OrderedDict([(name, nn.Linear(3, 4)), ("between", nn.ReLU()), ("last", nn.Linear(4, 2))]))


@pytest.mark.parametrize("title", some_are_slow(LAYERS, ["end of line", "script"]))
def test_a_layer_of_such_a_name(title, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = NAMES[title]
    model, tame = a_network(name), a_network("first")
    x, y = glassnet.randn(4, 3), glassnet.tensor([0, 1, 0, 1])
    assert not in_terminal(repr(model))
    assert not in_page(model._repr_html_(), tame._repr_html_())
    for picture in (glassnet.draw(model, x), glassnet.draw(model)):
        root = ElementTree.fromstring(picture.svg)
        assert not in_terminal("".join(text.replace("\n", "") for text in root.itertext()))
        assert float(root.get("width")) < 4000
    picture = glassnet.draw(model, x)
    assert not in_terminal(picture.dot + picture.mermaid)
    walk = glassnet.walkthrough(model, x, y, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1))
    for text in (str(walk), walk.to_markdown(), walk.to_latex(), walk._repr_html_()):
        assert not in_terminal(text)
    compiled = glassnet.compile(model)
    assert np.allclose(compiled(x).detach().numpy(), model(x).detach().numpy(), atol=1e-6)
    assert not in_terminal(compiled.source)
    numpy_file(model, "m.py", x.numpy(), classes=[f"{name}1", f"{name}2"])
    assert [*runpy.run_path("m.py")["CLASSES"]] == [f"{name}1", f"{name}2"]
    for wrong in (lambda: model(glassnet.ones(2, 7)), lambda: model.load_state_dict({name: x})):
        with pytest.raises(GlassnetError) as caught:
            wrong()
        assert not in_terminal(str(caught.value))
        assert len(str(caught.value).encode()) <= 2000
    try:
        name.encode()
    except UnicodeEncodeError:  # no file of ours holds half of a letter, which is refused before anything is written
        with pytest.raises(ValueError, match="whole letters"):
            glassnet.save_model(model, "m.safetensors")
        return
    glassnet.save_model(model, "m.safetensors")
    assert [*glassnet.load_model("m.safetensors").state_dict()] == [*model.state_dict()]


@pytest.mark.parametrize("title", some_are_slow(NAMES, ["mathtext"]))
def test_a_plot_of_such_names(title):
    pytest.importorskip("matplotlib").use("agg")
    from matplotlib import pyplot

    from glassnet.explain import plots

    name = NAMES[title]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no installed font has|Glyph .* missing from")  # the letters of a name
        warnings.filterwarnings("ignore", ".* not applied")
        ax = plots.confusion([0, 0, 1], [0, 1, 1], classes=[name, f"{name} 2"])
        ax.figure.canvas.draw()
        pyplot.close("all")


def test_such_a_name_in_a_page(subtests):
    for title, name in NAMES.items():
        with subtests.test(title):
            text = escaped(name)
            page = Page(f'<p title="{text}">{text}</p>')
            assert page.elements == {("p", ("title",))}
            assert not in_terminal("".join(page.texts).replace("\n", " "))
            ElementTree.fromstring(f'<p title="{text}">{text}</p>')


@pytest.mark.slow("a process for each way to be set up")
@pytest.mark.parametrize(
    "setup",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp949"},
        {"TERM": "dumb", "COLUMNS": "10"},
    ],
    ids=str,
)
def test_wherever_it_runs(setup, tmp_path):
    pytest.importorskip("PIL")
    some_pictures(os.path.join(os.fsencode(tmp_path), RAW), [RAW, "개".encode()])
    for words in (
        [b"train", RAW, b"--epochs", b"1", b"--hidden", b"2"],
        [b"evaluate", b"latest"],
        [b"show", b"latest"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "glassnet", *words],
            env=os.environ | setup,
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
    assert os.listdir(os.path.join(os.fsencode(tmp_path), b"runs")) == ["고양이-001".encode()]
