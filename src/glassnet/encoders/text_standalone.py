"""The functions of an exported file whose network was trained on texts.

They are copied into it as they stand here, so they know nothing of glassnet. Stand-ins for what the file defines come
first.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.encoders.words import FIRST_WORD, word_numbers
from glassnet.tables.columns import check_header
from glassnet.tables.parsing import table_in
from glassnet.text.encodings import decoded

# what a file defines, for any texts -----------------------------------------------------------------

COLUMN = "text"
LENGTH = 4
VOCABULARY: Sequence[str] = ("the", "cat")

# copied ---------------------------------------------------------------------------------------------


def encoded(X: Any) -> np.ndarray:
    """Texts as the network takes them, or a ValueError that says what is wrong."""
    if isinstance(X, str) or not all(isinstance(text, str) for text in X):
        raise ValueError("expected a list of texts; a single one goes in a list of its own: [text]")
    return word_numbers(list(X), {word: FIRST_WORD + i for i, word in enumerate(VOCABULARY)}, LENGTH)


def is_text(words: str) -> bool:
    """Whether what was written is a text itself, and no path, not even of a file that is not there."""
    return bool(words.strip()) and not os.path.exists(words) and not names_a_file(words)


def names_a_file(words: str) -> bool:
    """Whether a text is the path of a file, and no sentence."""
    return " " not in words.strip() and (
        os.path.splitext(words.rstrip("."))[1] != "" or "/" in words or os.sep in words
    )


def read(path: str) -> list[str]:
    """A text that was written itself; those in the column of a CSV or TSV file; of any other file, all as one text."""
    if is_text(path):
        return [path]
    with open(path, "rb") as file:
        data = file.read()
    if not path.lower().endswith((".csv", ".tsv")):
        try:
            return [decoded(data)[0]]
        except ValueError as error:
            raise ValueError(f"{path}: {error.args[0]}") from None
    table = table_in(data, path, check_header)
    if COLUMN not in table:
        raise ValueError(f"{path}: expected a table with the column {COLUMN!r}; add it")
    return table[COLUMN]
