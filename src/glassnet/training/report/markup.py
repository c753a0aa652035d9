"""Markup: HTML elements as values, so that text is escaped once and every element is closed."""

from __future__ import annotations

from glassnet.text import escaped

VOID = {"img", "meta"}  # elements that HTML does not close


class Html(str):
    """Text that is markup already; any other string is escaped where it is put into an element."""

    __slots__ = ()


def text(value: str) -> Html:
    """``value`` as people are to read it; a character that cannot be shown, or turns the text around, written out."""
    return Html(escaped(value))


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
