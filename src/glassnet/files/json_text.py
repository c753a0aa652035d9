"""JSON of a file that anyone may have edited."""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 100  # lists and objects within each other; ours have fewer than ten
MOST = 5_000_000  # values: each may take some thirty times as much memory as its two or three letters


def parsed_json(text: str | bytes) -> Any:
    """What the JSON ``text`` says.

    Raises ValueError, in a line, for text that is no JSON, is nested more than `DEEPEST` deep, holds more than `MOST`
    values, or half of a character (a lone surrogate, which no program can write), except those in which Python keeps
    the bytes of a file's name.

    >>> from glassnet.files import parsed_json
    >>> parsed_json('{"lr": 0.1}')
    {'lr': 0.1}
    >>> parsed_json("[" * 1000 + "]" * 1000)
    Traceback (most recent call last):
    ValueError: it is nested more than 100 deep
    """
    signs = sum(map(text.count, (b",", b"[", b"{"))) if isinstance(text, bytes) else sum(map(text.count, ",[{"))
    if signs > MOST:
        raise ValueError(f"it holds more than {MOST:,} values")
    too_deep = f"it is nested more than {DEEPEST} deep"
    try:
        whole = json.loads(text)
    except RecursionError:
        raise ValueError(too_deep) from None
    waiting = [(whole, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            _check_whole(value)
        elif isinstance(value, dict | list):
            if depth > DEEPEST:
                raise ValueError(too_deep)
            inner = value if isinstance(value, list) else [*value, *value.values()]
            waiting += [(each, depth + 1) for each in inner if isinstance(each, str | dict | list)]
    return whole


def _check_whole(text: str) -> None:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise ValueError(f"it holds half of a character, \\u{ord(text[error.start]):04x}") from None
