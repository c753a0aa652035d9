"""Lines fit a terminal, whatever letters are in them; numbers are written short and summed up where they are many."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet.explain.walkthrough.decimals import rows_of, summary, written_number
from glassnet.explain.walkthrough.text import columns, wrapped
from glassnet.explain.walkthrough.worked_formula import Series, Words, leaves, with_names, with_numbers, worked_out
from glassnet.ops.formula import Binary, Call, Formula, Number, Unary
from tests.explain.arithmetic_text import holds


def test_letters_take_one_column_or_two_or_none() -> None:
    assert columns("fc1 = x·Wᵀ") == 10
    assert columns("입력층") == 6
    assert columns("m̂") == 1


@pytest.mark.parametrize(
    "text", ["one two three four five six", "입력층 출력층 은닉층 가나다라마바사아자차카타파하", "x" * 95, ""]
)
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrapped(text, "> ", "  ", width=14)
    assert all(columns(line) <= 14 for line in lines)
    assert "".join(lines).replace(" ", "") == ">" + text.replace(" ", "")
    assert lines[0].startswith(">")


def test_a_name_stays_with_its_number_and_no_line_begins_with_a_space() -> None:
    text = "min -0.5  mean 0.25  max 1.75, 3 of 4 are 0"
    assert wrapped(text, "value  ", "       ", width=27) == [
        "value  min -0.5  mean 0.25",
        "       max 1.75, 3 of 4 are",
        "       0",
    ]
    for width in range(12, 50):
        assert not any(line.startswith(" ") for line in wrapped(text, width=width))
    assert wrapped("m̂ v̂ ab", width=6) == ["m̂ v̂", "ab"]  # some terminals give a hat a column of its own


def test_numbers_that_are_all_0_are_said_in_a_word() -> None:
    assert summary(np.zeros((5, 4))) == "all 20 are 0"
    assert summary(np.eye(4)) == "min 0  mean 0.25  max 1, 12 of 16 are 0"


@pytest.mark.parametrize(
    ("number", "written"),
    [(True, "1"), (7, "7"), (123456, "123456"), (0.1, "0.1"), (2.0, "2"), (-0.0, "0"), (1 / 3, "0.3333"),
     (1e-9, "1e-09"), (12345.0, "1.234e+04"), (float("nan"), "nan"), (-np.inf, "-inf"), (np.float32(0.1), "0.1")],
)  # fmt: skip
def test_numbers(number: float, written: str) -> None:
    assert written_number(number) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [(1.5 - 2j, "1.5 - 2i"), (np.complex64(1 / 3 + 1j), "0.3333 + 1i"), (complex(0, np.inf), "0 + infi")],
)
def test_complex_numbers(number: complex, written: str) -> None:
    assert written_number(number) == written
    assert rows_of(np.array([number])) == [written]
    assert rows_of(np.full(20, number))[0].startswith(f"mean {written}" if np.isfinite(number) else "20 of 20 are inf")


def test_few_numbers_are_written_and_many_summed_up() -> None:
    assert rows_of(np.array([[1.0, -0.5], [0.25, 10.0]])) == ["   1  -0.5", "0.25    10"]
    assert rows_of(np.zeros((0, 3))) == ["empty"]
    many = np.arange(20.0)
    many[3] = np.nan
    many[4] = np.inf
    assert rows_of(many) == ["min 0  mean 10.17  max 19, 1 of 20 are 0, 1 of 20 are NaN, 1 of 20 are infinite"]
    assert rows_of(np.full(20, np.nan)) == ["20 of 20 are NaN"]
    assert rows_of(np.ones(20, bool)) == ["20 of 20 true"]
    assert rows_of(np.arange(20)) == ["min 0  mean 9.5  max 19"]


A, B, C = Number(2.0), Number(-3.0), Number(0.5)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (Binary("+", A, B), "2 - 3 = -1"),
        (Binary("-", A, B), "2 - (-3) = 5"),
        (Binary("*", Binary("+", A, B), C), "(2 - 3)·0.5 = -0.5"),
        (Binary("/", A, Binary("/", B, C)), "2 / ((-3) / 0.5) = -0.3333"),
        (Binary("*", Binary("/", A, B), C), "(2 / (-3))·0.5 = -0.3333"),
        (Binary("**", B, A), "(-3)^2 = 9"),
        (Unary("-", Binary("**", A, A)), "-2^2 = -4"),
        (Unary("-", Unary("-", A)), "-(-2) = 2"),
        (Binary("-", A, Binary("+", A, C)), "2 - (2 + 0.5) = -0.5"),
        (Call("max", (A, Binary(">", A, B))), "max(2, [2 > -3]) = 2"),
        (Binary("/", A, Binary(">", A, B)), "2 / [2 > -3] = 2"),
    ],
)
def test_parentheses_stand_where_they_are_needed(formula: Formula, text: str) -> None:
    assert with_numbers(formula, worked_out(formula)) == text
    assert holds(text, worked_out(formula))


def test_a_series_shows_what_weighs_most() -> None:
    numbers = np.array([1.0, -8.0, 2.0, 4.0, 0.5])
    texts = {
        kind: with_names(Series(kind, numbers, lambda k: Number(numbers[k]), 2)) for kind in ("+", "*", "max", "min")
    }
    assert texts == {
        "+": "-8 + 4 + (… 3 more terms: 3.5)",
        "*": "(-8)·4·(… 3 more factors: 1)",
        "max": "max(2, 4, (… 3 more numbers: 1))",
        "min": "min(-8, 0.5, (… 3 more numbers: 1))",
    }


def test_what_a_computer_rounds_away_is_said_to_be_about() -> None:
    expr = Binary("-", Number(1.0000001), Number(1.0))  # of float32, that is 1.19e-07
    assert with_numbers(expr, 1.1920929e-07) == "1 - 1 ≈ 1.192e-07"
    assert not holds("1 + 1 = 3", 3.0)
    assert not holds("1 + 1 = 2", 2.1)


def test_words_come_to_what_they_came_to() -> None:
    words = Words("drawn", 0.25)
    assert worked_out(words) == 0.25
    assert with_names(words) == "drawn"
    assert not list(leaves(words))
