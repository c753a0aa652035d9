"""A page as text for a terminal, in lines of at most 80 columns, and as Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from glassnet.explain.walkthrough.page import EXAMPLE, Page, Row

COLUMNS = 80


def as_text(page: Page, width: int = COLUMNS) -> str:
    """For a terminal of ``width`` columns."""
    lines = [line for text in (page.title, *page.lines) for line in wrapped(text, "", "    ", width)]
    for section in page.sections:
        lines += ["", f"{section.title} ".ljust(width, "─")]
        for row in section.rows:
            lines += _text_of(row, width)
    return "\n".join(lines)


def _text_of(row: Row, width: int) -> Iterator[str]:
    head = f"{row.number:3}  "
    yield from wrapped(
        f"{row.name} {row.kind} = {row.call}" + f"  ({row.aside})" * bool(row.aside), head, " " * 9, width
    )
    yield from wrapped(row.formula, " " * 7, " " * 9, width)
    longest = max(columns(label) for label, _ in row.numbers)
    for label, numbers in row.numbers:
        for n, text in enumerate(numbers[-2:] if label == EXAMPLE else numbers):  # without the formula in names
            start = label if n == 0 else ""
            start = f"       {start}{' ' * (longest - columns(start))}  "
            yield from wrapped(text, start, " " * (columns(start) + 2), width)


def as_markdown(page: Page) -> str:
    """Tables, one a phase."""
    parts = [f"## {page.title}", *page.lines]
    for section in page.sections:
        rows = ["| | result | formula | numbers |", "|---:|---|---|---|"]
        for row in section.rows:
            numbers = "<br>".join(f"{label}: {' / '.join(text)}" for label, text in row.numbers)
            cells = (row.number, f"`{row.name}` {row.kind}<br>`{row.call}`", row.formula, numbers)
            rows.append("| " + " | ".join(_in_cell(str(cell)) for cell in cells) + " |")
        parts += [f"### {section.title}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# lines that fit, in which a Korean letter takes two columns -----------------------------------------------


def columns(text: str) -> int:
    """How many columns a text takes in a terminal."""
    return sum(_columns_of(letter) for letter in text)


def _columns_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def wrapped(text: str, first: str = "", rest: str = "", width: int = COLUMNS) -> list[str]:
    """A text in lines that begin with ``first``, and then ``rest``; broken between words, a long word where it must.

    What stands between two spaces and the next two stays in one line if it fits there, as the name of a number with it.
    """
    lines, line, start = [], first, True
    for group in re.split(r" {2,}", text):
        between = "" if start else "  "
        if not start and not _fits(line + between + group, width) and _fits(rest + group, width):
            lines.append(line.rstrip())
            line, between = rest, ""
        for word in group.split(" "):
            piece = between + word
            if not start and not _fits(line + piece, width):
                lines.append(line.rstrip())
                line, piece = rest, word
            while not _fits(line + piece, width):
                count = _fitting(piece, width - _room(line))
                lines.append(line + piece[:count])
                line, piece = rest, piece[count:]
            line += piece
            between, start = " ", False
    return [*lines, line.rstrip()]


def _fits(text: str, width: int) -> bool:
    return _room(text) <= width


def _room(text: str) -> int:
    """How many columns a text takes where a letter's marks, as the hat of m̂, have one of their own: some do so."""
    return sum(_columns_of(letter) or 1 for letter in text)


def _fitting(text: str, width: int) -> int:
    taken = 0
    for count, letter in enumerate(text):
        taken += _columns_of(letter) or 1
        if taken > width:
            return max(count, 1)
    return len(text)
