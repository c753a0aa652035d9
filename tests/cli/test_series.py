"""A series, trained and used by the command: forecasts beside the seasonal naive ones, and after the last row."""

import re
import subprocess
import sys

import pytest

from tests.cli.runs import config
from tests.sources import series

pytest.importorskip("pandas")

TRAIN = ("train", "sold.csv", "--target", "sold", "--horizon", 12, "--network", "mlp")


@pytest.fixture
def trained(command, tmp_path):
    series.write(tmp_path / "sold.csv")
    result = command(*TRAIN, "--epochs", 60)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_forecast_is_beside_the_seasonal_naive_one_everywhere(command, tmp_path, trained):
    assert "season: 12 steps, after which" in trained
    naive = r"The seasonal naive forecast \(season 12\) is off by ([\d.]+) on average \(RMSE [\d.]+\)\."
    errors = [float(re.search(pattern, trained)[1]) for pattern in (r"never seen it is off by ([\d.]+)", naive)]
    assert errors[0] < 0.7 * errors[1]
    again = "glassnet train sold.csv --target sold --network mlp --horizon 12 --hidden 128 --activation tanh"
    assert again in trained  # not as a table of rows
    assert config(tmp_path / "runs" / "sold-001")["baseline"] == re.search(naive, trained)[0]
    for words in (("evaluate", "latest"), ("evaluate", "latest", "sold.csv")):
        judged = " ".join(command(*words).stdout.split())
        assert re.search(naive, judged), judged
        assert re.search(r"\d{4}-\d\d-01, \d+ steps? ahead", judged)
    assert re.search(naive, " ".join(command("show", "latest").stdout.split()))
    page = (tmp_path / "runs" / "sold-001" / "report.html").read_text()
    assert re.search(naive, page)
    assert 'id="forecast"' in page
    assert 'class="line beside"' in page
    assert re.search("<dt>without a network</dt><dd><strong>[0-9.]+</strong>", page)


def test_predict_tells_what_comes_after_the_last_row(command, tmp_path, trained):
    shown = command("predict", "latest").stdout
    assert re.findall(r"^  (20\d\d-\d\d-\d\d) +[\d.]+$", shown, re.MULTILINE) == [
        f"2012-{month:02d}-01" for month in range(1, 13)
    ]
    assert command("predict", "latest", "--out", "p.csv").exit_code == 0
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert lines[0] == "month,prediction"
    rows = (tmp_path / "sold.csv").read_text().splitlines()
    (tmp_path / "earlier.csv").write_text("\n".join(rows[:100]))
    earlier = command("predict", "latest", "earlier.csv").stdout
    assert re.search(r"2008-04-01 +\d", earlier)
    result = command("predict", "latest", "--probabilities")
    assert result.exit_code == 2
    assert "there are no classes" in result.stderr


def test_an_exported_file_forecasts_the_same(command, tmp_path, trained):
    assert command("export", "latest", "-o", "sales.py").exit_code == 0
    assert command("predict", "latest", "--out", "p.csv").exit_code == 0

    def run(*words):
        words = [sys.executable, "-I", "sales.py", *words]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run("--self-test").returncode == 0
    done = run("sold.csv")
    assert done.returncode == 0, done.stderr
    ours = [line.split(",") for line in (tmp_path / "p.csv").read_text().splitlines()[1:]]
    theirs = [line.split(",") for line in done.stdout.splitlines()]
    assert theirs[0] == ["month", "sold"]
    assert [date for date, _ in theirs[1:]] == [date for date, _ in ours]
    assert [float(x) for _, x in theirs[1:]] == pytest.approx([float(x) for _, x in ours], rel=1e-5)
    rows = (tmp_path / "sold.csv").read_text().splitlines()
    for wrong, message in (
        ([*rows[:50], *rows[51:]], "expected 2004-02-01 after 2004-01-01, got 2004-03-01; add the rows"),
        (rows[:10], "expected 24 rows or more, got 9"),
        ([*rows[:-1], "2011-12,none,1"], "expected a date and a finite number, got ('2011-12', 'none')"),
        (["when,sold", "2011-12,1"], "expected a table with the column 'month'"),
    ):
        (tmp_path / "wrong.csv").write_text("\n".join(wrong))
        refused = run("wrong.csv")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert message in refused.stderr


def test_the_command_in_the_report_repeats_the_run(command, tmp_path, trained):
    page = (tmp_path / "runs" / "sold-001" / "report.html").read_text()
    words = re.sub("<[^>]*>", "", re.search(r"<code>(.*)</code>", page)[1]).split()[1:]
    assert words[:12] == [
        *("train", "sold.csv", "--target", "sold", "--network", "mlp"),
        *("--horizon", "12", "--window", "24", "--season", "12"),
    ]
    assert command(*words).exit_code == 0
    first, second = (tmp_path / "runs" / f"sold-00{n}" / "model.safetensors" for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()


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
