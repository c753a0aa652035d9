"""Layout: lines of at most 80 columns, in which a Korean letter takes two."""

from __future__ import annotations

import unicodedata

COLUMNS = 80


def columns(text: str) -> int:
    """How many columns a text takes in a terminal."""
    return sum(_columns_of(letter) for letter in text)


def _columns_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def wrapped(text: str, first: str = "", rest: str = "", width: int = COLUMNS) -> list[str]:
    """A text in lines that begin with ``first``, and then ``rest``; broken between words, a long word where it must."""
    lines, line, start = [], first, True
    for word in text.split(" "):
        piece = word if start else f" {word}"
        if columns(line + piece) > width and not start:
            lines.append(line.rstrip())
            line, piece = rest, word
        while columns(line + piece) > width:
            fits = _fitting(piece, width - columns(line))
            lines.append(line + piece[:fits])
            line, piece = rest, piece[fits:]
        line += piece
        start = False
    return [*lines, line.rstrip()]


def _fitting(text: str, width: int) -> int:
    taken = 0
    for count, letter in enumerate(text):
        taken += _columns_of(letter)
        if taken > width:
            return max(count, 1)
    return len(text)
