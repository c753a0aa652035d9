"""Names as text: whole where they can be, and harmless always."""

import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.text import decoded_name, harmless, shown

BY_CHANCE = ["학교", "그림0.png", "불량품", "늦빅겔믐쥬 1"]  # of which some bytes in CP949 are letters in UTF-8


@pytest.mark.parametrize("name", ["고양이.png", "집값 (1).csv", "café", "données.csv", *BY_CHANCE])
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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("유저/".encode() + "고양이".encode("cp949") + "/한글.csv".encode(), "유저/고양이/한글.csv"),
        ("뷁/믜".encode("cp949") + b".csv", "뷁/믜.csv"),  # letters whose second byte is one of ASCII
        (b"\xff\xfe\x80", "ÿþ€"),
    ],
)
def test_each_part_of_a_path_is_read_by_itself(name, text):
    assert shown(os.fsdecode(name)) == text


def test_a_name_is_read_where_files_are_taken_to_have_names_in_ascii():
    assert decoded_name("고양이.png".encode().decode("ascii", "surrogateescape")) == "고양이.png"


@given(st.text(st.characters(), max_size=30), st.integers(3, 40))
def test_anything_becomes_a_short_message(text, most):
    message = harmless(text, most)
    assert len(message.encode()) <= most
    controls = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert {letter for letter in message if unicodedata.category(letter) in controls} <= {*"\n\u200c\u200d"}


def test_ends_of_lines_stay_in_a_message():
    assert harmless("one\ntwo\r\n") == "one\ntwo\\r\n"
