"""What texts can do to whoever reads them: a terminal, a browser, a spreadsheet."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

from tests.hostile.names import PLANTED

MARGINS = 2  # the columns at the right that are left free
SHOWN = "\n\u200c\u200d"  # ends of lines, and what joins letters


def in_terminal(text: str, columns: int = 10_000) -> list[str]:
    """The letters of ``text`` that a terminal obeys, and the lines that a name began.

    A line that goes on where the one before it was full, but for a margin, was begun by the screen's edge.
    """
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    obeyed = sorted({letter for letter in text if unicodedata.category(letter) in hidden and letter not in SHOWN})
    lines = text.splitlines()
    began = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if line.strip(" │|").startswith(PLANTED) and len(before) < columns - MARGINS
    ]
    return [repr(x) for x in obeyed] + began


class Page(HTMLParser):
    """The elements of a page, the names of their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, tuple[str, ...]]] = set()
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.texts += [value or "" for name, value in attrs if name == "title"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.elements.add(("comment", ()))


def in_page(page: str, tame: str) -> list[str]:
    """The elements of a page that are not in the ``tame`` one, and the letters of its texts that may not be there."""
    found, known = Page(page), Page(tame).elements
    more = [str(element) for element in sorted(found.elements - known)]
    return more + [harm for text in found.texts for harm in in_terminal(text.replace("\t", " ")) if harm[0] == "'"]
