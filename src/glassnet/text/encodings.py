"""The text in bytes, and the encoding that they are in.

Exported files read tables by these functions, which are copied into them as they stand: they know nothing of glassnet.
"""

from __future__ import annotations

import re

# How a text says what it is in. UTF-32 before UTF-16, whose mark it begins with.
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decoded(data: bytes) -> tuple[str, str]:
    """The text of a file, and its encoding: UTF-8, UTF-16 or 32 with a mark, CP949, CP1252 or Latin-1.

    Raises ValueError for NUL bytes, with their line, and for what is not in the encoding that it begins with.
    """
    name = next((name for mark, name in MARKS if data.startswith(mark)), "")
    try:
        text = data.decode(name or "utf-8")
    except UnicodeDecodeError as error:
        if name:
            problem = f"it begins as {name.removesuffix('-sig').upper()}, and is something else at byte {error.start:,}"
            raise ValueError(f"{problem}; save it again, in UTF-8") from None
        text, name = in_older_encoding(data)
    text = text.lstrip("\ufeff")
    if (at := text.find("\0")) >= 0:
        line = len(re.findall("\r\n?|\n", text[:at])) + 1
        raise ValueError("expected text, got a NUL byte; save it again, in UTF-8", line)
    return text, name or "utf-8"


def is_plain(text: str, encoding: str) -> bool:
    """Whether a text has few controls."""
    start = text[:100_000]
    few = 0.3 if encoding.startswith("utf") else 0.01  # what is no text is seldom UTF-8; a label may be of controls
    return len(re.findall("[\x01-\x08\x0e-\x1f\x7f]", start)) <= few * len(start)


def in_older_encoding(data: bytes) -> tuple[str, str]:
    """The text of bytes that are not UTF-8, and its encoding: Korean if that gives Hangul, else Western European."""
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        text = ""
    beyond = re.sub("[\x00-\x7f]+", "", text)
    if beyond and len(re.findall("[가-힣]", beyond)) >= 0.6 * len(beyond):
        return text, "cp949"
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"
