"""Kinds: what a tree from a file may hold, and an error that names the part that it may not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet.files import schema
from glassnet.files.schema import Misfit, described, items, like, maybe, named, number, one_of, record, whole, within

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
KINDS = {
    "whole": (whole(), [0, -3, 10**400], [True, 1.0, "1", None, [1]]),
    "from 1 to 3": (whole(1, 3), [1, 3], [0, 4, True]),
    "number": (number(), [0, -1.5, 1e300], [True, math.nan, math.inf, 10**400, -(10**400), "1", None]),
    "above 0": (number(above=0), [1e-300, 1], [0, -1]),
    "any number": (schema.any_number, [1, math.nan, math.inf], [True, "x", 10**400, None]),
    "count": (schema.a_count, [0, 2**53], [-1, 2**53 + 1, 1.0]),
    "flag": (schema.flag, [True, False], [0, 1, "true", None]),
    "text": (schema.text, ["", "x"], [b"x", 1, None]),
    "filled": (schema.filled, ["x"], ["", None]),
    "one of": (one_of(1, "a"), [1, "a"], [True, 1.0, "b", None]),
    "maybe": (maybe(whole()), [None, 1], ["x", True]),
    "items": (items(whole(), 1, 2), [[1], (1, 2)], [[], [1, 2, 3], ["x"], 1, "ab", {"a": 1}]),
    "different": (items(schema.text, different=True), [[], ["a", "b"]], [["a", "a"]]),
    "named": (named(whole()), [{}, {"a": 1}], [{"a": "x"}, {1: 1}, [], None]),
    "record": (record({"a": whole()}, {"b": whole()}), [{"a": 1}, {"a": 1, "b": 2}], [{}, {"b": 1}, {"a": 1, "c": 1}]),
    "record of others": (record({"a": whole()}, others=True), [{"a": 1, "c": "x"}], [{"a": "x"}, {"c": 1}]),
    "like": (like({"a": [1, 0.5], "b": True}), [{"a": [2.5, 1], "b": False}], [{"a": [1], "b": True}, {"a": 1}, {}]),
    "like nothing": (like(None), [None, 1, "x"], []),
    "like infinity": (like(math.inf), [1, math.inf], ["x", True]),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_lets_its_values_through_and_no_others(name):
    kind, right, wrong = KINDS[name]
    for value in right:
        kind.check(value, "here")
    for value in wrong:
        with pytest.raises(Misfit, match=r"here.* should be .*, got ") as caught:
            kind.check(value, "here")
        assert "\n" not in str(caught.value)


@given(PLAIN)
def test_everything_is_like_itself_but_for_what_is_no_number(value):
    if not any(math.isnan(x) for x in leaves(value) if isinstance(x, float)):
        like(value).check(value)


def leaves(value):
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


@given(PLAIN)
def test_whatever_comes_is_told_in_a_few_words(value):
    words = described(value)
    assert words
    assert len(words) <= 70
    assert not set(words) & set("\n\r\x1b")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (10**5000, "a number of more than 4,300 digits"),
        ("x" * 10**6, "'xxxxx"),
        ([[1] * 1000] * 1000, "a list of 1000"),
        ({"\x1b[31m": 1}, r"an object of \x1b[31m"),
        (glassnet.zeros(2, 3), "a Tensor of shape [2, 3]"),
        (object(), "object"),
        ("\ud800", "'\\ud800'"),
    ],
    ids=["digits", "letters", "items", "escape", "tensor", "object", "half a letter"],
)
def test_what_is_huge_or_odd_is_told_too(value, words):
    assert described(value).startswith(words)
    assert len(described(value)) <= 70


def test_the_place_is_the_whole_way():
    kind = record({"columns": items(record({"mean": items(number())}))})
    with pytest.raises(Misfit, match=r"^columns\[1\]\.mean\[0\] should be a number, got 'x'$"):
        kind.check({"columns": [{"mean": []}, {"mean": ["x"]}]})
    with pytest.raises(Misfit, match=r"^encoding\.columns should be a list, got 3$"), within("encoding"):
        kind.check({"columns": 3})
    with pytest.raises(Misfit, match=r"^callbacks\[0\]\.state should be an object, got 1$"), within("callbacks"):
        schema.an_object.check(1, "[0].state")
    with pytest.raises(Misfit, match=r"^it should be true or false, got 1$"):
        schema.flag.check(1)
