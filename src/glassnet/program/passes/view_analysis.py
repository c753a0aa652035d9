"""View analysis: which results are views of another value's memory, and which have to be copied.

``x.reshape(6)`` of an x [2, 3] that lies in order is a view; ``x.T.reshape(6)`` has to move the numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from glassnet.ops.dtypes import Array
from glassnet.ops.indexing import getitem
from glassnet.ops.movement import reshape
from glassnet.program.program import Instruction, Program, Var

Strides = Mapping[str, tuple[int, ...]]


def views_of(program: Program, strides: Strides) -> dict[Var, Var]:
    """The values that look into the memory of another, and of which.

    What a program computes lies in order; state lies as ``strides`` say by name, else in order. Of inputs nobody
    knows: what looks into one is looked up anew each time, and is here whether its numbers move or not.
    """
    layouts: dict[Var, Array | None] = dict.fromkeys(program.inputs)
    views: dict[Var, Var] = {}
    for instruction in program.instructions:
        source = instruction.inputs[0] if instruction.inputs else None
        if not (instruction.is_view and not instruction.into and isinstance(source, Var)):
            continue
        if source not in layouts:
            layouts[source] = _imagined(source, strides.get(source.name))
        layout = layouts[source]
        seen = None if layout is None else _looking(instruction, layout)
        if layout is None or seen is not None:
            views[instruction.output] = source
            layouts[instruction.output] = seen
    return views


def with_gaps(program: Program, views: Collection[Var]) -> set[Var]:
    """The ``views`` of some columns, and what looks into those: between their rows lies what is not theirs."""
    found: set[Var] = set()
    for instruction in program:
        if instruction.output in views:
            takes_part = instruction.op is getitem and any(x != slice(None) for x in instruction.params["index"][1:])
            if takes_part or not found.isdisjoint(instruction.reads):
                found.add(instruction.output)
    return found


def _imagined(var: Var, strides: tuple[int, ...] | None) -> Any:
    """An array of the shape and the strides of ``var``, whose numbers are never looked at."""
    if strides is None:
        steps = [int(var.dtype.itemsize)]
        for n in var.shape[:0:-1]:
            steps.append(steps[-1] * max(1, n))
        strides = tuple(reversed(steps[: len(var.shape)]))
    return np.lib.stride_tricks.as_strided(np.empty(1, var.dtype), var.shape, strides, writeable=False)


ORDERED = ("as_strided", "view_as_complex")  # those that look into nothing but what lies in order


def _looking(instruction: Instruction, source: Array) -> Array | None:
    """What the view of an imagined array is; None if it has to move numbers."""
    if instruction.op.name in ORDERED and not source.flags.c_contiguous:
        return None
    if instruction.op is not reshape:
        seen: Array = instruction.op.forward(source, **instruction.params)
        return seen
    seen = source.view()
    try:
        seen.shape = instruction.output.shape  # NumPy refuses where it would have to copy
    except AttributeError:
        return None
    return seen
