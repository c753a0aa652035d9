"""Layout: the lines of an exported file that hold values, and those that begin a section."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 110


def section(title: str) -> str:
    """The line that a section of the file begins with."""
    return f"\n# {title} {'-' * (WIDTH - len(title) - 3)}"


def assigned(name: str, value: object) -> str:
    """``name = value``, on as many lines as it takes."""
    return f"{name} = {_laid_out(value, WIDTH - len(name) - 3, 0)}"


def named(name: str, names: Sequence[str]) -> str:
    """``name = (…)`` of what is called by ``names``, on as many lines as it takes."""
    flat = f"{name} = {_tuple(names)}"
    return flat if len(flat) <= WIDTH else f"{name} = {_filled('(', list(names), ')', 0)}"


def _laid_out(value: object, room: int, indent: int) -> str:
    """A value as Python writes it, the first line in no more than ``room``, the others ``indent`` columns in."""
    text = _flat(value)
    if len(text) <= room or not isinstance(value, dict | list | tuple):
        return text
    heads = [f"{_flat(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    items = value.values() if isinstance(value, dict) else value
    inner = indent + 4
    parts = [
        head + _laid_out(item, WIDTH - inner - len(head) - 1, inner) for head, item in zip(heads, items, strict=True)
    ]
    return _filled(text[0], parts, text[-1], indent)


def _filled(begin: str, parts: Sequence[str], end: str, indent: int) -> str:
    """As many of the parts in a line as there is room for, and those that are dicts or take several on their own."""
    inner = " " * (indent + 4)
    lines = [""]
    for part in parts:
        if lines[-1] and ("\n" in lines[-1] + part or "{" in part or len(inner + lines[-1] + part) + 2 > WIDTH):
            lines.append("")
        lines[-1] += f" {part}," if lines[-1] else f"{part},"
    return "\n".join([begin, *(inner + line for line in lines), " " * indent + end])


def _flat(value: object) -> str:
    """A value as Python writes it, in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flat, value))}]"
    if isinstance(value, tuple):
        return _tuple([_flat(item) for item in value])
    text = repr(value)
    return text if '"' in text else text.replace("'", '"')


def _tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
