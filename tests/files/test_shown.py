"""Names as text: whole where they can be, and harmless always."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.files import decoded_name, shown


@pytest.mark.parametrize("name", ["고양이.png", "집값 (1).csv", "café", "données.csv"])
def test_a_name_in_an_older_encoding_is_read(name):
    encoding = "cp949" if "가" <= name[0] <= "힣" else "cp1252"
    raw = name.encode(encoding).decode("utf-8", "surrogateescape")
    assert decoded_name(raw) == shown(raw) == name


@pytest.mark.parametrize("text", ["plain", "한글 이름", "a\u3000b", "日本語", "e\u0301", "👨\u200d👩\u200d👧", "naïve"])
def test_what_is_harmless_stays_as_it_is(text):
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b2J", r"\x9b2J"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u2028b", r"a\u2028b"),
        ("\x00\x7f", r"\x00\x7f"),
        ("\ufeffa", r"\ufeffa"),
    ],
)
def test_what_a_terminal_obeys_is_written_out(text, written):
    assert shown(text) == written


@given(st.text(st.characters(), max_size=30), st.integers(3, 40))
def test_anything_becomes_one_short_line(text, most):
    line = shown(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1
    line.encode()


@given(st.binary(max_size=20))
def test_every_name_of_a_file_can_be_shown(data):
    shown(os.fsdecode(data)).encode()
