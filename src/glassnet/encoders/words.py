"""The words of a text, and their numbers.

Training, prediction and exported files all run these functions; they are copied into an exported file as they stand
here. So they know nothing of glassnet.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

# the numbers of no word, of a word that is not known, and of the first that is
NO_WORD, OTHER_WORD, FIRST_WORD = 0, 1, 2
LONGEST_WORD = 60  # letters of a word; what is longer is cut


def words_of(text: str) -> list[str]:
    """The words of a text in lower case: letters, digits and the marks upon them, in any script.

    >>> words_of("Don't panic: 안녕하세요, 2 cafés!")
    ['don', 't', 'panic', '안녕하세요', '2', 'cafés']
    """
    whole = unicodedata.normalize("NFC", text.lower())  # a syllable of Hangul may be written as its two or three parts
    between = {ord(letter): " " for letter in set(whole) if not in_word(letter)}
    return [word[:LONGEST_WORD] for word in whole.translate(between).split()]


def in_word(letter: str) -> bool:
    """Whether a letter is part of a word: a letter, a digit, or a mark such as a vowel in Hindi."""
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"


def word_numbers(texts: Sequence[str], known: Mapping[str, int], length: int) -> np.ndarray:
    """The numbers of the first ``length`` words of each text [n, length], after a `NO_WORD` for each that it lacks."""
    numbers = np.full((len(texts), length), NO_WORD, np.int64)
    for i, text in enumerate(texts):
        found = [known.get(word, OTHER_WORD) for word in words_of(text)[:length]]
        numbers[i, length - len(found) :] = found
    return numbers
