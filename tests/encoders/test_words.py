"""Words of a text, and their numbers."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.encoders import SourceError, TextEncoder, encoder_from_json
from glassnet.encoders.words import LONGEST_WORD, word_numbers, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't PANIC!", ["don", "t", "panic"]),
        ("안녕하세요, 세계.", ["안녕하세요", "세계"]),
        (unicodedata.normalize("NFD", "안녕 café"), ["안녕", "café"]),
        ("snake_case 3.14 x²", ["snake", "case", "3", "14", "x²"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ΣΑΣ\u2028Straße\tÉTÉ", ["σας", "straße", "été"]),
        ("", []),
        ("… — !?\n", []),
    ],
)
def test_words_are_letters_of_any_script_in_lower_case(text, words):
    assert words_of(text) == words


@given(st.text())
def test_a_word_is_its_own_only_word(text):
    for word in words_of(text):
        assert words_of(word) == [word]
        assert 0 < len(word) <= LONGEST_WORD


@given(st.lists(st.text("ab c", max_size=30), min_size=1), st.integers(1, 6))
def test_numbers_stand_at_the_end_of_a_row(texts, length):
    known = {"a": 2, "b": 3}
    numbers = word_numbers(texts, known, length)
    assert numbers.shape == (len(texts), length)
    for text, row in zip(texts, numbers.tolist(), strict=True):
        first = [known.get(word, 1) for word in words_of(text)[:length]]
        assert row == [0] * (length - len(first)) + first


def test_a_vocabulary_is_of_words_that_come_twice_the_most_frequent_first():
    encoder = TextEncoder.fit(["b a b c", "A b d", "c"])
    assert encoder.vocabulary == ("b", "a", "c")
    assert (encoder.length, encoder.numbers) == (4, 5)
    assert encoder.encode(["a b d"]).tolist() == [[0, 3, 2, 1]]
    assert encoder_from_json(encoder.to_json()) == encoder
    assert TextEncoder.fit(["a " * 1000], longest=7).length == 7
    with pytest.raises(SourceError, match="expected texts that have words in common, got none that comes twice"):
        TextEncoder.fit(["one two", "three"])


def test_texts_come_in_a_list_or_a_column():
    encoder = TextEncoder(("cat",), 2, "words")
    expected = np.array([[0, 2], [0, 1]])
    for samples in (["cat", "dog"], {"words": ["cat", "dog"]}, [{"words": "cat"}, {"words": "dog"}]):
        np.testing.assert_array_equal(encoder.encode(samples), expected)
    for samples in ({"other": ["cat"]}, [1, 2], 3):
        with pytest.raises(SourceError, match="expected a list of texts"):
            encoder.encode(samples)


GOOD = {"kind": "text", "format": 1, "column": "text", "target": "class", "length": 3, "vocabulary": ["a", "고양이"]}


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("vocabulary", [], "its vocabulary should be a list of 1 to 20,000, got a list of 0"),
        ("vocabulary", ["a"] * 20_001, "its vocabulary should be a list of 1 to 20,000, got a list of 20001"),
        ("vocabulary", ["a", "a"], "its vocabulary should be a list of 1 to 20,000, all different"),
        ("vocabulary", ["a", "B"], "its vocabulary[1] should be a word of at most 60 letters, got 'B'"),
        ("vocabulary", ["a b"], "its vocabulary[0] should be a word"),
        ("vocabulary", ["a" * 61], "its vocabulary[0] should be a word"),
        ("vocabulary", ["a", 3], "its vocabulary[1] should be a word of at most 60 letters, got 3"),
        ("vocabulary", "abc", "its vocabulary should be a list"),
        ("length", 0, "its length should be a whole number from 1 to 10,000, got 0"),
        ("length", 10**6, "its length should be a whole number from 1 to 10,000, got 1000000"),
        ("column", None, "its column should be"),
        ("format", 2, "its format should be 1, got 2"),
    ],
)
def test_a_part_that_is_wrong_is_named(part, value, message):
    assert encoder_from_json(GOOD).to_json() == GOOD
    with pytest.raises(SourceError) as caught:
        encoder_from_json({**GOOD, part: value})
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("examples", [None, [], [1], "text", {"a": 1}])
def test_examples_that_are_no_texts_are_one_message(examples):
    with pytest.raises(SourceError, match="expected texts"):
        encoder_from_json(GOOD).examples_from_json(examples)
