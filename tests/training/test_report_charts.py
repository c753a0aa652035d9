"""The charts of the report: points lie where their numbers say."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.training.report import charts
from glassnet.training.report.formats import number, percent, tick_labels, ticks

NUMBERS = st.floats(-1e6, 1e6)
ANY = st.floats(width=64)


def dots(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([^"]+)" cy="([^"]+)"', svg)]


def ticks_of(svg: str) -> list[tuple[float, float]]:
    """Place and number of the ticks of the vertical axis."""
    found = re.findall(r'y="([^"]+)" dy="0.32em" text-anchor="end">([^<]+)<', svg)
    return [(float(y), float(label.replace("−", "-").replace(",", ""))) for y, label in found]


@given(st.lists(NUMBERS, min_size=1, max_size=50))
def test_points_lie_where_their_numbers_say(values: list[float]) -> None:
    epochs = range(1, len(values) + 1)
    svg = charts.lines([charts.Curve("loss", "only", epochs, values)], "loss")
    points = dots(svg)
    assert len(points) == len(values)
    low, high = charts.widened(min(values), max(values), 0.06)
    y_axis = charts.upward(low, high)
    for (x, y), epoch, value in zip(points, epochs, values, strict=True):
        assert charts.LEFT <= x <= charts.WIDTH - charts.RIGHT
        assert charts.TOP <= y <= charts.HEIGHT - charts.BOTTOM
        share = (value - low) / (high - low)
        assert y == pytest.approx(charts.HEIGHT - charts.BOTTOM - share * (y_axis.start - y_axis.end), abs=0.06)
        if len(values) > 1:
            along = (epoch - 1) / (len(values) - 1) * (charts.WIDTH - charts.RIGHT - charts.LEFT)
            assert x == pytest.approx(charts.LEFT + along, abs=0.06)


def test_ticks_and_points_agree() -> None:
    svg = charts.lines([charts.Curve("loss", "only", [1, 2, 3], [0.0, 1.0, 2.0])], "loss")
    at = {label: y for y, label in ticks_of(svg)}
    assert [at[0.0], at[1.0], at[2.0]] == [y for _, y in dots(svg)]


@given(st.lists(ANY, min_size=1, max_size=30))
def test_any_numbers_can_be_drawn(values: list[float]) -> None:
    svg = charts.lines([charts.Curve("x", "only", range(len(values)), values)], "x")
    shown = [v for v in values if charts.drawable(v)]
    assert len(dots(svg)) == len(shown)
    assert all(math.isfinite(x) and math.isfinite(y) for x, y in dots(svg))
    assert "nan" not in svg
    assert "inf" not in re.sub(r"<title>.*?</title>", "", svg)


def test_a_gap_where_there_is_no_number() -> None:
    svg = charts.lines([charts.Curve("x", "only", range(5), [1, 2, math.nan, 3, 4])], "x")
    (path,) = re.findall(r' d="([^"]+)"', svg)
    assert re.sub(r"[^ML]", "", path) == "MLML"


def test_a_perfect_prediction_lies_on_the_diagonal() -> None:
    values = np.array([-2.0, 0.5, 7.0])
    svg = charts.scatter(values, values, "price")
    (ends,) = re.findall(r'class="diagonal" x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)"', svg)
    x1, y1, x2, y2 = map(float, ends)
    for x, y in dots(svg):
        assert (y - y1) * (x2 - x1) == pytest.approx((x - x1) * (y2 - y1), abs=60)  # a tenth of a pixel


@given(st.lists(NUMBERS, min_size=1, max_size=60))
def test_the_histogram_counts_all(values: list[float]) -> None:
    svg = charts.histogram(np.array(values), "residual")
    counts = [int(count) for count in re.findall(r": (\d+)</title>", svg)]
    assert sum(counts) == len(values)


@given(st.lists(ANY, min_size=300, max_size=900))
def test_of_very_many_points_the_extremes_are_kept(values: list[float]) -> None:
    curve = charts.Curve("x", "only", range(len(values)), values)
    kept = charts.thinned(curve)
    assert len(kept) <= charts.MOST
    assert [x for x, _ in kept] == sorted({x for x, _ in kept})
    finite = [value for value in values if charts.drawable(value)]
    if finite:
        assert {min(finite), max(finite)} <= {y for _, y in kept}


@given(NUMBERS, st.floats(1e-6, 1e6))
def test_ticks_are_round_apart_and_inside(low: float, span: float) -> None:
    high = low + span
    places = ticks(low, high)
    labels = tick_labels(places)
    assert 1 <= len(places) <= 11
    assert len(set(labels)) == len(labels) or span < abs(low) * 1e-5
    assert all(low - span * 1e-6 <= place <= high + span * 1e-6 for place in places)


def test_ticks_in_words() -> None:
    assert tick_labels(ticks(0, 1)) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert tick_labels(ticks(1, 3, whole=True)) == ["1", "2", "3"]
    assert tick_labels(ticks(-2000, 2000, 4)) == ["−2,000", "−1,000", "0", "1,000", "2,000"]
    assert tick_labels(ticks(0, 3e-9, 3)) == ["0", "1e−09", "2e−09", "3e−09"]
    assert tick_labels(ticks(2, 2)) == ["2"]
    assert ticks(1, 1 + 1e-15) == [1, 1 + 1e-15]
    assert tick_labels([0, 0]) == ["0", "0"]
    assert tick_labels([1, 1]) == ["1", "1"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (-3, "−3"), (1234567, "1,234,567"), (-3.5e8 + 0.3, "−350,000,000"), (2e13, "2e+13"),
        (12345, "12,345"), (12345.67, "12,345.7"), (0.12345, "0.1235"),
        (-1e-7, "−1e−07"), (math.nan, "not a number"), (math.inf, "infinite"), (-math.inf, "−infinite"),
    ],
)  # fmt: skip
def test_numbers_in_words(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "–"), (0, 9, "0 %"), (9, 9, "100 %"), (9999, 10000, "99.9 %"), (1, 10**6, "0.1 %"), (1, 3, "33.3 %")],
)
def test_parts_of_a_whole(part: float, whole: float, text: str) -> None:
    assert percent(part, whole) == text
