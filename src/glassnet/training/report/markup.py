"""Markup: HTML elements as values, so that text is escaped once and every element is closed."""

from __future__ import annotations

import re
from html import escape

VOID = {"img", "meta"}  # elements that HTML does not close
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """Text that is markup already; any other string is escaped where it is put into an element."""

    __slots__ = ()


def text(value: str) -> Html:
    """``value`` as people are to read it; a character that cannot be shown, or turns the text around, as "�"."""
    return Html(escape(UNSEEN.sub("�", value)))


def tag(name: str, /, *children: str, **attributes: object) -> Html:
    """The element ``name`` around ``children``.

    An attribute's name is written with "-" for "_", and without a "_" at its end (``class_``); one whose
    value is None is left out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: str) -> Html:
    """One after the other."""
    return Html("".join(child if isinstance(child, Html) else text(child) for child in children))


def shortened(value: object, most: int = 40) -> str:
    """``value`` as text of at most ``most`` characters."""
    words = str(value)
    return words if len(words) <= most else words[: most - 1] + "…"
