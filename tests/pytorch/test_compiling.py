"""``glassnet run --compile``: a script whose steps are recognised prints what it prints without, to rounding.

`training_scripts.txt` has scripts of all kinds, each with what is said of its steps. "each batch:" stands for the two
loops over epochs and batches, "forward:" for that method of a network with one layer, STEP for the usual five lines.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import linecache
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from glassnet.pytorch import notes
from glassnet.pytorch.compiling import recognised
from glassnet.pytorch.compiling.recognised_step import RecognisedStep
from glassnet.pytorch.compiling.rewritten_script import STEPS
from glassnet.pytorch.compiling.training_steps import TrainingStep, steps_in

BEGINNING = """
import copy, random, time
import numpy as np
import glassnet as torch
import glassnet.nn.functional as F
from glassnet import nn, optim
torch.manual_seed(0)
X, Y = torch.randn(64, 4), torch.randint(0, 3, (64,))
batches = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 64, 8)]
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
"""
END = """
print([p.tolist() for p in model.parameters()])
print(random.random(), np.random.rand(), torch.rand(1).item())
"""
STEP = """optimizer.zero_grad()
out = model(x)
loss = criterion(out, y)
loss.backward()
optimizer.step()
"""
NETWORK = """class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)
    def forward(self, x):
{}
model = Network()
optimizer = optim.SGD(model.parameters(), lr=0.1)
"""
QUICK = {
    "plain", "keep outputs", "keep grads", "print weights in middle", "random in forward", "list in forward", "unbound",
    "global read, in step",
}  # fmt: skip


def scripts() -> Iterator[tuple[str, str, str]]:
    """The name of each script, what is said of its steps, its text."""
    for block in Path(__file__).with_name("training_scripts.txt").read_text().split("## ")[1:]:
        head, _, text = block.partition("\n")
        name, _, said = head.partition(": ")
        text = re.sub(
            r"^forward:\n((?:    .*\n)+)",
            lambda m: NETWORK.format(textwrap.indent(m[1], "    ")),
            text,
            flags=re.MULTILINE,
        )
        text = re.sub(r"^( *)STEP\n", lambda m: textwrap.indent(STEP, m[1]), text, flags=re.MULTILINE)
        text = re.sub(
            r"^each batch:\n((?:    .*\n)+)",
            lambda m: "for epoch in range(4):\n    for x, y in batches:\n" + textwrap.indent(m[1], "    "),
            text,
            flags=re.MULTILINE,
        )
        yield name, said, f"{BEGINNING}{text}{END}"


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "_said", set())
    monkeypatch.setattr(RecognisedStep, "copies_gradients", False)
    monkeypatch.setattr(RecognisedStep, "patience", 0.0)
    monkeypatch.setattr(builtins, STEPS, [], raising=False)


def ran(text: str, file: Path, compiles: bool) -> tuple[str, list[str]]:
    """What a script prints, the end of an error included, and what is said of its steps."""
    file.write_text(text)
    linecache.checkcache(str(file))
    tree = ast.parse(text, str(file))
    if compiles:
        recognised(tree, str(file))
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the scripts draw from it
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            exec(compile(tree, str(file), "exec"), {"__name__": "script"})
        except (RuntimeError, ValueError) as error:
            trace = error.__traceback__
            assert trace is not None
            assert trace.tb_next is not None
            print(type(error).__name__, error, trace.tb_next.tb_lineno)
    lines = [line.partition("this training step ")[2] for line in err.getvalue().splitlines()]
    return out.getvalue(), [re.sub(r"^runs as it is written: (it|line \d+, `.*`,) ", "as written: ", x) for x in lines]


CASES = [
    pytest.param(*case[1:], id=case[0], marks=() if case[0] in QUICK else pytest.mark.slow("some thirty steps, twice"))
    for case in scripts()
]
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


@pytest.mark.parametrize(("said", "text"), CASES)
def test_it_prints_the_same(said: str, text: str, tmp_path: Path) -> None:
    eager, _ = ran(text, tmp_path / "script.py", compiles=False)
    compiled, says = ran(text, tmp_path / "script.py", compiles=True)
    assert NUMBER.sub("#", compiled) == NUMBER.sub("#", eager)
    ours, expected = ([float(x) for x in NUMBER.findall(out)] for out in (compiled, eager))
    np.testing.assert_allclose(ours, expected, rtol=2e-4, atol=1e-5)
    assert "; ".join(says).replace("is compiled", "compiled").startswith("" if said == "not recognised" else said)
    assert bool(says) == (said != "not recognised")


# what is recognised ------------------------------------------------------------------------------------------------


def found(text: str) -> list[TrainingStep]:
    tree = ast.parse(text)
    return [step for _, _, step in steps_in(tree, tree)]


def test_a_step_ends_with_the_last_update_and_what_comes_after_is_no_part_of_it() -> None:
    (step,) = found(f"for x, y in loader:\n{textwrap.indent(STEP, '    ')}    scheduler.step()\n    n += loss.item()\n")
    assert [ast.unparse(one) for one in step.statements] == STEP.splitlines()
    assert step.results(1) == ["loss"]


def test_outside_of_loops_and_functions_there_is_none() -> None:
    assert found(STEP) == []


@pytest.mark.parametrize(
    "statement",
    [
        "input()",
        "if loss < 1: break",
        "x = yield",
        "loss.backward(retain_graph=True)",
        "self.__x = 1",
        "f = lambda: 1",
    ],
)
def test_what_no_program_can_hold_ends_a_run(statement: str) -> None:
    lines = [*STEP.splitlines()[:3], statement, *STEP.splitlines()[3:]]
    assert found("def f():\n  while True:\n" + textwrap.indent("\n".join(lines), "    ")) == []


def test_what_is_kept_for_later_is_what_is_read_later() -> None:
    (step,) = found(f"def f(x, y):\n{textwrap.indent(STEP, '    ')}    return loss.item(), [o for o in out]\n")
    assert step.results(0) == ["loss", "out"]
    assert step.needs_graph == set()
    (step,) = found(f"def f(x, y):\n{textwrap.indent(STEP, '    ')}    return out.sum().backward()\n")
    assert step.needs_graph == {"out"}


FUNCTIONS = """
def accuracy(guess, y):
    rounded = torch.round(torch.sigmoid(guess))
    return (rounded == y).sum().float() / len(y)
def category(guess):
    value, place = guess.topk(1)
    return place[0].item()
def total(guess):
    return guess.sum()
def history(guess):
    maker = guess.grad_fn
    return maker is None
def others(out):
    return out + 1
def rebound(guess):
    return 0
rebound = total
(-y).sum().backward()
"""


@pytest.mark.parametrize(
    ("after", "needed"),
    [
        ("n += accuracy(out, y)", set()),
        ("n += accuracy(out[y], y[y])", set()),
        ("n = category(out)", set()),
        ("n = total(out)", {"out"}),
        ("n = total(out.max(1)[1])", set()),
        ("n = total(out.max(1)[0])", {"out"}),
        ("n = total(out.max(other)[1])", {"out"}),
        ("break; if n: out = y; keep(out)", {"out"}),
        ("break; out = y; keep(out)", set()),
        ("break; keep(out); out = y", {"out"}),
        ("break; out = y; def later(): keep(out)", {"out"}),
        ("n = rebound(out)", {"out"}),
        ("n = history(out)", {"out"}),
        ("half = out / 2; print(half.item())", set()),
        ("half = out / 2; if n: half.sum().backward()", {"out"}),
        ("print([out.sum() for out in outs])", set()),
        ("for out in outs: out.sum().backward()", set()),
        ("for part in out: part.sum().backward()", {"out"}),
        ("while out.sum(): break", {"out"}),
        ("def out_of(): return out", {"out"}),
    ],
)
def test_where_a_result_goes_is_looked_at_in_functions_of_the_file_and_by_scope(after: str, needed: set[str]) -> None:
    body = textwrap.indent(STEP + after.replace("; ", "\n"), "    ")
    (step,) = found(f"{FUNCTIONS}for x, y in batches:\n{body}\n")
    assert step.needs_graph == needed


def test_a_function_of_the_file_that_prints_a_result_is_told_its_graph() -> None:
    body = textwrap.indent(f"{STEP}show(loss)\n", "    ")
    (step,) = found(f"def show(x):\n    print(x)\nfor x, y in batches:\n{body}")
    assert step.needs_graph == {"loss"}


# in a process of its own -------------------------------------------------------------------------------------------

SCRIPT = f"{BEGINNING.replace('glassnet as torch', 'torch').replace('glassnet', 'torch')}import beside\n"
BESIDE = f"def train(model, optimizer, criterion, x, y):\n{textwrap.indent(STEP, '    ')}    return loss.item()\n"
AT_ONCE = """
from glassnet.cli import main
from glassnet.pytorch.compiling.recognised_step import RecognisedStep
RecognisedStep.patience = 0.0
main()
"""
LOOP = "for epoch in range(4):\n    for x, y in batches:\n        beside.train(model, optimizer, criterion, x, y)\n"


@pytest.mark.slow("processes")
@pytest.mark.parametrize("how", [["script.py"], ["-m", "script"], ["notebook.ipynb"]])
def test_a_module_beside_it_is_recognised_too(how: list[str], tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT + LOOP)
    (tmp_path / "beside.py").write_text(BESIDE)
    source = (SCRIPT + LOOP).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    (tmp_path / "notebook.ipynb").write_text(f'{{"cells": [{{"cell_type": "code", "source": ["{source}"]}}]}}')
    command = [sys.executable, "-c", AT_ONCE, "run", "--compile", *how]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stderr == "glassnet: beside.py:2: this training step is compiled\n"
    assert not list(tmp_path.glob("__pycache__/beside*"))  # Python keeps nothing that is rewritten
