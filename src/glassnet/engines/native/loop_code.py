"""Loops: a kernel as the body of a C function, plain loops that the compiler makes vectors of.

The outer loops go over what is kept. For each of their passes, the inner ones go over the elements as often as what is
reduced has to be known before they can go on. Where neighbours in memory are what is kept, as in the sum of columns,
several passes of the outer loop are made at once: their results are small arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from glassnet.engines.native.c_operations import REDUCTIONS, expression, is_reduction, operand_type
from glassnet.engines.native.c_types import C_TYPES, number
from glassnet.engines.native.kernels import Kernel, Layouts, Sizes
from glassnet.engines.native.layouts import Layout, seen_by
from glassnet.program.program import Instruction, Var

Steps = tuple[int, ...]
AT_ONCE = 128  # passes of the outer loop, where they are made together


@dataclass(frozen=True)
class Loop:
    """``for (long name = 0; name < size; name++)``; ``covers`` are the kernel's loops that it stands for."""

    name: str
    size: int
    covers: tuple[int, ...]


class LoopCode:
    """The statements of a kernel. ``stored`` are the values that others read from memory."""

    def __init__(self, kernel: Kernel, layouts: Layouts, stored: set[Var], names: Mapping[Var, str]) -> None:
        self.kernel = kernel
        self.layouts = layouts
        self.stored = stored
        self.names = names
        self.stages = stages_of(kernel, layouts)
        order = [i for i in range(len(kernel.sizes)) if i not in kernel.reduced] if kernel.reduced else []
        inner = [i for i in range(len(kernel.sizes)) if i not in order]
        accesses = list(self._accesses())
        self.together = bool(order) and order[-1] == len(kernel.sizes) - 1
        last = [order.pop()] if self.together else []
        self.outer = collapsed("i", order, kernel.sizes, accesses)
        self.inner = collapsed("j", inner, kernel.sizes, accesses)
        self.lanes = collapsed("k", last, kernel.sizes, accesses)
        self.width = _width(self.lanes[0].size) if self.together else 1

    def lines(self) -> Iterator[str]:
        """The body of the function."""
        depth = 0
        loops = [(loop.name, loop.size, 1) for loop in self.outer]
        if self.together and self.width < self.lanes[0].size:
            loops.append(("first", self.lanes[0].size, self.width))
        for name, size, step in loops:
            begin, end = "0", str(size)
            if depth == 0:
                begin, end = (f"{'' if step == 1 else f'{step}*'}{f}_({size // step}, id, threads)" for f in ("begin", "end"))
            more = f"{name}++" if step == 1 else f"{name} += {step}"
            yield f"{_in(depth)}for (long {name} = {begin}; {name} < {end}; {more}) {{"
            depth += 1
        for line in self._passes():
            yield f"{_in(depth)}{line}"
        while depth:
            depth -= 1
            yield f"{_in(depth)}}}"

    @property
    def shares(self) -> str:
        """What the threads divide among them: "rows", the outer loop, "elements", or "" where one does it all."""
        if self.outer or (self.together and self.width < self.lanes[0].size):
            return "rows"
        has_rows = any(is_reduction(i) for i in self.kernel.instructions)
        return "" if has_rows or not self.inner else "elements"

    # a pass of the outer loops ------------------------------------------------------------------------

    def _passes(self) -> Iterator[str]:
        by_stage: dict[int, tuple[list[Instruction], list[Instruction], list[Instruction]]] = {}
        for instruction in self.kernel.instructions:
            rows, elements, reductions = by_stage.setdefault(self.stages[instruction.output], ([], [], []))
            if is_reduction(instruction):
                reductions.append(instruction)
            elif self.kernel.is_for_each_row(instruction):
                rows.append(instruction)
            else:
                elements.append(instruction)
        for var in self._scratch():
            size = math.prod(loop.size for loop in self.inner) * self.width
            yield f"{C_TYPES[var.dtype]} {self.names[var]}_[{size}];"
        for stage in sorted(by_stage):
            rows, elements, reductions = by_stage[stage]
            if elements or reductions:
                yield from self._inner_loops(elements, reductions)
            yield from self._for_each_row(rows, reductions)

    def _for_each_row(self, rows: Sequence[Instruction], reductions: Sequence[Instruction]) -> Iterator[str]:
        lines = list(self._statements(rows))
        for instruction in reductions:
            if instruction.output in self.stored:
                lines.append(f"{self._place(instruction)} = {self._value(instruction.output)};")
        if not lines:
            return
        if not self.together:
            yield from lines
            return
        for instruction in rows:
            yield f"{C_TYPES[instruction.output.dtype]} {self.names[instruction.output]}[{self.width}];"
        yield "#pragma omp simd"
        yield f"for (long k = 0; k < {self.width}; k++) {{"
        yield from (f"    {line}" for line in lines)
        yield "}"

    def _inner_loops(self, elements: Sequence[Instruction], reductions: Sequence[Instruction]) -> Iterator[str]:
        clauses: dict[str, list[str]] = {}
        body = list(self._statements(elements))
        for instruction in reductions:
            name, dtype = self.names[instruction.output], instruction.output.dtype
            reduction = REDUCTIONS[instruction.op.name]
            start = reduction.start(dtype)
            if self.together:
                yield f"{C_TYPES[dtype]} {name}[{self.width}];"
                yield f"for (long k = 0; k < {self.width}; k++) {name}[k] = {start};"
            else:
                yield f"{C_TYPES[dtype]} {name} = {start};"
                clauses.setdefault(reduction.clause, []).append(name)
            (x,) = self._operands(instruction)
            body.append(f"{reduction.step(self._value(instruction.output), x)};")
        loops = [*self.inner, *([Loop("k", self.width, ())] if self.together else [])]
        for depth, loop in enumerate(loops):
            if loop is loops[-1] and "" not in clauses and self._is_simple(elements, reductions):
                yield " ".join([f"{_in(depth)}#pragma omp simd", *(f"reduction({c}:{', '.join(n)})" for c, n in clauses.items())])
            begin, end = "0", str(loop.size)
            if depth == 0 and self.shares == "elements":
                begin, end = (f"{f}_({loop.size}, id, threads)" for f in ("begin", "end"))
            yield f"{_in(depth)}for (long {loop.name} = {begin}; {loop.name} < {end}; {loop.name}++) {{"
        yield from (f"{_in(len(loops))}{line}" for line in body)
        yield from (f"{_in(depth)}}}" for depth in reversed(range(len(loops))))

    def _is_simple(self, elements: Sequence[Instruction], reductions: Sequence[Instruction]) -> bool:
        """Whether all memory that the innermost loop touches lies in order."""
        loop = self.lanes[0] if self.together else self.inner[-1] if self.inner else None
        if loop is None:
            return False
        last = loop.covers[-1]
        accesses = [self.kernel.steps(seen, i) for i in (*elements, *reductions) for _, seen in seen_by(i, self.layouts)]
        return all(steps is not None and steps[last] in (0, 1) for steps in accesses)

    def _statements(self, instructions: Sequence[Instruction]) -> Iterator[str]:
        for instruction in instructions:
            output = instruction.output
            text = expression(instruction, self._operands(instruction))
            if self.together and self.kernel.is_for_each_row(instruction):
                yield f"{self.names[output]}[k] = {text};"
            else:
                yield f"const {C_TYPES[output.dtype]} {self.names[output]} = {text};"
            value = self._value(output)
            if output in self._scratch():
                yield f"{self.names[output]}_[{self._inner_index()}] = {value};"
            if output in self.stored or instruction.into:
                once = "if (!id) " if self.shares == "elements" and self.kernel.is_for_each_row(instruction) else ""
                yield f"{once}{self._place(instruction)} = {value};"

    # values -------------------------------------------------------------------------------------------

    def _operands(self, instruction: Instruction) -> list[str]:
        seen = iter(seen_by(instruction, self.layouts))
        texts = [
            self._read(next(seen)[1], instruction) if isinstance(x, Var) else number(x, operand_type(instruction))
            for x in instruction.inputs
        ]
        if instruction.op.name == "gather":
            x, dim = instruction.reads[0], instruction.params["dim"]
            texts[1] = picked(texts[1], x.shape[dim], self.layouts[x].array.strides[dim] // x.dtype.itemsize)
        return texts

    def _read(self, layout: Layout, instruction: Instruction) -> str:
        made = self._made(layout.root, instruction)
        if made is None:
            steps = self.kernel.steps(layout, instruction)
            assert steps is not None
            return f"{self.names[layout.root]}_m[{self.index(layout.offset, steps)}]"
        reads_later = self.stages[made.output] < self.stages[instruction.output] or (
            is_reduction(instruction) and self.stages[made.output] < self.stages[instruction.output]
        )
        if reads_later and not self.kernel.is_for_each_row(made) and not is_reduction(made):
            return f"{self.names[made.output]}_[{self._inner_index()}]"
        return self._value(made.output)

    def _made(self, root: Var, reader: Instruction) -> Instruction | None:
        """The instruction of the kernel that wrote what ``reader`` reads; None where that is from before."""
        found = None
        for instruction in self.kernel.instructions:
            if instruction is reader:
                break
            if self.layouts[instruction.output].root == root:
                found = instruction
        return found

    def _value(self, var: Var) -> str:
        made = self.kernel.made[var]
        is_row = is_reduction(made) or self.kernel.is_for_each_row(made)
        return f"{self.names[var]}[k]" if self.together and is_row else self.names[var]

    def _place(self, instruction: Instruction) -> str:
        layout = self.layouts[instruction.output]
        steps = self.kernel.result_steps(layout, instruction)
        assert steps is not None
        return f"{self.names[layout.root]}_m[{self.index(layout.offset, steps)}]"

    def index(self, offset: int, steps: Steps) -> str:
        """The text of the element that the loops are at."""
        terms = [str(offset)] if offset else []
        for loop in (*self.outer, *self.inner, *self.lanes):
            step = steps[loop.covers[-1]]
            name = "(first + k)" if loop in self.lanes and self.width < loop.size else loop.name
            if step:
                terms.append(name if step == 1 else f"{step}*{name}")
        return " + ".join(terms) or "0"

    def _inner_index(self) -> str:
        terms, step = (["k"], self.width) if self.together else ([], 1)
        for loop in reversed(self.inner):
            terms.append(loop.name if step == 1 else f"{step}*{loop.name}")
            step *= loop.size
        return " + ".join(reversed(terms)) or "0"

    def _scratch(self) -> list[Var]:
        """The values of elements that are needed in a later pass over them."""
        found: dict[Var, None] = {}
        for instruction in self.kernel.instructions:
            for x in instruction.reads:
                made = self._made(self.layouts[x].root, instruction)
                if (
                    made is not None
                    and not is_reduction(made)
                    and not self.kernel.is_for_each_row(made)
                    and self.stages[made.output] < self.stages[instruction.output]
                ):
                    found[made.output] = None
        return list(found)

    def _accesses(self) -> Iterator[Steps]:
        for instruction in self.kernel.instructions:
            for _, layout in seen_by(instruction, self.layouts):
                steps = self.kernel.steps(layout, instruction)
                assert steps is not None
                yield steps
            steps = self.kernel.result_steps(self.layouts[instruction.output], instruction)
            assert steps is not None
            yield steps


def picked(index: str, size: int, step: int) -> str:
    """How many elements on that lies which an index of ``size`` picks. One that picks none is a fault."""
    text = f"in_range_({index}, {size}, fault)"
    return text if step == 1 else f"{step}*{text}"


def stages_of(kernel: Kernel, layouts: Layouts) -> dict[Var, int]:
    """In which pass over the elements each value is made; what a row needs before the first, in pass −1."""
    stages: dict[Var, int] = {}
    latest: dict[Var, Instruction] = {}  # of each root
    for instruction in kernel.instructions:
        is_row = kernel.is_for_each_row(instruction)
        stage = -1 if is_row else 0
        for x in instruction.reads:
            made = latest.get(layouts[x].root)
            if made is None:
                continue
            made_for_row = is_reduction(made) or kernel.is_for_each_row(made)
            stage = max(stage, stages[made.output] + (made_for_row and not is_row))
        stages[instruction.output] = stage
        latest[layouts[instruction.output].root] = instruction
    return stages


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


def _width(size: int) -> int:
    """How many passes of a loop are made together: all, or a part that divides it."""
    if size <= AT_ONCE:
        return size
    return max(n for n in range(1, AT_ONCE + 1) if size % n == 0)


def _in(depth: int) -> str:
    return "    " * depth
