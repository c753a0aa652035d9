"""JSON from outside: what it says, or a ValueError in a line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.files import parsed_json
from glassnet.files.json_text import DEEPEST

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)


@given(VALUES)
def test_json_is_read_as_it_is(value):
    assert parsed_json(json.dumps(value)) == value


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_nesting_is_bounded(start, end):
    times = DEEPEST // (start.count("[") + start.count("{"))
    deepest = start * times + "1" + end * times
    assert parsed_json(deepest) == json.loads(deepest)
    for depth in (times + 1, 990, 100_000):
        with pytest.raises(ValueError, match=f"nested more than {DEEPEST} deep"):
            parsed_json(start * depth + "1" + end * depth)


@pytest.mark.parametrize("text", ['"\\ud800"', '{"\\udc00": 1}', '[["\\ud83d"]]'])
def test_half_a_character_is_refused(text):
    with pytest.raises(ValueError, match="half of a character"):
        parsed_json(text)


def test_bytes_of_a_file_name_are_kept():
    name = b"\xb0\xed.csv".decode("utf-8", "surrogateescape")
    assert parsed_json(json.dumps({"source": name})) == {"source": name}


@pytest.mark.parametrize("text", ["", "{", "nul", '{"a" 1}', "1" * 5000, b"\xff\xfe\xff"])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=r".+") as caught:
        parsed_json(text)
    assert "\n" not in str(caught.value)
