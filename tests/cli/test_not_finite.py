"""A network whose weights or answers are no numbers, or with a part that is no layer, is used by no command."""

import os
import shutil

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.errors import NotFiniteError
from glassnet.export import ExportError, numpy_file
from glassnet.nn.finite import check_results, weights_problem
from glassnet.serialization import read_model, save_model
from glassnet.training import Trainer
from tests.cli.runs import tree
from tests.export.files import run

X = np.ones((3, 4), np.float32)
USES = {
    "predict": (),
    "predict a file": ("data.csv", "--out", "answers.csv"),
    "evaluate": (),
    "evaluate a file": ("labelled.csv",),
    "export": ("--output", "model.py", "--force"),
    "walkthrough": ("--output", "steps.html"),
}


def spoiled(trained, folder, change):
    """A copy of the run with other weights."""
    shutil.copytree(trained, folder / "run")
    model, extra = read_model(folder / "run" / "model.safetensors")
    change(dict(model.named_parameters()))
    save_model(model, folder / "run" / "model.safetensors", extra)
    (folder / "data.csv").write_text(",".join(["16"] * 64) + "\n")
    (folder / "labelled.csv").write_text(",".join(["16"] * 64) + ",3\n")
    (folder / "model.py").write_text("precious")
    return "run"


def nan(parameters):
    parameters["3.weight"].array[0, :2] = np.nan


def infinite(parameters):
    parameters["1.bias"].array[3] = -np.inf


def huge(parameters):
    for parameter in parameters.values():
        parameter.array[...] = 1e37


NAN = "its weights are not finite: 3.weight [32, 64] (2 of 2,048 numbers); train it again with a smaller"


@pytest.mark.parametrize(
    ("use", "change", "message"),
    [
        *((use, nan, NAN) for use in USES),
        ("predict", infinite, "its weights are not finite: 1.bias [64] (1 of 64 numbers); train it again"),
        *((use, huge, ": the network gives ") for use in ("predict a file", "evaluate", "export", "walkthrough")),
    ],
)
def test_no_command_uses_it(command, trained, tmp_path, use, change, message):
    folder = spoiled(trained, tmp_path, change)
    before = tree(tmp_path)
    result = command(use.split()[0], folder, *USES[use])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert tree(tmp_path) == before
    assert (tmp_path / "model.py").read_text() == "precious"


def test_it_can_be_looked_at(command, trained, tmp_path):
    result = command("show", spoiled(trained, tmp_path, nan), columns=200)
    assert result.exit_code == 0
    assert "It cannot be used, its weights are not finite: 3.weight [32, 64]" in result.stdout


@pytest.mark.parametrize(("bad", "name"), [(1, "sample 2"), (4, "sample 5")])
def test_a_sample_without_an_answer_is_named(bad, name):
    results = np.zeros((6, 3))
    results[bad:, 1] = np.inf
    with pytest.raises(
        NotFiniteError, match=f"^{name}: the network gives inf for it, and nothing finite for {5 - bad}"
    ):
        check_results(results)
    with pytest.raises(NotFiniteError, match=f"^row {bad}x: "):
        check_results(results, [f"row {i}\x1b" if i != bad else f"row {i}x" for i in range(6)])
    check_results(results[:bad])
    check_results(np.zeros((0, 3)))


def test_a_mask_may_be_infinite_and_no_parameter_may():
    model = nn.Linear(2, 2)
    model.register_buffer("mask", glassnet.tensor([0.0, float("-inf")]))
    assert weights_problem(model) == ""
    model.mask.array[0] = np.nan
    assert weights_problem(model) == "its weights are not finite: mask [2] (1 of 2 numbers)"
    model.weight.array[...] = np.inf
    assert "weight [2, 2] (4 of 4 numbers), mask" in weights_problem(model)


def test_in_python_too(tmp_path):
    model = nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 2))
    trainer = Trainer(model, nn.CrossEntropyLoss(), glassnet.optim.SGD(model.parameters(), lr=0.1))
    model[0].weight.array[...] = 1e38
    model[2].weight.array[...] = 10
    with pytest.raises(NotFiniteError, match=r"^sample 1: the network gives inf"):
        numpy_file(model, tmp_path / "model.py", X)
    model[2].bias.array[1] = np.nan
    data = X, np.array([0, 1, 0])
    for use in (
        lambda: trainer.fit(data),
        lambda: trainer.predict(X),
        lambda: numpy_file(model, tmp_path / "model.py", X),
    ):
        with pytest.raises(
            NotFiniteError, match=r"the network cannot be used.* 2\.bias \[2\] \(1 of 2 numbers\); train"
        ):
            use()
    assert os.listdir(tmp_path) == []


def test_a_file_that_fails_its_own_test_is_not_left_and_the_old_one_stays(tmp_path, monkeypatch):
    path, model = tmp_path / "model.py", nn.Linear(4, 2)
    numpy_file(model, path, X, inside=0)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr("glassnet.export.file_text.Exported.fingerprint", "0" * 16)
    with pytest.raises(ExportError, match="fail its own test: self-test failed: the weights are not those"):
        numpy_file(nn.Linear(4, 2), path, X, inside=0)
    monkeypatch.undo()
    monkeypatch.setattr("glassnet.export.file_text.quoted", lambda text: repr(text.upper()))
    with pytest.raises(ExportError, match=r"the file would fail: ImportError: MODEL.PY NEEDS"):
        numpy_file(nn.Linear(4, 2), path, X, inside=0)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert run(path, "--self-test").returncode == 0


@pytest.mark.slow("five commands for each part")
@pytest.mark.parametrize("part", [nn.CrossEntropyLoss(), nn.ModuleList([nn.ReLU()])])
def test_nor_one_that_holds_what_is_no_layer(command, trained, tmp_path, part):
    shutil.copytree(trained, tmp_path / "run")
    model, extra = read_model(tmp_path / "run" / "model.safetensors")
    model.add_module("9", part)
    save_model(model, tmp_path / "run" / "model.safetensors", extra)
    for use in ("predict", "evaluate", "export", "walkthrough"):
        result = command(use, "run")
        assert result.exit_code == 2
        assert f"layer 9 is a {type(part).__name__}, which is no layer" in result.stderr
    assert tree(tmp_path) == ["run", *(f"run/{name}" for name in tree(trained))]
    assert command("show", "run").exit_code == 0
