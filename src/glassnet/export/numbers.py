"""Numbers: arrays as source that a person can read and that gives back the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array

WIDTH = 110


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
