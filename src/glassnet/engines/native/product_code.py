"""Matrix products: tile by tile or dot by dot, and what follows done to each element before it is stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import KernelCode, block, indented, index_text, loop_head
from glassnet.engines.native.kernels import Kernel, Layouts
from glassnet.engines.native.product_plan import Side, plan_of
from glassnet.engines.native.target import Target
from glassnet.program.program import Instruction, Var

NEAR = 16  # numbers that are copied one after another where the others of their row are far
MANY_TILES = 4  # that the same rows take part in: then they are copied


class ProductCode(KernelCode):
    """The statements of a product and of what follows it."""

    def __init__(
        self, kernel: Kernel, layouts: Layouts, stored: set[Var], names: Mapping[Var, str], target: Target
    ) -> None:
        super().__init__(kernel, layouts, stored, names, target)
        assert kernel.product is not None
        self.product: Instruction = kernel.product
        self.plan = plan_of(self.product, layouts, target.vector_bytes)
        self.batch = self.product.output.shape[:-2]
        self.type = C_TYPES[self.product.output.dtype]
        self.is_deep = self.plan.tile is not None and self.plan.panel_depth < self.plan.depth

    @property
    def is_shared(self) -> bool:
        """Always: each thread has its rows, its columns, or its matrices."""
        return True

    @property
    def scratch(self) -> Var | None:
        """Memory for the sums over a part of the depth, where it is too deep for one panel."""
        if not self.is_deep:
            return None
        output = self.product.output
        padded = math.ceil(self.plan.columns.size / self.plan.width) * self.plan.width
        return Var(f"{output.name} sums", (self.plan.rows.size, padded), output.dtype)

    @property
    def tiles(self) -> Iterator[str]:
        """The definitions of the kinds of tile that it needs."""
        if self.plan.tile is None:
            return
        rows, vectors = self.plan.tile
        left = math.ceil(self.plan.columns.size / self.plan.lanes) % vectors
        for r in {min(rows, self.plan.rows.size), self.plan.rows.size % rows} - {0}:
            for v in {vectors, left} - {0}:
                yield f"PRODUCT_TILE({self._tile_name(r, v)}, {self.type}, {self.plan.lanes}, {r}, {v})"

    def _tile_name(self, rows: int, vectors: int) -> str:
        return f"tile_{self.type}_{rows}x{vectors * self.plan.lanes}"

    def lines(self) -> Iterator[str]:
        """The statements."""
        for instruction in self.kernel.instructions:
            if instruction is not self.product and self.kernel.is_for_each_row(instruction):
                yield from self.statement(instruction)
        yield from self._batches(0)

    def _batches(self, n: int) -> Iterator[str]:
        if n < len(self.batch):
            yield from block(loop_head(f"i{n}", self.batch[n], shared=self._divided == f"i{n}"), self._batches(n + 1))
        elif self.plan.tile is None:
            yield from self._dots()
        else:
            yield from self._columns()

    @property
    def _divided(self) -> str:
        """What the threads divide among them: the largest batch, or the more numerous of rows and columns."""
        largest = max(self.batch, default=1)
        if largest > 1 and not self.is_deep:  # whose sums are there once
            return f"i{self.batch.index(largest)}"
        if self.plan.tile is None:
            return "row"
        return "first" if self.plan.columns.size > self.plan.panel_columns else "row"

    # dot by dot ---------------------------------------------------------------------------------------

    def _dots(self) -> Iterator[str]:
        plan = self.plan
        x, y = (self._matrix(side, ((side.step, name), (side.depth_step, "k"))) for side, name in self._sides)
        yield from block(
            loop_head("row", plan.rows.size, shared=self._divided == "row"),
            block(loop_head("first", plan.columns.size), self._dot(x, y)),
        )

    def _dot(self, x: str, y: str) -> Iterator[str]:
        name = self.names[self.product.output]
        yield f"{self.type} {name} = 0;"
        if self.plan.rows.depth_step == self.plan.columns.depth_step == 1 and self.plan.depth > 1:
            yield f"#pragma omp simd reduction(+:{name})"
        yield f"{loop_head('k', self.plan.depth)} {name} += {x} * {y};"
        yield from self._following()

    @property
    def _sides(self) -> tuple[tuple[Side, str], tuple[Side, str]]:
        return (self.plan.rows, "row"), (self.plan.columns, "first")

    def _matrix(self, side: Side, terms: tuple[tuple[int, str], ...]) -> str:
        batch = ((step, f"i{n}") for n, step in enumerate(side.batch))
        return f"{self.names[side.root]}_m[{index_text(side.offset, *batch, *terms)}]"

    # tile by tile -------------------------------------------------------------------------------------

    def _columns(self) -> Iterator[str]:
        """All columns, as many at a time as there are panels for."""
        plan = self.plan
        most = min(plan.panel_columns, math.ceil(plan.columns.size / plan.width) * plan.width)
        yield f"{self.type} panels[{plan.panel_depth * most}] __attribute__((aligned(64)));"
        yield from self._pieces("first", plan.columns.size, plan.panel_columns, self._deep)

    def _deep(self, columns: int) -> Iterator[str]:
        """The whole depth, as much at a time as a panel has."""
        if not self.is_deep:
            yield from self._panels(columns, self.plan.depth)
            return
        yield from self._pieces("deep", self.plan.depth, self.plan.panel_depth, lambda n: self._panels(columns, n))

    def _panels(self, columns: int, depth: int) -> Iterator[str]:
        """The panels of some columns and some depth, and all tiles that they take part in."""
        plan = self.plan
        rows = (plan.tile or (1, 1))[0]
        yield from self._pieces("column", columns, plan.width, lambda n: self._panel(n, depth))
        yield from self._pieces("row", plan.rows.size, rows, lambda m: self._row_of_tiles(m, columns, depth))

    def _row_of_tiles(self, rows: int, columns: int, depth: int) -> Iterator[str]:
        """The tiles of some rows. Where there are many, the rows are copied first, to lie near one another."""
        side = self.plan.rows
        at = f"&{self._matrix(side, ((side.step, 'row'), *self._from(side)))}"
        steps = f"{side.step}, {side.depth_step}"
        if columns >= MANY_TILES * self.plan.width:
            yield f"{self.type} near[{depth * rows}] __attribute__((aligned(64)));"
            yield f"const {self.type} *rows = {at};"
            copied = f"near[{rows}*k + r] = rows[{index_text(0, (side.depth_step, 'k'), (side.step, 'r'))}];"
            yield from _copied("r", rows, depth, copied, is_in_order=side.step == 1)
            at, steps = "near", f"1, {rows}"
        yield from self._pieces(
            "column", columns, self.plan.width, lambda n: self._tile(rows, n, depth, f"{at}, {steps}")
        )

    def _panel(self, columns: int, depth: int) -> Iterator[str]:
        """Copy some columns."""
        side, padded = self.plan.columns, self._padded(columns)
        terms = ((side.step, "first"), (side.step, "column"), *self._from(side))
        yield f"const {self.type} *columns = &{self._matrix(side, terms)};"
        yield f"{self.type} *panel = panels + {index_text(0, (depth, 'column'))};"
        if padded > columns:
            yield f"memset(panel, 0, {depth * padded} * sizeof *panel);"
        copied = f"panel[{padded}*k + c] = columns[{index_text(0, (side.depth_step, 'k'), (side.step, 'c'))}];"
        yield from _copied("c", columns, depth, copied, is_in_order=side.step == 1)

    def _from(self, side: Side) -> tuple[tuple[int, str], ...]:
        """Where the depth of the panels begins."""
        return ((side.depth_step, "deep"),) if self.is_deep else ()

    def _tile(self, rows: int, columns: int, depth: int, where: str) -> Iterator[str]:
        padded = self._padded(columns)
        name = self._tile_name(rows, padded // self.plan.lanes)
        panel = f"panels + {index_text(0, (depth, 'column'))}"
        if not self.is_deep:
            yield f"{self.type} tile[{rows * padded}] __attribute__((aligned(64)));"
            yield f"{name}({depth}, {where}, {panel}, 0, tile);"
            yield from self._elements(rows, columns, padded)
            return
        place = index_text(0, (self.plan.rows.size, "first"), (self.plan.rows.size, "column"), (padded, "row"))
        yield f"{self.type} *tile = sums_m + {place};"
        yield f"{name}({depth}, {where}, {panel}, deep > 0, tile);"
        is_last = f"deep + {self.plan.panel_depth} >= {self.plan.depth}"
        yield from block(f"if ({is_last})", self._elements(rows, columns, padded))

    def _elements(self, rows: int, columns: int, padded: int) -> Iterator[str]:
        """What is done to each element of a tile."""
        simd = [] if self.plan.swapped else ["#pragma omp simd"]
        value = f"const {self.type} {self.names[self.product.output]} = tile[{padded}*r + c];"
        inner = [*simd, *block(loop_head("c", columns), [value, *self._following()])]
        yield from block(loop_head("r", rows), inner)

    def _padded(self, columns: int) -> int:
        return math.ceil(columns / self.plan.lanes) * self.plan.lanes

    def _pieces(self, name: str, size: int, step: int, body: Callable[[int], Iterator[str]]) -> Iterator[str]:
        """A loop over pieces of a size, the last of which may be smaller."""
        count, rest = math.ceil(size / step), size % step
        yield from block(
            loop_head(name, count * step, step, shared=self._divided == name),
            self._either(name, count, step, rest, body),
        )

    def _either(
        self, name: str, count: int, step: int, rest: int, body: Callable[[int], Iterator[str]]
    ) -> Iterator[str]:
        if count == 1 or not rest:
            yield from body(rest or step)
            return
        yield f"if ({name} < {(count - 1) * step}) {{"
        yield from indented(body(step))
        yield "} else {"
        yield from indented(body(rest))
        yield "}"

    # what follows -------------------------------------------------------------------------------------

    def _following(self) -> Iterator[str]:
        """What is done to one element of the product."""
        yield from self.stores(self.product)
        for instruction in self.kernel.instructions:
            if instruction is not self.product and not self.kernel.is_for_each_row(instruction):
                yield from self.statement(instruction)

    def index(self, offset: int, steps: tuple[int, ...]) -> str:
        """The text of the element that the loops are at."""
        inside = ("row", "first") if self.plan.tile is None else ("(row + r)", "(first + column + c)")
        row, column = inside[::-1] if self.plan.swapped else inside
        batch = ((step, f"i{n}") for n, step in enumerate(steps[:-2]))
        return index_text(offset, *batch, (steps[-2], row), (steps[-1], column))


def _copied(name: str, size: int, depth: int, copied: str, *, is_in_order: bool) -> Iterator[str]:
    """The loops that copy a panel whose rows lie in order; of others a part at a time that stays in the first cache."""
    if is_in_order:
        yield loop_head("k", depth)
        yield f"    {loop_head(name, size)} {copied}"
        return
    whole = depth - depth % NEAR
    if whole:
        yield f"for (long part = 0; part < {whole}; part += {NEAR})"
        yield f"    {loop_head(name, size)}"
        yield f"        for (long k = part; k < part + {NEAR}; k++) {copied}"
    if whole < depth:
        yield loop_head(name, size)
        yield f"    for (long k = {whole}; k < {depth}; k++) {copied}"
