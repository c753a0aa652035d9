"""Blocks: small matrices of numbers, written beside each other where there is room."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassnet.ops.dtypes import Array

LARGEST = 7  # rows and columns that are written out
ROOM = 63  # columns of text
Blocks = tuple[tuple[str, Array], ...]
"""Matrices, or rows, with a title each."""


def beside(blocks: Blocks) -> Iterator[str]:
    """The blocks as lines of text. What is larger than 7 × 7 is only named."""
    if max(n for _, array in blocks for n in (1, *array.shape)) > LARGEST:
        yield f"{' × '.join(map(str, blocks[0][1].shape))} numbers, too many to be written out"
        return
    line: list[list[str]] = []
    for block in (_lines(title, array) for title, array in blocks):
        if line and sum(len(b[0]) + 3 for b in [*line, block]) - 3 > ROOM:
            yield from _joined(line)
            line = []
        line.append(block)
    yield from _joined(line)


def _lines(title: str, array: Array) -> list[str]:
    """A title and a row a line, all of the same length; as many decimals as give the greatest three digits."""
    rows = np.atleast_2d(array).astype(np.float64)
    greatest = float(np.abs(rows[np.isfinite(rows)]).max(initial=0))
    whole = not greatest or bool(np.all(rows == np.rint(rows)))
    decimals = 0 if whole else min(max(2 - math.floor(math.log10(greatest)), 0), 6)
    cells = [["0" if x == 0 else f"{x:.{decimals}f}" for x in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [title, *("  ".join(cell.rjust(n) for cell, n in zip(row, widths, strict=True)) for row in cells)]
    longest = max(map(len, lines))
    return [line.ljust(longest) for line in lines]


def _joined(blocks: list[list[str]]) -> Iterator[str]:
    for row in zip(*blocks, strict=True):
        yield "   ".join(row).rstrip()
