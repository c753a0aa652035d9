"""Kernels: instructions that share their loops, or that follow a matrix product while its numbers are in registers.

The loops of a kernel go over the elements of its largest values. Where something is reduced, the loops over what is
kept are outside, and those over what is reduced inside: ``softmax`` is one kernel, in which each row is gone over
several times while it is near.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from operator import mul

from glassnet.engines.native.c_operations import is_elementwise, is_product, is_reduction
from glassnet.engines.native.layouts import Layout, Sizes, seen_by
from glassnet.ops.movement import reshape
from glassnet.ops.shapes import normalize_dims
from glassnet.program.program import Instruction, Var

Layouts = Mapping[Var, Layout]
Cut = tuple[tuple[int, ...], ...]  # of each loop, the loops that stand for it elsewhere


@dataclass(frozen=True)
class Kernel:
    """Instructions, in the order of the program, and the ``sizes`` of their loops, from the outermost.

    ``reduced`` are the loops that a reduction goes over. ``product`` is the matrix product that the others follow.
    ``is_routine``: it is an operation that has a kernel of its own (see `routine`). ``orders`` say of what an
    instruction makes in which of the loops, one after another, its elements are gone over; if not, in all, in order.
    """

    instructions: tuple[Instruction, ...]
    sizes: Sizes
    reduced: frozenset[int] = frozenset()
    product: Instruction | None = None
    is_routine: bool = False
    orders: Mapping[Var, tuple[int, ...]] = field(default_factory=dict)

    @cached_property
    def made(self) -> dict[Var, Instruction]:
        """The values it makes, and by which instruction."""
        return {instruction.output: instruction for instruction in self.instructions}

    def is_for_each_row(self, instruction: Instruction) -> bool:
        """Whether an instruction is carried out once for each pass of the outer loops, not for each element."""
        return math.prod(domain(instruction)) < math.prod(self.sizes)

    def order(self, instruction: Instruction) -> tuple[int, ...]:
        """The loops over the elements of an instruction, in the order of its dimensions."""
        return self.orders.get(instruction.output, tuple(range(len(self.sizes))))

    def steps(self, layout: Layout, instruction: Instruction) -> tuple[int, ...] | None:
        """How far apart the neighbours of an operand or result of ``instruction`` are, along each loop."""
        loops = self._outer(instruction) if self.is_for_each_row(instruction) else self.order(instruction)
        return self._along(loops, layout, domain(instruction))

    def result_steps(self, layout: Layout, instruction: Instruction) -> tuple[int, ...] | None:
        """Those of the result: that of a reduction has an element for each pass of the outer loops."""
        if is_reduction(instruction):
            return self._along(self._outer(instruction), layout, instruction.output.shape)
        return self.steps(layout, instruction)

    def _outer(self, instruction: Instruction) -> tuple[int, ...]:
        """The loops outside, which go over what is kept: none where nothing is reduced."""
        return tuple(i for i in self.order(instruction) if i not in self.reduced) if self.reduced else ()

    def _along(self, loops: tuple[int, ...], layout: Layout, shape: Sizes) -> tuple[int, ...] | None:
        steps = layout.steps(shape, tuple(self.sizes[i] for i in loops))
        if steps is None:
            return None
        found = [0] * len(self.sizes)
        for i, step in zip(loops, steps, strict=True):
            found[i] = step
        return tuple(found)


def kernel_of(instruction: Instruction, layouts: Layouts) -> Kernel | None:
    """The kernel of a single instruction; None where C does not know it."""
    output = instruction.output
    if 0 in output.shape or any(0 in x.shape for x in instruction.reads):
        return None
    if is_product(instruction):
        return _product(instruction, layouts)
    if instruction.op.name == "gather" and (instruction.into or not instruction.reads[0].shape):
        return None  # state would be overwritten before all of an index is known to be in range; a number has no dim
    if not is_reduction(instruction) and (not is_elementwise(instruction) or instruction.op.writes):
        return None
    sizes = _loops(instruction, layouts)
    reduced = _reduced(instruction, sizes) if sizes is not None and is_reduction(instruction) else frozenset()
    if sizes is None or (is_reduction(instruction) and not reduced):
        return None
    kernel = Kernel((instruction,), sizes, reduced)
    return kernel if is_consistent(kernel, layouts) else None


def _product(instruction: Instruction, layouts: Layouts) -> Kernel | None:
    """The kernel of a product; None where its matrices cannot be gone over in the same loops."""
    a, b = (layouts[x].dims for x in instruction.reads)
    depth = refined(*(tuple(n for n, _ in pairs) for pairs in (a[-1], b[-2])))
    sizes = _loops(instruction, layouts)
    return None if depth is None or sizes is None else Kernel((instruction,), sizes, product=instruction)


def _loops(instruction: Instruction, layouts: Layouts) -> Sizes | None:
    """The loops over the elements that an instruction goes over: one a dimension, or as many as its operands need."""
    shape = domain(instruction)
    if instruction.op is reshape and layouts[instruction.reads[0]].reshaped(shape) is None:
        return None
    sizes: Sizes | None = without_ones(shape)
    made = [] if is_reduction(instruction) else [layouts[instruction.output]]
    for layout in (*made, *(layout for _, layout in seen_by(instruction, layouts))):
        if sizes is not None and not layout.is_strided:
            sizes = refined(sizes, tuple(n for pairs in layout.broadcast(shape).dims for n, _ in pairs))
    return sizes


def _reduced(instruction: Instruction, sizes: Sizes) -> frozenset[int]:
    """Those of the loops that a reduction goes over."""
    (x,) = instruction.reads
    dims = set(normalize_dims("sum", instruction.params.get("dim"), len(x.shape)))
    is_over = [d in dims for d, n in enumerate(x.shape) if n != 1]
    loops = cut(without_ones(x.shape), sizes)
    return frozenset(i for own, over in zip(loops, is_over, strict=True) if over for i in own)


def domain(instruction: Instruction) -> Sizes:
    """The shape whose elements an instruction goes over."""
    return instruction.reads[0].shape if is_reduction(instruction) else instruction.output.shape


def without_ones(shape: Sizes) -> Sizes:
    """The dimensions that need a loop."""
    return tuple(n for n in shape if n != 1)


def refined(first: Sizes, second: Sizes) -> Sizes | None:
    """The coarsest loops that both can be split into; None where there are none: (6, 4) and (2, 12) give (2, 3, 4)."""
    if math.prod(first) != math.prod(second):
        return None
    ends = sorted({*accumulate(first[::-1], mul), *accumulate(second[::-1], mul)} - {1})
    if any(high % low for low, high in pairwise(ends)):
        return None
    return tuple(high // low for low, high in pairwise([1, *ends]))[::-1]


def cut(coarse: Sizes, fine: Sizes) -> Cut:
    """Into which of the ``fine`` loops each of the coarse ones was split."""
    found, i = [], 0
    for n in coarse:
        first = i
        while n > 1:
            n //= fine[i]
            i += 1
        found.append(tuple(range(first, i)))
    return tuple(found)


def is_consistent(kernel: Kernel, layouts: Layouts) -> bool:
    """Whether each operand is found by steps along the loops, and what the kernel makes itself where it makes it."""
    written: dict[Var, tuple[int, ...] | None] = {}
    for instruction in kernel.instructions:
        if instruction is kernel.product:
            written[instruction.output] = kernel.steps(layouts[instruction.output], instruction)
            continue
        for n, (_, layout) in enumerate(seen_by(instruction, layouts)):
            steps = kernel.steps(layout, instruction)
            if steps is None or (layout.root in written and (steps, layout.offset) != (written[layout.root], 0)):
                return False
            if layout.root in written and n == 0 and instruction.op.name == "gather":  # picked from memory
                return False
        layout = layouts[instruction.output]
        steps = kernel.result_steps(layout, instruction)
        if steps is None or layout.offset:
            return False
        written[layout.root] = steps
    if kernel.product is not None:
        roots = {layouts[x].root for x in kernel.product.reads}
        if not roots.isdisjoint(written):
            return False
    return all(_reads_before(kernel, var, written, layouts) for var in state_written(kernel.instructions, layouts))


def accesses(kernel: Kernel, layouts: Layouts) -> Iterator[tuple[int, ...]]:
    """The steps along the loops of all that is read and made; of a product, of the result."""
    for instruction in kernel.instructions:
        found = [kernel.result_steps(layouts[instruction.output], instruction)]
        if instruction is not kernel.product:
            found += [kernel.steps(seen, instruction) for _, seen in seen_by(instruction, layouts)]
        yield from (steps for steps in found if steps is not None)


def state_written(instructions: Iterable[Instruction], layouts: Layouts) -> set[Var]:
    """The state that ``instructions`` overwrite."""
    return {layouts[i.output].root for i in instructions if i.into}


def _reads_before(kernel: Kernel, state: Var, written: Mapping[Var, object], layouts: Layouts) -> bool:
    """Whether all that read a state which the kernel overwrites read the element that is overwritten then."""
    return all(
        kernel.steps(layout, instruction) == written[state] and not layout.offset
        for instruction in kernel.instructions
        if instruction is not kernel.product
        for _, layout in seen_by(instruction, layouts)
        if layout.root == state
    )
