"""The scripts of examples/scratch: they run, print what is so, and leave a picture."""

from __future__ import annotations

import re
import runpy
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.seeds.places import ROOT, data

SCRIPTS = ROOT / "examples" / "scratch"
NAMES = ["gates", "step_and_sigmoid", "three_layer_forward", "light_dark_font", "mnist_two_layer"]

matplotlib = pytest.importorskip("matplotlib", reason="drawing needs matplotlib: pip install 'glassnet[plot]'")

Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """Run a script as a person would, by name and with options; gives what it printed."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.delitem(sys.modules, "helpers", raising=False)

    def script(name: str, *options: str) -> str:
        picture = tmp_path / "made" / f"{name}.png"
        monkeypatch.setattr(sys, "argv", [f"{name}.py", "--quick", "--out", str(picture), *options])
        runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")
        assert picture.read_bytes().startswith(b"\x89PNG")
        width, height = struct.unpack(">II", picture.read_bytes()[16:24])
        assert width > height > 500
        return capsys.readouterr().out

    with matplotlib.rc_context():
        yield script
    sys.modules.pop("helpers", None)


def percent(pattern: str, text: str) -> float:
    found = re.search(pattern + r"\D*([\d.]+)%", text)
    assert found, text
    return float(found[1])


def test_these_are_all_and_short_enough_to_read() -> None:
    assert {path.stem for path in SCRIPTS.glob("*.py")} == {*NAMES, "helpers"}
    for name in NAMES:
        assert 30 <= len((SCRIPTS / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 85, name


def test_gates(run: Run) -> None:
    said = run("gates")
    rows = [line.split() for line in said.splitlines()[1:5]]
    assert ["".join(row) for row in rows] == ["000100", "010111", "100111", "111010"]
    assert "at best 3 of 4 right" in said


def test_step_and_sigmoid(run: Run) -> None:
    said = run("step_and_sigmoid")
    assert "[0 1 1]" in said
    assert "[0.26894142 0.73105858 0.88079708]" in said
    assert "ambiguous" in said


def test_three_layer_forward(run: Run) -> None:
    said = run("three_layer_forward")
    assert re.findall(r"\(1, \d\)", said) == ["(1, 2)", "(1, 3)", "(1, 3)", "(1, 2)", "(1, 2)", "(1, 2)", "(1, 2)"]
    assert float(said.splitlines()[-2].split()[-1]) == pytest.approx(1)


@pytest.mark.slow("a promise of accuracy; the script is run by the test below too")
def test_light_dark_font_on_the_seeds_colours(run: Run) -> None:
    said = run("light_dark_font", "--data", str(data("light_dark_font_training_set.csv")))
    assert percent("after training:", said) >= 97
    assert percent("never trained on:", said) >= 95
    assert percent("before training:", said) < 70


def test_light_dark_font_on_a_file_of_ones_own(run: Run, tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (600, 3))
    dark = colours @ [0.299, 0.587, 0.114] > 127
    path = tmp_path / "colours.csv"
    np.savetxt(path, np.column_stack([colours, dark]), "%d", delimiter=",", header="R,G,B,DARK", comments="")
    assert percent("after training:", run("light_dark_font", "--data", str(path))) >= 95


@pytest.mark.slow("a promise of accuracy; the script is run by the test below too")
def test_mnist_two_layer(run: Run) -> None:
    said = run("mnist_two_layer", "--data", str(data("mnist")))
    accuracies = [float(a) for a in re.findall(r"([\d.]+)%", said)]
    assert len(accuracies) == 6
    assert accuracies[-1] > 75 > 40 > accuracies[0]
    assert int(re.search(r"(\d+) of 10000 wrong", said)[1]) == round(10_000 * (1 - accuracies[-1] / 100))


def test_mnist_two_layer_on_other_digits(run: Run, digits_as_mnist: Path) -> None:
    said = run("mnist_two_layer", "--data", str(digits_as_mnist))
    assert "of 297 wrong" in said
    assert percent("step    600.*pictures", said) > 75


@pytest.mark.parametrize("name", ["light_dark_font", "mnist_two_layer"])
def test_data_that_is_not_there(run: Run, name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        run(name, "--data", str(tmp_path / "nowhere"))
    assert ended.value.code == 2
    assert re.search(r"there is no .*nowhere; say where it is with --data", capsys.readouterr().err)
    assert not (tmp_path / "made").exists()
