"""Cells as numbers: known values, and what is said of cells that are something else."""

import math

import numpy as np
import pandas as pd
import pytest

from glassnet.tables import Encoding, TableError
from glassnet.tables.columns import (
    NO_NUMBER,
    YES_OR_NO,
    columns_of,
    date_of,
    date_parts,
    encode_table,
    few,
    number_of,
    text_of,
)
from glassnet.tables.recipe import DATES, YEARS, YES_AND_NO, feature_names, recipe_of

NUMBER = {"name": "x", "kind": "number", "decimal": ".", "mean": [3.0], "scale": [2.0], "missing": False}
MONTH_FIRST = "when: the month is taken to come before the day: '05/06/2024' is 2024-05-06"
COLOUR = {"name": "colour", "kind": "category", "values": ["blue", "red"], "missing": True}


def recipe(cells, name="x"):
    return recipe_of(name, cells, range(1, len(cells) + 1))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        *[
            (None, ""),
            (math.nan, ""),
            (" N/A ", ""),
            ("null", ""),
            ("None", "None"),
            (2.0, "2"),
            (2.5, "2.5"),
            (7, "7"),
        ],
        *[(True, "True"), (" a b ", "a b"), ("2.0", "2.0"), (1e300, "1e+300"), (-0.0, "0"), ("가", "가")],
    ],
)
def test_text_of_a_cell(cell, text):
    assert text_of(cell) == text


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        *[
            ("1.5", ".", 1.5),
            ("-2e3", ".", -2000),
            ("1,234.5", ".", 1234.5),
            ("1,234,567", ".", 1234567),
            ("+3", ".", 3),
        ],
        *[("1,5", ",", 1.5), ("1.234,5", ",", 1234.5), ("-7", ",", -7), (",5", ",", 0.5), ("inf", ".", math.inf)],
    ],
)
def test_numbers(text, decimal, value):
    assert number_of(text, decimal) == value


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("1_000", "."), ("1,5", "."), ("12,34", "."), ("", ","), ("1.5", ","), ("a", "."), ("0x1", ".")],
)
def test_no_numbers(text, decimal):
    assert math.isnan(number_of(text, decimal))


def test_every_form_of_dates_is_read_back():
    when = date_of("2024-03-27 14:35:00", DATES[0])
    assert when is not None
    for form in DATES:
        read = date_of(when.strftime(form), form)
        assert read is not None, form
        assert (read.year, read.month, read.day) == (2024, 1 if form == YEARS else 3, 27 if "%d" in form else 1)
    assert date_of("2024-03-27T14:35:00Z", "%d.%m.%Y") == when
    assert [date_of(text, "%Y/%m/%d") for text in ("20240327", "2024-13-01", "a", "2024/02/30")] == [None] * 4


def test_parts_of_a_date():
    parts = ["year", "month", "day", "weekday", "hour", "days"]
    assert date_parts("2024-03-27 14:30", "%Y-%m-%d", parts) == [2024, 3, 27, 2, 14.5, 738972 + 14.5 / 24]
    assert all(map(math.isnan, date_parts("soon", "%Y-%m-%d", parts)))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "3", 5], {"kind": "number", "decimal": ".", "mean": [3], "missing": False}),
        (["0", "1", "1", "0"], {"kind": "number", "mean": [0.5], "scale": [0.5]}),
        (["1", None, "3"], {"kind": "number", "mean": [2], "missing": True}),
        (["1", "?", "3"], {"kind": "number", "mean": [2], "missing": True}),
        ([*map(str, range(40)), "about 7"], {"kind": "number", "missing": True}),
        (["1,5", "2,5", "1.000,5"], {"kind": "number", "decimal": ","}),
        (["1,234", "5,678.9"], {"kind": "number", "decimal": ".", "mean": [3456.45]}),
        (["Yes", "no", "yes"], {"kind": "boolean", "mean": [2 / 3]}),
        ([True, False, None], {"kind": "boolean", "mean": [0.5], "missing": True}),
        (["2024-01-05", "2024-01-06"], {"kind": "date", "format": "%Y-%m-%d", "parts": ["days", "day", "weekday"]}),
        (["13/01/2024", "05/02/2023"], {"kind": "date", "format": "%d/%m/%Y"}),
        (["2024년 1월 5일", "2023년 12월 5일"], {"kind": "date", "parts": ["days", "year", "month", "weekday"]}),
        (["b", "a", "b", ""], {"kind": "category", "values": ["a", "b"], "missing": True}),
        (["1", "2", "two", "1"], {"kind": "category", "values": ["1", "2", "two"], "missing": False}),
    ],
)
def test_kinds(cells, expected):
    result = recipe(cells).recipe
    assert result is not None
    assert {key: pytest.approx(result[key]) if key == "mean" else result[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("cells", "format", "notes"),
    [
        (["05/06/2024", "07/08/2024"], "%m/%d/%Y", (MONTH_FIRST,)),
        (["05/06/2024"] * 20 + ["06/06/2024"] * 20 + ["13/06/2024"], "%d/%m/%Y", ()),
        (["05-31-2024 10:00", "06-01-2024 11:00"], "%m-%d-%Y %H:%M", ()),
        (["2024-01-05T10:00:00", "2024-05-01"], "%Y-%m-%d", ()),
        (["5.6.2024", "7.8.2024"], "%d.%m.%Y", ()),
    ],
)
def test_the_form_of_dates_is_the_one_of_most_cells(cells, format, notes):
    result = recipe(cells, "when")
    assert (result.recipe["format"], result.notes) == (format, notes)


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (["1,5", "2,5"], "x: a comma is taken to stand before the decimals: '1,5' is 1.5"),
        (["1.234,5", "2,5"], "x: a comma is taken to stand before the decimals: '1.234,5' is 1234.5"),
        (["999", "1,234"], "x: a comma is taken to stand between the thousands: '1,234' is 1234"),
        (["1.5", "2.5"], None),
    ],
)
def test_what_a_comma_is_taken_for_is_said(cells, note):
    assert recipe(cells).notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("name", "cells", "why"),
    [
        ("x", ["", None, "NA"], "empty"),
        ("x", ["7", "7"], "the same in every row ('7')"),
        ("x", ["7", "7.0"], "the same in every row"),
        ("x", ["0.1", "0.10", "0.100"], "the same in every row"),
        ("x", ["a", "b", "c", ""], "text, another in every row"),
        ("x", [f"a{i}" for i in range(150)] * 1 + ["a1"], "text, 150 different ones in 151 rows"),
        ("x", ["a good film", "a bad film", "so it goes", "a bad film"], "text, 3 different ones in 4 rows"),
        ("Id", ["1", "2", "3"], "a number of its own for each row"),
        ("Unnamed: 0", ["0", "1"], "a number of its own for each row"),
    ],
)
def test_ignored(name, cells, why):
    assert recipe(cells, name) == (None, why, ())


def test_a_counter_by_name_that_repeats_is_used():
    assert recipe(["1", "2", "2"], "id").recipe is not None


def test_many_categories():
    result = recipe([f"c{i % 120}" for i in range(700)])
    assert len(result.recipe["values"]) == 100
    assert result.notes == ("x: of 120 categories the 100 most frequent are told apart, the rest is one",)


@pytest.mark.parametrize(("cells", "message"), [(["1", "inf"], "row 2: expected finite numbers in 'x', got 'inf'")])
def test_infinite_values_are_refused(cells, message):
    with pytest.raises(ValueError, match=message):
        recipe(cells)
    with pytest.raises(ValueError, match="'x' that can be added up"):
        recipe(["1e308", "-1e308", "1e308"])


def test_numbers_are_standardised():
    x, notes = encode_table({"x": ["1", "5", 3]}, [NUMBER])
    assert x.dtype == np.float32
    assert x.tolist() == [[-1], [1], [0]]
    assert notes == []


def test_missing_and_wrong_numbers_are_filled_and_said():
    x, notes = encode_table({"x": ["1", "", "many", "-"]}, [{**NUMBER, "missing": True}], [5, 6, 7, 8])
    assert x.tolist() == [[-1, 0], [0, 1], [0, 1], [0, 1]]
    assert notes == [
        "x: expected numbers, got 'many' (row 7): taken as missing",
        "x: 3 of 4 cells missing, filled with the mean of the training rows",
    ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1", "-inf"], "row 2: expected a finite number in 'x', got one that is infinite; correct it"),
        (["1", "1e300"], "row 2: the number in 'x' is too far from all it was trained on"),
        (["", "red"], "row 2: expected numbers in 'x', got 'red', and none in any other row"),
    ],
)
def test_numbers_that_cannot_be_used(cells, message):
    with pytest.raises(ValueError, match=message):
        encode_table({"x": cells}, [NUMBER])


def test_categories():
    x, notes = encode_table({"colour": ["red", "blue", "grün", None]}, [COLOUR])
    assert x.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert notes == [
        "colour: 'grün' (row 3) not among the categories it knows: taken as none of them",
        "colour: 1 of 4 cells missing, taken as a category of their own",
    ]
    x, notes = encode_table({"colour": [""]}, [{**COLOUR, "missing": False}])
    assert x.tolist() == [[0, 0]]
    assert notes == ["colour: 1 of 1 cells missing, taken as none of the categories it knows"]


@pytest.mark.parametrize(
    "pair", ["true false", "TRUE FALSE", "True False", "t f", "yes no", "Yes NO", "Y N", "on off", "1 0", "1.0 0.0"]
)
def test_yes_and_no_in_every_spelling(pair):
    yes, no = pair.split()
    x, notes = encode_table({"x": [yes, no, yes, ""]}, [recipe([yes, no, no, yes, ""]).recipe])
    assert (x.tolist(), len(notes)) == ([[1, 0], [-1, 0], [1, 0], [0, 1]], 1)


@pytest.mark.parametrize(
    "table",
    [
        {"a": ["1", "2"], "b": ["x", ""]},
        {"a": range(1, 3), "b": ("x", "")},
        [{"a": 1, "b": "x"}, {"a": 2}],
        [[1, "x"], (2, None)],
        np.array([["1", "x"], ["2", ""]]),
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
    ],
)
def test_a_table_is_columns_by_name_however_it_is_given(table):
    columns = columns_of(table, ["a", "b"])
    assert {name: [*map(text_of, cells)] for name, cells in columns.items()} == {"a": ["1", "2"], "b": ["x", ""]}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (5, "expected a table: a dict of columns, a DataFrame or a list of dicts, or rows of 2 cells: a, b"),
        ("text", "expected a table"),
        ([1, 2], "expected a table"),
        ([["1"]], "rows of 2 cells"),
        ({"a": 5}, r"expected a list of cells in 'a', got 5; a single row goes in a list: \[row\]"),
        ({"a": "red"}, "expected a list of cells in 'a', got 'red'"),
        ({"a": [1], "b": []}, "expected columns of the same length, got 1 in 'a', 0 in 'b'"),
        ({1: [1], "1": [2]}, "expected columns of different names, got '1' more than once"),
    ],
)
def test_what_is_no_table_is_one_message(table, message):
    with pytest.raises(ValueError, match=message):
        columns_of(table, ["a", "b"])
    with pytest.raises(TableError):
        Encoding.fit(table, "a")


def test_columns_that_are_missing_are_named():
    with pytest.raises(ValueError, match=r"with the columns 'x', 'colour' \(is it there as 'color'\?\)"):
        encode_table({"color": ["red"], "z": ["1"]}, [NUMBER, COLOUR])
    with pytest.raises(ValueError, match="with the column 'x'; add it"):
        encode_table({}, [NUMBER])


def test_no_rows():
    x, notes = encode_table({"x": [], "colour": []}, [NUMBER, COLOUR])
    assert (x.shape, notes) == ((0, 4), [])


def test_features_are_named_as_many_as_there_are():
    cells = ["2024-01-05", "2023-02-06", None]
    result = recipe(cells, "when").recipe
    names = [*feature_names(result)]
    assert names == ["when: days", "when: year", "when: month", "when: day", "when: weekday", "when is missing"]
    x, _ = encode_table({"when": cells}, [result])
    assert x.shape == (3, len(names))
    np.testing.assert_allclose(x[:2].mean(0)[:5], 0, atol=1e-6)
    np.testing.assert_allclose(x[:2].std(0)[:5], 1, atol=1e-6)


def test_words():
    assert {word for pair in YES_AND_NO for word in pair} < set(YES_OR_NO)
    assert all(sorted(YES_OR_NO[word] for word in pair) == [0, 1] for pair in YES_AND_NO)
    assert all(math.isnan(number_of(word)) for word in NO_NUMBER)
    assert few(range(8)) == "0, 1, 2, 3, 4, 5 and 2 more"
