"""Layouts: in whose memory each value of a program lies, and by which strides its elements are found there.

What an instruction computes lies in order in memory of its own. ``x.T`` is no computation: it reads the memory of x
with its strides exchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.movement import reshape
from glassnet.program.passes.view_analysis import Strides
from glassnet.program.program import Instruction, Program, Var

VIEWS = frozenset({"reshape", "permute", "broadcast_to", "getitem", "windows"})


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where a value lies: in the memory of ``root``, as ``array`` does in that of ``base``.

    Both arrays are imagined: they have shapes, strides and a place, and no numbers that anyone looks at.
    """

    root: Var
    base: Array
    array: Array

    @property
    def offset(self) -> int:
        """The element of the root's memory at which the value begins."""
        return int(self.array.ctypes.data - self.base.ctypes.data) // self.array.itemsize

    def steps(self, shape: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[int, ...] | None:
        """How many elements apart neighbours are, along each of the loops ``sizes`` over the elements of ``shape``.

        The value is broadcast to the shape. None where no strides lead over its elements in that order.
        """
        seen = reshaped(np.broadcast_to(self.array, shape), sizes)
        if seen is None:
            return None
        pairs = zip(seen.shape, seen.strides, strict=True)
        return tuple(0 if n == 1 else step // self.array.itemsize for n, step in pairs)


def layouts_of(program: Program, strides: Strides) -> dict[Var, Layout]:
    """The layout of every value. ``strides`` say by name how state lies where it does not lie in order."""
    layouts = {var: _own(var, strides.get(var.name)) for var in (*program.inputs, *program.state, *program.constants)}
    for instruction in program:
        output = instruction.output
        layouts[output] = _view(instruction, layouts) or _own(output)
        if instruction.into:
            layouts[output] = layouts[next(var for var in program.state if var.name == instruction.into)]
    return layouts


def seen_by(instruction: Instruction, layouts: Mapping[Var, Layout]) -> list[tuple[Var, Layout]]:
    """The values that an instruction reads, each as its loops go over it.

    Of what is picked along a dimension this is the element at position 0 there, for each index: how many elements
    further the picked one is, the index says.
    """
    found = [(x, layouts[x]) for x in instruction.reads]
    if instruction.op.name == "gather":
        x, layout = found[0]
        dim, shape = instruction.params["dim"] % len(x.shape), instruction.output.shape
        begin = layout.array[tuple(slice(1 if d == dim else n) for d, n in enumerate(shape))]
        found[0] = x, Layout(layout.root, layout.base, np.broadcast_to(begin, shape))
    return found


def reshaped(array: Array, shape: tuple[int, ...]) -> Array | None:
    """A view of an array in another shape; None where its numbers would have to be moved."""
    seen = array.view()
    try:
        seen.shape = shape
    except (AttributeError, ValueError):
        return None
    return seen


def _own(var: Var, strides: tuple[int, ...] | None = None) -> Layout:
    if strides is None:
        steps = [int(var.dtype.itemsize)]
        for n in var.shape[:0:-1]:
            steps.append(steps[-1] * max(1, n))
        strides = tuple(reversed(steps[: len(var.shape)]))
    base = np.lib.stride_tricks.as_strided(np.empty(1, var.dtype), var.shape, strides, writeable=False)
    return Layout(var, base, base)


def _view(instruction: Instruction, layouts: Mapping[Var, Layout]) -> Layout | None:
    """The layout of the result of a view; None for one that computes something, or has to move numbers."""
    if instruction.op.name not in VIEWS or not instruction.is_view or instruction.into:
        return None
    source = layouts[instruction.reads[0]]
    if instruction.op is reshape:
        seen = reshaped(source.array, instruction.output.shape)
    else:
        seen = instruction.op.forward(source.array, **instruction.params)
    return None if seen is None else Layout(source.root, source.base, seen)
