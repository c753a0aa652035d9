"""A table with dates as a series: its order, its steps, its season, and what is refused."""

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.tables import TableError
from glassnet.tables.series import (
    Series,
    calendar_seasons,
    date_column,
    number_column,
    season_of,
    seasonal_naive,
    step_in_words,
)
from glassnet.tables.time_steps import date_after, step_of, written_date

DATE = {"name": "day", "format": "%Y-%m-%d"}
SOLD = {"name": "sold", "decimal": "."}


def day(number: int) -> str:
    return f"2024-01-{number:02d}"


def read(days: list[str], values: list[object], least: int = 3) -> Series:
    return Series.of({"day": days, "sold": values}, DATE, SOLD, least=least)


# steps ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "words", "next_one"),
    [
        (["2024-01-30", "2024-01-31", "2024-02-01"], "1 day", "2024-02-02"),
        (["2023-12-25", "2024-01-01", "2024-01-08"], "1 week", "2024-01-15"),
        (["2023-11-01", "2023-12-01", "2024-01-01"], "1 month", "2024-02-01"),
        (["2023-12-31", "2024-01-31", "2024-02-29"], "1 month end", "2024-03-31"),
        (["2023-07-15", "2023-10-15", "2024-01-15"], "3 months", "2024-04-15"),
        (["2021-01-01", "2022-01-01", "2023-01-01"], "1 year", "2024-01-01"),
        (["2024-05-02", "2024-05-03", "2024-05-06", "2024-05-07"], "1 weekday", "2024-05-08"),
        (["2024-05-06 23:00", "2024-05-06 23:30", "2024-05-07 00:00"], "30 minutes", "2024-05-07 00:30"),
    ],
)
def test_the_step_is_found_and_goes_on(dates, words, next_one):
    read = [datetime.fromisoformat(date) for date in dates]
    step = step_of(read)
    assert step_in_words(step) == words
    assert [date_after(read[0], step, i) for i in range(len(read))] == read
    assert written_date(date_after(read[-1], step)) == next_one


@given(
    st.datetimes(datetime(1000, 1, 1), datetime(3000, 1, 1)).map(lambda when: when.replace(day=1 + when.day % 28)),
    st.sampled_from(["months", "month ends", "weekdays", "seconds"]),
    st.integers(1, 40),
)
def test_so_many_steps_are_one_after_the_other(begin, unit, count):
    step = {"unit": unit, "count": count}
    if unit == "weekdays":
        begin = date_after(begin, {"unit": "seconds", "count": 86400}, -max(0, begin.weekday() - 4))
    if unit == "month ends":
        begin = date_after(begin, step, 0)
    at = begin
    for steps in range(1, 8):
        at, before = date_after(at, step), at
        assert at == date_after(begin, step, steps)
        assert at > before
        assert unit != "weekdays" or at.weekday() < 5


def test_there_is_no_date_after_the_last():
    with pytest.raises(ValueError, match="expected dates to the end of the year 9999, got 2 steps after 9999-12-30"):
        date_after(datetime(9999, 12, 30), {"unit": "seconds", "count": 86400}, 2)


# reading --------------------------------------------------------------------------------------------------


def test_rows_are_sorted_by_date_and_that_is_noted():
    series = read([day(3), day(1), day(2)], ["30", 10, "20.5"])
    assert series.values.tolist() == [10, 20.5, 30]
    assert [written_date(date) for date in series.dates] == [day(1), day(2), day(3)]
    assert series.notes == ("the rows were not in the order of day: sorted",)
    assert read([day(1), day(2), day(3)], [1, 2, 3]).notes == ()


@pytest.mark.parametrize(
    ("days", "values", "message"),
    [
        ([1, 2, 2, 3], [1] * 4, r"^rows 2 and 3: expected one row for each date in 'day', got 2024-01-02 twice"),
        (
            [1, 2, 3, 5, 6], [1] * 5,
            r"^row 4: expected 2024-01-04 in 'day' after 2024-01-03, one step \(1 day\), got 2024-01-05; add the rows",
        ),
        ([6, 5, 3, 2, 1], [1] * 5, r"^row 2: expected 2024-01-04 in 'day' after 2024-01-03"),  # as it is in the file
        ([1, 2, 3], [1, "", 3], r"^row 2: expected a finite number in 'sold', got an empty cell; correct it"),
        ([1, 2, 3], [1, "many", 3], r"^row 2: expected a finite number in 'sold', got 'many'"),
        ([1, 2, 3], [1, "inf", 3], r"^row 2: expected a finite number in 'sold', got 'inf'"),
        ([1, 2], [1, 2], r"^expected a series of 3 rows or more, got 2; add earlier ones"),
    ],
)  # fmt: skip
def test_what_is_no_series_is_one_message(days, values, message):
    with pytest.raises(TableError, match=message):
        read([day(number) for number in days], values)


def test_a_cell_that_is_no_date_is_named():
    with pytest.raises(TableError, match="row 2: expected a date in 'day', got 'soon'; correct it"):
        read([day(1), "soon", day(3)], [1, 2, 3])


def test_a_date_beyond_the_last_is_one_message():
    table = {"day": ["9999-12-29", "9999-12-30", "9999-12-31"], "sold": [1, 2, 3]}
    with pytest.raises(TableError, match="expected dates to the end of the year 9999"):
        Series.of(table, DATE, SOLD, step={"unit": "months", "count": 1}, least=3)


def test_the_column_of_dates_is_the_only_one_or_named():
    days = [day(number) for number in range(1, 13)]
    table = {"n": range(12), "from": days, "to": days[::-1], "sold": range(12)}
    with pytest.raises(TableError, match=r"expected one column of dates, got 2: 'from', 'to'; say which one: --date"):
        date_column(table, None)
    assert date_column(table, "to") == {"name": "to", "format": "%Y-%m-%d"}
    with pytest.raises(TableError, match="expected a column of dates, such as 2024-05-31, got none in 'n'"):
        date_column(table, "n")
    with pytest.raises(TableError, match=r"there is no column 'form' \(did you mean 'from'\?\)"):
        date_column(table, "form")
    with pytest.raises(TableError, match="expected a target of numbers to forecast, got '2024-01-01' in 'from'"):
        number_column(table, "from")
    months = {"month": [f"{1949 + i // 12}-{i % 12 + 1:02d}" for i in range(24)]}
    assert date_column(months, None) == {"name": "month", "format": "%Y-%m"}


def test_a_column_of_years_is_one_of_dates_where_it_is_named():
    table = {"year": range(1900, 1924), "sold": range(24)}
    with pytest.raises(TableError, match="got none in 'year', 'sold'; if 'year' holds years: --date year; otherwise"):
        date_column(table, None)
    years = date_column(table, "year")
    series = Series.of(table, years, SOLD)
    assert step_in_words(series.step) == "1 year"
    assert written_date(date_after(series.dates[-1], series.step)) == "1924-01-01"
    assert calendar_seasons(series.step) == []


def test_dates_across_a_change_of_the_clocks_are_to_be_written_with_one_offset():
    hours = ["2021-03-28T00:00+01:00", "2021-03-28T01:00+01:00", "2021-03-28T03:00+02:00", "2021-03-28T04:00+02:00"]
    with pytest.raises(TableError, match=r"row 3: .* got 2021-03-28 03:00; .* several offsets .*, \+01:00, \+02:00"):
        read(hours, [1, 2, 3, 4])
    assert len(read([hour.replace("+02", "+01") for hour in hours[:2]] + ["2021-03-28T02:00+01:00"], [1, 2, 3])) == 3
    days = ["2021-03-27T00:00+01:00", "2021-03-28T00:00+01:00", "2021-03-29T00:00+02:00"]
    assert step_in_words(read(days, [1, 2, 3]).step) == "1 day"  # days are days, whatever the clocks do


# the season -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("season", [4, 7, 12, 24])
def test_a_season_is_found_under_a_trend_and_noise(season):
    random, time = np.random.default_rng(season), np.arange(12 * season)
    values = 0.1 * time + np.sin(2 * np.pi * time / season) + 0.3 * random.normal(size=len(time))
    assert season_of(values)[0] == season


def test_no_season_is_found_where_there_is_none():
    random = np.random.default_rng(0)
    found = [season_of(np.cumsum(random.normal(size=200)))[0] for _ in range(50)]
    found += [season_of(random.normal(size=200))[0] for _ in range(50)]
    assert found.count(1) >= 96
    for values in (np.ones(30), np.arange(30.0), np.zeros(3)):
        assert season_of(values) == (1, 0.0)


def test_a_year_of_months_comes_before_its_neighbours():
    random, time = np.random.default_rng(3), np.arange(96)
    year = 12 + 0.6  # what noise may make of it
    values = np.sin(2 * np.pi * time / year) + 0.3 * random.normal(size=96)
    assert season_of(values)[0] != 12
    assert season_of(values, {"unit": "months", "count": 1})[0] == 12


def test_the_seasonal_naive_forecast_repeats_the_last_season():
    values = np.arange(10.0)
    assert seasonal_naive(values, np.array([4, 9]), 5, 3).tolist() == [[1, 2, 3, 1, 2], [6, 7, 8, 6, 7]]
    assert seasonal_naive(values, np.array([10]), 2, 1).tolist() == [[9, 9]]
