"""Max pooling: each window's largest number, where it is, and its gradient back to there.

Of equal numbers the first counts, of several NaN the last. Where windows overlap, the gradients that come to one place
are added up from the last window to the first: in the order in which NumPy goes through the places of a window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

from glassnet.engines.native.c_operations import REDUCTIONS
from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import block, index_text
from glassnet.engines.native.layouts import Layout
from glassnet.engines.native.loop_code import Loop
from glassnet.engines.native.routine import Routine, RoutineCode, nest

FEW = 25  # places of a window, each of which has statements of its own: loops over windows become vectors then


class _Windows:
    """The windows over the last dimensions of an input: b0, b1 … are the dimensions before, i0, i1 … the window."""

    def __init__(self, code: RoutineCode, x: Layout) -> None:
        params = code.instruction.params
        self.code, self.x = code, x
        self.type = C_TYPES[x.root.dtype]
        self.size, self.stride, self.dilation = (tuple(params[name]) for name in ("size", "stride", "dilation"))
        first = len(x.shape) - len(self.size)
        self.lengths = x.shape[first:]
        self.before = [Loop(f"b{i}", n, ()) for i, n in enumerate(x.shape[:first])]
        spans = (d * (k - 1) + 1 for k, d in zip(self.size, self.dilation, strict=True))
        counts = ((m - span) // s + 1 for m, span, s in zip(self.lengths, spans, self.stride, strict=True))
        self.windows = [Loop(f"i{i}", n, ()) for i, n in enumerate(counts)]
        self.names = [loop.name for loop in (*self.before, *self.windows)]

    def largest(self) -> Iterator[str]:
        """Statements that find the ``largest`` number of a window."""
        yield f"{self.type} largest = {self._least};"
        yield from self._of_each_place([f"largest = ({self._is_larger}) ? x : largest;"])

    @property
    def _is_larger(self) -> str:
        """Whether x is larger than the largest, or NaN."""
        return "(x > largest) | (x != x)" if self.x.root.dtype.kind == "f" else "x > largest"

    def position(self) -> Iterator[str]:
        """Statements that find the ``position`` of the largest, counted through the dimensions of the windows."""
        yield f"{self.type} largest = {self._least};"
        yield f"int64_t position = {self._position(('0',) * len(self.size))};"
        found = f"largest = x, position = {self._position(self._names)};"
        yield from nest(self._loops, [self._number(self._names), f"if ({self._is_larger}) {found}"])

    @property
    def are_apart(self) -> bool:
        """Whether no place is in two windows, and each place of a window may have statements of its own."""
        numbers = zip(self.size, self.stride, self.dilation, strict=True)
        return all(d * (k - 1) < s for k, s, d in numbers) and math.prod(self.size) <= FEW

    @property
    def fill(self) -> bool:
        """Whether every place is in some window."""
        return all(
            stride == size and loop.size * size == length
            for stride, size, loop, length in zip(self.stride, self.size, self.windows, self.lengths, strict=True)
        )

    def shared_out(self, to: str, value: str, largest: str) -> Iterator[str]:
        """Statements that give the place of the largest number the ``value``, and 0 to the others of the window.

        Of those that equal it the first; where it is NaN, which equals nothing, the last NaN.
        """
        places = [tuple(map(str, place)) for place in product(*map(range, self.size))]
        yield f"const {self.type} value = {value}, largest = {largest};"
        yield "int left = 1;"
        for n, place in enumerate(places):
            yield self._number(place, f"x{n}")
            yield f"const int is{n} = (x{n} == largest) & left;"
            yield f"left ^= is{n};"
        for n in reversed(range(len(places))):
            yield f"const int is_nan{n} = (x{n} != x{n}) & left;"
            yield f"left ^= is_nan{n};"
        for n, place in enumerate(places):
            yield f"{to}[{self._position(place)}] = is{n} | is_nan{n} ? value : 0;"

    def _of_each_place(self, statements: list[str]) -> Iterator[str]:
        if math.prod(self.size) > FEW:
            yield from nest(self._loops, [self._number(self._names), *statements])
            return
        for place in product(*map(range, self.size)):
            yield from block("", [self._number(tuple(map(str, place))), *statements])

    @property
    def _least(self) -> str:
        return REDUCTIONS["amax"].start(self.x.root.dtype)

    @property
    def _loops(self) -> list[Loop]:
        return [Loop(f"k{i}", n, ()) for i, n in enumerate(self.size)]

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(f"k{i}" for i in range(len(self.size)))

    def _number(self, place: tuple[str, ...], name: str = "x") -> str:
        """The statement that reads what is at a place of the window."""
        along = (f"({self._along(i, k)})" for i, k in enumerate(place))
        return f"const {self.type} {name} = {self.code.at(self.x, *(loop.name for loop in self.before), *along)};"

    def _along(self, i: int, k: str) -> str:
        """How far along a dimension a place of the window is."""
        dilation = self.dilation[i]
        if k.isdigit():
            return index_text(dilation * int(k), (self.stride[i], f"i{i}"))
        return index_text(0, (self.stride[i], f"i{i}"), (dilation, k))

    def _position(self, place: tuple[str, ...]) -> str:
        text = self._along(0, place[0])
        for i in range(1, len(place)):
            text = f"({text})*{self.lengths[i]} + {self._along(i, place[i])}"
        return text


def _max_pool(code: RoutineCode) -> Iterator[str]:
    seen = _Windows(code, code.input(0))
    body = [*seen.largest(), f"{code.at(code.result, *seen.names)} = largest;"]
    yield from code.divided([*seen.before, *seen.windows], body)


def _max_pool_indices(code: RoutineCode) -> Iterator[str]:
    seen = _Windows(code, code.input(0))
    body = [*seen.position(), f"{code.at(code.result, *seen.names)} = position;"]
    yield from code.divided([*seen.before, *seen.windows], body)


def _max_pool_backward(code: RoutineCode) -> Iterator[str]:
    g, gx = code.input(0), code.result
    seen = _Windows(code, code.input(1))
    size = math.prod(seen.lengths)
    names = [loop.name for loop in seen.before]
    first = f"{code.type} *to = &{code.at(gx, *names, *('0' for _ in seen.size))};"
    zeros = f"memset(to, 0, {size} * sizeof *to);"
    if seen.are_apart:
        shared = nest(seen.windows, seen.shared_out("to", *(code.at(y, *seen.names) for y in (g, code.input(2)))))
        yield from code.divided(seen.before, [first, *([] if seen.fill else [zeros]), *shared])
        return
    last = [f"{loop.name}_" for loop in seen.windows]
    backwards = [
        f"const long {loop.name} = {loop.size - 1} - {name};" for loop, name in zip(seen.windows, last, strict=True)
    ]
    loops = [Loop(name, loop.size, ()) for loop, name in zip(seen.windows, last, strict=True)]
    added = f"to[position] += {code.at(g, *seen.names)};"
    body = [
        first,
        zeros,
        *nest(loops, [*backwards, *seen.position(), added]),
    ]
    yield from code.divided(seen.before, body)


ROUTINES = [
    Routine("max_pool", _max_pool),
    Routine("max_pool_backward", _max_pool_backward),
    Routine("max_pool_indices", _max_pool_indices),
]
