"""Elements: kernels whose every result is computed by loops of its own, such as those over the depth of a product.

The loops outside go over the elements of the result. What follows, a bias or an activation, is done to each of them
before it is stored.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from glassnet.engines.native.c_types import C_TYPES
from glassnet.engines.native.kernel_code import KernelCode, block, index_text, loop_head
from glassnet.engines.native.kernels import Layouts
from glassnet.engines.native.layouts import Layout, Pairs, size_of
from glassnet.program.instruction import Instruction, Var

Loops = Sequence[tuple[str, int]]  # their names and how often each is passed


class ElementCode(KernelCode):
    """The loops over the elements of a result, each of which `value` computes."""

    @property
    def made_by(self) -> Instruction:
        """The instruction whose elements they are."""
        assert self.kernel.product is not None
        return self.kernel.product

    @property
    def is_shared(self) -> bool:
        """Never: there is one thread."""
        return False

    @property
    def name(self) -> str:
        """The element, as a local."""
        return self.names[self.made_by.output]

    @property
    def type(self) -> str:
        """The type of the element."""
        return C_TYPES[self.made_by.output.dtype]

    @property
    def loops(self) -> list[str]:
        """The names of the loops."""
        return [f"i{n}" for n in range(len(self.kernel.sizes))]

    @property
    def nest(self) -> list[tuple[str, int]]:
        """The loops from the outermost, and how often each is passed: in the order of the result's dimensions."""
        return [(self.loops[n], self.kernel.sizes[n]) for n in self.kernel.order(self.made_by)]

    @property
    def at(self) -> list[str]:
        """Where the loops are along each dimension of the result, over which one of them goes, or several."""
        found: list[str] = []
        left = self.nest
        for size in reversed(self.made_by.output.shape):
            terms: list[tuple[int, str]] = []
            step = 1
            while step < size:
                name, n = left.pop()
                terms.insert(0, (step, name))
                step *= n
            found.insert(0, in_parentheses(index_text(0, *terms)))
        return found

    def lines(self) -> Iterator[str]:
        """The statements."""
        for instruction in self.kernel.instructions:
            if instruction is not self.made_by and self.kernel.is_for_each_row(instruction):
                yield from self.statement(instruction)
        yield from self.elements()

    def elements(self) -> Iterator[str]:
        """The loops over all elements."""
        return nested(self.nest, self.element())

    def element(self) -> Iterator[str]:
        """One element, and what follows."""
        yield from self.value()
        yield from self.following()

    @abstractmethod
    def value(self) -> Iterator[str]:
        """The statements that make the element."""

    def following(self) -> Iterator[str]:
        """What is done to the element."""
        yield from self.stores(self.made_by)
        for instruction in self.kernel.instructions:
            if instruction is not self.made_by and not self.kernel.is_for_each_row(instruction):
                yield from self.statement(instruction)

    def index(self, offset: int, steps: tuple[int, ...]) -> str:
        """The text of the element that the loops are at."""
        return bare(index_text(offset, *zip(steps, self.loops, strict=True)))

    def operand(self, position: int, *at: str) -> str:
        """The element of an operand at a place: a text for each of its dimensions."""
        x = self.made_by.inputs[position]
        assert isinstance(x, Var)
        return element_of(self.layouts[x], self.names, at)

    def param(self, name: str, default: Any = None) -> Any:
        """An argument of the operation."""
        return self.made_by.params.get(name, default)


class Product(ElementCode):
    """A product of matrices: each element is the sum over the depth, several at once where their number allows it."""

    blocks: ClassVar[Sequence[int]] = (8, 7, 6, 5, 4, 3, 2)

    @property
    def _columns(self) -> int:
        """How many neighbouring columns the innermost loop goes over."""
        b = self.made_by.reads[1]
        return self.kernel.sizes[self._last] if len(b.shape) > 1 and b.shape[-1] > 1 else 1

    @property
    def _last(self) -> int:
        return self.kernel.order(self.made_by)[-1]

    @property
    def _size(self) -> int:
        """How many of them are computed at once."""
        return next((n for n in self.blocks if self._columns % n == 0), 1)

    @property
    def loops(self) -> list[str]:
        """The names of the loops; the innermost says which of the columns that are computed at once."""
        names = super().loops
        if self._size > 1:
            names[self._last] = "c" if self._size == self._columns else "(first + c)"
        return names

    def elements(self) -> Iterator[str]:
        """The loops over all elements, the innermost over as many as are computed at once."""
        if self._size == 1:
            return super().elements()
        body = self._block()
        if self._size < self._columns:
            body = block(loop_head("first", self._columns, self._size), body)
        return nested(self.nest[:-1], body)

    def _block(self) -> Iterator[str]:
        """Some columns, whose sums are independent of one another."""
        x, weight = self._factors()
        each_column = loop_head("c", self._size)
        products = f"{each_column} sums[c] += x * {weight};"
        yield f"{self.type} sums[{self._size}] = {{0}};"
        yield from block(loop_head("k", self.depth), [f"const {self.type} x = {x};", products])
        yield from block(each_column, [f"const {self.type} {self.name} = sums[c];", *self.following()])

    def value(self) -> Iterator[str]:
        """The sum over the depth."""
        x, weight = self._factors()
        yield f"{self.type} {self.name} = 0;"
        yield f"{loop_head('k', self.depth)} {self.name} += {x} * {weight};"

    @property
    def depth(self) -> int:
        """The number of products in a sum."""
        return self.made_by.reads[0].shape[-1]

    def _factors(self) -> tuple[str, str]:
        a, b = self.made_by.reads
        at = self.at
        column = at.pop() if len(b.shape) > 1 else ""
        row = at.pop() if len(a.shape) > 1 else ""
        left = [*at[len(at) + 2 - len(a.shape) :], row, "k"] if row else ["k"]
        right = [*at[len(at) + 2 - len(b.shape) :], "k", column] if column else ["k"]
        return self.operand(0, *left), self.operand(1, *right)


def nested(loops: Loops, body: Iterable[str]) -> Iterator[str]:
    """``body`` within loops, the first outermost."""
    lines: Iterable[str] = body
    for name, size in reversed(loops):
        lines = block(loop_head(name, size), lines)
    yield from lines


class Place:
    """Where the values of a program are, and what they are called."""

    def __init__(self, layouts: Layouts, names: Mapping[Var, str]) -> None:
        self.layouts = layouts
        self.names = names

    def element(self, var: Var, at: Sequence[str]) -> str:
        """The text of an element of a value: a text for each of its dimensions."""
        return element_of(self.layouts[var], self.names, at)


def element_of(layout: Layout, names: Any, at: Sequence[str]) -> str:
    """The text of an element of memory, at a place that is said by a text for each dimension of a value."""
    return f"{names[layout.root]}_m[{index_of(layout, at)}]"


def index_of(layout: Layout, at: Sequence[str]) -> str:
    """Which element of memory that is."""
    terms: list[tuple[int, str]] = []
    for pairs, text in zip(layout.dims, at, strict=True):
        text = in_parentheses(text)
        if len(pairs) == 1:
            terms += [(step, text) for n, step in pairs if n > 1]
        else:  # one dimension, gone over in several loops: the place in each of them
            terms += [(step, place) for step, place in _places(pairs, text)]
    return bare(index_text(layout.offset, *terms))


def _places(pairs: Pairs, text: str) -> Iterator[tuple[int, str]]:
    """The step of each of the loops that go over a dimension, and which pass of it an element is in."""
    inner = size_of(pairs)
    for n, step in pairs:
        outer, inner = inner, inner // n
        place = text if inner == 1 else f"{text}/{inner}"
        yield step, f"({place} % {n})" if outer < size_of(pairs) else f"({place})"


def in_parentheses(text: str) -> str:
    """A text that can be multiplied."""
    is_single = re.fullmatch(r"\w+|\([^()]*\)", text)
    return text if is_single else f"({text})"


def bare(text: str) -> str:
    """A text without the parentheses around all of it."""
    return text[1:-1] if text.startswith("(") and text.find(")") == len(text) - 1 else text


def shifted(text: str, offset: int) -> str:
    """A text with a number added to it."""
    if text == "0":
        return str(offset)
    return text if not offset else f"{text} {'+' if offset > 0 else '-'} {abs(offset)}"
