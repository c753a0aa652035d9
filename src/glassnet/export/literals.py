"""Literals: values as source that a person can read and that gives back the same bits.

What comes from outside, names of files, columns, classes and layers, gets into source by these doors alone: as code by
`quoted` and `assigned`, in a docstring by `in_docstring`, in a comment by `in_comment`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.text import shown

WIDTH = 110


def quoted(text: str) -> str:
    """A text as code: in double quotes, with all that cannot be seen written as Python writes it."""
    return double_quoted(repr(text))


def in_docstring(text: str) -> str:
    """``text``, of lines that can be shown, as it stands within three double quotes and says what it says."""
    return text.replace("\\", "\\\\").replace('"""', r"\"\"\"")


def in_comment(text: str) -> str:
    """``text`` as it stands in a comment: in one line."""
    return shown(text, most=WIDTH)


def assigned(name: str, value: object) -> str:
    """``name = value``, on as many lines as it takes."""
    return f"{name} = {_value(value, WIDTH - len(name) - 3, 0)}"


def names_assigned(name: str, names: Sequence[str]) -> str:
    """``name = (…)`` of what is called by ``names``, on as many lines as it takes."""
    flat = f"{name} = {_tuple(names)}"
    return flat if len(flat) <= WIDTH else f"{name} = {_wrapped('(', list(names), ')', 0)}"


def array_source(name: str, array: Array) -> str:
    """``name = np.array(…)``: a row of the array in a row of the text, or in a few, the points below each other."""
    if not array.size:
        return f"{name} = np.zeros({array.shape}, np.{array.dtype})"
    words = [number_source(x) for x in array.ravel()]
    flat = f"{name} = np.array({_nested(_shaped(words, array), 0)}, np.{array.dtype})"
    if array.ndim < 2 and len(flat) <= WIDTH:
        return flat
    before = max(len(word.partition(".")[0]) for word in words)
    padded = [" " * (before - len(word.partition(".")[0])) + word for word in words]
    return f"{name} = np.array(\n    {_nested(_shaped(padded, array), 4)},\n    np.{array.dtype},\n)"


def number_source(x: Any) -> str:
    """One number in the fewest digits that give it back."""
    if x.dtype.kind != "f":
        return str(x)
    if not np.isfinite(x):
        return "np.nan" if np.isnan(x) else "np.inf" if x > 0 else "-np.inf"
    is_short = float(x).is_integer() and abs(float(x)) < 1e6 and not (x == 0 and np.signbit(x))
    return str(int(x)) if is_short else str(x)


def double_quoted(source: str) -> str:
    """``source`` by `repr` or `ast.unparse`, with its texts in double quotes, unless one of them holds a quote."""
    return source if '"' in source else source.replace("'", '"')


def _value(value: object, room: int, indent: int) -> str:
    """A value as Python writes it, the first line in no more than ``room``, the others ``indent`` columns in."""
    text = _flat(value)
    if len(text) <= room or not isinstance(value, dict | list | tuple):
        return text
    heads = [f"{_flat(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    items = value.values() if isinstance(value, dict) else value
    inner = indent + 4
    parts = [head + _value(item, WIDTH - inner - len(head) - 1, inner) for head, item in zip(heads, items, strict=True)]
    return _wrapped(text[0], parts, text[-1], indent)


def _wrapped(begin: str, parts: Sequence[str], end: str, indent: int) -> str:
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
    return quoted(value) if isinstance(value, str) else double_quoted(repr(value))


def _tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


def _shaped(words: list[str], array: Array) -> Array:
    cells = np.empty(len(words), object)
    cells[:] = words
    return cells.reshape(array.shape)


def _nested(cells: Array, indent: int) -> str:
    """Nested lists, each of the innermost on a line of its own if it fits, ``indent`` columns in."""
    if cells.ndim == 0:
        return str(cells[()]).strip()
    inner = " " * (indent + 4)
    if cells.ndim > 1:
        rows = "".join(f"{inner}{_nested(row, indent + 4)},\n" for row in cells)
        return f"[\n{rows}{' ' * indent}]"
    line = f"[{', '.join(cells)}]"
    if indent == 0 or len(line) + indent < WIDTH:
        return line
    column = max(map(len, cells)) + 2
    fit = max(1, (WIDTH - indent - 4) // column)
    lines = ("".join(f"{cell},".ljust(column) for cell in cells[i : i + fit]) for i in range(0, len(cells), fit))
    return "[\n" + "".join(f"{inner}{line.rstrip()}\n" for line in lines) + " " * indent + "]"
