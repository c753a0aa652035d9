"""Gathering: a part of a matrix copied to where a product reads it, if no single step leads over its elements.

So the windows of a convolution are gathered as they are needed. A place in such a matrix is found by division, once
for a part; from there on, loops go over the part.
"""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.engines.native.kernel_code import block, index_text, loop_head
from glassnet.engines.native.layouts import Pairs

Terms = list[tuple[int, str]]


def place(pairs: Pairs, name: str) -> Terms:
    """The terms of an index that lead to element number ``name`` of those that the loops ``pairs`` go over."""
    terms: Terms = []
    inner = 1
    for i, (n, step) in reversed(list(enumerate(pairs))):
        text = f"{name} / {inner}" if inner > 1 else name
        text = f"{text} % {n}" if i else text
        terms.insert(0, (step, text if text == name else f"({text})"))
        inner *= n
    return terms


def part_of(pairs: Pairs, size: int) -> Pairs:
    """The loops over the first ``size`` of the elements, which are whole inner loops and a part of one."""
    found: list[tuple[int, int]] = []
    for n, step in reversed(pairs):
        m = min(n, size)
        if m > 1:
            found.insert(0, (m, step))
        size //= m
    return tuple(found)


def gathered(to: str, of: str, depth: Pairs, depth_step: int, own: Pairs = ()) -> Iterator[str]:
    """The loops that copy a part of a matrix, to where the elements of its own dimension lie side by side.

    Those of the depth lie ``depth_step`` apart. ``own`` and ``depth`` are loops over what is copied.
    """
    loops = [(f"k{i}", n, step * depth_step, of_step) for i, (n, step, of_step) in enumerate(_with_places(depth))]
    loops += [(f"c{i}", n, step, of_step) for i, (n, step, of_step) in enumerate(_with_places(own))]
    to_terms, of_terms = ([(steps[which], name) for name, _, *steps in loops] for which in range(2))
    lines: Iterator[str] = iter([f"{to}[{index_text(0, *to_terms)}] = {of}[{index_text(0, *of_terms)}];"])
    for name, size, *_ in reversed(loops):
        lines = block(loop_head(name, size), lines)
    return lines


def _with_places(pairs: Pairs) -> list[tuple[int, int, int]]:
    """Each loop with the step of what lies in order, before the step that it has."""
    found: list[tuple[int, int, int]] = []
    inner = 1
    for n, step in reversed(pairs):
        found.insert(0, (n, inner, step))
        inner *= n
    return found
