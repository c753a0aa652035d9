"""Names of files, and other texts from outside, as they can be shown.

Python keeps the bytes of a file's name that are not UTF-8 as lone surrogates (PEP 383), with which the file can be
opened, but which no terminal and no file can hold.
"""

from __future__ import annotations

import os
import re
import unicodedata
from contextlib import suppress
from html import escape

from glassnet.text.encodings import in_older_encoding

_JOINERS = "\u200c\u200d"  # of letters and of emoji: what is to be seen depends on them
_NOTHING = "\ufffe\uffff"  # which are no letters, and may not stand in XML
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, marks of direction, lone surrogates, ends of lines
_PART = re.compile("[^/\ud800-\udc7f\udd00-\udfff]+")  # of a path, in one encoding
# What an encoding may have bytes for below 128, and bytes. A letter beyond is one already, unless all of the part is in
# Korean: two or three bytes in a row, of two syllables, may be a letter in UTF-8 by chance.
_BYTES = re.compile("[\x00-\x7f\udc80-\udcff]+")
_LONGEST = 200  # characters of a name
_MESSAGE = 2000  # bytes


def decoded_name(name: str) -> str:
    """The name or path of a file as text: where bytes are not UTF-8, in the encoding that they are probably in.

    >>> from glassnet.text import decoded_name
    >>> decoded_name("고양이.png".encode("cp949").decode("utf-8", "surrogateescape"))
    '고양이.png'
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = _PART.sub(lambda found: _decoded(found[0]), name)
        return re.sub("[\ud800-\udfff]", "\ufffd", name)  # other surrogates, which stand for no bytes
    return name


def _decoded(part: str) -> str:
    data = _bytes(part)
    with suppress(UnicodeDecodeError):
        data.decode("euc_kr")  # of CP949, what letters of UTF-8 hardly ever are
        if in_older_encoding(data)[1] == "cp949":
            return _text(data)
    return _BYTES.sub(lambda found: _text(_bytes(found[0])), part)


def _text(data: bytes) -> str:
    try:
        return data.decode()  # where files are taken to have names in ASCII
    except UnicodeDecodeError:
        return in_older_encoding(data)[0]


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def harmless(text: object, most: int | None = _MESSAGE) -> str:
    """``text`` of one line or several, as a terminal can show it, in ``most`` bytes of UTF-8 or fewer.

    Controls, such as those that move a terminal's cursor, and marks that turn the direction of what follows are
    written as Python writes them, all but the ends of lines. What is too long loses its middle.

    >>> from glassnet.text import harmless
    >>> print(harmless("red\\x1b[31m"), harmless("a" * 10000, most=9))
    red\\x1b[31m aaa…aaa
    """
    words = str(text)
    if most is not None and len(words) > 2 * most:  # before anything is done to it
        words = words[:most] + words[-most:]
    words = decoded_name(words)
    if not words.replace("\n", "").isprintable():
        words = "".join(letter if letter == "\n" else _visible(letter) for letter in words)
    if most is None or len(words) <= most // 4 or len(data := words.encode()) <= most:
        return words
    kept = (most - len("…".encode())) // 2
    return f"{data[:kept].decode(errors='ignore')}…{data[len(data) - kept :].decode(errors='ignore')}"


def shown(text: object, most: int = _LONGEST) -> str:
    """``text`` in one line of ``most`` characters or fewer, as it can stand in a sentence, a cell or a picture.

    >>> from glassnet.text import shown
    >>> print(shown("cat\\ndog"), shown("a" * 1000, most=9))
    cat\\ndog aaaa…aaaa
    """
    line = os.fsdecode(text) if isinstance(text, os.PathLike) else str(text)
    if len(line) > 2 * most:
        line = line[:most] + line[-most:]
    line = harmless(line, None).replace("\n", "\\n")
    if len(line) > most:
        line = f"{line[: most // 2]}…{line[len(line) - (most - 1) // 2 :]}"
    return line


def escaped(text: object) -> str:
    """``text`` as it can stand in HTML and XML: in an element, or in an attribute in double quotes.

    XML has no letters for most controls, so they are written out as `harmless` does.

    >>> from glassnet.text import escaped
    >>> print(escaped('<b title="x\x1b">'))
    &lt;b title=&quot;x\x1b&quot;&gt;
    """
    return escape(harmless(text, None))


def _visible(letter: str) -> str:
    if letter in _JOINERS or (unicodedata.category(letter) not in _HIDDEN and letter not in _NOTHING):
        return letter
    return letter.encode("unicode_escape").decode()
