"""Names of files, and other texts from outside, as they can be shown.

Python keeps the bytes of a file's name that are not UTF-8 as lone surrogates (PEP 383), with which the file can be
opened, but which no terminal and no file can hold.
"""

from __future__ import annotations

import os
import re
import unicodedata

from glassnet.files.encodings import in_older_encoding

_JOINERS = "\u200c\u200d"  # of letters and of emoji: what is to be seen depends on them
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, marks of direction, lone surrogates, ends of lines
_LONGEST = 200


def decoded_name(name: str) -> str:
    """The name of a file as text: where its bytes are not UTF-8, in the encoding that they are probably in.

    >>> from glassnet.files import decoded_name
    >>> decoded_name("고양이.png".encode("cp949").decode("utf-8", "surrogateescape"))
    '고양이.png'
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        try:
            return in_older_encoding(name.encode("utf-8", "surrogateescape"))[0]
        except UnicodeEncodeError:  # other surrogates, which stand for no bytes
            return re.sub("[\ud800-\udfff]", "\ufffd", name)
    return name


def shown(text: object, most: int = _LONGEST) -> str:
    """``text`` in one line of ``most`` characters or fewer, harmless wherever it is printed.

    Controls, such as those that move a terminal's cursor, and marks that turn the direction of what follows are
    written as Python writes them. What is too long loses its middle.

    >>> from glassnet.files import shown
    >>> print(shown("red\\x1b[31m"), shown("a" * 1000, most=9))
    red\\x1b[31m aaaa…aaaa
    """
    line = decoded_name(os.fspath(text) if isinstance(text, os.PathLike) else str(text))
    if not line.isprintable():
        line = "".join(_visible(letter) for letter in line)
    if len(line) > most:
        line = f"{line[: most // 2]}…{line[len(line) - (most - 1) // 2 :]}"
    return line


def _visible(letter: str) -> str:
    if unicodedata.category(letter) not in _HIDDEN or letter in _JOINERS:
        return letter
    return letter.encode("unicode_escape").decode()
