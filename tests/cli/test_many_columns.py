"""Tables of many columns, from training to the exported file: four times the columns cost about four times as much."""

import pytest

from tests.growth import calls, growth, peak

STEPS = {
    "train": lambda table, run, out: ("train", table, "--target", "y", "--epochs", 1, "--hidden", 4, "--quiet"),
    "show": lambda table, run, out: ("show", run),
    "evaluate": lambda table, run, out: ("evaluate", run, table),
    "predict": lambda table, run, out: ("predict", run, table, "--out", out / "p.csv", "--force"),
    "export": lambda table, run, out: ("export", run, "--output", out / "m.py", "--force"),
}


@pytest.mark.slow("tables of 1,600 columns")
@pytest.mark.parametrize("cost", [calls, peak])
@pytest.mark.parametrize("step", STEPS)
def test_many_columns(command, tmp_path, step, cost):
    def prepared(columns):
        table = tmp_path / f"c{columns}.csv"
        rows = [[f"{(7 * i + 3 * j) % 11}" for j in range(columns)] + ["ab"[i % 2]] for i in range(20)]
        table.write_text("\n".join(map(",".join, [[*(f"c{j}" for j in range(columns)), "y"], *rows])))
        result = command(*STEPS["train"](table, None, tmp_path))
        assert result.exit_code == 0, result.output
        arguments = STEPS[step](table, f"c{columns}-001", tmp_path)

        def run():
            done = command(*arguments)
            assert done.exit_code == 0, done.output

        return run

    assert growth(cost, prepared, 400) < 5
