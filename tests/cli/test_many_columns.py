"""Tables of many columns, from training to the exported file: four times the columns cost about four times as much."""

import pytest
from typer.testing import CliRunner

from glassnet.cli.app import app
from tests.growth import calls, growth, peak

COLUMNS = 400
STEPS = {
    "train": lambda table, run, out: ("train", table, "--target", "y", "--epochs", 1, "--hidden", 4, "--quiet"),
    "show": lambda table, run, out: ("show", run),
    "evaluate": lambda table, run, out: ("evaluate", run, table),
    "predict": lambda table, run, out: ("predict", run, table, "--out", out / "p.csv", "--force"),
    "export": lambda table, run, out: ("export", run, "--output", out / "m.py", "--force"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a table of so many columns and one of four times as many, and a run on each."""
    folder = tmp_path_factory.mktemp("columns")
    for columns in (COLUMNS, 4 * COLUMNS):
        table = folder / f"c{columns}.csv"
        rows = [[f"{(7 * i + 3 * j) % 11}" for j in range(columns)] + ["ab"[i % 2]] for i in range(20)]
        table.write_text("\n".join(map(",".join, [[*(f"c{j}" for j in range(columns)), "y"], *rows])))
        words = (*STEPS["train"](table, None, None), "--out", folder / "runs")
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == 0, result.output
    return folder


@pytest.mark.slow("tables of 1,600 columns")
@pytest.mark.parametrize("cost", [calls, peak])
@pytest.mark.parametrize("step", STEPS)
def test_many_columns(command, trained, tmp_path, step, cost):
    def prepared(columns):
        arguments = STEPS[step](trained / f"c{columns}.csv", trained / "runs" / f"c{columns}-001", tmp_path)

        def run():
            done = command(*arguments)
            assert done.exit_code == 0, done.output

        return run

    assert growth(cost, prepared, COLUMNS) < 5
