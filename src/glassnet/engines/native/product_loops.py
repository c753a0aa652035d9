"""The loops of a matrix product: along the rows of a, the columns of b, or around the product of two matrices.

Each loop over the result moves on in a, in b, or in both. Those that move on in one alone are its rows or columns, of
however many dimensions: ``x @ W`` of an x [N, L, C] is one product of N·L rows. A matrix may be gone over in several
loops each way: a row of the matrix of windows goes over channels and kernel, a column over samples and places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from glassnet.engines.native.kernels import Kernel, Layouts, accesses, refined
from glassnet.engines.native.layouts import Pairs, Sizes, fitted, joined, seen_by, size_of
from glassnet.program.program import Var

Steps = tuple[int, ...]


@dataclass(frozen=True)
class Side:
    """A matrix of the product: whose memory, where it begins, its steps along the loops around, and its own loops.

    Those lead over its ``own`` dimension, and over the ``depth``, over which the products are summed.
    """

    root: Var
    offset: int
    around: Steps
    own: Pairs
    depth: Pairs

    @property
    def size(self) -> int:
        """The size of its own dimension."""
        return size_of(self.own)

    @property
    def is_strided(self) -> bool:
        """Whether one step leads over each of the two."""
        return len(self.own) <= 1 and len(self.depth) <= 1

    @property
    def step(self) -> int:
        """How far apart neighbours are along its own dimension, at least nearly everywhere."""
        return self.own[-1][1] if self.own else 1

    @property
    def depth_step(self) -> int:
        """How far apart they are along the depth."""
        return self.depth[-1][1] if self.depth else 1


@dataclass(frozen=True)
class ProductLoop:
    """A loop over the result. It stands for neighbouring loops of the kernel; ``last`` is the innermost of those."""

    size: int
    last: int | None
    in_order: int = 0  # how many of the values that are read or stored lie in order along it

    def step(self, steps: Steps) -> int:
        """How far apart neighbours are, of what is gone over in ``steps`` along the kernel's loops."""
        return 0 if self.last is None else steps[self.last]


@dataclass(frozen=True)
class ProductLoops:
    """The loops ``around``, those along rows and columns, and the matrices. ``depth`` are sizes that suit both."""

    around: tuple[ProductLoop, ...]
    rows: ProductLoop
    columns: ProductLoop
    a: Side
    b: Side
    depth: Sizes


def product_loops(kernel: Kernel, layouts: Layouts) -> ProductLoops:
    """The loops of a kernel with a product."""
    product = kernel.product
    assert product is not None
    (_, a), (_, b) = seen_by(product, layouts)
    steps = tuple(kernel.steps(side, product) or () for side in (a, b))
    stored = list(accesses(kernel, layouts))
    along: tuple[list[int], list[int], list[int]] = [], [], []  # the rows of a, the columns of b, neither
    for i, (in_a, in_b) in enumerate(zip(*steps, strict=True)):
        along[0 if not in_b else 1 if not in_a else 2].append(i)

    def size(group: Sequence[int]) -> int:
        return math.prod(kernel.sizes[i] for i in group)

    rows, columns = (_grouped(loops, kernel.sizes, stored) for loops in along[:2])
    row, column = (max(groups, key=size, default=[]) for groups in (rows, columns))
    others = [i for group in (*rows, *columns) if group not in (row, column) for i in group]
    around = _grouped(sorted([*along[2], *others]), kernel.sizes, [*stored, *steps])
    x, y = (layouts[var] for var in product.reads)
    depths = [joined(x.dims[-1]), joined(y.dims[-2])]
    sizes = refined(*(tuple(n for n, _ in pairs) for pairs in depths))
    assert sizes is not None  # the kernel is consistent

    def loop(group: Sequence[int]) -> ProductLoop:
        last = group[-1] if group else None
        return ProductLoop(size(group), last, sum(steps[last] == 1 for steps in stored if last is not None))

    loops = [loop(group) for group in around]
    sides = [
        Side(
            side.root, side.offset, tuple(around.step(own) for around in loops), _pairs(kernel.sizes, own, group), depth
        )
        for side, own, group, depth in zip((a, b), steps, (row, column), depths, strict=True)
    ]
    return ProductLoops(tuple(loops), loop(row), loop(column), sides[0], sides[1], _joint(depths, sizes))


def _pairs(sizes: Sizes, steps: Steps, loops: Sequence[int]) -> Pairs:
    return joined((sizes[i], steps[i]) for i in loops)


def _grouped(loops: Sequence[int], sizes: Sizes, accesses: Sequence[Steps]) -> list[list[int]]:
    """Neighbouring loops together, where all accesses go on in equal steps."""
    groups: list[list[int]] = []
    for i in loops:
        last = groups[-1][-1] if groups else -1
        if groups and all(steps[last] == steps[i] * sizes[i] for steps in accesses):
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _joint(depths: Sequence[Pairs], sizes: Sizes) -> Sizes:
    """The fewest sizes of the depth that both matrices can be cut at."""
    found: list[int] = []
    cut = [fitted(pairs, sizes) or () for pairs in depths]
    for i, n in enumerate(sizes):
        steps = [(pairs[i - 1][0][1], pairs[i][0][1]) for pairs in cut] if i else []
        if found and all(outer == inner * n for outer, inner in steps):
            found[-1] *= n
        else:
            found.append(n)
    return tuple(found)
