"""What is made of three real tables. What the command learns of them with its defaults: tests/cli/test_defaults."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from glassnet.cli.app import app
from glassnet.tables import prepare, read_table, write_table

SHARED = Path(__file__).parents[3] / "shared" / "data"


def table(name):
    path = SHARED / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"needs {path.name}, which is not here")
    return path


def glassnet(*words):
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code == 0, done.output


def trained(path, target, runs):
    """The folder of a run on the table at ``path``."""
    glassnet("train", path, "--target", target, "--out", runs, "--quiet")
    (run,) = runs.iterdir()
    return run


@pytest.mark.slow("a promise of accuracy")
def test_on_a_third_of_the_colours(tmp_path):
    frame = read_table(table("light_dark_font_training_set"))
    third = frame.index % 3 == 2
    write_table(frame[~third], tmp_path / "two.csv")
    write_table(frame[third], tmp_path / "third.csv")
    run = trained(tmp_path / "two.csv", "LIGHT_OR_DARK_FONT_IND", tmp_path / "runs")
    glassnet("predict", run, tmp_path / "third.csv", "--out", tmp_path / "answers.csv")
    answers = read_table(tmp_path / "answers.csv")
    assert len(answers) == third.sum()
    assert (answers["prediction"] == answers["LIGHT_OR_DARK_FONT_IND"]).mean() >= 0.97


@pytest.mark.parametrize(("name", "target"), [("iris", "species"), ("winequality-red", "quality")])
def test_the_same_rows_are_held_out_whatever_the_order_of_the_columns(name, target):
    frame = read_table(table(name))
    one, other = (prepare(each, target) for each in (frame, frame[frame.columns[::-1]]))
    assert one.encoding.columns == other.encoding.columns[::-1]
    for part, again in ((one.train, other.train), (one.held_out, other.held_out)):
        np.testing.assert_array_equal(part.rows, again.rows)
        np.testing.assert_array_equal(part.targets, again.targets)
        np.testing.assert_array_equal(part.inputs, again.inputs[:, ::-1])
