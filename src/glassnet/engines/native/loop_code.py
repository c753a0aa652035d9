"""Loops: a kernel as plain loops, of which the compiler makes vectors.

The outer loops go over what is kept. For each of their passes, the inner ones go over the elements as often as what is
reduced has to be known before they can go on. Where neighbours in memory are what is kept, as in the sum of columns,
several passes of the outer loop are made at once: their results are small arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from glassnet.engines.native.c_operations import REDUCTIONS, expression, is_reduction
from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import KernelCode, block, index_text, loop_head
from glassnet.engines.native.kernels import Kernel, Layouts, accesses
from glassnet.engines.native.layouts import Sizes, seen_by
from glassnet.engines.native.target import Target
from glassnet.ops.dtypes import Dtype, float32, float64
from glassnet.program.program import Instruction, Var

Steps = tuple[int, ...]
WHOLE = 16  # passes: whole vectors, however wide
AT_ONCE = 128  # passes of the outer loop, where they are made together
BLOCK = 16  # numbers: a line of the cache, of what lies in order along another loop than the innermost
MANY = 1024  # numbers: of more, a sum is kept in double precision


@dataclass(frozen=True)
class Loop:
    """``for (long name = 0; name < size; name++)``; ``covers`` are the kernel's loops that it stands for."""

    name: str
    size: int
    covers: tuple[int, ...]


class LoopCode(KernelCode):
    """The statements of a kernel without a matrix product."""

    def __init__(
        self, kernel: Kernel, layouts: Layouts, stored: set[Var], names: Mapping[Var, str], target: Target
    ) -> None:
        super().__init__(kernel, layouts, stored, names, target)
        self.stages = stages_of(kernel, layouts)
        order = [i for i in range(len(kernel.sizes)) if i not in kernel.reduced] if kernel.reduced else []
        inner = [i for i in range(len(kernel.sizes)) if i not in order]
        steps = list(accesses(kernel, layouts))
        self.together = bool(order) and order[-1] == len(kernel.sizes) - 1
        last = [order.pop()] if self.together else []
        self.outer = collapsed("i", order, kernel.sizes, steps)
        self.inner = collapsed("j", inner, kernel.sizes, steps)
        self.lanes = collapsed("k", last, kernel.sizes, steps)
        self.width = _width(self.lanes[0].size) if self.together else 1
        self.in_parts = self.together and self.width < self.lanes[0].size
        self.divides_elements = not kernel.reduced and bool(self.inner) and not target.is_portable
        self.scratch = self._needed_later()
        self.turned = None if kernel.reduced else _turned(self.inner, steps)

    @property
    def is_shared(self) -> bool:
        """Whether there is an outer loop, or elements that each stand for themselves."""
        is_divisible = bool(self.outer) or self.in_parts or self.divides_elements
        return is_divisible and not self.target.is_portable

    def lines(self) -> Iterator[str]:
        """The statements."""
        loops = [(loop.name, loop.size, 1) for loop in self.outer]
        if self.in_parts:
            loops.append(("first", self.lanes[0].size, self.width))
        yield from self._nested(loops, is_outermost=self.is_shared)

    def _nested(self, loops: Sequence[tuple[str, int, int]], is_outermost: bool) -> Iterator[str]:
        if not loops:
            yield from self._passes()
            return
        (name, size, step), *rest = loops
        head = loop_head(name, size, step, shared=is_outermost)
        yield from block(head, self._nested(rest, is_outermost=False))

    # a pass of the outer loops ------------------------------------------------------------------------

    def _passes(self) -> Iterator[str]:
        for var in self.scratch:
            size = math.prod(loop.size for loop in self.inner) * self.width
            yield f"{C_TYPES[var.dtype]} {self.names[var]}_[{size}];"
        for stage in sorted(set(self.stages.values())):
            here = [i for i in self.kernel.instructions if self.stages[i.output] == stage]
            reductions = [i for i in here if is_reduction(i)]
            rows = [i for i in here if i not in reductions and self.kernel.is_for_each_row(i)]
            elements = [i for i in here if i not in reductions and i not in rows]
            if elements or reductions:
                yield from self._inner_loops(elements, reductions)
            yield from self._for_each_row(rows, reductions)

    def _for_each_row(self, rows: Sequence[Instruction], reductions: Sequence[Instruction]) -> Iterator[str]:
        lines = [line for instruction in reductions for line in self.stores(instruction)]
        lines += [line for instruction in rows for line in self.statement(instruction)]
        if not self.together or not lines:
            yield from lines
            return
        for instruction in rows:
            yield f"{C_TYPES[instruction.output.dtype]} {self.names[instruction.output]}[{self.width}];"
        if not self.target.is_portable:
            yield "#pragma omp simd"
        yield from block(loop_head("k", self.width), lines)

    def _inner_loops(self, elements: Sequence[Instruction], reductions: Sequence[Instruction]) -> Iterator[str]:
        body: list[str] = []
        for instruction in self.kernel.instructions:  # in their order: what state was is read before it is overwritten
            if instruction in elements:
                body += self.statement(instruction)
            if instruction not in reductions:
                continue
            reduction = REDUCTIONS[instruction.op.name]
            kind, name = self._accumulator(instruction), self.names[instruction.output]
            start = reduction.start(instruction.output.dtype)
            if self.together:
                yield f"{C_TYPES[kind]} {name}[{self.width}];"
                yield f"{loop_head('k', self.width)} {name}[k] = {start};"
            else:
                yield f"{C_TYPES[kind]} {name} = {start};"
            (x,) = self.operands(instruction)
            body.append(f"{reduction.step(self.local(instruction, instruction), x)};")
        if self.turned is not None:
            yield from self._in_blocks(self.turned, body)
            return
        loops = [*self.inner, *([Loop("k", self.width, ())] if self.together else [])]
        yield from self._inner(loops, self._simd(elements, reductions), body, is_outermost=self.divides_elements)

    def _inner(self, loops: Sequence[Loop], simd: str, body: Sequence[str], is_outermost: bool) -> Iterator[str]:
        if not loops:
            yield from body
            return
        if len(loops) == 1 and simd:
            yield simd
        head = loop_head(loops[0].name, loops[0].size, shared=is_outermost)
        yield from block(head, self._inner(loops[1:], simd, body, is_outermost=False))

    def _in_blocks(self, turned: Loop, body: Sequence[str]) -> Iterator[str]:
        """The loops over elements block by block: what is read or written of each line of the cache is so at once."""
        last = self.inner[-1]
        heads = [(loop.name, loop.size, 1) for loop in self.inner if loop not in (turned, last)]
        heads += [(f"{loop.name}_", math.ceil(loop.size / BLOCK) * BLOCK, BLOCK) for loop in (turned, last)]
        lines: Iterable[str] = body
        for loop in (last, turned):
            end = f"{loop.name}_ + {BLOCK}"
            limit = f"{loop.name} < {end}" + (f" && {loop.name} < {loop.size}" if loop.size % BLOCK else "")
            lines = block(f"for (long {loop.name} = {loop.name}_; {limit}; {loop.name}++)", lines)
        for n, (name, size, step) in reversed(list(enumerate(heads))):
            lines = block(loop_head(name, size, step, shared=self.divides_elements and n == 0), lines)
        yield from lines

    def _simd(self, elements: Sequence[Instruction], reductions: Sequence[Instruction]) -> str:
        """What tells the compiler to make vectors of the innermost loop, where all its memory lies in order."""
        loop = self.lanes[0] if self.together else self.inner[-1] if self.inner else None
        if loop is None or self.target.is_portable:
            return ""
        last = loop.covers[-1]
        instructions = (*elements, *reductions)
        accesses = [self.kernel.steps(seen, i) for i in instructions for _, seen in seen_by(i, self.layouts)]
        if not all(steps is not None and steps[last] in (0, 1) for steps in accesses):
            return ""
        clauses: dict[str, list[str]] = {}
        for instruction in reductions if not self.together else ():
            clauses.setdefault(REDUCTIONS[instruction.op.name].clause, []).append(self.names[instruction.output])
        return " ".join(["#pragma omp simd", *(f"reduction({c}:{', '.join(names)})" for c, names in clauses.items())])

    def _accumulator(self, instruction: Instruction) -> Dtype:
        many = math.prod(self.kernel.sizes[i] for i in self.kernel.reduced) > MANY
        is_long_sum = instruction.op.name == "sum" and instruction.output.dtype == float32 and many
        return float64 if is_long_sum else instruction.output.dtype

    # values -------------------------------------------------------------------------------------------

    def statement(self, instruction: Instruction) -> Iterator[str]:
        """The computation of one element or row, and where it is stored."""
        output = instruction.output
        if self.together and self.kernel.is_for_each_row(instruction):
            yield f"{self.names[output]}[k] = {expression(instruction, self.operands(instruction))};"
            yield from self.stores(instruction)
            return
        yield from super().statement(instruction)
        if output in self.scratch:
            yield f"{self.names[output]}_[{self._scratch_index()}] = {self.names[output]};"

    def stores(self, instruction: Instruction) -> Iterator[str]:
        """The statement that stores a result: once, where other passes of the outer loops make the same."""
        steps = self.kernel.result_steps(self.layouts[instruction.output], instruction)
        assert steps is not None  # the kernel is consistent
        last = [(loop, "(first + k)" if self.in_parts else "k") for loop in self.lanes]
        loops = [*((loop, loop.name) for loop in self.outer), *last]
        repeated = [name for loop, name in loops if loop.size > 1 and not steps[loop.covers[-1]]]
        for line in super().stores(instruction):
            yield f"if (!({' | '.join(repeated)})) {line}" if repeated else line

    def local(self, made: Instruction, reader: Instruction) -> str:
        """A number of the row, of the element, or of the element in an earlier pass over them."""
        name = self.names[made.output]
        if is_reduction(made) or self.kernel.is_for_each_row(made):
            return f"{name}[k]" if self.together else name
        is_earlier = self.stages[made.output] < self.stages[reader.output]
        return f"{name}_[{self._scratch_index()}]" if is_earlier else name

    def index(self, offset: int, steps: Steps) -> str:
        """The text of the element that the loops are at."""
        last = [(loop, "(first + k)" if self.in_parts else "k") for loop in self.lanes]
        loops = [*((loop, loop.name) for loop in (*self.outer, *self.inner)), *last]
        return index_text(offset, *((steps[loop.covers[-1]], name) for loop, name in loops))

    def _scratch_index(self) -> str:
        terms, step = ([(1, "k")], self.width) if self.together else ([], 1)
        for loop in reversed(self.inner):
            terms.insert(0, (step, loop.name))
            step *= loop.size
        return index_text(0, *terms)

    def _needed_later(self) -> list[Var]:
        """The values of elements that are needed in a later pass over them."""
        found: dict[Var, None] = {}
        for instruction in self.kernel.instructions:
            for x in instruction.reads:
                made = self.maker(self.layouts[x].root, instruction)
                if made is None or is_reduction(made) or self.kernel.is_for_each_row(made):
                    continue
                if self.stages[made.output] < self.stages[instruction.output]:
                    found[made.output] = None
        return list(found)


def stages_of(kernel: Kernel, layouts: Layouts) -> dict[Var, int]:
    """In which pass over the elements each value is made; what a row needs before the first, in pass −1."""
    stages: dict[Var, int] = {}
    latest: dict[Var, Instruction] = {}  # of each root
    for instruction in kernel.instructions:
        is_row = kernel.is_for_each_row(instruction)
        stage = -1 if is_row else 0
        for x in instruction.reads:
            made = latest.get(layouts[x].root)
            if made is not None:
                made_for_row = is_reduction(made) or kernel.is_for_each_row(made)
                stage = max(stage, stages[made.output] + (made_for_row and not is_row))
        if instruction.into:  # what the state was has been read by then
            read = (i for i in kernel.instructions if i.output in stages and _reads(i, instruction.output, layouts))
            stage = max([stage, *(stages[i.output] for i in read)])
        stages[instruction.output] = stage
        latest[layouts[instruction.output].root] = instruction
    return stages


def _reads(instruction: Instruction, state: Var, layouts: Layouts) -> bool:
    return any(layouts[x].root == layouts[state].root for x in instruction.reads)


def collapsed(name: str, order: Sequence[int], sizes: Sizes, accesses: Sequence[Steps]) -> list[Loop]:
    """The loops ``order`` of ``sizes``, with neighbours made one where all accesses go on in equal steps."""
    loops: list[tuple[int, tuple[int, ...]]] = []
    for i in order:
        if loops and all(steps[loops[-1][1][-1]] == steps[i] * sizes[i] for steps in accesses):
            size, covers = loops.pop()
            loops.append((size * sizes[i], (*covers, i)))
        else:
            loops.append((sizes[i], (i,)))
    many = len(loops) > 1
    return [Loop(f"{name}{n}" if many else name, size, covers) for n, (size, covers) in enumerate(loops)]


def _turned(loops: Sequence[Loop], accesses: Sequence[Steps]) -> Loop | None:
    """The loop along which something lies in order that is far apart along the innermost; None where there is none."""
    if not loops or loops[-1].size < BLOCK:
        return None
    last = loops[-1].covers[-1]
    far = [steps for steps in accesses if abs(steps[last]) > 1]
    return next((x for x in loops[:-1] if x.size >= BLOCK and any(steps[x.covers[-1]] == 1 for steps in far)), None)


def _width(size: int) -> int:
    """How many passes of a loop are made together: all, or a part that divides it, of whole vectors if there is one."""
    parts = [n for n in range(1, AT_ONCE + 1) if size % n == 0]
    return size if size <= AT_ONCE else max((n for n in parts if n % WHOLE == 0), default=max(parts))
