"""Plans of matrix products: which way a product is computed, and in which pieces.

A product goes **tile by tile**: some rows by some vectors of columns, whose sums stay in registers over the depth. The
columns come from panels, some columns of one matrix copied row after row. Of a·b either may be the one with the
columns, for (a·b)ᵀ = bᵀ·aᵀ. Or it goes **dot by dot**: each element the sum over the depth, where there are so few of
them, or so little depth, that panels and tiles would cost more than they save.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from glassnet.engines.native.kernels import Layouts
from glassnet.program.program import Instruction, Var

REGISTERS = {64: 30, 32: 15, 16: 30}  # vectors that a tile may take, by the bytes of one; 16 bytes as NEON has them
DEPTH = 256  # of a panel at most
NEAR_BYTES = 1 << 19  # of the panels that are there at once: they stay in the second cache
PARTS = 4  # into which the columns are divided at least, where threads divide them


@dataclass(frozen=True)
class Side:
    """A matrix of the product: whose memory, where it begins, its steps along its own dimension and along the depth."""

    root: Var
    offset: int
    batch: tuple[int, ...]
    step: int
    depth_step: int
    size: int


@dataclass(frozen=True)
class Plan:
    """A product of ``rows`` and ``columns``, which are exchanged where it is ``swapped``.

    ``tile`` is the number of rows and of vectors of ``lanes`` columns; None: dot by dot.
    """

    rows: Side
    columns: Side
    depth: int
    lanes: int
    swapped: bool = False
    tile: tuple[int, int] | None = None

    @property
    def tile_rows(self) -> int:
        """The rows of a tile."""
        return (self.tile or (1, 1))[0]

    @property
    def width(self) -> int:
        """The columns of a tile."""
        return (self.tile or (1, 1))[1] * self.lanes

    @property
    def panel_depth(self) -> int:
        """How much of the depth a panel has: all of it, or an equal part."""
        return math.ceil(self.depth / math.ceil(self.depth / DEPTH))

    @property
    def panel_columns(self) -> int:
        """How many columns are copied at once: an equal part, of whole tiles."""
        near = NEAR_BYTES // (self.panel_depth * self.rows.root.dtype.itemsize)
        parts = max(PARTS if self.divides_columns else 1, math.ceil(self.columns.size / near))
        return math.ceil(self.columns.size / parts / self.width) * self.width

    @property
    def divides_columns(self) -> bool:
        """Whether threads divide the columns among them: where these are more than the rows."""
        return self.tile is not None and self.columns.size > max(self.rows.size, self.width)

    @property
    def cycles(self) -> float:
        """About how long it takes, to compare plans by."""
        stores = self.rows.size * self.columns.size
        if self.tile is None:
            in_order = self.rows.depth_step == self.columns.depth_step == 1 and self.depth >= self.lanes
            return stores * (self.depth / self.lanes * 1.5 + 8 if in_order else self.depth * 1.5)
        rows, vectors = self.tile
        copied = self.columns.size / (8 if self.columns.step == 1 else 2 if self.columns.depth_step == 1 else 1)
        tiles = _whole(self.rows.size, math.ceil(self.columns.size / self.lanes), rows, vectors)
        scattered = 3 * stores if self.swapped else stores / 8
        return self.depth * (copied + tiles) + scattered + 100


def plan_of(product: Instruction, layouts: Layouts, vector_bytes: int) -> Plan:
    """The plan that takes the fewest cycles."""
    a, b = product.reads
    rows, columns = _side(a, -2, product, layouts), _side(b, -1, product, layouts)
    lanes = max(1, vector_bytes // product.output.dtype.itemsize)
    plain = Plan(rows, columns, a.shape[-1], lanes)
    exchanged = replace(plain, rows=columns, columns=rows, swapped=True)
    tiled = [_tiled(plan, REGISTERS.get(vector_bytes, 15)) for plan in (plain, exchanged)]
    return min(plain, *tiled, key=lambda plan: plan.cycles)


def _side(var: Var, own: int, product: Instruction, layouts: Layouts) -> Side:
    layout = layouts[var]
    batch = product.output.shape[:-2]
    steps = layout.steps((*batch, *var.shape[-2:]), (*batch, *var.shape[-2:]))
    assert steps is not None
    depth = -1 if own == -2 else -2
    return Side(layout.root, layout.offset, steps[:-2], steps[own], steps[depth], var.shape[own])


def _tiled(plan: Plan, registers: int) -> Plan:
    """With the tile that takes the fewest cycles."""
    rows, vectors = plan.rows.size, math.ceil(plan.columns.size / plan.lanes)
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
