"""Constants: arrays of numbers as NumPy expressions that a person would have written, where there is one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.codegen import spelled
from glassnet.ops.dtypes import Array

SHORT, LONG = 64, 10_000  # elements that are spelled out in any case, and at most
WIDTH = 110


def expression(array: Array) -> str:
    """``array`` as source: bit for bit the same numbers, unless there are too many to be written out.

    Then it is an array of NaN, or of integers that are no valid index, to be filled before the source is run.
    """
    short = _short(array)
    if short is not None:
        return short
    if array.size <= LONG:
        return _spelled_out(array)
    return _unknown(array)


def _short(array: Array) -> str | None:
    """One line for ``array``, or None."""
    dtype = f"np.{array.dtype}"
    if not array.size:
        return f"np.empty({array.shape}, {dtype})"
    if _same(np.full(array.shape, array.flat[0], array.dtype), array):
        return f"np.full({array.shape}, {_number(array.flat[0])}, {dtype})"
    if array.size <= SHORT:
        return f"np.array({_numbers(array)}, {dtype})"
    for text, rebuilt in _regular(array):
        if _same(rebuilt, array):
            return text
    return None


def _regular(array: Array) -> Iterator[tuple[str, Array]]:
    """What ``array`` may be made by: the source, and what that gives."""
    if array.dtype.kind in "iuf" and np.isfinite(array).all():
        shape = "" if array.ndim == 1 else f".reshape({array.shape})"
        for text, made in _progressions(array.ravel()):
            yield text + shape, made.reshape(array.shape)
    if array.ndim >= 2 and (row := _short(array[0])) is not None:
        yield f"np.broadcast_to({row}, {array.shape}).copy()", np.broadcast_to(array[0], array.shape)
    if array.ndim == 2:
        yield from _two_valued(array)


def _progressions(flat: Array) -> Iterator[tuple[str, Array]]:
    """Numbers at equal distances: whole ones, and those between two ends."""
    start, second, last = (x.item() for x in (flat[0], flat[1], flat[-1]))
    step = second - start
    if step and start == int(start) and step == int(step):
        begin, stop, by = int(start), int(start) + int(step) * flat.size, int(step)
        yield f"np.arange({begin}, {stop}, {by}, np.{flat.dtype})", np.arange(begin, stop, by).astype(flat.dtype)
    if flat.dtype.kind == "f":
        text = f"np.linspace({start}, {last}, {flat.size}, dtype=np.{flat.dtype})"
        yield text, np.linspace(start, last, flat.size, dtype=flat.dtype)


def _two_valued(array: Array) -> Iterator[tuple[str, Array]]:
    """Triangles and diagonals of one number, with another around them."""
    n, m = array.shape
    within, around = array[n - 1, 0], array[0, m - 1]
    begins_within = array[0, 0] == within
    k = int(np.argmax(array[0] != within)) - 1 if begins_within else -int(np.argmax(array[:, 0] == within))
    text = f"np.where(np.tri({n}, {m}, {k}, dtype=bool), {_number(within)}, {_number(around)}).astype(np.{array.dtype})"
    yield text, np.where(np.tri(n, m, k, dtype=bool), within, around)
    text = f"np.where(np.eye({n}, {m}, dtype=bool), {_number(array[0, 0])}, {_number(around)}).astype(np.{array.dtype})"
    yield text, np.where(np.eye(n, m, dtype=bool), array[0, 0], around)


def _same(a: Array, b: Array) -> bool:
    """Whether two arrays are the same to the bit."""
    return a.shape == b.shape and a.astype(b.dtype).tobytes() == b.tobytes()


def _number(value: Any) -> str:
    """One number, with no more digits than its dtype can tell apart."""
    return spelled(float(str(value)) if isinstance(value, np.floating) else value.item())


def _numbers(array: Array) -> str:
    if array.dtype.kind != "f":
        return spelled(array.tolist())
    shortest = np.array([float(str(x)) for x in array.ravel()], object).reshape(array.shape)
    return spelled(shortest.tolist())


def _spelled_out(array: Array) -> str:
    lines = textwrap.fill(_numbers(array), WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return f"np.array(\n{textwrap.indent(lines, '    ')},\n    np.{array.dtype},\n)"


def _unknown(array: Array) -> str:
    kinds = {"f": "np.nan", "c": "np.nan", "i": f"np.iinfo(np.{array.dtype}).min"}
    left = f"  # {array.size:,} numbers: set them before you run this"
    return f"np.full({array.shape}, {kinds.get(array.dtype.kind, 0)}, np.{array.dtype}){left}"
