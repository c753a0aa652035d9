"""Picking: what stands at places that index arrays name, and what is written or added to such places.

What comes to one place comes in the order of the index, by one thread: the same sum by any number of them. So where
something is written, the threads divide what lies beside the places, and not the index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from glassnet.engines.native.c_types import number
from glassnet.engines.native.layouts import Layout
from glassnet.engines.native.loop_code import Loop
from glassnet.engines.native.routine import Routine, RoutineCode, broadcast, nest
from glassnet.ops.indexing import ARRAY, arrays_in
from glassnet.program.program import Instruction, Var


class _Index:
    """An index of arrays, numbers and slices, applied to a value whose ``shape`` it is for.

    The dimensions of the arrays, broadcast together, come first here, wherever NumPy has them: b0, b1 … The places that
    they name are p0, p1 …; a number names one as an array does. Behind them is what lies beside: i0, i1 …
    """

    def __init__(self, code: RoutineCode, shape: tuple[int, ...]) -> None:
        index, inputs = list(code.instruction.params["index"]), code.instruction.inputs
        if Ellipsis not in index:
            index.append(Ellipsis)
        at = index.index(Ellipsis)
        index[at : at + 1] = [slice(None)] * (len(shape) - len(index) + 1)
        self.code = code
        self.axes = [d for d, x in enumerate(index) if not isinstance(x, slice)]
        self.slices = tuple(x if isinstance(x, slice) else slice(None) for x in index)
        self.sizes = [shape[d] for d in self.axes]
        arrays = [code.input(n) for n in range(len(inputs) - index.count(ARRAY), len(inputs))]
        self.named = np.broadcast_shapes(*(x.shape for x in arrays))
        rest = (broadcast(x, self.named) for x in arrays)
        self.picks = [next(rest) if index[d] is ARRAY else int(index[d]) for d in self.axes]
        beside = (len(range(n)[x]) for n, x in zip(shape, index, strict=True) if isinstance(x, slice))
        self.over = [Loop(f"b{d}", n, ()) for d, n in enumerate(self.named)]
        self.beside = [Loop(f"i{d}", n, ()) for d, n in enumerate(beside)]

    @property
    def places(self) -> list[str]:
        """The statements that read the index."""
        return [
            f"const int64_t p{n} = {self._place(pick, size)};"
            for n, (pick, size) in enumerate(zip(self.picks, self.sizes, strict=True))
        ]

    def _place(self, pick: Layout | int, size: int) -> str:
        if isinstance(pick, int):
            return str(pick % size)
        return f"in_range_from_end_({self.code.at(pick, *(loop.name for loop in self.over))}, {size}, fault)"

    def in_whole(self, whole: Layout) -> str:
        """The element that is named, of the value that the index is for."""
        first = range(len(self.axes))
        moved = whole.through(lambda array: np.moveaxis(array[self.slices], self.axes, first))
        names = [f"p{n}" for n in range(len(self.axes))] + [loop.name for loop in self.beside]
        return self.code.at(moved, *names)

    def in_part(self, part: Layout) -> str:
        """The same element, of a value that has the shape of what the index picks, or is broadcast to it."""
        are_neighbours = all(b - a == 1 for a, b in pairwise(self.axes))
        first, count = self.axes[0] if are_neighbours else 0, len(self.named)
        sizes = [loop.size for loop in self.beside]
        shape = (*sizes[:first], *self.named, *sizes[first:])
        dims = list(broadcast(part, shape).dims)
        moved = Layout(part.root, part.offset, (*dims[first : first + count], *dims[:first], *dims[first + count :]))
        return self.code.at(moved, *(loop.name for loop in (*self.over, *self.beside)))


def _getitem(code: RoutineCode) -> Iterator[str]:
    x = code.input(0)
    index = _Index(code, x.shape)
    body = [*index.places, *nest(index.beside, [f"{index.in_part(code.result)} = {index.in_whole(x)};"])]
    yield from code.divided(index.over, body)


def _put(code: RoutineCode) -> Iterator[str]:
    yield from _written(code, 0, "+=", number(0, code.dtype))


def _setitem(code: RoutineCode) -> Iterator[str]:
    x = code.input(0)
    yield from _written(code, 1, "=", None if x.root == code.result.root else x)


def _written(code: RoutineCode, which: int, how: str, before: Layout | str | None) -> Iterator[str]:
    """An input that is written to the result, at the index; ``before`` is what is there otherwise."""
    index = _Index(code, code.result.shape)
    target, source = index.in_whole(code.result), code.source(which)
    text = source if isinstance(source, str) else index.in_part(source)
    lines: list[str] = []
    if code.instruction.into:  # state is not overwritten where an index is out of range
        lines += [*nest(index.over, index.places), "if (*fault) return;"]
    if before is not None:
        everywhere = [Loop(f"p{n}", size, ()) for n, size in enumerate(index.sizes)]
        old = before if isinstance(before, str) else index.in_whole(before)
        lines += nest(everywhere, _beside(index, f"{target} = {old};"))
    lines += nest(index.over, [*index.places, *_beside(index, f"{target} {how} {text};")])
    yield from lines if index.beside else code.undivided(lines)


def _beside(index: _Index, statement: str) -> Iterator[str]:
    return index.code.divided(index.beside, [statement]) if index.beside else iter([statement])


def _scatter_add(code: RoutineCode) -> Iterator[str]:
    x, index, y = code.input(0), code.input(1), code.result
    dim = code.instruction.params["dim"] % len(y.shape)
    names = [f"i{d}" for d in range(len(y.shape))]
    sizes = zip(index.shape, y.shape, strict=True)
    divided = next((d for d, (n, m) in enumerate(sizes) if d != dim and n == m > 1), None)
    if divided is None:
        yield "if (id) return;"

    def loops(layout: Layout, statements: Sequence[str]) -> Iterator[str]:
        found = [Loop(name, n, ()) for name, n in zip(names, layout.shape, strict=True)]
        return nest(found, statements) if divided is None else code.divided([found.pop(divided), *found], statements)

    place = f"const int64_t p = in_range_({code.at(index, *names)}, {y.shape[dim]}, fault);"
    to = [name if d != dim else "p" for d, name in enumerate(names)]
    lines = list(loops(y, [f"{code.at(y, *names)} = {number(0, code.dtype)};"]))
    lines += loops(index, [place, f"{code.at(y, *to)} += {code.at(x, *names)};"])
    yield from code.undivided(lines) if divided is None else lines


def _one_hot(code: RoutineCode) -> Iterator[str]:
    labels, y = code.input(0), code.result
    *over, last = [Loop(f"i{d}", n, ()) for d, n in enumerate(y.shape)]
    names = [loop.name for loop in over]
    label = f"const int64_t label = in_range_({code.at(labels, *names)}, {last.size}, fault);"
    yield from code.divided(over, [label, *nest([last], [f"{code.at(y, *names, last.name)} = label == {last.name};"])])


def _has_arrays(instruction: Instruction) -> bool:
    """Whether an index is of arrays of whole numbers, beside numbers and slices."""
    index, count = instruction.params["index"], arrays_in(instruction.params)
    arrays = instruction.inputs[len(instruction.inputs) - count :]
    are_whole = all(isinstance(x, Var) and x.dtype.kind in "iu" for x in arrays)
    is_known = all(x in (ARRAY, Ellipsis) or type(x) in (int, slice) for x in index)
    return count > 0 and are_whole and is_known


def _whole_beside(instruction: Instruction) -> bool:
    """Whether such an index takes all that lies beside its arrays."""
    slices = [x for x in instruction.params["index"] if isinstance(x, slice)]
    return _has_arrays(instruction) and all(x == slice(None) for x in slices)


def _of_whole_numbers(instruction: Instruction) -> bool:
    """Whether the last input is an index."""
    last = instruction.reads[-1]
    return bool(last.shape) and last.dtype.kind in "iu"


ROUTINES = [
    Routine("getitem", _getitem, _has_arrays, may_fail=True),
    Routine("put", _put, _whole_beside, may_fail=True),
    Routine("setitem", _setitem, _whole_beside, may_fail=True, in_place=True),
    Routine("scatter_add", _scatter_add, _of_whole_numbers, may_fail=True),
    Routine("one_hot", _one_hot, lambda instruction: instruction.reads[0].dtype.kind in "iu", may_fail=True),
]
