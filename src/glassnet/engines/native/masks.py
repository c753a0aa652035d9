"""Masks: what is compared once more where it is asked for, rather than kept in memory.

The derivative of a ReLU asks where its result is not 0. That result is kept for the next product anyway; to read it
again costs less than to write a mask of bytes, and to make numbers of them.
"""

from __future__ import annotations

from collections.abc import Callable

from glassnet.engines.native.c_operations import COMPARISONS, is_elementwise, is_product
from glassnet.engines.native.kernels import Kernel, Layouts
from glassnet.engines.native.merging import merged
from glassnet.program.program import Instruction, Program, Var


def masks_of(
    program: Program, layouts: Layouts, kernel_of: Callable[[Instruction], Kernel | None]
) -> dict[Var, Kernel]:
    """The kernels of the comparisons that every reader carries out for itself."""
    readers: dict[Var, list[Instruction]] = {}
    for instruction in program:
        for x in instruction.reads:
            readers.setdefault(x, []).append(instruction)
    in_memory = {*program.inputs, *(layouts[x].root for i in program if is_product(i) for x in i.reads)}
    in_memory -= set(program.state)
    found: dict[Var, Kernel] = {}
    for instruction in program:
        output = instruction.output
        if instruction.op.name not in COMPARISONS or len(instruction.reads) > 1 or output in program.wanted:
            continue
        kernel = kernel_of(instruction) if layouts[instruction.reads[0]].root in in_memory else None
        if kernel is None or not all(is_elementwise(reader) for reader in readers.get(output, ())):
            continue
        if any(layouts[reader.output].root == output for reader in readers.get(output, ())):
            continue  # it is looked at through a view
        others = [kernel_of(reader) for reader in readers.get(output, ())]
        if all(other is not None and merged(kernel, other, layouts) is not None for other in others):
            found[output] = kernel
    return found
