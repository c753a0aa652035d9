"""``glassnet run``: a script runs as Python runs it, and what it asks for in vain is listed without running it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glassnet.pytorch.missing_names import missing_in
from glassnet.pytorch.running.notebook_cells import without_magics

SCRIPT = """
import sys
import torch
from beside import halved

print(sys.argv, __name__, sys.path[0])
print(halved(torch.tensor([2.0, 4.0])), torch.float32)
print("to stderr", file=sys.stderr)
sys.exit(len(sys.argv))
"""
FAILING = """
import torch

def one(x):
    return two(x)

def two(x):
    return x.reshape(5)  # of 2 numbers

one(torch.ones(2))
"""


def run(*words: str, cwd: Path, code: str = "", stdin: str = "") -> Any:
    """``glassnet run`` in a process of its own, or Python, with ``code``."""
    command = [sys.executable, *(["-c", code] if code else ["-m", "glassnet", "run"]), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, input=stdin, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "beside.py").write_text("import torch\n\ndef halved(x):\n    return torch.div(x, 2)\n")
    (tmp_path / "failing.py").write_text(FAILING)
    return tmp_path


def test_a_script_has_its_arguments_streams_and_exit_code(folder: Path) -> None:
    done = run("script.py", "--epochs", "3", "-h", cwd=folder)
    assert done.stdout.splitlines() == [
        f"['script.py', '--epochs', '3', '-h'] __main__ {folder}",
        "tensor([1., 2.]) torch.float32",
    ]
    assert done.stderr == "to stderr\n"
    assert done.returncode == 4


def test_a_traceback_has_the_scripts_lines_alone(folder: Path) -> None:
    done = run("failing.py", cwd=folder)
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[0] == "Traceback (most recent call last):"
    assert [line.strip() for line in lines if line.startswith("  File")] == [
        f'File "{folder}/failing.py", line 10, in <module>',
        f'File "{folder}/failing.py", line 5, in one',
        f'File "{folder}/failing.py", line 8, in two',
    ]
    assert "reshape" in lines[-1]


ENDS = {
    "nothing": ("", 0, "", ""),
    "exit with a text": ("raise SystemExit('bye')", 1, "", "bye\n"),
    "exit without": ("import sys; sys.exit()", 0, "", ""),
    "what it read": ("print(input())", 0, "read\n", ""),
    "its own hook": ("import sys\nsys.excepthook = lambda *e: print(e[1])\nraise ValueError('mine')", 1, "mine\n", ""),
}


@pytest.mark.slow("a process for each")
@pytest.mark.parametrize(("source", "code", "out", "err"), ENDS.values(), ids=ENDS)
def test_it_ends_as_python_ends(folder: Path, source: str, code: int, out: str, err: str) -> None:
    (folder / "end.py").write_text(source)
    done = run("end.py", cwd=folder, stdin="read\n")
    assert (done.returncode, done.stdout, done.stderr) == (code, out, err)
    plain = subprocess.run(
        [sys.executable, "end.py"], cwd=folder, capture_output=True, text=True, input="read\n", check=False
    )
    assert (plain.returncode, plain.stdout, plain.stderr) == (code, out, err)


@pytest.mark.slow("a process for each")
@pytest.mark.parametrize("source", ["x = = 3", "raise KeyError('a')", "def f(): g()\nf()", "1 / 0"])
def test_an_error_is_told_as_python_tells_it(folder: Path, source: str) -> None:
    (folder / "end.py").write_text(source + "\n")
    done = run("end.py", cwd=folder)
    plain = subprocess.run(
        [sys.executable, str(folder / "end.py")], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (plain.returncode, plain.stderr)


PROCESSES = """
import torch
import torch.multiprocessing as mp

def train(rank, model, found):
    model.weight.data[:, rank] += rank + 1
    found.put(torch.full((1,), float(rank)))

if __name__ == "__main__":
    model = torch.nn.Linear(2, 1)
    torch.nn.init.zeros_(model.weight)
    model.share_memory()
    found = mp.get_context("spawn").Queue()
    mp.spawn(train, (model, found), nprocs=2)
    print(model.weight.tolist(), sorted(found.get().item() for _ in range(2)))
"""


@pytest.mark.slow("processes that start Python anew")
def test_processes_that_a_script_starts_find_glassnet_too(folder: Path) -> None:
    (folder / "processes.py").write_text(PROCESSES)
    done = run("processes.py", cwd=folder)
    assert (done.stdout, done.stderr) == ("[[1.0, 2.0]] [0.0, 1.0]\n", "")


@pytest.mark.slow("a process")
def test_a_package_is_run_as_python_does(folder: Path) -> None:
    package = folder / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import sys, torch\nfrom package import part\nprint(sys.argv[1:], part.x)\n")
    (package / "part.py").write_text("import torch\nx = torch.arange(3)\n")
    done = run("-m", "package", "--lr", "1", cwd=folder)
    assert (done.stdout, done.stderr, done.returncode) == ("['--lr', '1'] tensor([0, 1, 2])\n", "", 0)
    assert run("--check", "-m", "package", cwd=folder).stdout == "nothing is missing\n"


def notebook(*cells: str) -> str:
    return json.dumps(
        {"cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells], "nbformat": 4}
    )


@pytest.mark.slow("a process for each")
def test_a_notebook_is_run_cell_by_cell(folder: Path) -> None:
    cells = (
        "%matplotlib inline\n!pip install torch\nimport torch\nx = torch.ones(2)\nx",
        "x.sum();",
        "%%writefile halves.py\ndef halved(x): return x / 2",
        "from halves import halved\ndisplay(halved(x))",
        "y = 1\nx.reshape(3)",
    )
    (folder / "books").mkdir()
    (folder / "books" / "book.ipynb").write_text(notebook(*cells))
    done = run("books/book.ipynb", cwd=folder)
    assert done.stdout == "tensor([1., 1.])\ntensor([0.5000, 0.5000])\n"
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "glassnet: <cell 1 of book.ipynb>: left out: !pip install torch"
    assert lines[2:5] == ['  File "<cell 5 of book.ipynb>", line 2, in <module>', "    x.reshape(3)", lines[4]]
    (folder / "book.ipynb").write_text("[]")
    assert "expected a notebook" in run("book.ipynb", cwd=folder).stderr


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1"),
        ("if x:\n    !ls", "if x:\n    pass  # !ls"),
        ("%time y = f(x)\n%time", "y = f(x)\npass  # %time"),
        ("files = !ls *.py", "files = []  # files = !ls *.py"),
        ("?print\nlen?\nx = 1  # is it?\n# why?", "pass  # ?print\npass  # len?\nx = 1  # is it?\n# why?"),
        ("print('%d of %d'\n      % (1, 2))\n!ls", "print('%d of %d'\n      % (1, 2))\npass  # !ls"),
        ("x = 7 \\\n% 4", "x = 7 \\\n% 4"),
        ('print("""\n%d?\n!no\n""" % 3)', 'print("""\n%d?\n!no\n""" % 3)'),
        ("%%bash\nls", ""),
        ("%%writefile -a a.py\nx = 1\n", "with open('a.py', 'a') as _file:\n    _file.write('x = 1\\n')"),
    ],
)
def test_only_what_a_notebook_alone_understands_is_left_out(cell: str, code: str) -> None:
    assert without_magics(cell, "cell") == code


def test_missing_names_are_listed_without_running(folder: Path) -> None:
    (folder / "asks.py").write_text(
        "import torch\nimport torch.nn as nn\nimport beside\nfrom torch.nn import Linearr\nimport torch.fx as d\n"
        "raise SystemExit\nx = torch.ones(2)\nnn.functional.relu(x)\ntorch.nn.Cnov2d\nclass A(nn.Module): pass\n"
        "torch.fx.graph\n"
    )
    (folder / "beside.py").write_text("from torch import nothing_of_this_name\n")
    done = run("--check", "asks.py", cwd=folder)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "asks.py:4: there is no torch.nn.Linearr, nor has PyTorch one; nearest: torch.nn.Linear",
        "asks.py:5: glassnet has no torch.fx and will not have it (glassnet.trace gives a program that can be read and "
        "changed)",
        "asks.py:9: there is no torch.nn.Cnov2d, nor has PyTorch one; nearest: torch.nn.Conv2d",
        "asks.py:11: glassnet has no torch.fx and will not have it (glassnet.trace gives a program that can be read "
        "and changed)",
        "beside.py:1: there is no torch.nothing_of_this_name, nor has PyTorch one",
    ]
    assert done.stderr == "glassnet: 4 names are missing; the rest is there\n"


@pytest.mark.parametrize(
    "line",
    [
        "from torchvision import models; models.ResNet18_Weights.DEFAULT",
        "from torchvision.models import ResNet18_Weights; ResNet18_Weights.IMAGENET1K_V1.transforms()",
        "import torch; torch.optim.Adam.step; torch.optim.adam.Adam",
        "import torch; torch.version.cuda",
    ],
)
def test_what_is_within_a_class_or_none_is_not_missing(line: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(line)
    assert missing_in(script) == []


@pytest.mark.slow("a process for each")
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["nowhere.py"], "nowhere.py: there is no such file"),
        (["--check", "nowhere.py"], "nowhere.py: there is no such file"),
        (["--check", "-m", "nowhere"], "nowhere: there is no such module"),
        (["--data", "nowhere", "script.py"], "--data: expected a folder"),
    ],
)
def test_bad_input_is_one_message(folder: Path, words: list[str], problem: str) -> None:
    done = run(*words, cwd=folder)
    assert done.returncode == 2
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow("a process for each")
def test_nothing_is_missing_is_said(folder: Path) -> None:
    done = run("--check", "script.py", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "nothing is missing\n")
