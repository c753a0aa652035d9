"""The encoding that a file says is checked before anything relies on it."""

import json

import numpy as np
import pytest

from glassnet.encoders import NumberEncoder, SourceError, TableEncoder, encoder_from_json
from glassnet.errors import GlassnetError
from glassnet.tables import Encoding

GOOD = {"kind": "numbers", "shape": [8, 8], "divide_by": 16}


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("divide_by", 10**400, "its divide_by should be a number above 0, got 1000"),
        ("divide_by", 1e-320, "its divide_by should be a number above 0, got 1e-320"),
        ("divide_by", 0, "its divide_by should be a number above 0, got 0"),
        ("divide_by", True, "its divide_by should be a number above 0, got True"),
        ("divide_by", float("nan"), "its divide_by should be a number above 0, got nan"),
        ("divide_by", float("inf"), "its divide_by should be a number above 0, got inf"),
        ("divide_by", "16", "its divide_by should be a number above 0, got '16'"),
        ("shape", [True, 2], "its shape[0] should be a whole number from 1 to 16,777,216, got True"),
        ("shape", [2**62], "its shape[0] should be a whole number from 1"),
        ("shape", [2**20, 2**20, 2**20], "its size, the product of its shape, should be a whole number from 1"),
        ("shape", [], "its shape should be a list of 1 to 3, got a list of 0"),
        ("shape", [1, 1, 1, 1], "its shape should be a list of 1 to 3, got [1, 1, 1, 1]"),
        ("shape", [8.0, 8], "its shape[0] should be a whole number"),
        ("shape", {"a": 1}, "its shape should be a list of 1 to 3, got an object of a"),
        ("shape", 64, "its shape should be a list of 1 to 3, got 64"),
        ("kind", "nombers", "its samples are encoded as 'nombers', which this glassnet does not know"),
        ("kind", ["numbers"], "its samples are encoded as"),
    ],
)
def test_a_part_that_is_wrong_is_named(part, value, message):
    with pytest.raises(SourceError) as caught:
        encoder_from_json({**GOOD, part: value})
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


SERIES = {
    "kind": "series", "format": 1, "date": {"name": "day", "format": "%Y-%m-%d"},
    "target": {"name": "sold", "decimal": ".", "mean": 1.0, "scale": 2.0}, "step": {"unit": "seconds", "count": 86400},
    "window": 3, "horizon": 2, "season": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("window", 0, "its window should be a whole number from 1 to 100,000, got 0"),
        ("horizon", 10**9, "its horizon should be a whole number from 1 to 100,000, got 1000000000"),
        ("season", 2.0, "its season should be a whole number from 1 to 100,000, got 2.0"),
        ("step", {"unit": "years", "count": 1}, "its step.unit should be"),
        ("step", {"unit": "months", "count": 0.5}, "its step.count should be a whole number"),
        ("step", {"unit": "seconds", "count": 0}, "its step.count should be"),
        ("date", {"name": "day", "format": "%s"}, "its date.format should be a form of dates, got '%s'"),
        ("target", SERIES["target"] | {"scale": 0}, "its target.scale should be a number above 0, got 0"),
        ("target", SERIES["target"] | {"mean": float("nan")}, "its target.mean should be a number, got nan"),
        ("format", 2, "its format should be 1, got 2"),
        ("more", 1, "but its it should be an object of kind, format, date, target, step"),
    ],
)
def test_a_part_of_a_series_that_is_wrong_is_named(part, value, message):
    assert encoder_from_json(SERIES).to_json() == SERIES
    with pytest.raises(SourceError) as caught:
        encoder_from_json({**SERIES, part: value})
    assert message in str(caught.value)


@pytest.mark.parametrize("samples", [None, [], [[1, 2]], [["x", 1, 2]], [[float("nan"), 1, 2]], [[1e300, 1, 2]], 3])
def test_examples_that_are_no_windows_are_one_message(samples):
    with pytest.raises(SourceError, match="expected windows of"):
        encoder_from_json(SERIES).examples_from_json(samples)


@pytest.mark.parametrize("data", [None, [], "x", 3, {}, {"kind": "numbers"}, {"kind": "table"}])
def test_what_is_no_encoding_is_one_message(data):
    with pytest.raises(GlassnetError):
        encoder_from_json(data)


@pytest.mark.parametrize(
    "samples",
    [None, [], [[]], [[1]], [[1, 2, 3], [1, 2]], [["x", "y", "z"]], [[1e300, 1, 1]], [[float("nan"), 1, 1]], {"a": 1},
     [[10**400, 1, 1]], [[[1], [2], [3]]], [None]],
)  # fmt: skip
def test_examples_that_are_no_samples_are_one_message(samples):
    with pytest.raises(SourceError, match="expected finite samples of shape"):
        NumberEncoder((3,)).examples_from_json(samples)


@pytest.mark.parametrize("edited", [{}, {"a": "12"}, {"a": [1]}, {"a": ["1"], "b": ["1", "2"]}, [], None, {"a": []}])
def test_examples_that_are_no_rows_are_one_message(edited):
    table = {"a": ["1", "2", "3"], "b": ["4", "6", "5"], "y": ["7", "8", "8.5"]}
    encoder = TableEncoder(Encoding.fit(table, "y"))
    with pytest.raises(SourceError, match="expected columns of texts"):
        encoder.examples_from_json(edited)


@pytest.mark.parametrize("classes", [["a", "a"], ["a", ""], ["a"], ["a", 1], [["a"], "b"], "ab", {"a": 1, "b": 2}])
def test_classes_are_different_texts(classes):
    data = json.loads(json.dumps(Encoding.fit({"x": [1, 2, 3], "y": ["a", "b", "a"]}, "y").to_json()))
    data["target"]["classes"] = classes
    with pytest.raises(GlassnetError, match=r"its target\.classes"):
        encoder_from_json(data)


def test_ten_thousand_classes_are_many_but_right():
    data = Encoding.fit({"x": [1, 2, 3], "y": ["a", "b", "a"]}, "y").to_json()
    names = [f"class {i}" for i in range(10_000)]
    data["target"]["classes"] = names
    assert encoder_from_json(data).classes == tuple(names)


def test_a_single_number_is_no_sample():
    with pytest.raises(SourceError, match="expected numbers of shape"):
        NumberEncoder((3,)).encode(np.float32(5))
