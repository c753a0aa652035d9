"""Layouts: in whose memory each value of a program lies, and by which steps its elements are found there.

What an instruction computes lies in order in memory of its own. ``x.T`` is no computation: it reads the memory of x
with its steps exchanged. Nor is ``x.T.reshape(6)``, for which NumPy has to move numbers: the one dimension is gone over
in two loops. So a matrix of windows, of which each number stands in many rows, is never in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.engines.native.c_operations import is_elementwise, is_product, is_reduction
from glassnet.ops.dtypes import Array
from glassnet.ops.indexing import gather
from glassnet.ops.layers.windows import add_windows
from glassnet.ops.movement import broadcast_to, permute, reshape
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program, Var
from glassnet.program.slices import SLICES

VIEWS = frozenset({"reshape", "permute", "broadcast_to", "getitem", "windows"})
Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]  # sizes, and how far apart neighbours are, from the outermost to the innermost


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where a value lies: in the memory of ``root``, from the element ``offset`` on.

    Each of its dimensions is gone over in the loops ``dims``: one, or several where no single step leads over it.
    """

    root: Var
    offset: int
    dims: tuple[Pairs, ...]

    @property
    def shape(self) -> Sizes:
        """The shape of the value."""
        return tuple(size_of(pairs) for pairs in self.dims)

    @property
    def is_strided(self) -> bool:
        """Whether one step leads over each dimension, as NumPy's strides do."""
        return all(len(pairs) == 1 for pairs in self.dims)

    @property
    def array(self) -> Array:
        """An imagined array that lies so: it has a shape and strides, and no numbers that anyone looks at."""
        sizes = [n for pairs in self.dims for n, _ in pairs]
        strides = [step * self.root.dtype.itemsize for pairs in self.dims for _, step in pairs]
        return np.lib.stride_tricks.as_strided(np.empty(1, self.root.dtype), sizes, strides, writeable=False)

    @property
    def is_in_order(self) -> bool:
        """Whether the elements lie one after another in the order of the dimensions, as results mostly do."""
        return self.dims == _in_order(self.shape)

    def steps(self, shape: Sizes, sizes: Sizes) -> tuple[int, ...] | None:
        """How many elements apart neighbours are, along each of the loops ``sizes`` over the elements of ``shape``.

        The value is broadcast to the shape. None where no steps lead over its elements in that order.
        """
        found = fitted(self.loops(shape), sizes)
        if found is None or any(len(pairs) > 1 for pairs in found):
            return None
        return tuple(pairs[0][1] if pairs else 0 for pairs in found)

    def loops(self, shape: Sizes) -> Pairs:
        """The fewest loops that lead over its elements, where it is broadcast to ``shape``."""
        return joined(pair for pairs in self.broadcast(shape).dims for pair in pairs)

    def broadcast(self, shape: Sizes) -> Layout:
        """The same broadcast to a shape."""
        missing = len(shape) - len(self.dims)
        own = ((),) * missing + self.dims
        dims = [pairs if size_of(pairs) == n else ((n, 0),) for pairs, n in zip(own, shape, strict=True)]
        return Layout(self.root, self.offset, tuple(dims))

    def reshaped(self, shape: Sizes) -> Layout | None:
        """The same numbers in the same order in another shape; None where its dimensions cannot be cut so."""
        if 0 in shape:
            return Layout(self.root, self.offset, _in_order(shape))
        dims = fitted(joined(pair for pairs in self.dims for pair in pairs), shape)
        if dims is None:
            return None
        return Layout(self.root, self.offset, tuple(pairs or ((1, 0),) for pairs in dims))

    def through(self, view: Callable[[Array], Any]) -> Layout:
        """What a view of an array that lies so lies like."""
        array = self.array
        seen = view(array)
        further = int(seen.ctypes.data - array.ctypes.data) // array.itemsize
        steps = [stride // array.itemsize for stride in seen.strides]
        dims = tuple(((n, step),) for n, step in zip(seen.shape, steps, strict=True))
        return Layout(self.root, self.offset + further, dims)


def layouts_of(program: Program, strides: Strides) -> dict[Var, Layout]:
    """The layout of every value. ``strides`` say by name how state lies where it does not lie in order.

    A product's result lies in the order in which it is read, where every reader can take it from there.
    """
    plain = _layouts(program, strides, {})
    orders = _orders_of_reading(program, plain)
    while orders:
        found = _layouts(program, strides, orders)
        unfit = _unfit(program, plain, found)
        if unfit.isdisjoint(orders):
            return found
        orders = {root: layout for root, layout in orders.items() if root not in unfit}
    return plain


def _layouts(program: Program, strides: Strides, orders: Mapping[Var, Layout]) -> dict[Var, Layout]:
    written = {name for instruction in program for name in instruction.writes}
    loose = _read_in_loops(program)
    layouts = {var: _own(var, strides.get(var.name)) for var in (*program.inputs, *program.state, *program.constants)}
    for instruction in program:
        output = instruction.output
        source = layouts[instruction.reads[0]] if instruction.reads else None
        may_move = output in loose and source is not None and source.root.name not in written
        layouts[output] = _view(instruction, layouts, may_move) or orders.get(output) or _own(output)
        if instruction.into:
            layouts[output] = layouts[next(var for var in program.state if var.name == instruction.into)]
    return layouts


def seen_by(instruction: Instruction, layouts: Mapping[Var, Layout]) -> list[tuple[Var, Layout]]:
    """The values that an instruction reads, each as its loops go over it.

    Of what is picked along a dimension this is the element at position 0 there, for each index: how many elements
    further the picked one is, the index says. Of a matrix of a product it is the first of what is summed.
    """
    found = [(x, layouts[x]) for x in instruction.reads]
    x, layout = found[0] if found else (instruction.output, layouts[instruction.output])
    shape = instruction.output.shape
    if instruction.op.name == "gather":
        dim = instruction.params["dim"] % len(x.shape)
        begin = layout.through(lambda array: array[tuple(slice(1 if d == dim else n) for d, n in enumerate(shape))])
        found[0] = x, begin.broadcast(shape)
    elif instruction.op is reshape:
        found[0] = x, layout.reshaped(shape) or layout
    elif is_product(instruction):
        (_, a), (y, b) = found
        rows = Layout(a.root, a.offset, (*a.dims[:-1], ((1, 0),)))
        columns = Layout(b.root, b.offset, (*b.dims[:-2], ((1, 0),), b.dims[-1]))
        return [(x, rows.broadcast(shape)), (y, columns.broadcast(shape))]
    return found


# loops and their steps --------------------------------------------------------------------------------------


def size_of(pairs: Pairs) -> int:
    """How many elements some loops go over."""
    size = 1
    for n, _ in pairs:
        size *= n
    return size


def joined(pairs: Iterable[tuple[int, int]]) -> Pairs:
    """The fewest loops that go over the same elements in the same order."""
    found: list[tuple[int, int]] = []
    for n, step in pairs:
        if n == 1:
            continue
        if found and found[-1][1] == step * n:
            n *= found.pop()[0]
        found.append((n, step))
    return tuple(found)


def fitted(pairs: Pairs, sizes: Sequence[int]) -> tuple[Pairs, ...] | None:
    """The loops that make up each of some ``sizes``, cut where they have to be; None where that is not possible."""
    left = list(pairs)
    found: list[Pairs] = []
    for size in reversed(sizes):
        own: list[tuple[int, int]] = []
        while size > 1 and left:
            n, step = left.pop()
            if n > size and n % size == 0:
                left.append((n // size, step * size))
                n = size
            if size % n:
                return None
            own.insert(0, (n, step))
            size //= n
        if size > 1:
            return None
        found.insert(0, tuple(own))
    return None if left else tuple(found)


def _in_order(shape: Sizes) -> tuple[Pairs, ...]:
    """The loops over what lies in order."""
    steps = [1]
    for n in shape[:0:-1]:
        steps.append(steps[-1] * max(1, n))
    return tuple(((n, step),) for n, step in zip(shape, reversed(steps[: len(shape)]), strict=True))


# which values are views -------------------------------------------------------------------------------------


def _own(var: Var, strides: tuple[int, ...] | None = None) -> Layout:
    if strides is None:
        return Layout(var, 0, _in_order(var.shape))
    steps = [stride // var.dtype.itemsize for stride in strides]
    return Layout(var, 0, tuple(((n, step),) for n, step in zip(var.shape, steps, strict=True)))


def _view(instruction: Instruction, layouts: Mapping[Var, Layout], may_move: bool) -> Layout | None:
    """The layout of the result of a view; None for one that computes something, or has to move numbers.

    What `may_move` is a view too, where NumPy would copy, and nobody can tell.
    """
    if instruction.into or not instruction.reads:
        return None
    source, name = layouts[instruction.reads[0]], instruction.op.name
    if name == "pad" and may_move and source.is_strided:
        return _without_margins(instruction, source)
    if name not in VIEWS or not instruction.is_view:
        return None
    if instruction.op is reshape:
        seen = source.reshaped(instruction.output.shape)
        return seen if seen is not None and (seen.is_strided or may_move) else None
    if instruction.op is permute:
        return Layout(source.root, source.offset, tuple(source.dims[d] for d in instruction.params["dims"]))
    if instruction.op is broadcast_to:
        return source.broadcast(instruction.output.shape)
    return source.through(lambda array: instruction.op.forward(array, **instruction.params))


def _without_margins(instruction: Instruction, source: Layout) -> Layout | None:
    """What is left of a value from which margins are taken away; None where some are added."""
    widths = instruction.params["widths"]
    if any(n > 0 for width in widths for n in width):
        return None
    lengths = source.shape[len(source.dims) - len(widths) :]
    kept: list[Any] = [...]
    kept += [slice(-before, n + after) for (before, after), n in zip(widths, lengths, strict=True)]
    return source.through(lambda array: array[tuple(kept)])


def _read_in_loops(program: Program) -> set[Var]:
    """The values that are read in loops alone, in kernels: those may lie in any way, and be looked at later."""
    found = {instruction.output for instruction in program} - set(program.wanted)
    for instruction in reversed(program.instructions):
        in_loops = _is_in_loops(instruction)
        if instruction.op in (reshape, permute, broadcast_to) and instruction.is_view and not instruction.into:
            in_loops = instruction.output in found
        if not in_loops:
            found -= set(instruction.reads)
    return found


def _is_in_loops(instruction: Instruction) -> bool:
    """Whether an instruction goes over what it reads in loops, however many lead over a dimension."""
    is_known = is_product(instruction) or is_reduction(instruction) or is_elementwise(instruction)
    return (is_known and instruction.op is not gather) or instruction.op is add_windows


# the order in which a result lies ---------------------------------------------------------------------------


def _orders_of_reading(program: Program, layouts: Mapping[Var, Layout]) -> dict[Var, Layout]:
    """Of products whose results are first read in another order than they lie in: how they lie in that order."""
    waiting = {i.output for i in program if is_product(i) and not i.into} - {layouts[x].root for x in program.wanted}
    orders: dict[Var, Layout] = {}
    for instruction in program:
        if layouts[instruction.output].root != instruction.output and not instruction.into:
            continue  # a view
        for x in instruction.reads:
            layout = layouts[x]
            if layout.root in waiting:
                waiting.remove(layout.root)
                order = _in_order_of(layout.root, joined(pair for d in _gone_over(instruction, layout) for pair in d))
                orders |= {} if order is None else {layout.root: order}
    return orders


def _gone_over(instruction: Instruction, layout: Layout) -> tuple[Pairs, ...]:
    """The loops over a value that an instruction reads, from the outermost to the innermost."""
    if instruction.op is not add_windows:
        return layout.dims
    n = len(instruction.params["lengths"])  # for each place of a window, over the windows
    return (*layout.dims[: -2 * n], *layout.dims[-n:], *layout.dims[-2 * n : -n])


def _in_order_of(root: Var, pairs: Pairs) -> Layout | None:
    """How a value lies in the order of loops that go over it once; None where it is so anyway, or they do not."""
    steps: dict[int, tuple[int, int]] = {}  # by the step as it lies now: the size, and the step that there will be
    inner = 1
    for n, step in reversed(pairs):
        steps[step] = n, inner
        inner *= n
    loops = tuple(steps[step] for step in sorted(steps, reverse=True))
    in_order, further = [], 1
    for n, _ in reversed(loops):
        in_order.append(further)
        further *= n
    if sorted(steps) != in_order or inner * root.dtype.itemsize != root.nbytes or len(pairs) == 1:
        return None
    dims = fitted(loops, root.shape)
    return None if dims is None else Layout(root, 0, tuple(joined(own) or ((1, 0),) for own in dims))


def _unfit(program: Program, plain: Mapping[Var, Layout], found: Mapping[Var, Layout]) -> set[Var]:
    """The values that have to lie in order: some reader asks for it, or numbers would have to be moved for it."""
    unfit = set()
    for instruction in program:
        output = instruction.output
        moves = found[output].root == output != plain[output].root
        is_view = found[output].root != output
        for x in instruction.reads:
            taken_as_it_lies = instruction.op is not SLICES and found[x].is_strided
            if moves or not (is_view or _is_in_loops(instruction) or taken_as_it_lies or found[x].is_in_order):
                unfit.add(found[x].root)
    return unfit
