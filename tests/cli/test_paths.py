"""Paths on the command line: ~ is the home folder in all of them, and what cannot be written is said first."""

import os

import pytest
from typer.testing import CliRunner

from glassnet.cli import run
from glassnet.cli.app import app
from tests.cli.runs import tree

LONG = "x" * 300
HANGUL = "한" * 90  # 270 bytes


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with runs, and a few samples."""
    folder = tmp_path_factory.mktemp("home")
    words = ["train", "moons", "--epochs", "1", "--out", str(folder / "runs")]
    assert CliRunner().invoke(app, words).exit_code == 0
    (folder / "samples.csv").write_text("1,2\n3,4\n")
    (folder / "settings.toml").write_text("epochs = 1\n")
    return folder


@pytest.fixture
def home(made, monkeypatch):
    monkeypatch.setenv("HOME", str(made))
    return made


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("train moons --config ~/settings.toml --out ~/more", "more"),
        ("predict ~/runs/moons-001 ~/samples.csv --out ~/out.csv", "out.csv"),
        ("predict latest ~/samples.csv --runs ~/runs", ""),
        ("export ~/runs/moons-001 -o ~/model.py", "model.py"),
        ("walkthrough ~/runs/moons-001 -o ~/walk.txt", "walk.txt"),
        ("show ~/runs/moons-001/model.safetensors", ""),
    ],
)
def test_home_is_found_where_the_shell_does_not_look(words, written, command, home, tmp_path):
    result = command(*words.split())
    assert result.exit_code == 0, result.output
    assert (home / written).exists()
    assert tree(tmp_path) == []


@pytest.mark.parametrize(
    "words",
    [
        f"train {LONG}",
        f"train {LONG}.csv",
        f"train moons --out {LONG}",
        f"train moons --config {LONG}",
        f"train --resume {LONG}",
        f"predict {LONG}",
        f"predict RUN {LONG}.csv",
        f"predict RUN ~/samples.csv --out {HANGUL}.csv",
        f"predict RUN ~/samples.csv --out missing/{HANGUL}.csv",
        "predict RUN ~/samples.csv --out missing/x.csv",
        "predict RUN ~/samples.csv --out ~/samples.csv/x.csv",
        f"export RUN -o {LONG}.py",
        "export RUN -o missing/x.py",
        f"walkthrough RUN -o {LONG}.txt",
        f"evaluate latest --runs {LONG}",
        "train moons --out ~/samples.csv",
        "train moons --out ~/samples.csv/x",
    ],
)
def test_a_path_that_there_cannot_be_is_one_message(words, command, home, tmp_path):
    result = command(*words.replace("RUN", "~/runs/moons-001").split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("glassnet: ")
    assert result.stderr.count("\n") == 1
    assert tree(tmp_path) == []


@pytest.mark.parametrize("name", ["folder.csv", "pipe.csv", "device.csv"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_only_a_file_is_written_over(name, force, command, home, tmp_path):
    path, kind = tmp_path / name, name.removesuffix(".csv")
    {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "device": lambda: path.symlink_to("/dev/null")}[kind]()
    result = command("predict", "~/runs/moons-001", "~/samples.csv", "--out", name, *force)
    assert (result.exit_code, result.stderr) == (
        2,
        f"glassnet: --out: expected the path of a file to write, but {name} is a {kind}; add a name\n",
    )


@pytest.mark.slow("reads a table, for which it loads pandas")
def test_the_longest_name_that_a_run_folder_can_come_from(command, tmp_path):
    name = "가" * 83  # 249 bytes
    (tmp_path / f"{name}.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
    result = command("train", f"{name}.csv", "--target", "b", "--epochs", 1)
    assert result.exit_code == 0, result.output
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / run.MODEL).exists()
