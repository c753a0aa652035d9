"""Plans of matrix products: which way a product is computed, and in which pieces.

A product goes **tile by tile**: some rows by some vectors of columns, whose sums stay in registers over the depth. The
columns come from panels, some columns of one matrix copied row after row. Of a·b either may be the one with the
columns, for (a·b)ᵀ = bᵀ·aᵀ. Where both matrices lie along the depth, a tile may be **of dots**: some rows by some
columns, of each number a vector of sums, which are added up in the end. Or it goes **one by one**, where there are so
few numbers, or so little depth, that panels and tiles would cost more than they save.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from glassnet.engines.native.layouts import Pairs, Sizes
from glassnet.engines.native.product_loops import ProductLoops, Side

REGISTERS = {64: 30, 32: 15, 16: 30}  # vectors that a tile may take, by the bytes of one; 16 bytes as NEON has them
DEPTH = 128  # of a panel at most: one panel and the rows of a tile stay in the first cache
NEAR_BYTES = 1 << 19  # of the panels that are there at once: they stay in the second cache
IN_PLACE_BYTES = 1 << 16  # of columns that need not be copied to be near
WAY, WAYS = 1 << 12, 8  # bytes of the first cache after which it begins again, and how often it does
ADDING_UP = 3  # cycles that it takes to add up the vector of a dot
PARTS = 4  # into which the columns are divided at least, where threads divide them
DOT_PARTS = 16  # the same where no panels are copied


@dataclass(frozen=True)
class Plan:
    """A product of ``rows`` and ``columns``, which are exchanged where it is ``swapped``.

    ``tile`` is the number of rows and of vectors of ``lanes`` columns, or of rows and columns where it ``is_of_dots``;
    None: one by one. The depth may only be cut into
    pieces that are whole in all ``depths`` but the outermost, and the columns so in the loops that lead over them.
    """

    rows: Side
    columns: Side
    depths: Sizes
    lanes: int
    swapped: bool = False
    is_in_order: bool = True  # whether what is stored lies in order along the columns, rather than the rows
    tile: tuple[int, int] | None = None
    is_of_dots: bool = False

    @property
    def tile_rows(self) -> int:
        """The rows of a tile."""
        return (self.tile or (1, 1))[0]

    @property
    def width(self) -> int:
        """The columns of a tile."""
        return (self.tile or (1, 1))[1] * (1 if self.is_of_dots else self.lanes)

    @property
    def depth(self) -> int:
        """How many products are summed."""
        return math.prod(self.depths)

    @property
    def panel_depth(self) -> int:
        """How much of the depth a panel has: all of it, or an equal part."""
        if self.is_of_dots:
            return self.depth
        if len(self.depths) > 1:
            return piece_of(self.depths, DEPTH)
        return math.ceil(self.depth / math.ceil(self.depth / DEPTH))

    @property
    def panel_columns(self) -> int:
        """How many columns are copied at once: an equal part, of whole tiles."""
        if self.is_of_dots:
            parts = DOT_PARTS if self.divides_columns else 1
            return math.ceil(self.columns.size / parts / self.width) * self.width
        near = NEAR_BYTES // (self.panel_depth * self.rows.root.dtype.itemsize)
        if not self.columns.is_strided:
            return piece_of([n for n, _ in self.columns.own], max(near, self.width))
        parts = max(PARTS if self.divides_columns else 1, math.ceil(self.columns.size / near))
        return math.ceil(self.columns.size / parts / self.width) * self.width

    @property
    def is_in_place(self) -> bool:
        """Whether tiles read the columns where they lie: side by side, in whole vectors, and few enough to be near."""
        side = self.columns
        is_whole = side.is_strided and side.step == 1 and side.size % self.lanes == 0 == self.panel_columns % self.lanes
        itemsize = side.root.dtype.itemsize
        lines = WAY // math.gcd(WAY, side.depth_step * itemsize)  # of the first cache, in which a column can be
        is_near = side.size * self.depth * itemsize <= IN_PLACE_BYTES and self.depth <= WAYS * lines
        return is_whole and self.depth == self.panel_depth and is_near

    @property
    def divides_columns(self) -> bool:
        """Whether threads divide the columns among them: where these are more than the rows."""
        is_whole = not self.columns.is_strided and self.panel_columns == self.columns.size
        return self.tile is not None and self.columns.size > max(self.rows.size, self.width) and not is_whole

    @property
    def cycles(self) -> float:
        """About how long it takes, to compare plans by."""
        stores = self.rows.size * self.columns.size
        if self.tile is None:
            if not (self.rows.is_strided and self.columns.is_strided):
                return math.inf
            in_order = self.rows.depth_step == self.columns.depth_step == 1 and self.depth >= self.lanes
            return stores * (self.depth / self.lanes * 1.5 + 8 if in_order else self.depth * 1.5)
        if self.is_of_dots:
            steps = math.ceil(self.depth / self.lanes)
            return steps * _whole(self.rows.size, self.columns.size, *self.tile) + ADDING_UP * stores + 100
        rows, vectors = self.tile
        copied = 0 if self.is_in_place else self.columns.size * _cost(self.columns)
        copied += 0 if self.rows.is_strided else self.rows.size * _gathered(self.rows)
        tiles = _whole(self.rows.size, math.ceil(self.columns.size / self.lanes), rows, vectors)
        stored = stores * (1 / 8 if self.is_in_order else 8)  # one after another, or far apart
        return self.depth * (copied + tiles) + stored + 100


def _cost(side: Side) -> float:
    """About how many cycles it takes to copy a number of the columns: fewer where several lie side by side."""
    if side.step == 1:
        return _in_runs(side.own)
    return 1 / 2 if side.depth_step == 1 and side.is_strided else 1


def _gathered(side: Side) -> float:
    """The same of rows, which are copied along the depth."""
    return _in_runs(side.depth) if side.depth_step == 1 else 1


def _in_runs(pairs: Pairs) -> float:
    """The same of what is copied in runs, as long as the innermost loop."""
    return min(1, max(1 / 8, 4 / pairs[-1][0])) if len(pairs) > 1 else 1 / 8


def plan_of(loops: ProductLoops, vector_bytes: int) -> Plan:
    """The plan that takes the fewest cycles."""
    lanes = max(1, vector_bytes // loops.a.root.dtype.itemsize)
    is_in_order = loops.columns.in_order >= loops.rows.in_order
    plain = Plan(loops.a, loops.b, loops.depth, lanes, is_in_order=is_in_order)
    exchanged = Plan(loops.b, loops.a, loops.depth, lanes, swapped=True, is_in_order=not is_in_order)
    registers = REGISTERS.get(vector_bytes, 15)
    plans = [plain, *(_tiled(plan, registers) for plan in (plain, exchanged))]
    of_dots = _tiled(replace(plain, is_of_dots=True), registers)
    if _can_be_of_dots(of_dots):
        plans.append(of_dots)
    return min(plans, key=lambda plan: plan.cycles)


def _can_be_of_dots(plan: Plan) -> bool:
    """Whether both matrices lie along the depth, and stay near if the columns are gone over more than once."""
    sides = plan.rows, plan.columns
    nbytes = (plan.rows.size + plan.columns.size) * plan.depth * plan.rows.root.dtype.itemsize
    in_order = all(side.is_strided and side.depth_step == 1 for side in sides)
    is_near = nbytes <= NEAR_BYTES or plan.rows.size <= plan.tile_rows
    return in_order and 1 < plan.lanes <= plan.depth and is_near


def piece_of(sizes: Sequence[int], most: int) -> int:
    """How many elements of nested loops to take at a time, about ``most``: whole inner loops, an equal part of one."""
    inner = 1
    for n in reversed(sizes[1:]):
        if inner * n > most:
            return inner * max(m for m in range(1, n + 1) if n % m == 0 and (inner * m <= most or m == 1))
        inner *= n
    n = sizes[0] if sizes else 1
    return inner * math.ceil(n / min(n, math.ceil(inner * n / most)))


def _tiled(plan: Plan, registers: int) -> Plan:
    """With the tile that takes the fewest cycles."""
    rows, vectors = plan.rows.size, math.ceil(plan.columns.size / (1 if plan.is_of_dots else plan.lanes))
    shapes = [
        (r, v) for v in range(1, min(vectors, 6) + 1) for r in range(1, min(rows, 16) + 1) if r * v + v + 1 <= registers
    ]
    return replace(plan, tile=min(shapes, key=lambda shape: (_whole(rows, vectors, *shape), -shape[0] * shape[1])))


def _whole(rows: int, vectors: int, r: int, v: int) -> float:
    """The cycles of all tiles, for each step of the depth.

    A tile takes as long as its products, two at a time, or its loads, two at a time, or until the sums that it adds to
    are there: whichever is longest.
    """

    def cycles(m: int, n: int) -> float:
        return max(m * n / 2, (m + n) / 2, 4) if m and n else 0

    kinds = [(rows // r, r), (1, rows % r)], [(vectors // v, v), (1, vectors % v)]
    return sum(i * j * cycles(m, n) for i, m in kinds[0] for j, n in kinds[1])
