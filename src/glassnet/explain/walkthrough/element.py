"""Element: one number of a step, spelled out: what it was made of, and what it does to the loss."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.explain.walkthrough.blocks import beside
from glassnet.explain.walkthrough.decimals import as_number, written_number
from glassnet.explain.walkthrough.forms import as_expanded, computed
from glassnet.explain.walkthrough.gate_rules import planes_of
from glassnet.explain.walkthrough.layer_rules import about, has_story, layer_rule
from glassnet.explain.walkthrough.rules import Index, leaf_or_number
from glassnet.explain.walkthrough.text import wrapped
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.window_rules import Told
from glassnet.explain.walkthrough.worked_formula import (
    Leaf,
    Series,
    Words,
    is_as_written,
    leaves,
    with_names,
    with_numbers,
    worked_out,
)
from glassnet.notebook import repr_html
from glassnet.ops.arithmetic import add, div, neg, sub
from glassnet.ops.formula import Formula, Number
from glassnet.threads import computed_once

INLINE = 3  # elements in a formula that may be written within another
DEEPEST = 6  # formulas within each other: what is made by a loop goes back through all of its steps


@dataclass(frozen=True)
class Line:
    """One element: ``formula`` in names and ``arithmetic`` in numbers; both "" for what was there from the start.

    >>> layer = nn.Linear(2, 1)
    >>> with glassnet.no_grad():
    ...     layer.weight[:], layer.bias[:] = glassnet.tensor([[0.5, -1.0]]), 0.25
    >>> x, y = glassnet.tensor([[2.0, 3.0]]), glassnet.tensor([[1.0]])
    >>> w = glassnet.walkthrough(nn.Sequential(layer), x, y, F.mse_loss)
    >>> line = w.element("linear0", 0, 0).forward.lines[0]
    >>> line.name, line.number
    ('linear0[0,0]', -1.75)
    >>> line.formula
    'x[0,0]·linear0_weight[0,0] + x[0,1]·linear0_weight[0,1] + linear0_bias[0]'
    >>> line.arithmetic
    '2·0.5 + 3·(-1) + 0.25 = -1.75'
    """

    element: Leaf
    expr: Formula | None

    @property
    def name(self) -> str:
        """The element: "fc1[0,1]"."""
        return self.element.name

    @property
    def number(self) -> Any:
        """What it is: a float, or a complex number."""
        return self.element.number

    @computed_once
    def formula(self) -> str:
        """In names: "x[0,0]·fc1_weight[1,0] + fc1_bias[1]"."""
        return "" if self.expr is None else with_names(self.expr)

    @computed_once
    def arithmetic(self) -> str:
        """In numbers, with the result: "0.23·0.51 + 0.3 = 0.4173"."""
        if self.expr is None:
            return ""
        if isinstance(self.expr, Words):
            return f"{self.expr.words}: {written_number(self.number)}"
        return with_numbers(self.expr, self.number)

    @computed_once
    def about(self) -> tuple[Told, ...]:
        """What there is to tell of it: where a window lies, with what it sees as matrices; what a gate lets through."""
        return () if self.expr is None else tuple(about(self.element.value, self.element.index))

    @property
    def origin(self) -> str:
        """What it is if nothing made it: "input", "parameter" …"""
        return "" if self.expr is not None else self.element.value.kind


@dataclass(frozen=True)
class Chain:
    """Lines from an element back to where it came from; ``more`` elements behind these are not spelled out.

    >>> layer = nn.Linear(2, 1)
    >>> with glassnet.no_grad():
    ...     layer.weight[:], layer.bias[:] = glassnet.tensor([[0.5, -1.0]]), 0.25
    >>> x, y = glassnet.tensor([[2.0, 3.0]]), glassnet.tensor([[1.0]])
    >>> w = glassnet.walkthrough(nn.Sequential(layer), x, y, F.mse_loss)
    >>> chain = w.element("linear0", 0, 0).forward
    >>> [line.name for line in chain.lines], chain.more
    (['linear0[0,0]', 'x[0,0]', 'linear0_weight[0,0]', 'x[0,1]', 'linear0_weight[0,1]', 'linear0_bias[0]'], 0)
    """

    title: str
    lines: tuple[Line, ...]
    more: int


class Element:
    """An element of a value, as `Walkthrough.element` gives it: print it, or read ``forward``, ``backward``,
    ``update``: each a `Chain` or None.

    >>> layer = nn.Linear(2, 1)
    >>> with glassnet.no_grad():
    ...     layer.weight[:], layer.bias[:] = glassnet.tensor([[0.5, -1.0]]), 0.25
    >>> x, y = glassnet.tensor([[2.0, 3.0]]), glassnet.tensor([[1.0]])
    >>> w = glassnet.walkthrough(nn.Sequential(layer), x, y, F.mse_loss)
    >>> element = w.element("linear0", 0, 0)
    >>> element.number, element.gradient
    (-1.75, -5.5)
    >>> print(element)
    linear0[0,0], traced back
      linear0[0,0] = x[0,0]·linear0_weight[0,0] + x[0,1]·linear0_weight[0,1] +
          linear0_bias[0]
      linear0[0,0] = 2·0.5 + 3·(-1) + 0.25 = -1.75
    ...
    """

    def __init__(self, value: Value, index: Index, updates: Iterable[Value], terms: int, lines: int) -> None:
        self.value, self.index = value, index
        chains = _Chains(terms, lines)
        here = Leaf(value, index)
        self.forward = chains.chain(f"{here.name}, traced back", here)
        self.backward: Chain | None = None
        gradient = value.gradient
        if gradient is not None:
            there = Leaf(gradient, index)
            title = f"∂loss/∂{here.name} = {there.name}, the chain rule forward to the loss"
            self.backward = chains.chain(title, there)
        self.update: Chain | None = None
        for new in updates:
            if new.before is value:
                self.update = chains.chain(f"{Leaf(new, index).name}, after the step", Leaf(new, index))

    @property
    def number(self) -> Any:
        """What it is: a float, or a complex number."""
        return as_number(self.value.array[self.index])

    @property
    def gradient(self) -> Any:
        """∂loss/∂ this element."""
        return None if self.value.gradient is None else as_number(self.value.gradient.array[self.index])

    @property
    def chains(self) -> tuple[Chain, ...]:
        """Those that there are."""
        return tuple(t for t in (self.forward, self.backward, self.update) if t is not None)

    def __str__(self) -> str:
        parts = ["\n".join([title, *(line for told in all_told for line in told)]) for title, all_told in self.parts()]
        return "\n\n".join(parts)

    __repr__ = __str__

    _repr_html_ = repr_html

    def parts(self) -> Iterator[tuple[str, list[Sentence | Rows]]]:
        """A title, and what is told below it, for each chain."""
        for chain in self.chains:
            told = [each for number, line in enumerate(chain.lines) for each in _told(line, number == 0)]
            if chain.more:
                told.append(Sentence(f"… {chain.more} more elements behind these; ask for any: w.element(name, …)", 2))
            yield chain.title, told
        if self.value.gradient is None and self.value.phase in ("", "forward"):
            yield "no gradient: the step asks for none", []


@dataclass(frozen=True)
class Sentence:
    """A line of text, which begins ``indent`` columns from the left, and goes on below a little further in."""

    text: str
    indent: int
    further: int = 4

    def __iter__(self) -> Iterator[str]:
        yield from wrapped(self.text, " " * self.indent, " " * (self.indent + self.further))


@dataclass(frozen=True)
class Rows:
    """Rows of matrices, which stand below each other."""

    rows: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        yield from (f"      {row}" for row in self.rows)


def _told(line: Line, is_first: bool) -> Iterator[Sentence | Rows]:
    """What is told of an element; what a window sees is written out for the first one alone."""
    if line.expr is None:
        texts = [f"{line.name} = {written_number(line.number)}  ({line.origin})"]
    elif isinstance(line.expr, Words):
        texts = [f"{line.name}: {line.arithmetic}"]
    elif isinstance(line.expr, Number):
        texts = [f"{line.name} = {written_number(line.number)}"]
    elif isinstance(line.expr, Leaf):
        texts = [f"{line.name} = {line.formula} = {written_number(line.number)}"]
    else:
        texts = [f"{line.name} = {line.arithmetic}"]
        if any(leaves(line.expr)):
            texts.insert(0, f"{line.name} = {line.formula}")
    yield from (Sentence(text, 2) for text in texts)
    for told in line.about:
        if isinstance(told, str):
            yield Sentence(told, 6, further=0)
        elif is_first:
            yield Rows(tuple(beside(told)))


def example_of(value: Value, terms: int) -> tuple[str, ...]:
    """One element of what a layer gives, spelled out in a few sentences, the one that is furthest from 0.

    Of a recurrent layer it is one of a gate. It is () for what has no story of its own.
    """
    planes = planes_of(value)
    told_of = planes[min(1, len(planes) - 1)] if planes else value
    if value.phase != "forward" or not value.array.size or not (planes or has_story(value)):
        return ()
    place = np.unravel_index(int(np.argmax(np.abs(told_of.array))), told_of.array.shape)
    (line,) = _Chains(terms, 1).chain("", Leaf(told_of, tuple(map(int, place)))).lines
    return tuple(each.text for each in _told(line, True) if isinstance(each, Sentence))


class _Chains:
    """Finds what elements are made of. Of long sums it shows ``terms``; of a chain, ``lines``."""

    def __init__(self, terms: int, lines: int) -> None:
        self.terms, self.lines = terms, lines
        self._opened: dict[int, Value] = {}
        self._made: dict[tuple[int, Index, int], Formula | None] = {}

    def chain(self, title: str, start: Leaf) -> Chain:
        """The lines from ``start`` back, nearest first, within the phase that it is of."""
        lines: list[Line] = []
        waiting, seen = deque([start]), {_key(start)}
        while waiting and len(lines) < self.lines:
            element = waiting.popleft()
            expr = self.made_of(element.value, element.index)
            lines.append(Line(element, expr))
            for leaf in () if expr is None else leaves(expr):
                origin = leaf.value.phase == "" and start.value.phase == "forward"
                if _key(leaf) not in seen and (origin or leaf.value.phase == start.value.phase):
                    seen.add(_key(leaf))
                    waiting.append(leaf)
        return Chain(title, tuple(lines), len(waiting))

    def made_of(self, value: Value, index: Index, depth: int = 0) -> Formula | None:
        """The formula of an element; None for what nothing in the step made."""
        key = (id(value), index, depth)
        if key not in self._made:
            self._made[key] = self._made_of(value, index, depth)
        return self._made[key]

    def _made_of(self, value: Value, index: Index, depth: int) -> Formula | None:
        if value.instruction is None:
            return None
        rule = layer_rule(value)
        if rule is not None:
            expr = rule(value, index, self._operand_of(value, depth), self.terms)
            op = value.instruction.op
            if expr is not None and (op.primitive or not op.elementwise or self._is_right(expr, value, index)):
                return expr
        part = self._open(value)
        return leaf_or_number(part, index) if part.instruction is None else self.made_of(part, index, depth)

    def _is_right(self, expr: Formula, value: Value, index: Index) -> bool:
        """Whether the formula of a named operation can be computed as it stands; log(1 + exp(1000)) cannot."""
        return is_as_written(worked_out(expr), written_number(value.array[index]))

    def _operand_of(self, value: Value, depth: int) -> Callable[[int, Index], Formula]:
        return lambda position, index: self._operand(value, value.operands[position], index, depth + 1)

    def _operand(self, value: Value, operand: Any, index: Index, depth: int) -> Formula:
        if not isinstance(operand, Value) or operand.named or operand.instruction is None or depth > DEEPEST:
            return leaf_or_number(operand, index)
        expr = self.made_of(operand, index, depth)
        assert expr is not None
        is_short = sum(1 for _ in leaves(expr)) <= INLINE or (isinstance(expr, Series) and _takes_sums(value))
        return Leaf(operand, index) if isinstance(expr, Words) or not is_short else expr

    def _open(self, value: Value) -> Value:
        if id(value) not in self._opened:
            assert value.instruction is not None
            expanded = computed(value, as_expanded(value.instruction.op), prefix=f"{value.name}.")
            result = expanded.results[value.place]
            assert result is not None
            self._opened[id(value)] = result
        return self._opened[id(value)]


def _takes_sums(value: Value) -> bool:
    """Whether a sum is easy to read within its formula: Σ x·w + b, Σ x / n."""
    assert value.instruction is not None
    op = value.instruction.op
    return op in (add, sub, neg) or (op is div and not isinstance(value.operands[1], Value))


def _key(leaf: Leaf) -> tuple[int, Index]:
    return id(leaf.value), leaf.index


def checked_index(name: str, shape: Index, index: tuple[Any, ...]) -> Index:
    """``index`` with negative numbers counted from the end."""
    numbers = tuple(int(np.asarray(i)) for i in index)
    return tuple(i + n if i < 0 else i for i, n in zip(numbers, shape, strict=True))
