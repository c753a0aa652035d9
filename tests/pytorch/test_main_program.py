"""Scripts, modules and notebooks as the program of a process: here of this one, which is as it was afterwards."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glassnet.pytorch import uninstall
from glassnet.pytorch.running import run_module, run_notebook, run_script


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    yield
    uninstall()
    for name in [name for name in sys.modules if name.partition(".")[0] == "pack"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "code", "out", "err"),
    [
        (
            "import sys, torch\nprint(sys.argv[1:], torch.ones(2), __name__)\n",
            0,
            "['a'] tensor([1., 1.]) __main__\n",
            "",
        ),
        ("import sys\nsys.exit(3)\n", 3, "", ""),
        ("import sys\nsys.exit('so it ends')\n", 1, "", "so it ends\n"),
        ("raise SystemExit\n", 0, "", ""),
        ("import torch\ntorch.ones(2) @ torch.ones(3)\n", 1, "", "line 2, in <module>"),
        ("import sys\nsys.excepthook = lambda kind, *_: print(kind.__name__)\n1/0\n", 1, "ZeroDivisionError\n", ""),
    ],
)
def test_a_script(text: str, code: int, out: str, err: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.py").write_text(text)
    assert run_script("s.py", ["a"]) == code
    came = capsys.readouterr()
    assert came.out == out
    assert err in came.err
    assert "glassnet" + os.sep not in came.err  # the user's lines alone


def test_a_module(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pack").mkdir()
    Path("pack/__init__.py").write_text("")
    Path("pack/__main__.py").write_text("import torch\nfrom . import other\nprint(other.x.sum().item())\n")
    Path("pack/other.py").write_text("import torch\nx = torch.ones(3)\n")
    assert run_module("pack") == 0
    assert capsys.readouterr().out == "3.0\n"


def test_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    cells = ["import torch\n", "x = torch.ones(2)\nx + 1", "x.sum();"]
    book = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells], "nbformat": 4}
    Path("b.ipynb").write_text(json.dumps(book))
    assert run_notebook("b.ipynb") == 0
    assert capsys.readouterr().out == "tensor([2., 2.])\n"
