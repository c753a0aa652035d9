"""Merging: two kernels made one, where the loops of both can be the same.

Each loop of the two becomes some loops of the one. The second may go over its elements in another order than the first:
what it reads of the first's results says which of its loops are which.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from glassnet.engines.native.c_operations import is_product
from glassnet.engines.native.kernels import Cut, Kernel, Layouts, accesses, cut, is_consistent, refined
from glassnet.engines.native.layouts import Sizes, seen_by
from glassnet.engines.native.product_loops import product_loops

ROWS, COLUMNS = 48, 64  # of a product: into fewer at a time it is not cut for the sake of what follows


@dataclass(frozen=True)
class Fit:
    """The sizes of the loops of two kernels made one, and which of them stand for the loops of each."""

    sizes: Sizes
    first: Cut
    second: Cut


def merged(first: Kernel, second: Kernel, layouts: Layouts) -> Kernel | None:
    """One kernel that does what both do, the ``first`` before the ``second``; None where their loops do not fit."""
    if first.is_routine or second.is_routine:
        return None
    for fit in _fits(first, second, layouts):
        found = _together(first, second, fit)
        if found is None or _writes_once(first, found) or _writes_once(second, found):
            continue
        if _may_fail(found) and any(i.into for i in found.instructions):
            continue  # state would be overwritten before all of an index is known to be in range
        if is_consistent(found, layouts) and _stays_large(first, found, layouts):
            return found
    return None


def _together(first: Kernel, second: Kernel, fit: Fit) -> Kernel | None:
    """The kernel that comes of a fit; None where the two do not reduce the same."""
    parts = (first, fit.first), (second, fit.second)
    reduced = [frozenset(new for i in kernel.reduced for new in cuts[i]) for kernel, cuts in parts if kernel.reduced]
    if len(set(reduced)) > 1:
        return None
    orders = {
        instruction.output: tuple(new for i in kernel.order(instruction) for new in cuts[i])
        for kernel, cuts in parts
        for instruction in kernel.instructions
    }
    instructions = (*first.instructions, *(i for i in second.instructions if i.output not in first.made))  # masks
    return Kernel(instructions, fit.sizes, reduced[0] if reduced else frozenset(), first.product, orders=orders)


def _may_fail(kernel: Kernel) -> bool:
    return any(i.op.name == "gather" for i in kernel.instructions)


def _writes_once(part: Kernel, whole: Kernel) -> bool:
    """Whether ``part`` overwrites a single number, and other threads of the ``whole`` may read it before or after."""
    return math.prod(part.sizes) == 1 < math.prod(whole.sizes) and any(i.into for i in part.instructions)


def _stays_large(first: Kernel, found: Kernel, layouts: Layouts) -> bool:
    """Whether a product is not cut into small pieces for the sake of what follows it."""
    if found.product is None or not is_product(found.product):
        return True
    before, after = (product_loops(kernel, layouts) for kernel in (first, found))
    are_many = after.rows.size >= min(before.rows.size, ROWS)
    return are_many and after.columns.size >= min(before.columns.size, COLUMNS)


# how loops fit ----------------------------------------------------------------------------------------------


def _fits(first: Kernel, second: Kernel, layouts: Layouts) -> Iterator[Fit]:
    """The ways in which the loops of both may become the same."""
    has_product = first.product is not None
    if second.product is not None or (has_product and second.reduced):
        return
    if math.prod(first.sizes) == math.prod(second.sizes):
        sizes = refined(first.sizes, second.sizes)
        if sizes is not None:
            yield Fit(sizes, cut(first.sizes, sizes), cut(second.sizes, sizes))
        yield from _permuted(first, second, layouts)
        return
    if has_product:
        if math.prod(second.sizes) == 1:
            yield Fit(first.sizes, cut(first.sizes, first.sizes), ())
        return
    for rows, other, is_first in ((first, second, True), (second, first, False)):
        if not other.reduced and math.prod(other.sizes) < math.prod(rows.sizes):
            yield from _for_each_row(rows, other, is_first)


def _for_each_row(rows: Kernel, other: Kernel, is_first: bool) -> Iterator[Fit]:
    """The loops of ``rows``, where ``other`` is done once for each pass of the outer ones."""
    kept = [i for i in range(len(rows.sizes)) if i not in rows.reduced] if rows.reduced else []
    outer = tuple(rows.sizes[i] for i in kept)
    fine = refined(outer, other.sizes)
    if fine is None:
        return
    parts = dict(zip(kept, cut(outer, fine), strict=True))  # of each loop that is kept: which of the fine ones
    sizes: list[int] = []
    cuts: list[tuple[int, ...]] = []
    for i, n in enumerate(rows.sizes):
        own = [fine[part] for part in parts[i]] if i in parts else [n]
        cuts.append(tuple(range(len(sizes), len(sizes) + len(own))))
        sizes += own
    places = [place for i in kept for place in cuts[i]]
    others = tuple(tuple(places[part] for part in own) for own in cut(other.sizes, fine))
    yield Fit(tuple(sizes), tuple(cuts), others) if is_first else Fit(tuple(sizes), others, tuple(cuts))


def _permuted(first: Kernel, second: Kernel, layouts: Layouts) -> Iterator[Fit]:
    """The loops of ``first``; those of ``second`` are found by what it reads: each value where it was made."""
    for reader in second.instructions:
        for _, layout in seen_by(reader, layouts):
            maker = next((i for i in first.instructions if layouts[i.output].root == layout.root), None)
            if maker is None:
                continue
            made = first.result_steps(layouts[maker.output], maker)
            read = second.steps(layout, reader)
            if made is not None and read is not None and 0 not in made and 0 not in read:
                yield from _in_memory_order(first.sizes, made, second.sizes, read)
                return


def _in_memory_order(first: Sizes, made: tuple[int, ...], second: Sizes, read: tuple[int, ...]) -> Iterator[Fit]:
    """The loops that lead over the same memory in both, where all of it is gone over once."""
    orders = [sorted(range(len(steps)), key=lambda i: -steps[i]) for steps in (made, read)]
    sizes = [tuple(own[i] for i in order) for own, order in zip((first, second), orders, strict=True)]
    fine = refined(*sizes)
    if fine is None:
        return
    parts = [dict(zip(order, cut(own, fine), strict=True)) for own, order in zip(sizes, orders, strict=True)]
    in_order = [part for i in range(len(first)) for part in parts[0][i]]
    place = {part: n for n, part in enumerate(in_order)}
    cuts = [tuple(tuple(place[part] for part in own[i]) for i in range(len(own))) for own in parts]
    yield Fit(tuple(fine[part] for part in in_order), cuts[0], cuts[1])


# the order of loops -----------------------------------------------------------------------------------------


def in_best_order(kernel: Kernel, layouts: Layouts) -> Kernel:
    """The same with that loop innermost along which the most operands and results lie in order."""
    if kernel.product is not None or kernel.is_routine or not kernel.sizes:
        return kernel
    found = [0] * len(kernel.sizes)
    for steps in accesses(kernel, layouts):
        for i, step in enumerate(steps):
            found[i] += step == 1
    last = len(found) - 1
    best = max(range(len(found)), key=lambda i: (found[i], i == last))
    if best == last:
        return kernel
    loops = [*(i for i in range(len(found)) if i != best), best]
    place = {i: n for n, i in enumerate(loops)}
    return replace(
        kernel,
        sizes=tuple(kernel.sizes[i] for i in loops),
        reduced=frozenset(place[i] for i in kernel.reduced),
        orders={i.output: tuple(place[loop] for loop in kernel.order(i)) for i in kernel.instructions},
    )
