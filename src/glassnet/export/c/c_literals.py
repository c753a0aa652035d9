"""Numbers and texts as C has them: what gives back the same bits, and says nothing else than it should."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from glassnet.engines.native.c_names import KEYWORDS
from glassnet.engines.native.c_types import number
from glassnet.ops.dtypes import Array
from glassnet.text import shown

WIDTH = 110


def numbers(array: Array) -> Iterator[str]:
    """The elements of an array in order, in lines of one width."""
    words = [number(x, array.dtype) for x in array.ravel()]
    wide = max(map(len, words), default=1) + 2
    fit = max(1, (WIDTH - 8) // wide)
    for i in range(0, len(words), fit):
        yield ", ".join(words[i : i + fit]) + ("," if i + fit < len(words) else "")


def identifier(name: str) -> str:
    """The name of a value as C may have it: of letters that it has, and no word of its own."""
    plain = "".join(letter if letter.isascii() else f"u{ord(letter):x}" for letter in name)
    return f"{plain}_" if plain in KEYWORDS.split() else plain


def quoted(text: str) -> str:
    """A text as a literal: its bytes in UTF-8, those that do not print as octal numbers."""
    parts = []
    for byte in text.encode("utf-8", "surrogateescape"):
        letter = chr(byte)
        if letter in '"\\?':  # ? could begin a trigraph
            parts.append(f"\\{letter}")
        else:
            parts.append(letter if 32 <= byte < 127 else f"\\{byte:03o}")
    return f'"{"".join(parts)}"'


def comment(*paragraphs: str) -> str:
    """Paragraphs as a comment, in lines that it does not end in."""
    lines: list[str] = []
    for paragraph in paragraphs:
        safe = shown(paragraph, most=2000).replace("*/", "* /").replace("/*", "/ *")
        lines += textwrap.wrap(safe, WIDTH - 6) or [""]
    return "/* " + "\n".join([lines[0], *(f"   {line}".rstrip() for line in lines[1:])]) + " */"


def listed(begin: str, words: Iterable[str]) -> str:
    """``begin {words};``, as many in a line as there is room for."""
    lines, line = [], ""
    for word in words:
        if line and len(line) + len(word) + 2 > WIDTH - 4:
            lines.append(line)
            line = ""
        line += f" {word}," if line else f"{word},"
    lines.append(line.rstrip(","))
    if len(lines) == 1 and len(begin) + len(line) + 4 <= WIDTH:
        return f"{begin} {{{lines[0]}}};"
    return "\n".join([f"{begin} {{", *(f"    {line}" for line in lines), "};"])
