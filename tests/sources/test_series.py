"""Series as sources: split in time, scaled by what is learned from, beside the seasonal naive forecast."""

import numpy as np
import pytest

from glassnet.encoders import SourceError, encoder_from_json, read_samples
from glassnet.sources import open_source
from glassnet.tables import TableError
from tests.sources import series

pytest.importorskip("pandas")


@pytest.fixture
def file(tmp_path):
    return series.write(tmp_path / "sold.csv")


def test_nothing_that_is_held_out_is_learned_from(file):
    data = open_source(str(file), target="sold", horizon=3, window=5)
    values, learned = series.values(), 144 - 29
    encoder = data.encoder
    assert (encoder.window, encoder.horizon, encoder.season) == (5, 3, 12)
    assert encoder.target["mean"] == pytest.approx(values[:learned].mean())
    assert encoder.target["scale"] == pytest.approx(values[:learned].std())
    windows = encoder.inverse(data.train.inputs.numpy())
    coming = encoder.decode(data.train.targets.numpy()).reshape(-1, 3)
    for i in range(len(windows)):  # in time, the last of them up to the last row to learn from
        np.testing.assert_allclose([*windows[i], *coming[i]], values[i : i + 8], rtol=1e-5)
    assert len(windows) == learned - 8 + 1
    windows = encoder.inverse(data.held_out.inputs.numpy())
    coming = encoder.decode(data.held_out.targets.numpy()).reshape(-1, 3)
    for i in range(len(windows)):  # the first forecasts the first row held out
        np.testing.assert_allclose(windows[i], values[learned - 5 + i : learned + i], rtol=1e-5)
        np.testing.assert_allclose(coming[i], values[learned + i : learned + i + 3], rtol=1e-5)
    assert len(windows) == 29 - 3 + 1
    assert data.split == "the last 29 rows, from 2009-08-01"


def test_the_baseline_repeats_the_season_before_each_forecast(file):
    data = open_source(str(file), target="sold", horizon=15)
    beside = data.baseline.values.reshape(-1, 15)
    values, learned = series.values(), 144 - 29
    np.testing.assert_array_equal(beside[2], [*values[learned - 10 : learned + 2], *values[learned - 10 : learned - 7]])
    assert data.baseline.name == "the seasonal naive forecast (season 12)"
    assert len(data.names) == len(data.rows) == len([*data.rows]) == beside.size
    assert data.rows.numbers[16] == learned + 3
    assert data.names[16] == "2009-10-01, 2 steps ahead"
    assert dict(data.rows[16]) == {"date": "2009-10-01", "steps ahead": 2, "sold": values[learned + 2]}


def test_the_season_is_found_or_given_and_said(file):
    found = open_source(str(file), target="sold", horizon=2)
    assert found.notes[0].startswith("season: 12 steps, after which the rows to learn from are like themselves (corr")
    given = open_source(str(file), target="sold", season=6)
    assert (given.encoder.season, given.encoder.horizon, given.encoder.window) == (6, 6, 18)
    assert given.notes[0] == "season: 6 steps, as --season says"
    assert given.notes[1] == "not used: row"


def test_what_comes_next_is_told_of_a_table(file):
    data = open_source(str(file), target="sold", horizon=2)
    encoder = encoder_from_json(data.encoder.to_json())
    assert encoder == data.encoder
    ahead = read_samples(encoder, file)
    assert ahead.names == data.upcoming.names == ["2012-01-01", "2012-02-01"]
    np.testing.assert_array_equal(ahead.inputs.numpy(), data.upcoming.inputs.numpy())
    np.testing.assert_array_equal(ahead.baseline.values, series.values()[-12:-10])
    judged = read_samples(encoder, file, targets=True)
    assert len(judged.inputs) == 144 - encoder.past - 2 + 1
    np.testing.assert_array_equal(judged.targets[-27:].numpy(), data.held_out.targets[-27:].numpy())


def test_a_table_of_other_steps_is_refused(file, tmp_path):
    encoder = open_source(str(file), target="sold", horizon=2).encoder
    text = file.read_text().replace("-01,", "-01-01,").replace("2000-02,", "2000-02-01,")
    (tmp_path / "short.csv").write_text("\n".join(text.splitlines()[:10]))
    with pytest.raises(TableError, match="expected a series of 14 rows or more, got 9; add earlier ones"):
        read_samples(encoder, tmp_path / "short.csv")
    days = [f"2024-{i // 28 + 1:02d}-{i % 28 + 1:02d},{i}" for i in range(40)]
    (tmp_path / "days.csv").write_text("\n".join(["month,sold", *days]))
    with pytest.raises(TableError, match="row 2: expected 2024-02-01 in 'month' after 2024-01-01, one step"):
        read_samples(encoder, tmp_path / "days.csv")


@pytest.mark.parametrize(
    ("rows", "target", "message"),
    [
        (["2012-01,3", "2012-02,4"], "sold", "expected a series of 10 rows or more, got 2; add earlier ones"),
        (["2012-01,3", "2012-02,4"], "month", "expected a target of numbers to forecast, got '2012-01' in 'month'"),
        (
            ["2012,3", "2013,4"],
            "sold",
            "if .month. holds years: --date month; otherwise add one, or leave --netw",
        ),
        ([f"2012-{i:02d},{['low', 'high'][i % 2]}" for i in range(1, 13)], "sold", "a target of numbers .* got 'high'"),
    ],
)
def test_a_gru_takes_a_table_without_texts_for_a_series(tmp_path, rows, target, message):
    """However few numbers there are: it would take texts, too, and there is none."""
    (tmp_path / "short.csv").write_text("\n".join(["month,sold", *rows]))
    with pytest.raises(TableError, match=message):
        open_source(str(tmp_path / "short.csv"), target=target, network="gru")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            {"horizon": 29},
            "--horizon: expected at most 28 steps for 144 rows, of which the last 29 are held out, got 29",
        ),
        (
            {"window": 109, "horizon": 3},
            "--window: expected at most 108 steps for 144 rows, .*: 115 to learn from − 3 to forecast − 4 for 5 samp",
        ),
        ({"season": 58}, "--season: expected at most 57 steps, half of the 115 rows to learn from, got 58"),
        ({"date": "row"}, "expected a column of dates, such as 2024-05-31, got none in 'row'; name another"),
        ({"target": "month"}, "expected a target of numbers to forecast, got '2000-01' in 'month'"),
        ({"task": "classification"}, "--task: .* is a series, which has no classes; leave it out"),
        ({"target": None}, "--target: name the column of .* to learn, one of month, sold, row"),
    ],
)
def test_steps_that_the_rows_have_no_room_for_are_one_message(file, steps, message):
    with pytest.raises((SourceError, TableError), match=message):
        open_source(str(file), **{"target": "sold", "horizon": 3} | steps)


def test_only_a_table_is_a_series(tmp_path):
    with pytest.raises(SourceError, match="--horizon and --season: digits is no table; leave them out"):
        open_source("digits", horizon=3, season=2)


def test_a_series_that_never_changes_has_nothing_to_learn(tmp_path):
    rows = [f"{month},{5 if i < 130 else i}" for i, month in enumerate(series.months())]
    (tmp_path / "flat.csv").write_text("\n".join(["month,sold", *rows]))
    with pytest.raises(
        TableError, match="the target 'sold' is 5 in every row to learn from: there is nothing to learn"
    ):
        open_source(str(tmp_path / "flat.csv"), target="sold", horizon=2)
