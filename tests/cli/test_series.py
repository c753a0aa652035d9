"""A series, trained and used by the command: forecasts beside the seasonal naive ones, and after the last row."""

import re
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from glassnet.cli.app import app
from glassnet.cli.display import to_try
from tests.cli.runs import config
from tests.export.files import run as run_file
from tests.export.files import run_here
from tests.sources import series

pytest.importorskip("pandas")

TRAIN = ("train", "sold.csv", "--target", "sold", "--horizon", 12, "--network", "mlp")


class Trained(NamedTuple):
    """A run on sold.csv, and what was printed."""

    run: Path
    said: str

    @property
    def file(self) -> Path:
        """The table."""
        return self.run.parents[1] / "sold.csv"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    words = [*TRAIN, "--epochs", 60, "--out", folder / "runs"]
    words[1] = series.write(folder / "sold.csv")
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, [*map(str, words)], prog_name="glassnet")
    assert result.exit_code == 0, result.output
    return Trained(folder / "runs" / "sold-001", result.stdout)


def test_a_forecast_is_beside_the_seasonal_naive_one_everywhere(command, trained):
    said = " ".join(trained.said.split())
    assert "season: 12 steps, after which" in said
    naive = r"The seasonal naive forecast \(season 12\) is off by ([\d.]+) on average \(RMSE [\d.]+\)\."
    errors = [float(re.search(pattern, said)[1]) for pattern in (r"never seen it is off by ([\d.]+)", naive)]
    assert errors[0] < 0.7 * errors[1]
    again = f"glassnet train {trained.file} --target sold --network mlp --horizon 12 --hidden 128 --activation tanh"
    assert again in said  # not as a table of rows
    assert config(trained.run)["baseline"] == re.search(naive, said)[0]
    for words in (("evaluate", trained.run), ("evaluate", trained.run, trained.file)):
        judged = " ".join(command(*words).stdout.split())
        assert re.search(naive, judged), judged
        assert re.search(r"\d{4}-\d\d-01, \d+ steps? ahead", judged)
    assert re.search(naive, " ".join(command("show", trained.run).stdout.split()))
    page = (trained.run / "report.html").read_text()
    assert re.search(r"steps of 1 month; step \d+ is \d{4}-\d\d-01", page)
    assert re.search(naive, page)
    assert 'id="forecast"' in page
    assert 'class="line beside"' in page
    assert re.search("<dt>without a network</dt><dd><strong>[0-9.]+</strong>", page)


def test_a_forecast_that_is_no_better_than_the_naive_one_is_called_so(command, tmp_path, trained):
    series.write(tmp_path / "sold.csv")
    said = " ".join(command(*TRAIN, "--epochs", 1, "--lr", 1e-9).stdout.split())
    worse = "The network is no better than the seasonal naive forecast (season 12): try more --epochs"
    assert worse in said
    assert worse not in " ".join(trained.said.split())


@pytest.mark.parametrize(
    ("network", "augmented", "options"),
    [
        ("mlp", False, "--hidden 128 --activation tanh"),
        ("gru", False, "--hidden 128"),  # without a hidden layer behind it, there is no activation
        ("cnn", False, "--augment"),
        ("cnn", True, "--augment --hidden 256"),  # it has 128 already
    ],
)
def test_what_to_try_next_changes_the_network(network, augmented, options):
    assert " ".join(to_try(network, augmented=augmented)) == options


def test_predict_tells_what_comes_after_the_last_row(command, tmp_path, trained):
    shown = command("predict", trained.run).stdout
    assert re.findall(r"^  (20\d\d-\d\d-\d\d) +[\d.]+$", shown, re.MULTILINE) == [
        f"2012-{month:02d}-01" for month in range(1, 13)
    ]
    assert command("predict", trained.run, "--out", "p.csv").exit_code == 0
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert lines[0] == "month,prediction"
    rows = trained.file.read_text().splitlines()
    (tmp_path / "earlier.csv").write_text("\n".join(rows[:100]))
    earlier = command("predict", trained.run, "earlier.csv").stdout
    assert re.search(r"2008-04-01 +\d", earlier)
    result = command("predict", trained.run, "--probabilities")
    assert result.exit_code == 2
    assert "there are no classes" in result.stderr


def test_an_exported_file_forecasts_the_same(command, tmp_path, trained):
    assert command("export", trained.run, "-o", "sales.py").exit_code == 0
    assert command("predict", trained.run, "--out", "p.csv").exit_code == 0

    run = partial(run_file, tmp_path / "sales.py")
    assert run("--self-test").returncode == 0
    done = run(trained.file)
    assert done.returncode == 0, done.stderr
    ours = [line.split(",") for line in (tmp_path / "p.csv").read_text().splitlines()[1:]]
    theirs = [line.split(",") for line in done.stdout.splitlines()]
    assert theirs[0] == ["month", "sold"]
    assert [date for date, _ in theirs[1:]] == [date for date, _ in ours]
    assert [float(x) for _, x in theirs[1:]] == pytest.approx([float(x) for _, x in ours], rel=1e-5)
    rows = trained.file.read_text().splitlines()
    for wrong, message in (
        ([*rows[:50], *rows[51:]], "expected 2004-02-01 after 2004-01-01, got 2004-03-01; add the rows"),
        (rows[:10], "expected 24 rows or more, got 9"),
        ([*rows[:-1], "2011-12,none,1"], "expected a date and a finite number, got ('2011-12', 'none')"),
        (["when,sold", "2011-12,1"], "expected a table with the column 'month'"),
    ):
        (tmp_path / "wrong.csv").write_text("\n".join(wrong))
        refused = run_here(tmp_path / "sales.py", "wrong.csv")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert message in refused.stderr


def test_the_command_in_the_report_repeats_the_run(command, tmp_path, trained):
    page = (trained.run / "report.html").read_text()
    words = re.sub("<[^>]*>", "", re.search(r"<code>(.*)</code>", page)[1]).split()[1:]
    assert words[:12] == [
        *("train", str(trained.file), "--target", "sold", "--network", "mlp"),
        *("--horizon", "12", "--window", "24", "--season", "12"),
    ]
    assert command(*words).exit_code == 0
    again = tmp_path / "runs" / "sold-001" / "model.safetensors"
    assert again.read_bytes() == (trained.run / "model.safetensors").read_bytes()


def test_bad_input_is_one_message_and_leaves_nothing(command, tmp_path):
    series.write(tmp_path / "sold.csv")
    before = {path.name for path in tmp_path.iterdir()}
    for words, message in (
        (("--horizon", 200), "--horizon: expected at most 28 steps for 144 rows"),
        (("--date", "row"), "expected a column of dates"),
        (("--network", "cnm"), "--network: expected"),
    ):
        result = command("train", "sold.csv", "--target", "sold", *words)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert message in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == before
