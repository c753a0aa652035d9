"""What is between the command and a screen or a shell, both of which obey some of the characters in names."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Iterable
from typing import TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from glassnet.text import harmless, shown

_PATH = 1000  # characters


class Screen(Console):
    """A console on which no text has power: in colour on a terminal, plain text elsewhere.

    Names are not markup, and what would move the cursor is written out, whoever prints it.
    """

    def __init__(self) -> None:
        super().__init__(highlight=False, emoji=False, markup=False)
        if not self.is_terminal:
            self.file = cast(TextIO, _Trimmed(sys.stdout))

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of ``renderable``; only those that rich makes itself control the terminal."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(harmless(segment.text, None), segment.style)


class _Trimmed(io.TextIOBase):
    """A file like ``file`` without the spaces that rich puts at the end of lines."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._file.encoding

    def write(self, text: str) -> int:
        self._file.write(re.sub(r"(?<! ) +(?=\n)", "", text))
        return len(text)

    def flush(self) -> None:
        if not self._file.closed:  # Python flushes what is let go of, at the very end too
            self._file.flush()


def echo(text: object) -> None:
    """Print ``text`` as it is laid out, but for what a terminal would obey."""
    sys.stdout.write(f"{harmless(text, None)}\n")


def place(path: str | os.PathLike[str]) -> str:
    """A path as it is printed: all of it, if it is not very long."""
    return shown(path, _PATH)


def shell_word(word: object) -> str:
    """``word`` as a shell reads it: in quotes where it needs them; what cannot be seen or typed as its bytes.

    >>> print(shell_word("houses.csv"), shell_word("my houses.csv"), shell_word("a\\x1b"))
    houses.csv 'my houses.csv' $'a\\x1b'
    """
    text = str(word)
    if harmless(text, None) == text and "\n" not in text:
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def _escaped(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if shown(letter) == letter:
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))
