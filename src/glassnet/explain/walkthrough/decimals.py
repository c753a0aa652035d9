"""Numbers for people: rounded, a few written out, many summarised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array

FEW = 12  # numbers that are written out; more are summarised
DIGITS = 4


def written_number(x: Any, digits: int = DIGITS) -> str:
    """A number with that many digits that count; whole numbers in full; complex ones as "1.5 - 2i"."""
    if isinstance(x, bool | np.bool_):
        return str(int(x))
    if isinstance(x, int | np.integer):
        return str(x)
    if isinstance(x, complex | np.complexfloating):
        imaginary = written_number(float(x.imag), digits)
        sign, size = ("-", imaginary[1:]) if imaginary[:1] == "-" else ("+", imaginary)
        return f"{written_number(float(x.real), digits)} {sign} {size}i"
    x = float(x)
    if x.is_integer() and abs(x) < 10**digits:
        return str(int(x))
    return f"{x:.{digits}g}"


def as_number(x: Any) -> Any:
    """An element as a float of Python's; a complex one as a complex."""
    number = np.asarray(x).item()
    return number if isinstance(number, complex) else float(number)


def cells_of(array: Array) -> list[list[str]] | None:
    """The numbers of an array, row by row; None where there are none, or too many to write out."""
    if array.size == 0 or array.size > FEW or array.ndim > 2:
        return None
    return [[written_number(x) for x in row] for row in array.reshape(-1, array.shape[-1] if array.ndim else 1)]


def rows_of(array: Array) -> list[str]:
    """The numbers of an array: a row a line where there are few, else one line that sums them up."""
    cells = cells_of(array)
    if cells is None:
        return [summary(array)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.rjust(n) for cell, n in zip(row, widths, strict=True)).rstrip() for row in cells]


def summary(array: Array) -> str:
    """Many numbers in one line: the least, the mean, the greatest, and what is unusual."""
    if array.size == 0:
        return "empty"
    if array.dtype.kind == "b":
        return f"{np.count_nonzero(array)} of {array.size} true"
    if array.dtype.kind in "fc" and not array.any():
        return f"all {array.size} are 0"
    finite = array[np.isfinite(array)] if array.dtype.kind in "fc" else array
    parts = []
    if finite.size and array.dtype.kind == "c":  # they have no order
        parts.append(f"mean {written_number(np.mean(finite, dtype=np.complex128))}")
    elif finite.size:
        mean = np.mean(finite, dtype=np.float64)
        figures = (("min", finite.min()), ("mean", mean), ("max", finite.max()))
        parts.append("  ".join(f"{name} {written_number(x)}" for name, x in figures))
    return ", ".join([*parts, *_unusual(array)])


def _unusual(array: Array) -> Iterator[str]:
    if array.dtype.kind not in "fc":
        return
    zeros = array.size - np.count_nonzero(array)
    counts = (("0", zeros), ("NaN", np.count_nonzero(np.isnan(array))), ("infinite", np.count_nonzero(np.isinf(array))))
    yield from (f"{count} of {array.size} are {what}" for what, count in counts if count)


def is_bad(array: Array) -> bool:
    """Whether there is a NaN or an infinity among the numbers."""
    return array.dtype.kind in "fc" and not bool(np.isfinite(array).all())
