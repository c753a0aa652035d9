"""Matrix products: tile by tile or one by one, and what follows done to each element before it is stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.gathering import gathered, part_of, place
from glassnet.engines.native.kernel_code import KernelCode, block, indented, index_text, loop_head
from glassnet.engines.native.kernels import Kernel, Layouts
from glassnet.engines.native.product_loops import Side, product_loops
from glassnet.engines.native.product_plan import plan_of
from glassnet.engines.native.target import Target
from glassnet.program.program import Instruction, Var

OWN_SUMS = 1 << 16  # bytes that a thread keeps to itself
MANY_TILES = 4  # that the same rows take part in: then they are copied


class ProductCode(KernelCode):
    """The statements of a product and of what follows it."""

    def __init__(
        self, kernel: Kernel, layouts: Layouts, stored: set[Var], names: Mapping[Var, str], target: Target
    ) -> None:
        super().__init__(kernel, layouts, stored, names, target)
        assert kernel.product is not None
        self.product: Instruction = kernel.product
        self.loops = product_loops(kernel, layouts)
        self.plan = plan_of(self.loops, target.vector_bytes)
        self.type = C_TYPES[self.product.output.dtype]
        self.is_deep = self.plan.tile is not None and self.plan.panel_depth < self.plan.depth
        fits = self.plan.columns.size % self.plan.lanes == self.plan.panel_columns % self.plan.lanes == 0
        fits = (fits or self.plan.is_of_dots) and self._steps_of_tile(self._result)[1] == 1
        self.is_direct = fits and kernel.instructions == (self.product,)  # the sums are the result

    @property
    def _result(self) -> tuple[int, ...]:
        """The steps of the product in memory."""
        steps = self.kernel.result_steps(self.layouts[self.product.output], self.product)
        assert steps is not None  # the kernel is consistent
        return steps

    def _steps_of_tile(self, steps: tuple[int, ...]) -> tuple[int, int]:
        """Of the steps along the kernel's loops, those along the rows and the columns of a tile."""
        row, column = self.loops.rows.step(steps), self.loops.columns.step(steps)
        return (column, row) if self.plan.swapped else (row, column)

    @property
    def is_shared(self) -> bool:
        """Always: each thread has its rows, its columns, or its matrices."""
        return True

    @property
    def scratch(self) -> Var | None:
        """Memory for the sums over a part of the depth, where each thread does not have its own."""
        return None if self._has_own_sums else self._sums_over_depth

    @property
    def _sums_over_depth(self) -> Var | None:
        """The sums over a part of the depth, where it is too deep for one panel."""
        if not self.is_deep or self.is_direct:
            return None
        output = self.product.output
        blocks = math.ceil(self.plan.columns.size / self.plan.panel_columns)
        padded = blocks * self._padded(self.plan.panel_columns)
        return Var(f"{output.name} sums", (self.plan.rows.size, padded), output.dtype)

    @property
    def _has_own_sums(self) -> bool:
        """Whether a thread keeps these sums to itself: they are few, and it has whole matrices."""
        sums = self._sums_over_depth
        return sums is not None and bool(self.loops.around) and sums.nbytes <= OWN_SUMS

    @property
    def definitions(self) -> Iterator[str]:
        """The functions that it needs: kinds of tile, and the transpose of what lies along the depth."""
        if self.plan.tile is None:
            return
        integer = f"int{8 * self.product.output.dtype.itemsize}_t"
        if self.plan.is_of_dots:
            parts = _sizes_of_pieces(self.plan.columns.size, self.plan.panel_columns)
            for r in _sizes_of_pieces(self.plan.rows.size, self.plan.tile_rows):
                for c in set().union(*(_sizes_of_pieces(n, self.plan.width) for n in parts)):
                    yield f"DOT_TILE({self._dots_name(r, c)}, {self.type}, {integer}, {self.plan.lanes}, {r}, {c})"
            return
        if self._is_transposed:
            yield f"TRANSPOSE({self._transpose}, {self.type}, {integer}, {self.plan.lanes})"
        rows, vectors = self.plan.tile
        size, most = self.plan.columns.size, self.plan.panel_columns
        blocks = [math.ceil(n / self.plan.lanes) for n in {min(size, most), size % most}]
        for r in {min(rows, self.plan.rows.size), self.plan.rows.size % rows} - {0}:
            for v in {n for whole in blocks for n in (min(whole, vectors), whole % vectors)} - {0}:
                yield f"PRODUCT_TILE({self._tile_name(r, v)}, {self.type}, {self.plan.lanes}, {r}, {v})"

    @property
    def _is_transposed(self) -> bool:
        """Whether the columns that are copied lie along the depth."""
        side = self.plan.columns
        return side.is_strided and side.depth_step == 1 != side.step

    @property
    def _transpose(self) -> str:
        return f"transpose_{self.type}_{self.plan.lanes}"

    def _tile_name(self, rows: int, vectors: int) -> str:
        return f"tile_{self.type}_{rows}x{vectors * self.plan.lanes}"

    def lines(self) -> Iterator[str]:
        """The statements."""
        for instruction in self.kernel.instructions:
            if instruction is not self.product and self.kernel.is_for_each_row(instruction):
                yield from self.statement(instruction)
        yield from self._batches(0)

    def _batches(self, n: int) -> Iterator[str]:
        if n < len(self.loops.around):
            size = self.loops.around[n].size
            yield from block(loop_head(f"i{n}", size, shared=self._divided == f"i{n}"), self._batches(n + 1))
        elif self.plan.tile is None:
            yield from self._one_by_one()
        elif self.plan.is_of_dots:
            yield from self._dots()
        else:
            yield from self._columns()

    @property
    def _divided(self) -> str:
        """What the threads divide among them: the largest loop around, or the rows or columns, whichever are more."""
        sizes = [loop.size for loop in self.loops.around]
        if sizes and self.scratch is None:  # whose sums are there once
            return f"i{sizes.index(max(sizes))}"
        return "first" if self.plan.divides_columns else "row"

    # tiles of dots ------------------------------------------------------------------------------------

    def _dots(self) -> Iterator[str]:
        """Some columns, and as many rows at a time as a tile has."""
        plan = self.plan
        if not self.is_direct:
            most = min(plan.panel_columns, plan.columns.size)
            yield f"{self.type} sums[{min(plan.tile_rows, plan.rows.size) * most}];"

        def strips(columns: int) -> Iterator[str]:
            yield from self._pieces("row", plan.rows.size, plan.tile_rows, lambda m: self._strip_of_dots(m, columns))

        yield from self._pieces("first", plan.columns.size, plan.panel_columns, strips)

    def _strip_of_dots(self, rows: int, size: int) -> Iterator[str]:
        a, b = self.plan.rows, self.plan.columns
        sums, step = self._sums(size)
        x = f"&{self._matrix(a, ((a.step, 'row'),))}, {a.step}"
        y = f"&{self._matrix(b, ((b.step, 'first'), (b.step, 'column')))}, {b.step}"

        def tile(columns: int) -> Iterator[str]:
            name = self._dots_name(rows, columns)
            yield f"{name}({self.plan.depth}, {x}, {y}, {sums} + column, {step});"

        yield from self._pieces("column", size, self.plan.width, tile)
        if not self.is_direct:
            yield from self._elements(rows, size, step)

    def _dots_name(self, rows: int, columns: int) -> str:
        return f"dots_{self.type}_{rows}x{columns}"

    # one by one ---------------------------------------------------------------------------------------

    def _one_by_one(self) -> Iterator[str]:
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
        batch = ((step, f"i{n}") for n, step in enumerate(side.around))
        return f"{self.names[side.root]}_m[{index_text(side.offset, *batch, *terms)}]"

    # tile by tile -------------------------------------------------------------------------------------

    def _columns(self) -> Iterator[str]:
        """All columns, as many at a time as there are panels for."""
        plan = self.plan
        most = self._padded(min(plan.panel_columns, plan.columns.size))
        if not plan.is_in_place:
            yield f"{self.type} panels[{plan.panel_depth * most}] __attribute__((aligned(64)));"
        if self._has_own_sums and self._sums_over_depth is not None:
            yield f"{self.type} sums_m[{math.prod(self._sums_over_depth.shape)}] __attribute__((aligned(64)));"
        if not self.is_deep and not self.is_direct:
            yield f"{self.type} sums[{min(plan.tile_rows, plan.rows.size) * most}] __attribute__((aligned(64)));"
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
        if plan.columns.is_strided and not plan.is_in_place:
            yield from self._pieces("column", columns, plan.width, lambda n: self._panel(n, depth))
        elif not plan.is_in_place:
            yield from self._gathered_panel(columns, depth)
        yield from self._pieces("row", plan.rows.size, plan.tile_rows, lambda m: self._strip(m, columns, depth))

    def _panel(self, columns: int, depth: int) -> Iterator[str]:
        """Copy some columns."""
        side, padded = self.plan.columns, self._padded(columns)
        terms = ((side.step, "first"), (side.step, "column"), *self._from(side))
        yield f"const {self.type} *columns = &{self._matrix(side, terms)};"
        yield f"{self.type} *panel = panels + {index_text(0, (depth, 'column'))};"
        if padded > columns:
            yield f"memset(panel, 0, {depth * padded} * sizeof *panel);"
        if self._is_transposed:
            yield f"{self._transpose}(panel, {padded}, columns, {side.step}, {columns}, {depth});"
            return
        yield from _copied(
            "panel", "columns", _Loop("c", columns, 1, side.step), _Loop("k", depth, padded, side.depth_step)
        )

    def _gathered_panel(self, columns: int, depth: int) -> Iterator[str]:
        """Copy all columns that there are panels for, where no single step leads over them."""
        side, padded = self.plan.columns, self._padded(columns)
        yield f"const {self.type} *columns = &{self._matrix(side, (*place(side.own, 'first'), *self._from(side)))};"
        if padded > columns:
            zeros = f"memset(panels + {padded}*k + {columns}, 0, {padded - columns} * sizeof *panels);"
            yield f"{loop_head('k', depth)} {zeros}"
        yield from gathered("panels", "columns", part_of(side.depth, depth), padded, part_of(side.own, columns))

    def _strip(self, rows: int, columns: int, depth: int) -> Iterator[str]:
        """The tiles of some rows, and what follows. The rows of many tiles are copied first, to be near one another."""
        side = self.plan.rows
        at = f"&{self._matrix(side, ((side.step, 'row'), *self._from(side)))}"
        step, depth_step = side.step, side.depth_step
        if not side.is_strided:
            near = depth + self.plan.lanes, 1
            yield f"{self.type} near[{near[0] * rows}];"
            row = f"&{self._matrix(side, (*place(side.own, '(row + r)'), *self._from(side)))}"
            copied = gathered(f"(near + {near[0]}*r)", "rows", part_of(side.depth, depth), 1)
            yield from block(loop_head("r", rows), [f"const {self.type} *rows = {row};", *copied])
            at, (step, depth_step) = "near", near
        elif columns >= MANY_TILES * self.plan.width:
            near = (1, rows) if step == 1 else (depth + self.plan.lanes, 1)  # some multiples of 2 would share few lines
            yield f"{self.type} near[{near[0] * (rows - 1) + near[1] * (depth - 1) + 1}];"
            yield f"const {self.type} *rows = {at};"
            yield from _copied("near", "rows", _Loop("r", rows, near[0], step), _Loop("k", depth, near[1], depth_step))
            at, (step, depth_step) = "near", near
        sums, sums_step = self._sums(columns)
        if sums != "sums":
            yield f"{self.type} *sums = {sums};"

        def tile(width: int) -> Iterator[str]:
            name = self._tile_name(rows, self._padded(width) // self.plan.lanes)
            columns_side = self.plan.columns
            if self.plan.is_in_place:
                panel = f"&{self._matrix(columns_side, ((1, 'first'), (1, 'column')))}, {columns_side.depth_step}"
            else:
                padded = self._padded(width) if columns_side.is_strided else self._padded(columns)
                panel = f"panels + {index_text(0, (depth if columns_side.is_strided else 1, 'column'))}, {padded}"
            adds = "deep > 0" if self.is_deep else "0"
            yield f"{name}({depth}, {at}, {step}, {depth_step}, {panel}, {adds}, sums + column, {sums_step});"

        yield from self._pieces("column", columns, self.plan.width, tile)
        elements = () if self.is_direct else self._elements(rows, columns, sums_step)
        if self.is_deep and not self.is_direct:
            elements = block(f"if (deep + {self.plan.panel_depth} >= {self.plan.depth})", elements)
        yield from elements

    def _from(self, side: Side) -> tuple[tuple[int, str], ...]:
        """Where the depth of the panels begins."""
        return tuple(place(side.depth, "deep")) if self.is_deep else ()

    def _sums(self, columns: int) -> tuple[str, int]:
        """Where the sums of a strip begin, and how far apart its rows are."""
        padded = columns if self.plan.is_of_dots else self._padded(columns)
        if self.is_direct:
            row, column = self._steps_of_tile(self._result)
            index = index_text(0, *self._around(self._result), (row, "row"), (column, "first"))
            return f"&{self.names[self.product.output]}_m[{index}]", row
        if self.is_deep:
            size, most = self.plan.rows.size, self.plan.panel_columns
            block_of = (
                (size, "first") if most % self.plan.lanes == 0 else (size * self._padded(most), f"(first / {most})")
            )
            return f"sums_m + {index_text(0, block_of, (padded, 'row'))}", padded
        return "sums", padded

    def _elements(self, rows: int, columns: int, step: int) -> Iterator[str]:
        """What is done to each element of a strip."""
        value = f"const {self.type} {self.names[self.product.output]} = sums[{step}*r + c];"
        loops = [loop_head("r", rows), loop_head("c", columns)]
        if not self.plan.is_in_order:  # those that lie in order come last
            loops.reverse()
        simd = ["#pragma omp simd"] if self.plan.is_in_order else []
        yield from block(loops[0], [*simd, *block(loops[1], [value, *self._following()])])

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
        inside = ("row", "first") if self.plan.tile is None else ("(row + r)", "(first + c)")
        row, column = self._steps_of_tile(steps)
        return index_text(offset, *self._around(steps), (row, inside[0]), (column, inside[1]))

    def _around(self, steps: tuple[int, ...]) -> Iterator[tuple[int, str]]:
        return ((loop.step(steps), f"i{n}") for n, loop in enumerate(self.loops.around))


def _sizes_of_pieces(size: int, step: int) -> set[int]:
    """How large the pieces are that something is cut into: all but the last as large as they may be."""
    return {min(size, step), size % step} - {0}


class _Loop(NamedTuple):
    """A loop of a copy: its steps in the copy and in what is copied."""

    name: str
    size: int
    to_step: int
    of_step: int


def _copied(to: str, of: str, side: _Loop, depth: _Loop) -> Iterator[str]:
    """The loops that copy a matrix."""
    outer, inner = (side, depth) if depth.to_step == depth.of_step == 1 else (depth, side)
    to = f"{to}[{index_text(0, (depth.to_step, depth.name), (side.to_step, side.name))}]"
    of = f"{of}[{index_text(0, (depth.of_step, depth.name), (side.of_step, side.name))}]"
    yield loop_head(outer.name, outer.size)
    yield f"    {loop_head(inner.name, inner.size)} {to} = {of};"
