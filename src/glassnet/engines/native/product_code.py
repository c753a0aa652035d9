"""Matrix products: tile by tile, each kept in registers, and what follows done to it before it is stored.

The columns of a tile are vectors. They are read from a panel: some columns of one matrix, copied row after row. Of
a·b either may be the one with the columns, for (a·b)ᵀ = bᵀ·aᵀ: the one that is dearer to copy stays where it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glassnet.engines.native.c_operations import expression, operand_type
from glassnet.engines.native.c_types import C_TYPES, number
from glassnet.engines.native.kernels import Kernel, Layouts
from glassnet.program.program import Instruction, Operand, Var

REGISTERS = {64: 30, 32: 15, 16: 30}  # vectors that a tile may take, by the bytes of one; 16: as of NEON

BLOCK = 16  # of the depth that is copied at a time where its elements are neighbours


@dataclass(frozen=True)
class Side:
    """A matrix of the product: its name in C, where it begins, and its steps along its own dimension and the depth."""

    name: str
    offset: int
    batch: tuple[int, ...]
    step: int
    depth_step: int
    size: int

    @property
    def cost(self) -> int:
        """What a panel of it costs to copy, for each of its elements along the depth."""
        return self.size // 8 if self.step == 1 else self.size


class ProductCode:
    """The statements of a product and what follows it."""

    def __init__(self, kernel: Kernel, layouts: Layouts, stored: set[Var], names: Mapping[Var, str], width: int) -> None:
        assert kernel.product is not None
        self.kernel = kernel
        self.product = kernel.product
        self.layouts = layouts
        self.stored = stored
        self.names = names
        shape = self.product.output.shape
        a, b = self.product.reads
        rows = self._side(a, -2, shape)
        columns = self._side(b, -1, shape)
        self.batch = shape[:-2]
        self.depth = a.shape[-1]
        stores = rows.size * columns.size  # when swapped, neighbours of a tile's row are not neighbours in memory
        self.swapped = rows.cost * self.depth + stores < columns.cost * self.depth
        self.rows, self.columns = (columns, rows) if self.swapped else (rows, columns)
        self.type = C_TYPES[self.product.output.dtype]
        self.lanes = max(1, width // self.product.output.dtype.itemsize)
        self.tile = tile_of(self.rows.size, math.ceil(self.columns.size / self.lanes), REGISTERS.get(width, 15))

    def _side(self, var: Var, own: int, shape: tuple[int, ...]) -> Side:
        layout = self.layouts[var]
        steps = layout.steps(var.shape, var.shape)
        assert steps is not None
        batch = layout.steps((*shape[:-2], *var.shape[-2:]), (*shape[:-2], *var.shape[-2:]))
        assert batch is not None
        depth = -1 if own == -2 else -2
        return Side(f"{self.names[layout.root]}_m", layout.offset, batch[:-2], steps[own], steps[depth], var.shape[own])

    @property
    def tiles(self) -> Iterator[tuple[str, int, int]]:
        """The kinds of tile that it needs: the name of each, its rows and its vectors."""
        rows, vectors = self.tile
        left = math.ceil(self.columns.size / self.lanes) % vectors
        for r in {rows, self.rows.size % rows} - {0}:
            for v in {vectors, left} - {0}:
                yield self._tile_name(r, v), r, v

    def _tile_name(self, rows: int, vectors: int) -> str:
        return f"tile_{self.type}_{rows}x{vectors * self.lanes}"

    def lines(self) -> Iterator[str]:
        """The body of the function."""
        rows, vectors = self.tile
        columns = vectors * self.lanes
        depth = 0
        yield from self._scalars()
        for i, n in enumerate(self.batch):
            yield f"{_in(depth)}for (long i{i} = 0; i{i} < {n}; i{i}++) {{"
            depth += 1
        yield f"{_in(depth)}{self.type} panel[{self.depth * columns}] __attribute__((aligned(64)));"
        blocks = math.ceil(self.columns.size / columns)
        by = "id, threads" if self.shares == "columns" else "0, 1"
        rest = self.columns.size % columns
        yield f"{_in(depth)}for (long block = begin_({blocks}, {by}); block < end_({blocks}, {by}); block++) {{"
        yield f"{_in(depth + 1)}const long first = {columns}*block;"
        if blocks == 1:
            yield from (f"{_in(depth + 1)}{line}" for line in self._panel(self.columns.size))
        elif not rest:
            yield from (f"{_in(depth + 1)}{line}" for line in self._panel(columns))
        else:
            yield f"{_in(depth + 1)}if (block < {blocks - 1}) {{"
            yield from (f"{_in(depth + 2)}{line}" for line in self._panel(columns))
            yield f"{_in(depth + 1)}}} else {{"
            yield from (f"{_in(depth + 2)}{line}" for line in self._panel(rest))
            yield f"{_in(depth + 1)}}}"
        yield f"{_in(depth)}}}"
        while depth:
            depth -= 1
            yield f"{_in(depth)}}}"

    @property
    def shares(self) -> str:
        """What the threads divide among them, "rows" or "columns": the more numerous tiles."""
        rows, vectors = self.tile
        return "rows" if self.rows.size / rows > self.columns.size / (vectors * self.lanes) else "columns"

    def _panel(self, columns: int) -> Iterator[str]:
        """All tiles of some columns."""
        side = self.columns
        padded = math.ceil(columns / self.lanes) * self.lanes
        at = _sum(side.offset, *self._batch_terms(side), (side.step, "first"))
        yield f"const {self.type} *columns = {side.name} + {at};"
        if padded > columns:
            yield "memset(panel, 0, sizeof panel);"
        if side.step == 1:
            yield f"for (long k = 0; k < {self.depth}; k++)"
            yield f"    for (long c = 0; c < {columns}; c++) panel[{padded}*k + c] = columns[{_sum(0, (side.depth_step, 'k'), (1, 'c'))}];"
        else:
            copied = f"panel[{padded}*k + c] = columns[{_sum(0, (side.depth_step, 'k'), (side.step, 'c'))}];"
            yield from _block_by_block(self.depth, columns, copied)
        rows = self.tile[0]
        blocks, rest = math.ceil(self.rows.size / rows), self.rows.size % rows
        by = "id, threads" if self.shares == "rows" else "0, 1"
        yield f"for (long part = begin_({blocks}, {by}); part < end_({blocks}, {by}); part++) {{"
        yield f"    const long row = {rows}*part;"
        if blocks == 1 or not rest:
            yield from (f"    {line}" for line in self._tile(min(rows, self.rows.size), columns, padded))
        else:
            yield f"    if (part < {blocks - 1}) {{"
            yield from (f"        {line}" for line in self._tile(rows, columns, padded))
            yield "    } else {"
            yield from (f"        {line}" for line in self._tile(rest, columns, padded))
            yield "    }"
        yield "}"

    def _tile(self, rows: int, columns: int, padded: int) -> Iterator[str]:
        side = self.rows
        at = _sum(side.offset, *self._batch_terms(side), (side.step, "row"))
        yield f"{self.type} tile[{rows * padded}] __attribute__((aligned(64)));"
        name = self._tile_name(rows, padded // self.lanes)
        yield f"{name}({self.depth}, {side.name} + {at}, {side.step}, {side.depth_step}, panel, tile);"
        yield f"for (long r = 0; r < {rows}; r++) {{"
        if self._is_simple():
            yield "    #pragma omp simd"
        yield f"    for (long c = 0; c < {columns}; c++) {{"
        yield f"        const {self.type} {self.names[self.product.output]} = tile[{padded}*r + c];"
        yield from (f"        {line}" for line in self._epilogue())
        yield "    }"
        yield "}"

    def _is_simple(self) -> bool:
        return not self.swapped

    # what follows -------------------------------------------------------------------------------------

    def _scalars(self) -> Iterator[str]:
        """What is computed once, before the product."""
        for instruction in self.kernel.instructions:
            if instruction is not self.product and self.kernel.is_for_each_row(instruction):
                yield from self._statement(instruction)

    def _epilogue(self) -> Iterator[str]:
        yield from self._stores(self.product)
        for instruction in self.kernel.instructions:
            if instruction is not self.product and not self.kernel.is_for_each_row(instruction):
                yield from self._statement(instruction)

    def _statement(self, instruction: Instruction) -> Iterator[str]:
        output = instruction.output
        operands = [self._operand(x, instruction) for x in instruction.inputs]
        yield f"const {C_TYPES[output.dtype]} {self.names[output]} = {expression(instruction, operands)};"
        yield from self._stores(instruction)

    def _stores(self, instruction: Instruction) -> Iterator[str]:
        output = instruction.output
        if output in self.stored or instruction.into:
            layout = self.layouts[output]
            steps = self.kernel.result_steps(layout, instruction)
            assert steps is not None
            once = "if (!id) " if self.kernel.is_for_each_row(instruction) else ""
            yield f"{once}{self.names[layout.root]}_m[{self._index(layout.offset, steps)}] = {self.names[output]};"

    def _operand(self, x: Operand, instruction: Instruction) -> str:
        if not isinstance(x, Var):
            return number(x, operand_type(instruction))
        layout = self.layouts[x]
        for other in reversed(self.kernel.instructions[: self.kernel.instructions.index(instruction)]):
            if self.layouts[other.output].root == layout.root:
                return self.names[other.output]
        steps = self.kernel.steps(layout, instruction)
        assert steps is not None
        return f"{self.names[layout.root]}_m[{self._index(layout.offset, steps)}]"

    def _index(self, offset: int, steps: tuple[int, ...]) -> str:
        row, column = (steps[-1], steps[-2]) if self.swapped else (steps[-2], steps[-1])
        batch = [(step, f"i{i}") for i, step in enumerate(steps[:-2])]
        return _sum(offset, *batch, (row, "(row + r)"), (column, "(first + c)"))

    def _batch_terms(self, side: Side) -> Iterator[tuple[int, str]]:
        for i, step in enumerate(side.batch):
            yield step, f"i{i}"


def tile_of(rows: int, vectors: int, registers: int) -> tuple[int, int]:
    """How many rows and vectors a tile has: those with which the whole takes the fewest cycles.

    Each step of the depth takes a tile as long as its products, two at a time, or its loads, two at a time, or until
    the sums it adds to are there, whichever is longest.
    """

    def cycles(r: int, v: int) -> float:
        return max(r * v / 2, (r + v) / 2, 4)

    def whole(r: int, v: int) -> float:
        kinds = [(rows // r, r), (1, rows % r)], [(vectors // v, v), (1, vectors % v)]
        return sum(m * n * cycles(a, b) for m, a in kinds[0] for n, b in kinds[1] if a and b)

    shapes = [(r, v) for v in range(1, 7) for r in range(1, 17) if r * v + v + 1 <= registers and r <= rows and v <= vectors]
    return min(shapes, key=lambda shape: (whole(*shape), -shape[0] * shape[1]))


def _block_by_block(depth: int, columns: int, copied: str) -> Iterator[str]:
    """The loops that copy columns of another order, a part of the depth at a time that stays in the nearest cache."""
    whole = depth - depth % BLOCK
    if whole:
        yield f"for (long deep = 0; deep < {whole}; deep += {BLOCK})"
        yield f"    for (long c = 0; c < {columns}; c++)"
        yield f"        for (long k = deep; k < deep + {BLOCK}; k++) {copied}"
    if whole < depth:
        yield f"for (long c = 0; c < {columns}; c++)"
        yield f"    for (long k = {whole}; k < {depth}; k++) {copied}"


def _sum(offset: int, *terms: tuple[int, str]) -> str:
    """The text of an index: the offset, and steps times names."""
    texts = [str(offset)] if offset else []
    texts += [name if step == 1 else f"{step}*{name}" for step, name in terms if step]
    return " + ".join(texts) or "0"


def _in(depth: int) -> str:
    return "    " * depth
