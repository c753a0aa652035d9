"""Runs of more classes than a matrix has room for: what evaluate and predict show, and what that costs."""

import re

import pytest
from typer.testing import CliRunner

from glassnet.cli.app import app
from tests.growth import growth, peak


def train(command, folder, classes, rows):
    """Train on a table of so many classes, in so many rows."""
    lines = [f"{i % classes},{i % 7},k{i % classes}" for i in range(rows)]
    (folder / f"k{classes}.csv").write_text("\n".join(["a,b,y", *lines]))
    options = ("--target", "y", "--epochs", 1, "--hidden", 8, "--batch-size", 256, "--quiet", "--out", folder / "runs")
    result = command("train", folder / f"k{classes}.csv", *options)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_the_worst_are_shown(command, tmp_path, verb):
    train(command, tmp_path, 31, 310)
    text = command(verb, "latest").stdout
    assert "31 classes are too many for a matrix." in text
    assert len(re.findall(r"^  k\d+ +2 +\d +[\d.]+ %$", text, re.MULTILINE)) == 10
    assert re.search(r"most frequent mistakes +read as +samples", text)
    assert len(text.splitlines()) < 60


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Those of 1,000 and of 4,000 classes."""
    folder = tmp_path_factory.mktemp("classes")
    for classes in (1000, 4000):
        train(lambda *words: CliRunner().invoke(app, [str(word) for word in words]), folder, classes, 5 * classes)
    return folder / "runs"


@pytest.mark.slow("networks of 1,000 and 4,000 outputs")
@pytest.mark.parametrize("verb", ["evaluate", "predict", "show", "export"])
def test_four_times_the_classes_cost_four_times_as_much(command, tmp_path, runs, verb):
    def judge(classes):
        options = ("--output", tmp_path / f"m{classes}.py", "--force") if verb == "export" else ()

        def judged():
            result = command(verb, runs / f"k{classes}-001", *options)
            assert result.exit_code == 0, result.output

        return judged

    assert growth(peak, judge, 1000) < 5
