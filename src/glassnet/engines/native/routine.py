"""Routines: operations that have a kernel of their own, being no loop over elements, no reduction and no product.

A routine is a record: how its C is written, and what the rest of the engine has to know of it. The table of all of
them is in `routines`; nothing else knows any by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from glassnet.engines.native.c_types import C_TYPES, number
from glassnet.engines.native.generators import generator_of
from glassnet.engines.native.kernel_code import KernelCode, block, index_text, loop_head
from glassnet.engines.native.kernels import Kernel, Layouts, without_ones
from glassnet.engines.native.layouts import Layout
from glassnet.engines.native.loop_code import Loop, collapsed
from glassnet.engines.native.target import Target
from glassnet.ops.dtypes import Dtype
from glassnet.program.program import Instruction, Var


def of_any(_instruction: Instruction) -> bool:
    """Whether a routine knows an instruction: one that knows all."""
    return True


class Needs(NamedTuple):
    """What a routine needs besides its operands: ``scratch``, memory of its own, which the threads fill together before
    they go on, and ``definitions`` in front of its function.
    """

    scratch: Var
    definitions: tuple[str, ...]


@dataclass(frozen=True)
class Routine:
    """How the operation ``op`` is computed by a kernel of its own.

    ``lines`` writes the statements. ``fits`` says of an instruction, whose dtypes C has and whose result is not empty,
    whether the routine knows it. ``is_shared``: the threads divide the work; otherwise the first does it. ``may_fail``:
    it follows an index, and says in ``*fault`` that one is out of range. ``in_place``: the result may be the memory of
    the first input. ``needs``: see there.
    """

    op: str
    lines: Callable[[RoutineCode], Iterator[str]]
    fits: Callable[[Instruction], bool] = of_any
    is_shared: bool = True
    may_fail: bool = False
    in_place: bool = False
    needs: Callable[[RoutineCode], Needs] | None = None


class RoutineCode(KernelCode):
    """The statements of an operation that has a kernel of its own, and the words in which a routine writes them."""

    def __init__(
        self,
        routine: Routine,
        kernel: Kernel,
        layouts: Layouts,
        stored: set[Var],
        names: Mapping[Var, str],
        target: Target,
    ) -> None:
        super().__init__(kernel, layouts, stored, names, target)
        self.routine = routine
        (self.instruction,) = kernel.instructions

    @property
    def is_shared(self) -> bool:
        """Whether the threads of a team divide the work."""
        return self.routine.is_shared and not self.target.is_portable

    @property
    def may_fail(self) -> bool:
        """Whether it may find an index that is out of range."""
        return self.routine.may_fail

    @property
    def waits(self) -> bool:
        """Whether the threads wait for one another while they are at it."""
        return self.routine.needs is not None

    @property
    def scratch(self) -> Var | None:
        """Memory that it needs for itself."""
        return None if self.routine.needs is None else self.routine.needs(self).scratch

    @property
    def definitions(self) -> tuple[str, ...]:
        """The functions that it needs."""
        return () if self.routine.needs is None else self.routine.needs(self).definitions

    def lines(self) -> Iterator[str]:
        """The statements."""
        return self.routine.lines(self)

    def index(self, offset: int, steps: tuple[int, ...]) -> str:
        """There are no loops that all routines have."""
        raise NotImplementedError

    # what a routine reads and writes ------------------------------------------------------------------

    @property
    def result(self) -> Layout:
        """Where the result goes."""
        return self.layouts[self.instruction.output]

    @property
    def dtype(self) -> Dtype:
        """The dtype of the result."""
        return self.instruction.output.dtype

    @property
    def count(self) -> int:
        """How many numbers the result has."""
        return math.prod(self.instruction.output.shape)

    @property
    def generator(self) -> str:
        """The generator that it draws from."""
        var = generator_of(self.instruction)
        assert var is not None
        return f"((generator_t *){self.names[var]}_m)"

    @property
    def type(self) -> str:
        """The C type of the result."""
        return C_TYPES[self.dtype]

    def input(self, which: int) -> Layout:
        """Where an input lies."""
        x = self.instruction.inputs[which]
        assert isinstance(x, Var)
        return self.layouts[x]

    def source(self, which: int) -> Layout | str:
        """Where an input lies; the text of one that is a number."""
        x = self.instruction.inputs[which]
        return self.layouts[x] if isinstance(x, Var) else number(x, self.dtype)

    def at(self, layout: Layout, *places: str) -> str:
        """The element at ``places`` along the dimensions of a value."""
        steps = (pairs[0][1] if pairs else 0 for pairs in layout.dims)
        return self.memory(layout, *zip(steps, places, strict=True))

    def memory(self, layout: Layout, *terms: tuple[int, str]) -> str:
        """The element that lies ``terms``, steps times names, behind the first of a value."""
        return f"{self.names[layout.root]}_m[{index_text(layout.offset, *terms)}]"

    # statements ---------------------------------------------------------------------------------------

    def copied(self, source: Layout | str, target: Layout) -> Iterator[str]:
        """Loops that copy a value, or repeat a number, into the place of ``target``; threads divide the outermost."""
        shape = target.shape
        if 0 in shape:
            return
        sizes = without_ones(shape)
        places = [target] if isinstance(source, str) else [target, broadcast(source, shape)]
        steps = [steps for place in places if (steps := place.steps(shape, sizes)) is not None]
        assert len(steps) == len(places)  # ones are dropped, and no dimensions made one
        loops = collapsed("i", range(len(sizes)), sizes, steps)
        texts = [
            self.memory(place, *((along[loop.covers[-1]], loop.name) for loop in loops))
            for place, along in zip(places, steps, strict=True)
        ]
        yield from self.divided(loops, [f"{texts[0]} = {source if isinstance(source, str) else texts[1]};"])

    def divided(self, loops: Sequence[Loop], body: Iterable[str]) -> Iterator[str]:
        """Loops of which the threads divide the outermost; without any, the first thread does the ``body``."""
        if self.is_shared and not loops:
            return block("if (!id)", body)
        return nest(loops, body, self.is_shared)

    def undivided(self, lines: Iterable[str]) -> Iterator[str]:
        """Statements that the first thread carries out alone."""
        if self.is_shared:
            yield "if (id) return;"
        yield from lines


def part(layout: Layout, index: tuple[Any, ...]) -> Layout:
    """Where a part of a value lies."""
    index = index if Ellipsis in index else (*index, ...)  # with ..., one element is a part too
    return layout.through(lambda array: array[index])


def broadcast(layout: Layout, shape: tuple[int, ...]) -> Layout:
    """A value broadcast to a shape; dimensions of one that are too many are dropped, as NumPy does when assigning."""
    more = max(0, len(layout.dims) - len(shape))
    return Layout(layout.root, layout.offset, layout.dims[more:]).broadcast(shape)


def nest(loops: Sequence[Loop], body: Iterable[str], is_shared: bool = False) -> Iterator[str]:
    """Loops, one inside the other; the threads divide the outermost of those that are shared."""
    if not loops:
        yield from body
        return
    first, *others = loops
    yield from block(loop_head(first.name, first.size, shared=is_shared), nest(others, body))
